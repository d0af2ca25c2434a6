"""Which Keras models go on linearly behind a layer, and how."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from tfvis.utils.linear_start import LinearOperation, LinearStart

from .keras_activations import relu_cap
from .keras_calls import Calls

_layers = keras.layers
_CHANNELWISE = (
    _layers.AveragePooling2D, _layers.Dropout, _layers.GlobalAveragePooling2D,
    _layers.GlobalMaxPooling2D, _layers.Identity, _layers.MaxPooling2D, _layers.SpatialDropout2D,
    _layers.ZeroPadding2D,
)  # fmt: skip
"""What they return for a channel depends on that channel alone, and is 0 where it is 0."""


def linear_start(calls: Calls, slot: int) -> LinearStart | None:
    """What follows a tensor of a model, if all that reads it is linear in its channels.

    Convolutions and dense layers are, also behind layers that treat each channel by itself, such as
    pooling. Subclasses of Keras's layers are not looked into.

    Returns:
        None where anything else reads the tensor, such as the addition of a residual block.
    """
    sources, linear = [slot], []
    for call in calls.needed({slot}, [calls.output]):
        read = [own for own in call.slots.values() if own in sources]
        if not read:
            continue
        if len(call.slots) == 1 and _is_channelwise(call.operation):
            sources.append(call.outputs[0])
        elif len(call.slots) == 1 and _is_linear(call.operation):
            linear.append((read[0], call))
        else:
            return None
    if calls.output in sources:
        return None
    ends = [call.outputs[0] for _, call in linear]
    return LinearStart(
        sources=lambda activations: calls.run({slot: activations}, sources),
        operations=tuple(
            _operation(sources.index(source), call.operation) for source, call in linear
        ),
        rest=lambda outputs: calls.run(dict(zip(ends, outputs, strict=True)), [calls.output])[0],
    )


def _is_channelwise(operation: Any) -> bool:
    if type(operation) is _layers.Activation:
        return relu_cap(operation.activation) is not None
    if type(operation) is _layers.ReLU:
        return relu_cap(operation) is not None  # leaky ones have a threshold, which may be another
    return type(operation) in _CHANNELWISE


def _is_linear(operation: Any) -> bool:
    if getattr(operation, "quantization_mode", None) is not None:
        return False  # its kernel is not what it multiplies by
    if type(operation) is _layers.Conv2D:
        return operation.groups == 1
    return type(operation) is _layers.Dense


def _operation(source: int, layer: Any) -> LinearOperation:
    multiply = keras.ops.matmul if isinstance(layer, _layers.Dense) else layer.convolution_op

    def apply(inputs: tf.Tensor, kernel: tf.Tensor) -> Any:
        return multiply(tf.cast(inputs, layer.compute_dtype), kernel)

    def finish(sums: tf.Tensor) -> Any:
        if layer.bias is not None:
            sums += tf.cast(layer.bias, sums.dtype)
        return sums if layer.activation is None else layer.activation(sums)

    return LinearOperation(
        source, lambda: tf.cast(layer.kernel, layer.compute_dtype), apply, finish
    )
