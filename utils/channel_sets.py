"""What a network answers with some channels of a layer taken out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from .compiling import compiled
from .devices import joined
from .errors import InputError, require_count
from .halving import halving
from .memory_bounds import TAIL, batch_size_within
from .network import Network
from .progress import Progress, rising, silent

__all__ = ["logits_with_channels"]


def logits_with_channels(
    net: Network,
    layer: str,
    activations: np.ndarray,
    present: np.ndarray,
    *,
    absent: np.ndarray | None = None,
    batch_size: int = 64,
    progress: Progress = silent,
) -> np.ndarray:
    """The logits with each of some sets of a layer's channels, all other channels taken out.

    A channel may also be taken out in part.

    Args:
        net: the network.
        layer: the layer.
        activations: of the layer for one image, (h, w, C).
        present: a set a row: whether it has the channel, bool (n, C), or how much of it is there,
            in [0, 1].
        absent: what takes the place of a channel that is out: (C,), such as the channels' means
            over other images, or (h, w, C). Zeros if left out.
        batch_size: sets that are evaluated at once; bounds the memory.
        progress: called with sets done and sets in all.

    Returns:
        float64 (n, classes).

    Raises:
        InputError: shapes do not fit, or a value or logit is not finite.
    """
    require_count("batch_size", batch_size)
    layer = net.require_layer(layer)
    activations, present = np.asarray(activations, np.float32), np.asarray(present)
    if present.dtype != bool:
        present = np.asarray(present, np.float32)
    n_channels = net.n_channels(layer)
    if activations.ndim != 3 or activations.shape[-1] != n_channels:
        raise InputError(
            f"Expected activations of shape (h, w, {n_channels}), received {activations.shape}."
        )
    if present.ndim != 2 or present.shape[1] != n_channels:
        raise InputError(
            f"Expected sets of channels of shape (n, {n_channels}), received {present.shape}."
        )
    if present.size and not (present.min() >= 0 and present.max() <= 1):
        raise InputError("Expected channels to be there from 0 to 1, received others.")
    absent = np.zeros(n_channels) if absent is None else np.asarray(absent)
    if absent.shape not in ((n_channels,), activations.shape):
        raise InputError(
            f"Expected absent of shape ({n_channels},) or {activations.shape}, "
            f"received {absent.shape}."
        )
    absent = np.broadcast_to(absent, activations.shape).astype(np.float32)
    batch_size = batch_size_within(net, TAIL, layer, most=batch_size, gradient=False)
    answer = net.compiled(_compiled_answer if present.dtype == bool else _compiled_mixture, layer)
    given = tf.constant(activations), tf.constant(absent)
    told = rising(progress)

    def answered(batch_size: int) -> np.ndarray:
        found = [np.zeros((0, len(net.labels)))]
        for first in range(0, len(present), batch_size):
            found.append(answer(*given, tf.constant(present[first : first + batch_size])).numpy())
            told(min(first + batch_size, len(present)), len(present))
        return np.concatenate(found)

    most = max(1, min(batch_size, len(present)))
    logits = halving(answered, most, "sets of channels")
    if not np.isfinite(logits).all():
        raise InputError(f"Expected finite logits, received NaN or infinity behind {layer}.")
    return logits


def _compiled_answer(
    net: Network, layer: str
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """A compiled function from (A, absent, present) to logits; see `logits_with_channels`."""
    return _compiled(net, layer, tf.bool, tf.where)


def _compiled_mixture(
    net: Network, layer: str
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """The same where channels are there in part."""

    def mixed(share: tf.Tensor, activations: tf.Tensor, absent: tf.Tensor) -> tf.Tensor:
        return share * activations + (1.0 - share) * absent

    return _compiled(net, layer, tf.float32, mixed)


def _compiled(
    net: Network, layer: str, dtype: tf.DType, mix: Callable[..., tf.Tensor]
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    tail, n_channels = net.tail(layer), net.n_channels(layer)

    def run(activations: tf.Tensor, absent: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        def share(present: tf.Tensor) -> tf.Tensor:
            return tail(mix(present[:, tf.newaxis, tf.newaxis, :], activations, absent))

        return tf.cast(joined(net.strategy, share, present), tf.float64)

    one = tf.TensorSpec([None, None, n_channels], tf.float32)
    return compiled(run, [one, one, tf.TensorSpec([None, n_channels], dtype)])
