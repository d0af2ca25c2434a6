"""How many single channels get an icon?

    python -m benchmarks.silent_channels --model googlenet --layer mixed4d --size 96 --steps 64

renders an icon of every channel of a layer, each independent of the others, and compares its
objective, the channel's mean activation, with that of the image; also with the channel's largest
activation there. A channel may be silent on the start: all icons begin with the same nearly grey
images. `--without` renders them without redirected ReLUs too. Channels that got no icon are listed.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.pairs import SHARED, photograph
from tfvis import load_model
from tfvis.runtime.terminal import Parser
from tfvis.utils import fourier_images, images
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.icon_options import REDIRECTED_RELU_STEPS, IconOptions
from tfvis.utils.icons import channel_icons
from tfvis.utils.network import Network
from tfvis.utils.rendering import DEVIATIONS

EXAMPLE = Path(__file__).parents[1] / "data" / "dog_cat224.jpg"


def objectives(
    net: Network, layer: str, channels: np.ndarray, options: IconOptions, *, batch: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yields rows of `channels`, their objectives, and whether all their gradients were zero."""
    for first in range(0, len(channels), batch):
        # As many in the last batch as in the others: what was compiled fits.
        rows = np.arange(first, first + batch) % len(channels)
        found = channel_icons(net, layer, channels[rows].tolist(), options=options, seed=seed)
        yield rows, found.objectives, np.isin(np.arange(batch), found.zero_gradient)


def silent_on_start(net: Network, layer: str, options: IconOptions, *, seed: int) -> np.ndarray:
    """Whether each channel is 0 everywhere on eight initial images: (C,)."""
    parameters = fourier_images(8, options.size, sd=DEVIATIONS[0])
    start = parameters.images(parameters.initial(seed)).numpy()
    return (net.activations(start, layer) == 0).all(axis=(0, 1, 2))


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="googlenet")
    parser.add_argument("--weights", type=Path, help="a file or folder")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--image", type=Path)
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16, help="icons rendered together")
    parser.add_argument("--redirected-relu-steps", type=int, default=REDIRECTED_RELU_STEPS)
    parser.add_argument("--channels", type=int, nargs="+", help="all if left out")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without", action="store_true", help="without redirected ReLUs too")
    arguments = parser.parse_args()
    try:
        require_count("--batch", arguments.batch)
        _run(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _run(arguments: argparse.Namespace) -> None:
    logging.getLogger("tfvis").setLevel(logging.ERROR)  # what is silent is counted here
    real = arguments.model == "googlenet"
    weights = arguments.weights or (SHARED / "weights" if real else None)
    net = load_model(arguments.model, weights=weights)
    layer = net.require_layer(arguments.layer or net.default_layers[0])
    options = IconOptions(
        steps=arguments.steps,
        size=arguments.size,
        batch_size=arguments.batch,
        parameterisation="fourier",
        dtype=arguments.dtype,
        redirected_relu_steps=arguments.redirected_relu_steps,
    )
    file = arguments.image or (photograph("dog_cat224") if real else EXAMPLE)
    on_image = net.activations(images.load(file, net.input_size)[np.newaxis], layer)[0]
    mean, largest = on_image.mean(axis=(0, 1)), on_image.max(axis=(0, 1))
    silent = silent_on_start(net, layer, options, seed=arguments.seed)
    channels = np.array(arguments.channels or range(net.n_channels(layer)))
    print(
        f"{net.name}, {layer}: {len(channels)} of {net.n_channels(layer)} channels, {file.name}; "
        f"{silent[channels].sum()} of them are silent on eight starts"
    )
    ways = (
        [0, arguments.redirected_relu_steps]
        if arguments.without
        else [arguments.redirected_relu_steps]
    )
    for steps in ways:
        own = replace(options, redirected_relu_steps=steps)
        found, nothing = np.full(len(channels), np.nan), np.zeros(len(channels), bool)
        start = time.perf_counter()
        for rows, reached, without in objectives(
            net, layer, channels, own, batch=arguments.batch, seed=arguments.seed
        ):
            new = np.isnan(found[rows])
            found[rows], nothing[rows] = reached, without
            for number, value in zip(channels[rows[new]], reached[new], strict=True):
                if value <= mean[number]:
                    print(
                        f"  no icon: channel {number}: {value:.3g}, image's mean "
                        f"{mean[number]:.3g}, largest {largest[number]:.3g}"
                        f"{', silent on the start' * bool(silent[number])}"
                    )
            done, seconds = np.isfinite(found), time.perf_counter() - start
            print(f"  {done.sum()}/{len(channels)} channels, {seconds:.0f} s", flush=True)
        print(
            f"redirected ReLUs in {steps} steps: {nothing.sum()} without a gradient, "
            f"objective 0 {np.sum(found == 0)}, "
            f"above the image's mean {np.sum(found > mean[channels])}, "
            f"above its largest {np.sum(found > largest[channels])}"
        )


if __name__ == "__main__":
    run()
