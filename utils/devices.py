"""A batch split over several devices, each of which has the network's weights.

TensorFlow's `MirroredStrategy` keeps a copy of the weights on each device. A network that is made
in its scope is computed on all of them; see docs/gpu.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def per_device(
    strategy: tf.distribute.Strategy | None, work: Callable[..., Any], *batches: tf.Tensor
) -> list[Any]:
    """What each device makes of its share of the batches, in their order.

    Call it in a compiled function. A device's share is empty where there are fewer samples than
    devices.

    Args:
        strategy: whose devices; None for no split.
        work: takes the batches' shares and returns tensors; it is traced once for each device, and
            computes gradients itself where they are needed.
        *batches: tensors of N samples each.

    Returns:
        A result for each device. Concatenate or sum them.

    Example:
        >>> import tensorflow as tf
        >>> from tfvis.utils.devices import per_device
        >>> [found.numpy().tolist() for found in per_device(None, tf.square, tf.constant([1, 2]))]
        [[1, 4]]
    """
    if strategy is None:
        return [work(*batches)]
    n_devices = strategy.num_replicas_in_sync

    def replica(*batches: tf.Tensor) -> Any:
        context: Any = tf.distribute.get_replica_context()
        place = tf.cast(context.replica_id_in_sync_group, tf.int32)
        n = tf.shape(batches[0])[0]
        start, stop = place * n // n_devices, (place + 1) * n // n_devices
        return work(*(batch[start:stop] for batch in batches))

    found = strategy.run(replica, args=batches)
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
