"""What the units of each kind of operation see, by what those see that it takes.

An operation with a kernel of k positions, a stride of s, a dilation of d and b positions of padding
before the first makes of a span `Span`: first − step · b, last + step · (d (k − 1) − b), step · s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from .receptive_spans import (
    FLAT,
    MAPS,
    ROWS,
    WHOLE,
    Field,
    UnknownFieldError,
    shifted,
    sides_of,
    union,
)

Rule = Callable[[tf.Operation, Sequence[tf.Tensor], Sequence[Field]], Field]


def _pointwise(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """Each unit sees what the units at its place see; what has one position counts for all."""
    target = sides_of(op.outputs[0], known[0])
    merged: Field | None = None
    for tensor, field in zip(varying, known, strict=True):
        if not field.is_whole:
            for side, own, span in zip(target, sides_of(tensor, field), field.spans, strict=True):
                if side != own and not span.whole:
                    raise UnknownFieldError
        merged = field if merged is None else union(merged, field)
    if merged is None:
        raise UnknownFieldError
    return merged


def _require_maps(known: Sequence[Field]) -> Field:
    if len(known) != 1 or known[0].layout != MAPS:
        raise UnknownFieldError
    return known[0]


def _kernel(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """A convolution, or a pooling."""
    field = _require_maps(known)
    if op.get_attr("data_format") != b"NHWC" or varying[0].name != op.inputs[0].name:
        raise UnknownFieldError
    pools = op.type.endswith("Pool")
    kernel = op.get_attr("ksize")[1:3] if pools else op.inputs[1].shape[:2]
    dilations = (1, 1) if pools else op.get_attr("dilations")[1:3]
    strides, padding = op.get_attr("strides")[1:3], op.get_attr("padding")
    sides, after = sides_of(op.inputs[0], field), sides_of(op.outputs[0], field)
    spans = []
    for k, span in enumerate(field.spans):
        taken, stride, dilation = int(kernel[k] or 0), int(strides[k]), int(dilations[k])
        before = 0
        if padding == b"EXPLICIT":
            before = int(op.get_attr("explicit_paddings")[2 + 2 * k])
        elif padding == b"SAME":
            missing = (after[k] - 1) * stride + dilation * (taken - 1) + 1 - sides[k]
            before = max(missing, 0) // 2
        spans.append(span.slid(taken, stride=stride, dilation=dilation, before=before))
    return field.with_spans(spans)


def _padded(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    field, before = _require_maps(known), _constant(op.inputs[1])
    return shifted(field, [-int(before[1][0]), -int(before[2][0])])


def _to_batch(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """Of each block of positions one goes to each image of a larger batch: for dilated kernels."""
    field, blocks, crops = _require_maps(known), *map(_constant, op.inputs[1:3])
    if len(blocks) != 2:
        raise UnknownFieldError
    moved = shifted(field, [-int(crops[0][0]), -int(crops[1][0])])
    return moved.with_spans(
        [
            replace(span, step=span.step * int(block))
            for span, block in zip(moved.spans, blocks, strict=True)
        ]
    )


def _from_batch(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    field, blocks, crops = _require_maps(known), *map(_constant, op.inputs[1:3])
    spans = []
    for span, block in zip(field.spans, blocks, strict=True):
        if span.step % int(block):
            raise UnknownFieldError
        spans.append(replace(span, step=span.step // int(block)))
    return shifted(field.with_spans(spans), [int(crops[0][0]), int(crops[1][0])])


def _reduced(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """A mean or another summary over some axes."""
    field, rank = _require_maps(known), op.inputs[0].shape.rank
    axes = {int(axis) % rank for axis in _constant(op.inputs[1]).ravel()}
    if not op.get_attr("keep_dims") and axes & {1, 2} and not {1, 2} <= axes:
        raise UnknownFieldError  # what is left is no map any more
    spans = zip(field.spans, (1, 2), strict=True)
    return field.with_spans([WHOLE if axis in axes else span for span, axis in spans])


def _reshaped(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    if len(known) != 1:
        raise UnknownFieldError
    (field,), before, after = known, varying[0].shape, op.outputs[0].shape
    if not (before.is_fully_defined() and after.is_fully_defined()):
        raise UnknownFieldError
    sides = sides_of(varying[0], field)
    if field.layout != FLAT and after.rank >= 3 and tuple(after[:3]) == (1, *sides):
        return replace(field, layout=MAPS, sides=None)
    if field.layout == MAPS and after.rank == 2 and after[0] == sides[0] * sides[1]:
        return replace(field, layout=ROWS, sides=sides)
    if field.layout == MAPS and after.rank == 2 and after[0] == 1:
        return replace(field, layout=FLAT, sides=sides)
    raise UnknownFieldError


def _product(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """A product with a matrix of weights, as of a dense layer."""
    if len(known) != 1 or varying[0].name != op.inputs[0].name:
        raise UnknownFieldError
    (field,) = known
    if _is_transposed(op) or field.layout == MAPS:
        raise UnknownFieldError
    return Field(WHOLE, WHOLE) if field.layout == FLAT else field


def _is_transposed(op: tf.Operation) -> bool:
    names = {attribute.name for attribute in op.op_def.attr}
    return any(op.get_attr(name) for name in ("transpose_a", "adj_x") if name in names)


def _einsum(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """A sum of products that keeps the positions, or sums over them."""
    field = _require_maps(known)
    taken, _, given = op.get_attr("equation").decode().partition("->")
    labels = taken.split(",")[[tensor.name for tensor in op.inputs].index(varying[0].name)]
    if "." in labels or len(labels) < 3:
        raise UnknownFieldError
    places = [given.find(label) for label in labels[1:3]]
    if not all(place in (-1, axis) for place, axis in zip(places, (1, 2), strict=True)):
        raise UnknownFieldError
    if places.count(-1) == 1:
        raise UnknownFieldError
    spans = zip(field.spans, places, strict=True)
    return field.with_spans([WHOLE if place < 0 else span for span, place in spans])


def _along_last(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """What normalises along the last axis, as softmax: nothing is known where that is a place."""
    rank = varying[0].shape.rank
    if known[0].layout == FLAT or rank is None or (known[0].layout == MAPS and rank < 4):
        raise UnknownFieldError
    return _pointwise(op, varying, known)


def _along_channels(
    op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]
) -> Field:
    """What joins, splits or turns round channels; nothing is known of the same along other axes."""
    place, rank = _AXIS_OF[op.type], varying[0].shape.rank
    axes = _constant(op.inputs[place]).ravel()
    if rank is None or any(int(axis) % rank < 3 for axis in axes):
        raise UnknownFieldError
    return _pointwise(op, varying, known)


_AXIS_OF = {"ConcatV2": -1, "Split": 0, "SplitV": 2, "ReverseV2": 1, "GatherV2": 2}
"""Which input says along which axis."""


def _sliced(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    """A part of the positions or channels; every second position, for example."""
    field, rank = _require_maps(known), op.inputs[0].shape.rank
    masks = {name: op.get_attr(f"{name}_mask") for name in _MASKS}
    if masks["new_axis"] or masks["shrink_axis"] or rank is None:
        raise UnknownFieldError
    begin, _, strides = map(_constant, op.inputs[1:4])
    axes, ellipsis = list(range(len(begin))), masks["ellipsis"]
    if ellipsis:
        place = ellipsis.bit_length() - 1
        skipped = rank - len(begin)
        axes = [k if k < place else k + skipped for k in axes]
        axes[place] = -1
    starts, steps = [0, 0], [1, 1]
    for k, axis in enumerate(axes):
        if axis in (1, 2):
            size, step = int(op.inputs[0].shape[axis] or 0), int(strides[k])
            if step < 0:
                raise UnknownFieldError
            first = 0 if masks["begin"] >> k & 1 else int(begin[k])
            starts[axis - 1], steps[axis - 1] = first + size * (first < 0), step
    moved = shifted(field, starts)
    spans = zip(moved.spans, steps, strict=True)
    return moved.with_spans([replace(span, step=span.step * step) for span, step in spans])


_MASKS = ("begin", "ellipsis", "new_axis", "shrink_axis")


def _normalised(op: tf.Operation, varying: Sequence[tf.Tensor], known: Sequence[Field]) -> Field:
    if op.get_attr("is_training"):
        raise UnknownFieldError
    return _pointwise(op, varying, known)


def _constant(tensor: tf.Tensor) -> Any:
    value = tf.get_static_value(tensor)
    if value is None:
        raise UnknownFieldError
    return value


_OF_EACH_VALUE = (
    "Abs", "Add", "AddN", "AddV2", "BiasAdd", "Cast", "CheckNumerics", "ClipByValue", "Elu", "Erf",
    "Erfc", "Exp", "Expm1", "FakeQuantWithMinMaxVars", "Identity", "LRN", "LeakyRelu", "Log",
    "Log1p", "Maximum", "Minimum", "Mul", "Neg", "Pow", "PreventGradient", "RealDiv",
    "Reciprocal", "Relu", "Relu6", "Rsqrt", "Selu", "Sigmoid", "Softplus", "Softsign",
    "Sqrt", "Square", "SquaredDifference", "StopGradient", "Sub", "Tanh",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_OF_EACH_VALUE, _pointwise),
    **dict.fromkeys(_AXIS_OF, _along_channels),
    **dict.fromkeys(("LogSoftmax", "Softmax"), _along_last),
    **dict.fromkeys(("AvgPool", "Conv2D", "DepthwiseConv2dNative", "MaxPool"), _kernel),
    **dict.fromkeys(("MirrorPad", "Pad", "PadV2"), _padded),
    **dict.fromkeys(("Max", "Mean", "Min", "Prod", "Sum"), _reduced),
    "BatchToSpaceND": _from_batch,
    "Einsum": _einsum,
    "FusedBatchNormV3": _normalised,
    "MatMul": _product,
    "Reshape": _reshaped,
    "SpaceToBatchND": _to_batch,
    "StridedSlice": _sliced,
}
