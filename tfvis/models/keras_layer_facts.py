"""What each call of a Keras model computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.layer_facts import (
    ACTIVATION,
    CONCATENATION,
    OTHER,
    SUM,
    LayerFacts,
)

from .keras_calls import Call, Calls

_LAYERS = keras.layers
_ACTIVATIONS = (
    _LAYERS.Activation, _LAYERS.ReLU, _LAYERS.LeakyReLU, _LAYERS.ELU, _LAYERS.PReLU,
)  # fmt: skip
_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
_OPERATIONS = (
    "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Silu", "HardSilu", "Softplus",
    "Softsign", "Tanh", "Mish", "SquarePlus",
)  # fmt: skip
"""The activations among `keras.ops`, by the classes of their calls in a functional model."""
_EXAMPLE = np.linspace(-30, 30, 241, dtype=np.float32)


def layer_facts(calls: Calls, slot: int) -> LayerFacts:
    """What is known of a numbered tensor."""
    call = cast(Call, calls.maker(slot))  # None for the input alone, which is no layer
    weighted = [_is_weighted(other) for other in calls.calls]
    before = weighted[: calls.calls.index(call) + 1]
    kind, function = _kind(call.operation)
    return LayerFacts(
        kind,
        None if function is None else _non_negative(function),
        sum(before) / max(1, sum(weighted)),
    )


def _is_weighted(call: Call) -> bool:
    return any(hasattr(call.operation, name) for name in _KERNELS)


def _kind(operation: Any) -> tuple[str, Callable | None]:
    """What an operation is, and the function of each value that it ends in, if there is one."""
    name = type(operation).__name__
    kerass = type(operation).__module__.startswith("keras.")
    if isinstance(operation, _LAYERS.Add | _LAYERS.Average) or (kerass and name == "Add"):
        return SUM, None
    if isinstance(operation, _LAYERS.Concatenate) or (kerass and name == "Concatenate"):
        return CONCATENATION, None
    if isinstance(operation, _LAYERS.Activation):
        function = operation.activation
    elif isinstance(operation, _LAYERS.PReLU):
        return ACTIVATION, None  # its slopes are learnt
    elif isinstance(operation, _ACTIVATIONS) or (kerass and name in _OPERATIONS):
        function = operation
    else:
        function = getattr(operation, "activation", None)
        if function is not None and not kerass:
            return ACTIVATION, None  # a layer of the user's own need not end in its activation
    if function is None or function is keras.activations.linear:
        return OTHER, None
    return ACTIVATION, function


def _non_negative(function: Callable) -> bool | None:
    """Whether a function of each value never is below 0, by what it does to examples."""
    try:
        found = np.asarray(function(tf.constant(_EXAMPLE[np.newaxis])))
    except Exception:  # it may be a function of the user's own
        return None
    return bool(found.min() >= 0) if found.size == _EXAMPLE.size else None
