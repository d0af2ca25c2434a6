"""How much of its objective does an icon keep when only a part of its area is shown?

    python -m benchmarks.icon_areas [--models critters critters_resnet] [--scenes 5] [--steps 96]
                                    [--areas 0.2 0.4 0.6 0.8]

renders the icons of the groups of the first class of each scene once, all steps of it, and fades
all but the most important part of each to grey, as `IconOptions.area` does. For each area it prints
the median share of the objective that is left, and from which to which the middle half of the
groups goes, without transforms.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.pairs import SCENE_PAIRS
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser
from tfvis.utils.errors import InputError, require_count

if TYPE_CHECKING:
    from tfvis.utils.preconditioning import ImageParameters


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["critters", "critters_resnet"])
    parser.add_argument("--scenes", type=int, default=5)
    parser.add_argument("--steps", type=int, default=96)
    parser.add_argument("--areas", type=float, nargs="+", default=[0.2, 0.4, 0.6, 0.8])
    arguments = parser.parse_args()
    for name in ("scenes", "steps"):
        require_count(f"--{name}", getattr(arguments, name))
    if not all(0 < area <= 1 for area in arguments.areas):
        raise InputError(f"Expected --areas above 0 and at most 1, received {arguments.areas}.")
    with start_tensorflow():
        _run(arguments)


def shares(net: Any, scenes: int, steps: int, areas: list[float]) -> np.ndarray:
    """What is left of the objective of each group: (areas, groups)."""
    from tfvis.critters import render_scene
    from tfvis.critters.dataset import TEST_SEED
    from tfvis.explainers import FeatureGroupExplainer
    from tfvis.utils import losses, rendering
    from tfvis.utils.icon_areas import faded
    from tfvis.utils.preconditioning import aligned_images

    explainer = FeatureGroupExplainer(net)

    def images(n: int) -> Callable[[float], ImageParameters]:
        return lambda sd: aligned_images(n, 224, sd=sd)

    found = []
    for k, names in enumerate(SCENE_PAIRS[:scenes]):
        image = render_scene(names, seed=TEST_SEED + 100_000 + k).image
        (explanation,) = explainer.explain([image], [names[0]])
        weights = explanation.groups.weights  # type: ignore[attr-defined]
        objective = losses.channel_mean(explainer.layer, weights)
        start = rendering.responsive_init(net, objective, images(len(weights)))
        icons = rendering.render(net, objective, start, steps=steps)
        whole = rendering.evaluate(net, objective, icons.images)
        parts = [faded(icons.images, icons.importance, area) for area in areas]
        found.append([rendering.evaluate(net, objective, part) / whole for part in parts])
    return np.concatenate(found, axis=1)


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model

    for name in arguments.models:
        found = shares(load_model(name), arguments.scenes, arguments.steps, arguments.areas)
        for area, own in zip(arguments.areas, found, strict=True):
            low, middle, high = np.percentile(own, (25, 50, 75))
            quartiles = f"{middle:.2f} ({low:.2f} to {high:.2f})"
            print(f"{name}, area {area:g}: {quartiles} of {len(own)} groups", flush=True)


if __name__ == "__main__":
    in_one_line(run)
