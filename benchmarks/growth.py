"""How does the time grow with the work?

    python -m benchmarks.growth [--only groups pixels] [--markdown] [--figure FILE]

times work of several sizes, on `critters` and, for channels, on small networks with as many. Each
size is compiled first; then all sizes take turns, three times. It prints the medians in seconds of
the processor, those of all cores together, so that other work on the machine does not count; and
the exponent of the line through them on logarithmic axes, 1 for linear growth. `--figure` draws
them.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.running import in_one_line
from tfvis import IconOptions, load_model
from tfvis.critters import render_scene
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils import aumann_shapley, shapley_sampling
from tfvis.utils.icons import render_icons
from tfvis.utils.network import Network

LAYER = "mixed4d"
REPEATS = 3


@dataclass(frozen=True)
class Axis:
    """Work of several sizes.

    Attributes:
        what: grows, as the figure calls it.
        sizes: of the work.
        work: does work of a size, made from it; called once before it is timed.
    """

    what: str
    sizes: Sequence[int]
    work: Callable[[int], Callable[[], object]]


def _icons(net: Network, *, n: int = 4, side: int = 32, steps: int = 4) -> Callable[[], object]:
    weights = np.random.default_rng(0).random((n, net.n_channels(LAYER)))
    options = IconOptions(steps=steps, size=side, dtype="float32", tolerance=0)
    return lambda: render_icons(net, LAYER, weights, options)


def _gradients(net: Network, steps: int) -> Callable[[], object]:
    image = render_scene(["cat"], seed=0).image
    return lambda: aumann_shapley(net, image, LAYER, classes=["cat"], steps=steps)


def _images(net: Network, n: int) -> Callable[[], object]:
    images = [render_scene(["cat"], seed=seed).image for seed in range(n)]
    explainer = FeatureGroupExplainer(net, layer=LAYER, attribution_steps=16, icons=None)

    def work() -> object:
        net.memory.clear()
        return explainer.explain(images, ["cat"] * n)

    return work


def _wide(channels: int, side: int) -> Network:
    """A network for images of a size, with a layer of so many channels at half of it."""
    import keras

    keras.utils.set_random_seed(0)
    images = keras.Input((side, side, 3))
    x = keras.layers.Conv2D(channels, 3, 2, "same", activation="relu", name="wide")(images)
    x = keras.layers.Conv2D(64, 1, activation="relu")(x)
    x = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    return load_model(keras.Model(images, x), value_range=(0, 1))


def _channels(channels: int, *, shapley: bool) -> Callable[[], object]:
    side = 14 if shapley else 28  # which takes as many passes as there are channels
    net = _wide(channels, side)
    image = np.random.default_rng(0).random((side, side, 3)).astype(np.float32)
    if shapley:
        return lambda: shapley_sampling(net, image, "wide", classes=[0], permutations=2)
    return lambda: aumann_shapley(net, image, "wide", classes=[0], steps=64)


def axes(net: Network) -> dict[str, Axis]:
    """What can grow, by name."""
    wide = (128, 256, 512, 1024, 2048)
    return {
        "groups": Axis("groups, icons of 32 px", (4, 8, 16, 32, 64), lambda n: _icons(net, n=n)),
        "pixels": Axis(
            "pixels, 4 icons",
            [side**2 for side in (32, 64, 96, 160, 224)],
            lambda n: _icons(net, side=math.isqrt(n)),
        ),
        "channels": Axis("channels, gradients", wide, partial(_channels, shapley=False)),
        "coalitions": Axis("channels, Shapley values", wide, partial(_channels, shapley=True)),
        "images": Axis("images, no icons", (1, 2, 4, 8), lambda n: _images(net, n)),
        "steps": Axis("steps, 4 icons of 32 px", (8, 16, 32, 64), lambda n: _icons(net, steps=n)),
        "gradients": Axis("gradients of IGSG", (16, 32, 64, 128), partial(_gradients, net)),
    }


def measured(axis: Axis) -> np.ndarray:
    """The median seconds of each size."""
    work = [axis.work(size) for size in axis.sizes]
    for own in work:
        own()
    seconds = np.empty((REPEATS, len(work)))
    for repeat in range(REPEATS):
        for k, own in enumerate(work):
            start = time.process_time()
            own()
            seconds[repeat, k] = time.process_time() - start
    return np.median(seconds, axis=0)


def exponent(sizes: Sequence[int], seconds: np.ndarray) -> float:
    """The slope of the line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def figure(found: dict[str, tuple[Axis, np.ndarray]], file: Path) -> None:
    """Draw the seconds of each axis, and the line that the last size makes if all is linear."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    columns = min(4, len(found))
    rows = -(-len(found) // columns)
    drawn = Figure(figsize=(2.6 * columns, 2.4 * rows), dpi=100, layout="constrained")
    for k, (axis, seconds) in enumerate(found.values()):
        plot = drawn.add_subplot(rows, columns, k + 1)
        sizes = np.array(axis.sizes)
        plot.loglog(sizes, seconds[-1] * sizes / sizes[-1], color="0.75", linestyle="--")
        plot.loglog(sizes, seconds, color="#1f6f8b", marker="o", markersize=4)
        labels = [f"{size:,}" for size in axis.sizes]
        plot.set_xticks(sizes, labels, fontsize=7, rotation=30 if sizes[-1] > 9999 else 0)
        plot.set_xticks([], minor=True)
        plot.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        plot.yaxis.set_major_formatter("{x:g}")
        plot.yaxis.set_minor_formatter(NullFormatter())
        plot.tick_params(axis="y", labelsize=7)
        plot.set_title(f"{axis.what}\nexponent {exponent(axis.sizes, seconds):.2f}", fontsize=8)
        if k % columns == 0:
            plot.set_ylabel("seconds", fontsize=8)
    drawn.savefig(file)


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    known = axes(load_model("critters"))
    parser.add_argument("--only", nargs="+", default=list(known), choices=known)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    found = {}
    row = "| {} | {} | {} | {} |" if arguments.markdown else "{:28} {:24} {:38} {}"
    print(row.format("what grows", "sizes", "seconds", "exponent"))
    if arguments.markdown:
        print("|---|---|---|---|")
    for name in arguments.only:
        axis = known[name]
        seconds = measured(axis)
        found[name] = (axis, seconds)
        sizes = ", ".join(map(str, axis.sizes))
        told = ", ".join(f"{own:.2g}" for own in seconds)
        print(
            row.format(axis.what, sizes, told, f"{exponent(axis.sizes, seconds):.2f}"), flush=True
        )
    if arguments.figure is not None:
        figure(found, arguments.figure)


if __name__ == "__main__":
    in_one_line(run)
