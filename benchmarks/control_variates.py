"""Would a control variate of gradients lower the error of sampled Shapley values?

    python -m benchmarks.control_variates [--model critters] [--pairs 20] [--spacing 8]

What a channel adds to a coalition is nearly what the gradient there says, A_i · ∂t/∂A_i, with the
absent channels at a tenth of their activations (at 0 a maximum of zeros has the gradient of one
place alone). Gradients at a few coalitions of an order, the nodes, give this for all channels; what
it is on average over all orders is estimated without bias from the same gradients. It prints by
which factor the squared mean standard error falls for the same orders, with the control's factor β
of each node fitted to these very orders (more than can be had), and with β = 0.4; and what the
gradients cost at 2.4 forward passes each.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pairs import SHARED
from benchmarks.running import in_one_line

EXAMPLE = Path(__file__).parents[1] / "data" / "dog_cat224.jpg"
BATCH = 64
FLOOR = 0.1
"""Of its activations, what an absent channel has where a gradient is computed."""
GRADIENT = 2.4
"""Forward passes that a gradient costs."""


def sampled(net: Any, image: np.ndarray, layer: str, label: str, pairs: int, spacing: int):  # noqa: ANN201
    """Orders, and for each what channels add (orders, C) and gradients at nodes (orders, n, C).

    Returns:
        Keys (pairs, C), ranks (orders, C), nodes (n,), contributions, gradients.
    """
    import tensorflow as tf

    from tfvis.utils.compiling import compiled
    from tfvis.utils.shapley import _BLOCK, _stratified_keys

    index, tail = net.class_index(label), net.tail(layer)
    activations = tf.constant(net.activations(image[np.newaxis], layer)[0])
    channels = net.n_channels(layer)
    shape = [tf.TensorSpec([None, channels], tf.float32)]

    def worth(present: tf.Tensor) -> tf.Tensor:
        return tail(activations * present[:, tf.newaxis, tf.newaxis, :])[:, index]

    def slopes(present: tf.Tensor) -> tf.Tensor:
        points = activations * tf.maximum(present, FLOOR)[:, tf.newaxis, tf.newaxis, :]
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_sum(tail(points)[:, index])
        found: Any = tape.gradient(total, points)
        return tf.reduce_sum(found * activations, axis=(1, 2))

    worth, slopes = compiled(worth, shape), compiled(slopes, shape)

    def batched(function: Any, rows: np.ndarray) -> np.ndarray:
        parts = [function(tf.constant(rows[i : i + BATCH])) for i in range(0, len(rows), BATCH)]
        return np.concatenate(parts).astype(np.float64)

    rng = np.random.default_rng(0)
    blocks = [min(_BLOCK, pairs - first) for first in range(0, pairs, _BLOCK)]
    keys = np.concatenate([_stratified_keys(rng, n, channels, True) for n in blocks])
    nodes = np.unique([*range(0, channels, spacing), channels])
    ranks, adds, gradients = [], [], []
    for key in keys:
        for order in (np.argsort(key), np.argsort(key)[::-1]):
            rank = np.argsort(order)
            present = (rank < np.arange(channels + 1)[:, np.newaxis]).astype(np.float32)
            adds.append(np.diff(batched(worth, present))[rank])
            gradients.append(batched(slopes, present[nodes]))
            ranks.append(rank)
    return keys, np.array(ranks), nodes, np.array(adds), np.array(gradients)


def controls(ranks: np.ndarray, nodes: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The control of each interval between nodes, whose mean is 0: (nodes − 1, orders, C).

    In the first half of an order it is taken before the interval, where all channels of it are
    absent, in the second half behind it, where all are present: so either holds for at least half
    of all orders.
    """
    channels, found = ranks.shape[1], []
    for k, (low, high) in enumerate(itertools.pairwise(nodes)):
        inside = (ranks >= low) & (ranks < high)
        early = low + high < channels
        own = gradients[:, k if early else k + 1]
        fits = ranks >= low if early else ranks < high
        share = 1 - low / channels if early else high / channels
        found.append(own * (inside - (high - low) / channels * fits / share))
    return np.array(found)


def neighbours(keys: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Differences of pairs of orders in neighbouring strata, whose squares give the error."""
    from tfvis.utils.shapley import _BLOCK

    pairs, found = (samples[0::2] + samples[1::2]) / 2, []
    for first in range(0, len(pairs), _BLOCK):
        block = slice(first, first + _BLOCK)
        place = np.argsort(np.abs(keys[block] - 0.5), axis=0)
        found.append(np.diff(np.take_along_axis(pairs[block], place, axis=0), axis=0))
    return np.concatenate(found)


def mean_error(keys: np.ndarray, samples: np.ndarray) -> float:
    """The mean standard error of the mean over pairs."""
    found = neighbours(keys, samples)
    return float(np.sqrt((found**2).sum(axis=0) / (2 * len(found)) / len(keys)).mean())


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters")
    parser.add_argument("--layer", default="mixed4d")
    parser.add_argument("--label", default="cat")
    parser.add_argument("--image", type=Path, default=EXAMPLE)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--spacing", type=int, default=8, help="of the nodes, in channels")
    arguments = parser.parse_args()

    from tfvis import load_model
    from tfvis.utils import images

    weights = SHARED / "weights" if arguments.model == "googlenet" else None
    net = load_model(arguments.model, weights=weights)
    image = images.load(arguments.image, net.input_size)
    keys, ranks, nodes, adds, gradients = sampled(
        net, image, arguments.layer, arguments.label, arguments.pairs, arguments.spacing
    )
    plain = mean_error(keys, adds)
    apart = float(np.sqrt(adds[::2].var(axis=0, ddof=1) / len(adds)).mean())
    print(f"{net.name}, {arguments.layer}, {arguments.label}, {len(adds)} orders")
    print(f"mean standard error {plain:.5f}; of independent orders {apart:.5f}", end="")
    print(f", {(apart / plain) ** 2:.2f} times the variance")
    for every in (1, 2, 4):
        kept = np.unique([*range(0, len(nodes), every), len(nodes) - 1])
        found = controls(ranks, nodes[kept], gradients[:, kept])
        columns = np.stack([neighbours(keys, own).ravel() for own in found], axis=1)
        beta = np.linalg.lstsq(columns, neighbours(keys, adds).ravel(), rcond=None)[0]
        fitted = plain / mean_error(keys, adds - np.tensordot(beta, found, 1))
        fixed = plain / mean_error(keys, adds - 0.4 * found.sum(axis=0))
        cost = 1 + GRADIENT * len(found) / ranks.shape[1]
        print(
            f"{len(found)} gradients an order: variance lower by {fitted**2:.2f} (β fitted), "
            f"{fixed**2:.2f} (β = 0.4); an order costs {cost:.2f} times as much"
        )


if __name__ == "__main__":
    in_one_line(run)
