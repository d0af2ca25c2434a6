"""Which grouping is the best default?

    python -m benchmarks.group_defaults [--model critters] [--scenes 200] [--groups 4]

explains both classes of each scene of two objects (with GoogLeNet the two first answers to each
photograph) by groups that were formed in many ways, and prints for each: by how much the logit
falls when the groups go in order, and how much farther than with random groups of the same sizes;
how alike the groups are with another seed, after noise and after a crop; how well the best group
finds the object; and the time. All ways form as many groups, but those that are called by a share
of the variance, which decides how many they form.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from benchmarks.intervals import show
from benchmarks.pairs import SHARED
from benchmarks.photographs import NAMED, photographs
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser, progress_bars
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import unknown

if TYPE_CHECKING:
    from tfvis.evaluation import CaseList, Evaluation
    from tfvis.utils.network import Network

GROUPINGS = (
    "FactorAnalysis", "NMF", "PCA", "FastICA", "KMeans", "AgglomerativeClustering",
    "SpectralClustering",
)  # fmt: skip
PAPERS = "FactorAnalysis"
"""The grouping of Shi, Du, Fan (2020), which was the default before PCA."""
VARIANCES = (0.5, 0.6, 0.7, 0.8, 0.9)
OF_GROUPS = ("group_deletion", "group_deletion_over_random", "stability_seed", "stability_noise",
             "stability_crop")  # fmt: skip
OF_MAPS = ("pointing", "energy_ratio", "right_over_other")


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters", help="critters, critters_resnet, googlenet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--photographs", type=int, default=len(NAMED))
    parser.add_argument("--groups", type=int, default=4, help="how many groups all ways form")
    parser.add_argument("--only", nargs="+", help="some of the ways, by name")
    parser.add_argument("--without", nargs="+", default=(), help="all but these, by name")
    arguments = parser.parse_args()
    with start_tensorflow(), progress_bars(quiet=False) as progress:
        _run(arguments, progress)


def _run(arguments: argparse.Namespace, progress: Any) -> None:
    from tfvis import load_model
    from tfvis.evaluation import evaluate, image_cases, scene_cases

    net = load_model(
        arguments.model, weights=SHARED / "weights" if arguments.model == "googlenet" else None
    )
    layer = net.require_layer(arguments.layer or net.default_layers[0])
    of_scenes = arguments.model != "googlenet"
    if of_scenes:
        cases: CaseList = scene_cases(net, arguments.scenes, kinds=["two objects"])
    else:
        files = list(photographs(NAMED[: arguments.photographs]).values())
        cases = image_cases(net, files, top=2)
    ways = _ways(net, layer, arguments.groups, of_scenes)
    for name in (*(arguments.only or ()), *arguments.without):
        if name not in ways:
            raise unknown("way", name, ways)
    wanted = arguments.only or [name for name in ways if name not in arguments.without]
    ways = {name: ways[name] for name in wanted}
    metrics = (*OF_GROUPS, *(OF_MAPS if of_scenes else ()))
    found = evaluate(
        net, list(ways.values()), metrics, cases, progress=progress("evaluating", "case")
    )
    print(f"{net.name}, {layer}, {len(cases)} cases; {arguments.groups} groups but where a share "
          "of the variance is named")  # fmt: skip
    show(("way", *metrics, "seconds"), _rows(found, metrics))


def _ways(net: Network, layer: str, n: int, of_scenes: bool) -> dict[str, Any]:
    """Explainers by the names of the ways in which they form groups."""
    from benchmarks.own_groupings import OfAttributionMaps, OfCoActivation, OfInteraction
    from tfvis.explainers import FeatureGroupExplainer
    from tfvis.explainers.options import FeatureGroupOptions

    own: dict[str, tuple[type, dict[str, Any]]] = {
        name: (FeatureGroupExplainer, {"grouping": name, "n_groups": n}) for name in GROUPINGS
    }
    own |= {
        f"FactorAnalysis, {share:g} of the variance": (
            FeatureGroupExplainer, {"grouping": PAPERS, "explained_variance": share},
        )
        for share in VARIANCES
    }  # fmt: skip
    fixed = {"n_groups": n}
    papers = {**fixed, "grouping": PAPERS}
    own["FactorAnalysis of Shap"] = FeatureGroupExplainer, {**papers, "attribution": "Shap"}
    own[f"{DEFAULT_GROUPING} of Shap"] = FeatureGroupExplainer, {**fixed, "attribution": "Shap"}
    own["FactorAnalysis, activation maps"] = (
        FeatureGroupExplainer, {**papers, "heat_maps": "activation"},
    )  # fmt: skip
    own["FactorAnalysis of attribution maps"] = OfAttributionMaps, papers
    own["KMeans of attribution maps"] = OfAttributionMaps, {**fixed, "grouping": "KMeans"}
    if of_scenes:
        own["co-activation over scenes"] = OfCoActivation, fixed
    own["pairwise interaction"] = OfInteraction, fixed
    made = {}
    for name, (kind, options) in own.items():
        made[name] = kind(net, FeatureGroupOptions(layer=layer, **options))
        made[name].name, made[name].shows = name, "first"
    return made


def _rows(found: Evaluation, metrics: tuple[str, ...]) -> list[tuple[str, ...]]:
    rows = []
    for name, scores in found.scores.items():
        cells = []
        for metric in metrics:
            if not found.has(name, metric):
                cells.append("")
                continue
            own = found.estimate(name, metric)
            cells.append(f"{own.mean:.3f} [{own.low:.3f}, {own.high:.3f}]")
        rows.append((name, *cells, f"{scores.seconds:.0f}"))
    return rows


if __name__ == "__main__":
    in_one_line(run)
