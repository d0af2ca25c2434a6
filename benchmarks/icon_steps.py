"""How high do icons get with how many steps, and where do they end by themselves?

    python -m benchmarks.icon_steps [--model googlenet] [--layer mixed4d] [--pairs 1] [--steps 512]
                                   [--groups 4] [--channels]

For the groups of each pair of an image and a class (those of `benchmarks.icons`) it optimises the
icons twice: with the default β₁ and β₂ of Adam and with those of its paper, 0.9 and 0.999. After
some numbers of steps it prints the mean and the median of the groups' objectives on the icons as
they are then, without transforms, and at the end after how many steps the objectives have settled,
with the default tolerance and with others.
Computed in float32. `--channels` takes single channels, the strongest of each group, in place of
the groups.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from benchmarks.pairs import ICON_PAIRS, SCENE_PAIRS, SHARED, photograph
from benchmarks.running import in_one_line
from tfvis import IconOptions, load_model
from tfvis.critters import render_scene
from tfvis.critters.dataset import TEST_SEED
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils import losses, rendering
from tfvis.utils.adam import Adam
from tfvis.utils.ascent import Plan, ascent, specs_of
from tfvis.utils.errors import require_count
from tfvis.utils.image_sources import ImageLike
from tfvis.utils.network import Network
from tfvis.utils.preconditioning import aligned_images
from tfvis.utils.transforms import ICON_TRANSFORMS

MARKS = (16, 32, 64, 96, 128, 160, 192, 224, 256, 384, 512)
PAPER = (0.9, 0.999)
TOLERANCES = (0.02, 0.03, 0.04, 0.06)


def pairs(model: str) -> Iterator[tuple[ImageLike, str]]:
    """Images, each with the class that is explained."""
    if model == "googlenet":
        yield from ((photograph(stem), label) for stem, label in ICON_PAIRS)
    else:
        for k, names in enumerate(SCENE_PAIRS):
            yield render_scene(names, seed=TEST_SEED + 100_000 + k).image, names[0]


def climb(
    net: Network, layer: str, weights: np.ndarray, betas: tuple[float, float], steps: int
) -> tuple[dict[int, np.ndarray], dict[float, int]]:
    """The objectives after some of the steps, and after how many they settled, by tolerance."""
    options, n = IconOptions(), len(weights)
    objective = losses.channel_mean(layer, weights)
    parameters = rendering.responsive_init(
        net, objective, lambda sd: aligned_images(n, options.size, sd=sd)
    )
    adam = Adam(options.learning_rate, *betas)
    plan = Plan(
        objective.kind, specs_of(objective), parameters, ICON_TRANSFORMS, adam, "float32",
        options.batch_size, objective,
    )  # fmt: skip
    inputs = [tf.constant(array) for array in objective.inputs]
    trace, found = np.empty((steps, n), np.float32), dict[int, np.ndarray]()
    settled = dict[float, int]()
    with ascent(net, plan) as way:
        way.begin(parameters.initial(0))
        for step in range(steps):
            redirect = step < options.redirected_relu_steps
            trace[step], _ = way.advance(step, 0, inputs, redirect=redirect)
            done = step + 1
            if done in MARKS or done == steps:
                found[done] = rendering.evaluate(net, objective, way.images())
            past = trace[:done]
            for tolerance in {options.tolerance, *TOLERANCES} - settled.keys():
                if rendering.settled(past, tolerance, options.patience):
                    settled[tolerance] = done
    return found, settled


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="googlenet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--groups", type=int, help="the first so many of a pair (default: all)")
    parser.add_argument("--channels", action="store_true", help="each group's strongest channel")
    arguments = parser.parse_args()
    require_count("--pairs", arguments.pairs)
    require_count("--steps", arguments.steps)
    if arguments.groups is not None:
        require_count("--groups", arguments.groups)
    weights = SHARED / "weights" if arguments.model == "googlenet" else None
    net = load_model(arguments.model, weights=weights)
    explainer = FeatureGroupExplainer(net, layer=arguments.layer)
    own = IconOptions()
    for image, label in list(pairs(arguments.model))[: arguments.pairs]:
        (explanation,) = explainer.explain([image], [label])
        groups = explanation.groups.weights  # type: ignore[attr-defined]
        groups = groups[: arguments.groups]
        if arguments.channels:
            groups = np.eye(groups.shape[1], dtype=groups.dtype)[np.abs(groups).argmax(axis=1)]
        what = "channels" if arguments.channels else "groups"
        print(f"{net.name}, {explainer.layer}, {label}: {len(groups)} {what}", flush=True)
        for betas in ((own.beta_1, own.beta_2), PAPER):
            found, settled = climb(net, explainer.layer, groups, betas, arguments.steps)
            print(f"  beta_1 {betas[0]}, beta_2 {betas[1]}: steps, mean and median objective")
            for step, values in found.items():
                print(f"    {step:4}  {values.mean():8.2f}  {np.median(values):8.2f}")
            ends = (f"{tolerance:g} after {done}" for tolerance, done in sorted(settled.items()))
            print(f"    settled with a tolerance of {', '.join(ends) or 'none'}", flush=True)


if __name__ == "__main__":
    in_one_line(run)
