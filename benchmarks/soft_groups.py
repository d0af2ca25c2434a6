"""Should a channel belong to one group, or to several in part?

    python -m benchmarks.soft_groups [--model critters] [--scenes 100] [--groups 4]

explains both classes of each scene of two objects by groups, and divides each channel among the
components of the decomposition in three ways: whole, to the one with its largest |loading|, which
is what `MatrixDecomposer` does; in part, by |loading|; and in part, by its square. It prints for
each way how far the logit falls when the groups go in order, by their shares of each channel; how
well the groups are found again after noise and in a crop; how alike the groups of one explanation
are; and how well the best group finds the object. Components that lead no channel are no groups of
whole channels, but are groups of shares: the cases that have as many groups either way count apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.integrate import trapezoid

from benchmarks.intervals import show
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser, progress_bars

if TYPE_CHECKING:
    from tfvis.evaluation import Case
    from tfvis.utils.feature_groups import FeatureGroups
    from tfvis.utils.network import Network

WHOLE = "whole"
COLUMNS = (
    "groups", "fall of the logit", "noise", "crop", "of one explanation", "pointing",
    "energy ratio",
)  # fmt: skip


def _whole(strength: np.ndarray) -> np.ndarray:
    """Each channel to the component with its largest loading."""
    found = np.zeros_like(strength)
    found[strength.argmax(axis=0), np.arange(strength.shape[1])] = 1.0
    return found


def _in_part(power: int) -> Callable[[np.ndarray], np.ndarray]:
    """Each channel by its loadings' shares."""
    return lambda strength: strength**power / (strength**power).sum(axis=0)


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    WHOLE: _whole,
    "in part, |loading|": _in_part(1),
    "in part, loading²": _in_part(2),
}
"""From |loadings|, (components, channels), to the share of each channel in each group."""


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters", help="critters or critters_resnet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--groups", type=int, default=4)
    parser.add_argument("--grouping", default="PCA", help="a decomposition of scikit-learn's")
    parser.add_argument("--seed", type=int, default=0, help="of noise and crops")
    arguments = parser.parse_args()
    with start_tensorflow(), progress_bars(quiet=False) as progress:
        _run(arguments, progress("explaining", "case"))


def _run(arguments: argparse.Namespace, progress: Any) -> None:
    from tfvis import load_model
    from tfvis.evaluation import scene_cases
    from tfvis.evaluation.estimates import estimate_of_images
    from tfvis.explainers import FeatureGroupExplainer

    net = load_model(arguments.model)
    explainer = FeatureGroupExplainer(
        net, layer=arguments.layer, grouping=arguments.grouping, n_groups=arguments.groups
    )
    cases = scene_cases(net, arguments.scenes, kinds=["two objects"])
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    pictures = []
    for k in range(len(cases)):
        case = cases[k]
        scores = _scores(net, explainer, case, np.random.default_rng([arguments.seed, k]))
        pictures.append(case.picture)
        for way, own in scores.items():
            found[way].append(own)
        progress(k + 1, len(cases))
    numbers = np.unique(pictures, return_inverse=True)[1]
    whole = np.array(found[WHOLE])

    def row(name: str, values: np.ndarray) -> tuple[str, ...]:
        return name, *(_cell(estimate_of_images(own, numbers)) for own in values.T)

    rows, differences = [], []
    for way, scores in found.items():
        values = np.array(scores)
        rows.append(row(way, values))
        if way != WHOLE:
            more = values - whole
            differences.append(row(way, more))
            as_many = np.where(more[:, :1] == 0, more, np.nan)
            name = f"{way}, as many groups ({np.isfinite(as_many[:, 0]).sum()})"
            differences.append(row(name, as_many))
    print(
        f"{net.name}, {explainer.layer}, {len(cases)} cases, {arguments.grouping} with "
        f"{arguments.groups} components"
    )
    show(("a channel belongs to a group", *COLUMNS), rows)
    show(("more than whole", *COLUMNS), differences)


def _scores(
    net: Network, explainer: Any, case: Case, rng: np.random.Generator
) -> dict[str, list[float]]:
    """By way: what `COLUMNS` name; NaN where no channel stands out."""
    from tfvis.evaluation.group_agreement import cosines, matched_cosine
    from tfvis.evaluation.group_stability import NOISE_DEVIATION
    from tfvis.evaluation.map_metrics import energy_ratio, pointing_game
    from tfvis.evaluation.small_changes import cropped, noisy

    image = case.image
    changed = (noisy(image, NOISE_DEVIATION, rng), cropped(image, rng))
    here, *there = (_groups_of(explainer, own, case.class_index) for own in (image, *changed))
    if here is None:
        return dict.fromkeys(WAYS, [np.nan] * len(COLUMNS))
    scores = {}
    for way in WAYS:
        own = _divided(here, way)
        again = [
            np.nan if other is None else matched_cosine(own, _divided(other, way))
            for other in there
        ]
        alike = cosines(own, own)[~np.eye(len(own), dtype=bool)]
        a_map = _best_map(own, image.shape[:2])
        scores[way] = [
            len(own),
            _fall(net, image, own),
            *again,
            alike.mean() if len(alike) else np.nan,
            pointing_game(a_map, np.asarray(case.mask)),
            energy_ratio(a_map, np.asarray(case.mask)),
        ]
    return scores


def _groups_of(explainer: Any, image: np.ndarray, class_index: int) -> FeatureGroups | None:
    """The groups of whole channels, with their fitted grouper."""
    (found,) = explainer.explain([image], [class_index])
    return getattr(found, "groups", None)


def _divided(groups: FeatureGroups, way: str) -> FeatureGroups:
    """The same channels, divided among the groups: their strengths are the shares of φ."""
    from dataclasses import replace

    from tfvis.utils.feature_groups import FeatureGroup, select_channels

    attribution = groups.attribution
    selected = select_channels(attribution, groups.sign)
    strength = np.abs(groups.grouper.components_)
    selected, strength = selected[strength.any(axis=0)], strength[:, strength.any(axis=0)]
    shares = WAYS[way](strength)
    made = [
        FeatureGroup(selected, own * attribution.values[selected]) for own in shares if own.any()
    ]
    made.sort(key=lambda group: -group.score)
    return replace(groups, groups=tuple(made), noise=np.empty(0, int))


def _fall(net: Network, image: np.ndarray, groups: FeatureGroups) -> float:
    """How far the logit is below its start on average while the shares go, the best group's first.

    The average is over the share of the channels that has gone.
    """
    from tfvis.utils.channel_sets import logits_with_channels
    from tfvis.utils.image_sources import read_image

    attribution = groups.attribution
    values = attribution.values
    gone = np.zeros((len(groups) + 1, len(values)))
    for k, group in enumerate(groups, 1):
        gone[k] = gone[k - 1]
        gone[k, group.channels] += group.strengths / values[group.channels]
    activations = net.activations_of(read_image(image, net.input_size), attribution.layer)
    present = np.clip(1 - gone, 0, 1)
    curve = attribution.scores_of(
        logits_with_channels(net, attribution.layer, activations, present)
    )
    at = gone.sum(axis=1)
    return float(curve[0] - trapezoid(curve, at / at[-1]))


def _best_map(groups: FeatureGroups, size: tuple[int, int]) -> np.ndarray:
    """The heat map of the group with the largest score, of the attributions of positions."""
    from tfvis.utils.activation_maps import shown

    best, attribution = groups[0], groups.attribution
    maps = np.asarray(attribution.maps)[..., best.channels]
    return shown(maps @ (best.strengths / attribution.values[best.channels]), size, 0.0)


def _cell(estimate: Any) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


if __name__ == "__main__":
    in_one_line(run)
