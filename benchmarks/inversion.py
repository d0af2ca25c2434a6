"""Which terms of guided feature inversion find the object best?

    python -m benchmarks.inversion --model critters [--scenes 200] [--variants NAME ...]
    python -m benchmarks.inversion --model googlenet

On rendered scenes of two objects, each explained for its own class: the share of masks whose
maximum lies on the object (pointing), how much denser the mask is there than on the whole image
(energy), whether denser than on the other object, in both steps, with 95 % bootstrap intervals
over the scenes; how often the class's logit on what is kept is above that on what is hidden, and
that below the image's. About 12 minutes a variant for 200 scenes on 2 cores. On the photographs in
`../shared`: the logits, and where the mask's maximum lies.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.localisation import Scenes, markdown
from benchmarks.pairs import ICON_PAIRS, photograph
from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser, aligned, progress_bars
from tfvis.utils.errors import require_count, unknown
from tfvis.utils.images import load

if TYPE_CHECKING:
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion
    from tfvis.explainers.masks import MaskExplanation
    from tfvis.utils.network import Network

VARIANTS: dict[str, dict[str, Any]] = {
    "tfvis": {},
    "tfvis, one base layer": {"base_layers": 1},
    **{
        f"{preset}, {count} base layer{'s' * (count == 'two')}{text}": {
            "preset": preset, "base_layers": 1 + (count == "two"), **changes,
        }
        for preset in ("authors", "reimplementation")
        for count in ("one", "two")
        for text, changes in (
            ("", {}),
            (", never halved", {"halve_every": 0}),
            (", Adam without memory", {"betas": (0.0, 0.0)}),
        )
    },
    "tfvis, logit": {"score": "logit"},
    "tfvis, cross-entropy": {"score": "cross-entropy"},
    "tfvis, total variation": {"total_variation": 1.0},
    "tfvis, area": {"area": 1.0},
    "tfvis, mean colour": {"background": "mean"},
    "tfvis, early stop": {"tolerance": 0.01},
    "reimplementation, early stop": {
        "preset": "reimplementation", "base_layers": 2, "keep": "best", "tolerance": 0.03,
    },
    "tfvis, restart": {"restart": 0.015},
    "tfvis, logit, restart": {"score": "logit", "restart": 0.015},
    "tfvis, noise": {"noise_copies": 2, "noise_deviation": 0.015},
}  # fmt: skip
"""Terms by name. One base layer is the network's first, two are that and the inversion layer."""
DEFAULT = ["tfvis", "authors, one base layer", "reimplementation, one base layer"]
HEADER = (
    "terms", "step 1: pointing", "energy", "step 2: pointing", "energy", "right over other",
    "kept > hidden", "hidden < image", "problems", "s a mask",
)  # fmt: skip
PAIRS = ICON_PAIRS[:5]


def inversion_of(net: Network, variant: str, batch_size: int) -> GuidedFeatureInversion:
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion

    terms = dict(VARIANTS[variant])
    first, inversion = net.inversion_layers[0], net.inversion_layers[-1]
    base = {1: first, 2: (first, inversion), None: None}[terms.pop("base_layers", None)]
    return GuidedFeatureInversion(net, base, batch_size=batch_size, **terms)


def estimate(values: Sequence[float], seed: int = 0) -> str:
    """The mean over objects, and its interval; objects come in pairs, one pair a scene."""
    from scipy import stats

    scenes = np.reshape(np.asarray(values, np.float64), (-1, 2)).mean(axis=1)
    if len(scenes) == 1:
        return f"{scenes[0]:.2f}"
    found = stats.bootstrap(
        (scenes,), np.mean, batch=1000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return f"{scenes.mean():.2f} [{found.low:.2f}, {found.high:.2f}]"


def row(net: Network, scenes: Scenes, variant: str, batch_size: int, bars: Any) -> tuple[str, ...]:
    """One variant's cells, as in `HEADER`."""
    from tfvis.evaluation.map_metrics import energy_ratio, pointing_game, right_over_other

    inversion = inversion_of(net, variant, batch_size)
    progress = bars(variant, "scene")
    columns: list[list[float]] = [[] for _ in range(8)]
    start = time.perf_counter()
    for first in range(0, len(scenes), batch_size):
        chunk = [scenes[k] for k in range(first, min(first + batch_size, len(scenes)))]
        images = np.stack([scene.image for scene in chunk])
        saliency = inversion.saliency(images)
        found = inversion.discriminate(
            np.repeat(images, 2, axis=0),
            [label for scene in chunk for label in scene.labels],
            start=[own for own in saliency for _ in range(2)],
        )
        for k, own in enumerate(found):
            masks, step1 = chunk[k // 2].masks, saliency[k // 2].mask
            mask, other = masks[k % 2], masks[1 - k % 2]
            c = own.class_index
            cells = (
                pointing_game(step1, mask), energy_ratio(step1, mask),
                pointing_game(own.mask, mask), energy_ratio(own.mask, mask),
                right_over_other(own.mask, mask, other),
                own.kept_logits[1][c] > own.hidden_logits[1][c],
                own.hidden_logits[1][c] < own.logits[c],
                own.problem is not None,
            )  # fmt: skip
            for column, cell in zip(columns, cells, strict=True):
                column.append(float(cell))
        progress(first + len(chunk), len(scenes))
    seconds = (time.perf_counter() - start) / (2 * len(scenes))
    shares = [f"{np.mean(column):.2f}" for column in columns[5:7]]
    cells = [estimate(column) for column in columns[:5]]
    return (variant, *cells, *shares, f"{sum(columns[7]):.0f}", f"{seconds:.1f}")


def photographs(net: Network, variants: Sequence[str]) -> list[tuple[str, ...]]:
    """A row a pair and variant."""
    rows = [("terms", "photograph", "class", "logit: image", "kept", "hidden", "maximum (x, y)")]
    images = np.stack([load(photograph(stem), net.input_size) for stem, _ in PAIRS])
    for variant in variants:
        found = inversion_of(net, variant, len(PAIRS)).discriminate(images, [c for _, c in PAIRS])
        rows += [
            (variant, stem, name, *_cells(own))
            for own, (stem, name) in zip(found, PAIRS, strict=True)
        ]
    return rows


def _cells(found: MaskExplanation) -> tuple[str, ...]:
    c = found.class_index
    y, x = np.unravel_index(found.mask.argmax(), found.mask.shape)
    logits = (found.logits[c], found.kept_logits[1][c], found.hidden_logits[1][c])
    return (*(f"{logit:.1f}" for logit in logits), f"{x}, {y}")


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters")
    parser.add_argument("--weights", type=Path, help="a file or folder")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument(
        "--variants",
        nargs="+",
        default=DEFAULT,
        metavar="NAME",
        help=f"of {'; '.join(VARIANTS)} (default: {'; '.join(DEFAULT)})",
    )
    parser.add_argument("--markdown", action="store_true")
    _run(parser.parse_args())


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model

    require_count("--scenes", arguments.scenes)
    require_count("--batch-size", arguments.batch_size)
    for variant in arguments.variants:
        if variant not in VARIANTS:
            raise unknown("variant", variant, VARIANTS)
    net = load_model(arguments.model, weights=arguments.weights)
    if arguments.model.startswith("critters"):
        scenes = Scenes(arguments.scenes, net.input_size[0])
        rows: list[tuple[str, ...]] = [HEADER]
        with progress_bars(quiet=False) as bars:
            for variant in arguments.variants:
                rows.append(row(net, scenes, variant, arguments.batch_size, bars))
                print("; ".join(rows[-1]), flush=True)
    else:
        rows = photographs(net, arguments.variants)
    print("\n".join(markdown(rows) if arguments.markdown else aligned(rows)))


if __name__ == "__main__":
    in_one_line(run)
