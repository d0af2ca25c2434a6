"""How fast are attributions and icons, beside their slow forms and the machine's limit?

    python -m benchmarks.speed
    python -m benchmarks.speed attributions [--model critters] [--layer LAYER] [--repeats 3]

The first prints the machine's float32 matrix-product rate, then GoogLeNet's normalisation of local
responses and its gradient, and for its layer mixed4d: IGSG with 100 gradients, an order of sampled
Shapley values, and a rendering step for 10 groups at 224 pixels, each as a median over alternating
repeats beside a slower way to the same result. The second has, of any network, an order of Shapley
values with and without sums of channels, and IGSG of three classes together and one by one, in
seconds of processor time.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pairs import SHARED, photograph
from benchmarks.running import in_one_line

LAYER, LABEL = "mixed4d", "tiger cat"
EXAMPLE = Path(__file__).parents[1] / "data" / "dog_cat224.jpg"


def alternate(
    ways: dict[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The median seconds of each way, run in turn after one run of each that does not count."""
    seconds = {name: [] for name in ways}
    for repeat in range(repeats + 1):
        for name, way in ways.items():
            start = clock()
            way()
            if repeat:
                seconds[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def say(title: str, seconds: dict[str, float]) -> None:
    (fast, best), *others = seconds.items()
    print(f"{title}: {fast} {best:.3f} s", end="")
    for name, value in others:
        print(f"; {name} {value:.3f} s ({value / best:.1f} times)", end="")
    print(flush=True)


def attributions(model: str, layer: str | None, repeats: int) -> None:
    """Both ways of attributing, each beside its plain form."""
    import copy

    from tfvis import load_model
    from tfvis.utils import aumann_shapley, images, shapley_sampling
    from tfvis.utils.network import Network

    net = load_model(model, weights=SHARED / "weights" if model == "googlenet" else None)
    layer = net.require_layer(layer or net.default_layers[0])
    image = images.load(EXAMPLE, net.input_size)
    classes = [index for index, _ in net.top(image, 3)]

    def order(network: Network) -> Callable[[], object]:
        return lambda: shapley_sampling(
            network, image, layer, classes=classes, permutations=1, antithetic=False
        )

    whole: Any = copy.copy(net)
    whole.linear_start, whole._compiled = lambda _: None, {}
    started = "sums of channels" if net.linear_start(layer) else "whole tails (no sums here)"
    ways = {started: order(net), "whole tails": order(whole)}
    say(f"{model}, {layer}: an order", alternate(ways, repeats, time.process_time))

    def one_by_one() -> None:
        for index in classes:
            aumann_shapley(net, image, layer, classes=[index])

    ways = {
        "together": lambda: aumann_shapley(net, image, layer, classes=classes),
        "one by one": one_by_one,
        "together, to a gap of 0.5 %": lambda: aumann_shapley(
            net, image, layer, classes=classes, tolerance=0.005
        ),
    }
    say(f"{model}, {layer}: IGSG of 3 classes", alternate(ways, repeats, time.process_time))


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", nargs="?", choices=("all", "attributions"), default="all")
    parser.add_argument("--model", default="googlenet")
    parser.add_argument("--layer", help="of attributions; the network's first default layer")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.what == "attributions":
        attributions(arguments.model, arguments.layer, arguments.repeats)
    else:
        everything()


def everything() -> None:
    """GoogLeNet's attributions and icons."""

    import tensorflow as tf

    from tfvis import load_model
    from tfvis.utils import aumann_shapley, images, losses, preconditioning, shapley_sampling
    from tfvis.utils.rendering import render

    a = tf.random.stateless_normal((2048, 2048), (0, 0))
    product = tf.function(lambda: tf.reduce_sum(a @ a))
    rate = 2 * 2048**3 / alternate({"product": lambda: product().numpy()}, 9)["product"] / 1e9
    print(f"float32 matrix product: {rate:.0f} GFLOP/s on all cores", flush=True)

    _say_response_normalisation()
    net = load_model("googlenet", weights=SHARED / "weights")
    image = images.load(photograph("dog_cat224"), net.input_size)
    class_index = net.class_index(LABEL)
    activations = tf.constant(net.activations(image[np.newaxis], LAYER))
    tail = net.tail(LAYER)

    single_gradient = tf.function(lambda x: _gradient(tail, x, class_index))

    def igsg_one_by_one() -> None:
        for step in range(100):
            single_gradient(activations * (step / 100)).numpy()

    say(
        "IGSG, 100 gradients",
        alternate(
            {
                "batched": lambda: aumann_shapley(net, image, LAYER, classes=[LABEL], steps=100),
                "one call a gradient": igsg_one_by_one,
            },
            3,
        ),
    )

    single_logit = tf.function(lambda x: tail(x)[0, class_index])
    channels = net.n_channels(LAYER)

    def shapley_one_by_one() -> None:
        present = np.ones(channels, np.float32)
        for channel in np.random.default_rng(0).permutation(channels):
            present[channel] = 0
            single_logit(activations * present).numpy()

    pair = alternate(
        {
            "a pair, batched": lambda: shapley_sampling(
                net, image, LAYER, classes=[LABEL], permutations=2
            ),
            "one order, one call a channel": shapley_one_by_one,
        },
        3,
    )
    order, slow = pair.values()
    say(f"Shapley, one order of {channels} channels",
        {"batched (half a pair)": order / 2, "one call a channel": slow})  # fmt: skip

    weights = np.abs(np.random.default_rng(0).standard_normal((10, channels)))
    objective = losses.channel_mean(LAYER, weights)

    def step_seconds(**options: Any) -> float:
        ticks = []
        render(
            net, objective, preconditioning.aligned_images(10, 224), steps=12,
            progress=lambda done, total: ticks.append(time.perf_counter()), **options,
        )  # fmt: skip
        return statistics.median(np.diff(ticks)[1:])

    flops = _head_flops()
    rounds = [
        (step_seconds(dtype="bfloat16"), step_seconds(), step_seconds(transforms=()))
        for _ in range(3)
    ]
    half, full, plain = (statistics.median(column) for column in zip(*rounds, strict=True))
    say(
        "Rendering step, 10 groups at 224",
        {"bfloat16": half, "float32": full, "float32 without transforms": plain},
    )
    limit = 10 * 2 * flops / rate / 1e9
    print(
        f"  the network alone, forward and backward, is {20 * flops / 1e9:.0f} GFLOP: "
        f"{limit:.2f} s at the rate above; the float32 step takes {full / limit:.1f} times that"
    )


def _say_response_normalisation() -> None:
    """Ten images' local responses where GoogLeNet has them, and their gradient."""
    import tensorflow as tf

    from tfvis.models.keras_layers import LocalResponseNormalization

    def both(normalise: Callable, x: tf.Tensor) -> Callable[[], object]:
        def run() -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = tf.reduce_sum(normalise(x))
            slopes: Any = tape.gradient(total, x)
            return tf.reduce_sum(slopes)

        compiled = tf.function(run, autograph=False)
        return lambda: compiled().numpy()

    for channels in (64, 192):
        x = tf.nn.relu(50 * tf.random.stateless_normal((10, 56, 56, channels), (0, 1)))
        ways = {
            "matrix products": both(LocalResponseNormalization(), x),
            "TensorFlow's operation": both(
                lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 1e-4 / 5, 0.75), x
            ),
        }
        say(f"Response normalisation of {channels} channels", alternate(ways, 9))


def _gradient(tail: Callable, x: Any, class_index: int) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        logit = tail(x)[:, class_index]
    return tape.gradient(logit, x)


def _head_flops() -> float:
    """Twice the multiplications of the convolutions up to the layer, for one 224 × 224 image."""
    import keras

    from tfvis.models import architectures, googlenet

    flops = 0
    whole = googlenet.build(architectures.BVLC)
    model = keras.Model(whole.input, whole.get_layer(LAYER).output)
    outputs = [la for la in model.layers if isinstance(la, keras.layers.Conv2D)]
    probe = keras.Model(model.input, [layer.output for layer in outputs])
    for layer, out in zip(outputs, probe(np.zeros((1, 224, 224, 3), np.float32)), strict=True):
        flops += 2 * math.prod(out.shape[1:]) * math.prod(layer.get_weights()[0].shape[:-1])
    return float(flops)


if __name__ == "__main__":
    in_one_line(run)
