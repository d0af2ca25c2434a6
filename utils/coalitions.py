"""The worth of the coalitions of an order of a layer's channels.

Each coalition of an order has one channel more than the one before. Where the tail begins with
operations that are linear in the channels, a batch of n coalitions therefore needs these operations
for what all of them hold, once, and for the n channels that join, instead of for all C: that is
about n/C of the work.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from .compiling import compiled
from .devices import joined
from .linear_start import LinearStart
from .network import Network

CoalitionLogits = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""From (A (h, w, C), classes (k,), ranks (C,), joining (n,), before ()) to logits (n, k).

The j-th coalition holds the channels whose rank is at most before + j. `joining` are the channels
of the ranks before, …, before + n − 1.
"""


def coalition_logits(net: Network, layer: str) -> CoalitionLogits:
    """A compiled function that gives the logits of coalitions of one order, float64."""
    start = net.linear_start(layer)
    tail = net.tail(layer)

    def logits_of(
        activations: tf.Tensor, rank: tf.Tensor, joining: tf.Tensor, before: tf.Tensor
    ) -> tf.Tensor:
        if start is None:
            last = before + tf.range(tf.size(joining))
            present = tf.cast(rank <= last[:, tf.newaxis], tf.float32)
            return tail(activations * present[:, tf.newaxis, tf.newaxis, :])
        return _from_sums(start, activations, tf.cast(rank < before, tf.float32), joining)

    def run(
        activations: tf.Tensor,
        classes: tf.Tensor,
        rank: tf.Tensor,
        joining: tf.Tensor,
        before: tf.Tensor,
    ) -> tf.Tensor:
        def share(joining: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
            return logits_of(activations, rank, joining, places[0])

        places = before + tf.range(tf.size(joining))
        logits = joined(net.strategy, share, joining, places)
        return tf.cast(tf.gather(logits, classes, axis=1), tf.float64)

    return compiled(
        run,
        [
            tf.TensorSpec([None, None, net.n_channels(layer)], tf.float32),
            *[tf.TensorSpec([None], tf.int32)] * 3,
            tf.TensorSpec([], tf.int32),
        ],
    )


def _from_sums(
    start: LinearStart, activations: tf.Tensor, earlier: tf.Tensor, joining: tf.Tensor
) -> tf.Tensor:
    """Logits of coalitions to each of which one channel more has joined.

    Args:
        start: the tail.
        activations: (h, w, C).
        earlier: 1 for the channels that all coalitions hold, else 0: (C,).
        joining: the others, in their order: (n,).
    """
    n = tf.size(joining)
    joined = tf.linalg.band_part(tf.ones([n, n]), -1, 0)  # the j-th coalition holds the first j + 1
    sources = start.sources(activations[tf.newaxis])
    outputs = []
    for operation in start.operations:
        source, kernel = sources[operation.source], operation.kernel()
        inner = [1] * (source.shape.rank - 2)
        mask = tf.cast(tf.reshape(joined, [n, *inner, n]), source.dtype)
        new = tf.gather(source, joining, axis=-1) * mask
        found = operation.apply(source * tf.cast(earlier, source.dtype), kernel)
        found += operation.apply(new, tf.gather(kernel, joining, axis=-2))
        outputs.append(operation.finish(found))
    return start.rest(outputs)
