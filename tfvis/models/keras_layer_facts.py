"""What each call of a Keras model computes, and whether its maps have channels last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.errors import InputError
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


def require_channels_last(calls: Calls, name: str) -> None:
    """Refuse layers whose maps have another axis for channels, also inside of other layers.

    Only maps of rank 4 are ever taken for (N, h, w, C). `Flatten` with channels first does not say
    that its input has them first: where layers before it do, they are named.

    Args:
        calls: of a model.
        name: the model's.

    Raises:
        InputError: there is such a layer.
    """
    for call in calls.calls:
        given = [calls.shapes.get(slot, _IMAGES) for slot in call.slots.values()]
        if all(len(shape) != len(_IMAGES) for shape in (*given, *call.shapes)):
            continue
        whole = call.operation
        inner = whole._flatten_layers() if isinstance(whole, keras.Layer) else ()
        for operation in (whole, *inner):
            found = _channels_first(operation, inside=operation is not whole)
            if found is not None:
                inside = "" if operation is whole else f"/{operation.name}"
                raise InputError(
                    f"Expected layers with {found[0]}, received {found[1]} in layer "
                    f"{call.name + inside!r} of {name!r}. Build the model with channels_last and "
                    "copy the weights: their shapes are the same."
                )


_IMAGES = (None, None, None, 3)

_NORMALISING = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Normalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)


def _channels_first(operation: Any, *, inside: bool) -> tuple[str, str] | None:
    """What was expected of an operation on maps, and what it has instead; None if all is well."""
    if isinstance(operation, keras.layers.Flatten) or (inside and not _may_take_maps(operation)):
        return None
    if isinstance(operation, _NORMALISING):
        axis = operation.axis
        axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        # Several axes may well have channels among them, wherever these are.
        return ("axis=-1", f"axis={axes[0]}") if axes in ((1,), (-3,)) else None
    if not hasattr(operation, "data_format"):
        return None
    # Functions of `keras.ops` may leave it to Keras's configuration.
    if (operation.data_format or keras.config.image_data_format()) != "channels_first":
        return None
    return "data_format='channels_last'", "'channels_first'"


def _may_take_maps(layer: keras.Layer) -> bool:
    """Whether a layer inside of another may be called with maps of rank 4, as far as it says."""
    spec = layer.input_spec
    rank = spec.ndim if isinstance(spec, keras.layers.InputSpec) else None
    if rank is None:
        shape = (layer.get_build_config() or {}).get("input_shape")
        rank = None if shape is None else len(shape)
    return rank in (None, len(_IMAGES))
