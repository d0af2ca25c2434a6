"""Where do maps point in a network of inverted bottlenecks, whose layers have signed activations?

    python -m benchmarks.inverted_bottlenecks train --output DIR [--share 1]
    python -m benchmarks.inverted_bottlenecks localise --weights DIR/bottlenecks.keras

`train` makes a small MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) that knows the rendered
scenes, in about half an hour on 2 cores. `localise` prints, layer by layer, how well maps find the
objects of scenes of two, and what an icon's weights do to the logit. The network is not shipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.critters.scene import CLASSES
from tfvis.runtime.terminal import Bars, Parser, progress_bars
from tfvis.utils.errors import InputError

if TYPE_CHECKING:
    import keras

    from tfvis.evaluation.scene_localisation import Scene
    from tfvis.utils.network import Network

BLOCKS = ((1, 16, 1, 1), (4, 24, 2, 2), (4, 32, 2, 2), (4, 64, 3, 2), (4, 96, 2, 1), (4, 128, 2, 2))
"""Expansion, channels, how many, stride of the first: a row a stage, as in MobileNetV2's table."""

STEM, TOP = 24, 320
METHODS = (
    "all groups",
    "best group",
    "all groups, activation",
    "best group, activation",
    "layer integrated gradients",
    "Grad-CAM",
)


def build() -> keras.Model:
    """The network with fresh weights: images (N, H, W, 3) in [0, 1] → logits (N, 16)."""
    import keras

    layers = keras.layers

    def normalised(x: keras.KerasTensor, name: str, *, relu: bool = True) -> keras.KerasTensor:
        x = layers.BatchNormalization(momentum=0.98, name=f"{name}_BN")(x)
        return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x

    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(2.0, -1.0, name="preprocessing")(images)
    x = layers.Conv2D(STEM, 3, 2, padding="same", use_bias=False, name="Conv1")(x)
    x = normalised(x, "Conv1")
    number = 0
    for expansion, channels, repeats, stride in BLOCKS:
        for repeat in range(repeats):
            name, before, width = f"block_{number}", x, expansion * x.shape[-1]
            if expansion > 1:
                x = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_expand")(x)
                x = normalised(x, f"{name}_expand")
            x = layers.DepthwiseConv2D(
                3, 1 if repeat else stride, padding="same", use_bias=False, name=f"{name}_depthwise"
            )(x)
            x = normalised(x, f"{name}_depthwise")
            x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
            x = normalised(x, f"{name}_project", relu=False)
            if repeat:
                x = layers.Add(name=f"{name}_add")([before, x])
            number += 1
    x = layers.Conv2D(TOP, 1, use_bias=False, name="Conv_1")(x)
    x = normalised(x, "Conv_1")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(
        images, layers.Dense(len(CLASSES), name="logits", dtype="float32")(x), name="bottlenecks"
    )


def train(folder: Path, share: float, seed: int, bars: Bars) -> Path:
    """Train from nothing, and save the model."""
    from tfvis.critters.training.loop import Recipe, Stage, scaled
    from tfvis.critters.training.loop import train as trained_by

    recipe = Recipe(
        stages=(Stage(128, 12000, 6, learning_rate=4e-3), Stage(224, 2400, 2, 1.5e-3)),
        radius=0.5,
        dtype="float32",
        seed=seed,
    )
    model, history = trained_by(build, scaled(recipe, share), progress=bars)
    print(*(f"{epoch['size']} pixels, hits {epoch['hits']:.3f}" for epoch in history), sep="\n")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bottlenecks.keras"
    model.save(file)
    return file


def localise(file: Path, layers: Sequence[str], scenes: int, bars: Bars) -> None:
    """Print how well maps find objects in some layers, and what icons' weights do to the logit."""
    from benchmarks.localisation import HEADER, Scenes, markdown, table
    from tfvis import load_model
    from tfvis.evaluation import localise_scenes

    net = load_model(file, value_range=(0, 1), input_size=(224, 224), labels=CLASSES)
    print(f"default layer {net.default_layers[0]}: {(net.layer_reasons or ('',))[0]}")
    for layer in layers or net.default_layers:
        found = localise_scenes(
            net, Scenes(scenes, 224), METHODS, layer=layer, progress=bars(layer, "scene")
        )
        print(f"\n{layer}, {scenes} scenes\n")
        print("\n".join(markdown([HEADER, *table(found)])))
        for method in ("all groups", "best group"):
            for metric in ("pointing", "right_over_other"):
                gain = found.difference(method, "Grad-CAM", metric)
                print(
                    f"{metric.replace('_', ' ')}, {method} less Grad-CAM: {gain.mean:+.3f} "
                    f"[{gain.low:+.3f}, {gain.high:+.3f}]"
                )
        print("\n".join(raised(net, layer, Scenes(min(scenes, 20), 224))))
        print("\n".join(icons(net, layer, Scenes(min(scenes, 2), 224))))


def raised(net: Network, layer: str, scenes: Sequence[Scene]) -> Iterator[str]:
    """Lines on moving activations by a tenth of their norm along the selected channels' weights."""
    from tfvis.utils import aumann_shapley, select_channels

    changes: dict[str, list[float]] = {"φ": [], "w": [], "φ · sign(w)": [], "φ · sign(mean A)": []}
    opposite, ambiguous = [], []
    for scene in scenes:
        for found in aumann_shapley(net, scene.image, layer, classes=scene.labels):
            activations = net.activations(scene.image[np.newaxis], layer)
            selected, phi, w = select_channels(found), found.values, found.icon_weights
            opposite.append(np.mean((phi * w)[selected] < 0))
            ambiguous.append(np.mean(np.asarray(found.ambiguous)[selected]))
            mean = activations.mean(axis=(0, 1, 2))
            ways = (phi, w, phi * np.sign(w), phi * np.sign(mean))
            moved = []
            for weights in ways:
                step = np.zeros_like(activations)
                step[..., selected] = weights[selected]
                moved.append(step * (0.1 * np.linalg.norm(activations) / np.linalg.norm(step)))
            logits = net.logits_from(layer, activations + np.concatenate([0 * moved[0], *moved]))
            own = logits[:, found.class_index]
            for name, value in zip(changes, own[1:] - own[0], strict=True):
                changes[name].append(float(value))
    yield (
        f"of the selected channels {np.mean(opposite):.0%} lower the class when raised, "
        f"{np.mean(ambiguous):.0%} are ambiguous"
    )
    for name, values in changes.items():
        rose = sum(value > 0 for value in values)
        yield f"moved along {name}: {np.mean(values):+.2f}, rose in {rose} of {len(values)}"


def icons(net: Network, layer: str, scenes: Sequence[Scene], steps: int = 64) -> Iterator[str]:
    """Lines on one icon of all selected channels, weighed by φ or by w: is it of the class?"""
    from tfvis.utils import (
        aumann_shapley,
        channel_mean,
        fourier_images,
        render,
        select_channels,
    )

    for scene in scenes:
        for found in aumann_shapley(net, scene.image, layer, classes=scene.labels):
            selected, told = select_channels(found), []
            for name, weights in (("φ", found.values), ("w", found.icon_weights)):
                kept = np.zeros_like(weights)
                kept[selected] = weights[selected]
                icon = render(net, channel_mean(layer, kept), fourier_images(1, 224), steps=steps)
                logits = net.logits(icon.images)[0]
                own = logits[found.class_index]
                told.append(f"by {name}: logit {own:.2f}, place {1 + np.sum(logits > own)}")
            yield f"icon of {net.labels[found.class_index]} weighed {'; '.join(told)}"


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("train", "localise"))
    parser.add_argument("--output", type=Path, default=Path("bottlenecks"), help="of train")
    parser.add_argument("--share", type=float, default=1.0, help="of the training's scenes")
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--weights", type=Path, help="the file that train wrote, for localise")
    parser.add_argument("--layers", nargs="+", default=(), help="the network's own, if left out")
    parser.add_argument("--scenes", type=int, default=100)
    arguments = parser.parse_args()
    try:
        with progress_bars(quiet=False) as bars:
            if arguments.what == "train":
                print(train(arguments.output, arguments.share, arguments.seed, bars))
            elif arguments.weights is None:
                raise InputError("Expected --weights, the file that `train` wrote.")
            else:
                localise(arguments.weights, arguments.layers, arguments.scenes, bars)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


if __name__ == "__main__":
    run()
