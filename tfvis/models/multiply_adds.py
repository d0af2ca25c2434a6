"""How much work a network's layers are: the multiplications and additions of its operations.

Those of convolutions and products of matrices are counted. All others are a small part.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from .operations import CALLS, Trace, body_of, dependent


class _NotCountableError(Exception):
    """An operation whose work nobody can see from outside."""


def multiply_adds(trace: Trace) -> tuple[tuple[int, ...], int] | None:
    """The work for one image, up to each layer and in all.

    What is computed from weights alone does not count: it need not be done again for each image.

    Args:
        trace: of the network.

    Returns:
        The multiply-adds that each layer's activations need, and those of the logits; None where an
        operation hides what it computes, or a size is unknown.
    """
    operations = trace.operations
    varying = dependent(operations, [trace.images])
    try:
        work = {op.name: _work(op, varying) for op in operations}
    except _NotCountableError:
        return None

    def needed(tensor: tf.Tensor) -> int:
        seen, ahead = set[str](), [tensor.op]
        while ahead:
            op = ahead.pop()
            if op.name not in seen:
                seen.add(op.name)
                ahead += [above.op for above in op.inputs]
        return sum(work[name] for name in seen)

    return tuple(map(needed, trace.layers)), needed(trace.logits)


def _work(op: tf.Operation, varying: set[str]) -> int:
    """The multiply-adds of one operation; 0 if it depends on no image."""
    if not any(tensor.name in varying for tensor in op.inputs):
        return 0
    if op.type in CALLS:
        body = body_of(op)
        if body is None:
            raise _NotCountableError
        given = [
            inner
            for inner, outer in zip(body.inputs, op.inputs, strict=True)
            if outer.name in varying
        ]
        operations = body.get_operations()
        inside = dependent(operations, given)
        return sum(_work(own, inside) for own in operations)
    if any(attribute.type == "func" for attribute in op.op_def.attr):  # loops and branches
        raise _NotCountableError
    rule = _RULES.get(op.type)
    return 0 if rule is None else rule(op)


def _sizes(tensor: tf.Tensor) -> list[int]:
    shape = tensor.shape
    if not shape.is_fully_defined():
        raise _NotCountableError
    return [int(side or 0) for side in shape]


def _convolution(op: tf.Operation) -> int:
    # For each value: the kernel's positions and the channels that it takes, of one group.
    *kernel, taken, _ = _sizes(op.inputs[1])
    return math.prod(_sizes(op.outputs[0])) * math.prod(kernel) * taken


def _depthwise(op: tf.Operation) -> int:
    return math.prod(_sizes(op.outputs[0])) * math.prod(_sizes(op.inputs[1])[:2])


def _transposed(op: tf.Operation) -> int:
    *kernel, given, _ = _sizes(op.inputs[1])  # inputs: sizes, kernel, values
    return math.prod(_sizes(op.inputs[2])) * math.prod(kernel) * given


def _matrices(op: tf.Operation) -> int:
    first = _sizes(op.inputs[0])
    transposed = _attribute(op, "transpose_a", "adj_x")
    return math.prod(_sizes(op.outputs[0])) * (first[-2] if transposed else first[-1])


def _attribute(op: tf.Operation, *names: str) -> Any:
    known = {attribute.name for attribute in op.op_def.attr}
    return next((op.get_attr(name) for name in names if name in known), None)


def _einsum(op: tf.Operation) -> int:
    taken = op.get_attr("equation").decode().partition("->")[0]
    sizes = dict[str, int]()
    for labels, tensor in zip(taken.split(","), op.inputs, strict=True):
        if "." in labels:
            raise _NotCountableError
        sizes.update(zip(labels, _sizes(tensor), strict=True))
    return math.prod(sizes.values()) if len(op.inputs) > 1 else 0


_RULES: dict[str, Callable[[tf.Operation], int]] = {
    "BatchMatMul": _matrices,
    "BatchMatMulV2": _matrices,
    "BatchMatMulV3": _matrices,
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Einsum": _einsum,
    "MatMul": _matrices,
}
