"""What the tensors of a graph are computed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.layer_facts import ACTIVATION, CONCATENATION, OTHER, SUM, LayerFacts

if TYPE_CHECKING:
    import tensorflow as tf

_NON_NEGATIVE = {"Relu", "Relu6", "Softplus", "Sigmoid"}
_NON_LINEAR = _NON_NEGATIVE | {
    "LeakyRelu", "Elu", "Selu", "Softsign", "Tanh", "Erf", "Erfc", "Exp", "Log1p", "Minimum",
    "Maximum", "Pow", "Square", "Abs", "Sqrt",
}  # fmt: skip
_LINEAR = {"Mul", "RealDiv", "Add", "AddV2", "Sub", "Neg"}
_WEIGHTED = {"Conv2D", "DepthwiseConv2dNative", "MatMul"}
_COPIES = {"Identity", "IdentityN", "Cast"}


def layer_facts(operations: Sequence[tf.Operation], tensor: tf.Tensor) -> LayerFacts:
    """What is known of a tensor.

    Args:
        operations: of its graph, in an order in which they can run.
        tensor: of one of them.
    """
    weighted = [op.type in _WEIGHTED for op in operations]
    before = weighted[: operations.index(tensor.op) + 1]
    kind, non_negative = _kind(_original(tensor.op))
    return LayerFacts(kind, non_negative, sum(before) / max(1, sum(weighted)))


def _original(op: tf.Operation) -> tf.Operation:
    """What an operation is a copy of."""
    while op.type in _COPIES:
        op = op.inputs[0].op
    return op


def _kind(op: tf.Operation) -> tuple[str, bool | None]:
    if op.type in _NON_NEGATIVE:
        return ACTIVATION, True
    if _is_activation(op):
        return ACTIVATION, None
    if op.type in ("Add", "AddV2", "AddN"):
        parts = [_original(above.op) for above in op.inputs]
        if len(parts) > 1 and not any(part.type == "Const" for part in parts):
            return SUM, None
    if op.type in ("ConcatV2", "Concat"):
        return CONCATENATION, None
    return OTHER, None


def _is_activation(op: tf.Operation) -> bool:
    """Whether an operation ends a non-linear function of each value of one tensor.

    Keras's swish, for example, stands in a graph as x · sigmoid(1 · x), GELU as
    x · ½ (1 + erf(x / √2)).
    """
    ahead, sources, seen, bends = [op], set(), set(), False
    while ahead:
        node = _original(ahead.pop())
        if node.type in _NON_LINEAR | _LINEAR:
            bends |= node.type in _NON_LINEAR
            if node.name not in seen:
                seen.add(node.name)
                ahead += [above.op for above in node.inputs]
        elif node.type != "Const":
            sources.add(node.name)
    return bends and len(sources) == 1
