"""Which part of the image a unit of a layer sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.network import Network

from .operations import CALLS, Trace, body_of
from .receptive_rules import RULES
from .receptive_spans import MAPS, WHOLE, Field, UnknownFieldError

_IMAGES = 8

_Fields = Mapping[str, Field | None]
"""By the tensors' names: None where it is unknown. A tensor that sees no image has no entry."""


def receptive_fields(trace: Trace) -> tuple[tuple[int, int] | None, ...]:
    """What a unit of each layer sees, by the arithmetic of kernels and strides.

    Args:
        trace: of the network.

    Returns:
        (height, width) in pixels for each layer, which may be more than the image has; the image's
        own size where each unit sees all of it; None behind an operation of which nothing is known.
    """
    found = _propagated(trace.operations, {trace.images.name: Field()})
    image = [int(side or 0) for side in trace.images.shape[1:3]]
    fields = (found.get(tensor.name) for tensor in trace.layers)
    return tuple(
        None if field is None or field.layout != MAPS else field.size(image) for field in fields
    )


def measured_field(net: Network, layer: str, *, seed: int = 0) -> tuple[int, int] | None:
    """What the unit in the middle of a layer sees at least, by its gradients.

    The gradient of its values, of all channels, is not zero for some of the pixels that it sees:
    all that any of several random images shows count. Silent ReLUs have a gradient here, but a
    maximum has one for the largest value alone, so a unit may see more.

    Args:
        net: the network.
        layer: the layer.
        seed: of the random images.

    Returns:
        (height, width) in pixels of the rectangle around these pixels; None if there are none.

    Example:
        >>> from tfvis import load_model
        >>> measured_field(load_model("critters"), "conv2d0")
        (7, 7)
    """
    head = net.with_redirected_relus().head(layer)
    rng = np.random.default_rng(seed)
    images = tf.constant(rng.random((_IMAGES, *net.input_size, 3), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(images)
        maps: Any = head(images)[0]
        values = maps[:, maps.shape[1] // 2, maps.shape[2] // 2]
    gradients = tape.gradient(values, images)
    if gradients is None:
        return None
    seen = np.any(np.asarray(tf.convert_to_tensor(gradients)) != 0, axis=(0, 3))
    places = np.argwhere(seen)
    if not len(places):
        return None
    height, width = (np.ptp(places, axis=0) + 1).tolist()
    return height, width


def _propagated(operations: Sequence[tf.Operation], given: _Fields) -> _Fields:
    """The fields of all tensors that depend on those that are given."""
    fields = dict(given)
    for op in operations:
        if not any(tensor.name in fields for tensor in op.inputs):
            continue
        try:
            own = _of_outputs(op, fields)
        except UnknownFieldError:
            own = [None] * len(op.outputs)
        fields.update(zip((tensor.name for tensor in op.outputs), own, strict=True))
    return fields


def _of_outputs(op: tf.Operation, fields: _Fields) -> Sequence[Field | None]:
    varying = [tensor for tensor in op.inputs if tensor.name in fields]
    known = [field for tensor in varying if (field := fields[tensor.name]) is not None]
    if len(known) < len(varying):
        raise UnknownFieldError
    if op.type in CALLS:
        return _of_call(op, fields)
    if op.type == "IdentityN":  # as swish ends: each input by itself
        return [fields.get(tensor.name) for tensor in op.inputs]
    if all(field.is_whole for field in known):
        return [Field(WHOLE, WHOLE)] * len(op.outputs)
    rule = RULES.get(op.type)
    if rule is None:
        raise UnknownFieldError
    return [rule(op, varying, known)] * len(op.outputs)


def _of_call(op: tf.Operation, fields: _Fields) -> Sequence[Field | None]:
    body = body_of(op)
    if body is None:
        raise UnknownFieldError
    given = {
        inner.name: fields[outer.name]
        for inner, outer in zip(body.inputs, op.inputs, strict=True)
        if outer.name in fields
    }
    inside = _propagated(body.get_operations(), given)
    return [inside.get(tensor.name) for tensor in body.outputs]
