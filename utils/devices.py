"""A batch split over several devices, each of which has the network's weights.

TensorFlow's `MirroredStrategy` keeps a copy of the weights on each device. A network that is made
in its scope is computed on all of them; see docs/gpu.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow as tf

from .errors import InputError


def strategy_of(variables: Iterable[Any]) -> tf.distribute.Strategy | None:
    """The strategy whose scope variables were made in; None if that is of a single device.

    Args:
        variables: TensorFlow's, or Keras's.
    """
    for variable in variables:
        found = getattr(getattr(variable, "value", variable), "distribute_strategy", None)
        if found is not None and found.num_replicas_in_sync > 1:
            return found
    return None


def joined(
    strategy: tf.distribute.Strategy | None, work: Callable[..., Any], *batches: tf.Tensor
) -> Any:
    """What all devices together make of the batches, each of its share: tensors, sample by sample.

    Call it in a compiled function.

    Args:
        strategy: whose devices; None for no split.
        work: takes the batches' shares and returns tensors whose first axis is that of the samples.
            It is traced once for each device, and computes gradients itself where they are needed.
        *batches: tensors of N samples each.

    Example:
        >>> import tensorflow as tf
        >>> from tfvis.utils.devices import joined
        >>> joined(None, tf.square, tf.constant([1, 2])).numpy().tolist()
        [1, 4]
    """
    if strategy is None:
        return work(*batches)
    # Of a share that was filled up, the samples that are its own.
    parts = [
        tf.nest.map_structure(lambda part, own=own: part[:own], found)
        for found, own in _shares(strategy, work, batches)
    ]
    return tf.nest.map_structure(lambda *own: tf.concat(own, 0), *parts)


def summed(
    strategy: tf.distribute.Strategy | None, work: Callable[..., tf.Tensor], *batches: tf.Tensor
) -> tf.Tensor:
    """The sum over the devices of what each makes of its share of the batches.

    Args:
        strategy: whose devices; None for no split.
        work: takes the batches' shares and returns a sum over their samples, to which a sample of
            zeros adds nothing. See `joined`.
        *batches: tensors of N samples each.
    """
    if strategy is None:
        return work(*batches)
    return tf.add_n([found for found, _ in _shares(strategy, work, batches)])


def _shares(
    strategy: tf.distribute.Strategy, work: Callable[..., Any], batches: Sequence[tf.Tensor]
) -> list[tuple[Any, tf.Tensor]]:
    """For each device what it makes of its share, and how many samples that has.

    Where there are fewer samples than devices, a device gets one of zeros: on CPUs TensorFlow's
    convolutions cannot be relied on with no sample at all.
    """
    n_devices = strategy.num_replicas_in_sync

    def replica(*batches: tf.Tensor) -> tuple[Any, tf.Tensor]:
        context: Any = tf.distribute.get_replica_context()
        place = tf.cast(context.replica_id_in_sync_group, tf.int32)
        n = tf.shape(batches[0])[0]
        start, stop = place * n // n_devices, (place + 1) * n // n_devices
        missing = tf.maximum(1 - (stop - start), 0)
        own = (tf.concat([b[start:stop], tf.zeros_like(b[:missing])], 0) for b in batches)
        return work(*own), stop - start

    found = strategy.run(replica, args=tuple(batches))
    parts = [strategy.experimental_local_results(part) for part in tf.nest.flatten(found)]
    return [tf.nest.pack_sequence_as(found, own) for own in zip(*parts, strict=True)]


def require_single_scope() -> None:
    """Raise an `InputError` in a strategy's scope, where variables would be made on each device."""
    if tf.distribute.has_strategy() and tf.distribute.get_strategy().num_replicas_in_sync > 1:
        raise InputError(
            "Expected to render outside of a strategy's scope, received "
            f"{type(tf.distribute.get_strategy()).__name__}. Load the network in the scope, and "
            "leave it: what is computed with the network is split over the devices all the same."
        )
