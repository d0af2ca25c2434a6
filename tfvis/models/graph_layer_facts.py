"""What the tensors of a graph are computed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfvis.utils.layer_facts import (
    ACTIVATION,
    CONCATENATION,
    OTHER,
    SUM,
    LayerFacts,
)

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


class GraphFacts:
    """What is known of the tensors of one graph.

    Args:
        operations: in an order in which they can run.
    """

    def __init__(self, operations: Sequence[tf.Operation]) -> None:
        self._constants: set[str] = set()
        self._weighted: dict[str, int] = {}
        count = 0
        for op in operations:
            above = [tensor.op.name for tensor in op.inputs]
            if op.type == "Const" or (above and self._constants.issuperset(above)):
                self._constants.add(op.name)
            count += op.type in _WEIGHTED
            self._weighted[op.name] = count
        self._total = max(1, count)

    def __call__(self, tensor: tf.Tensor) -> LayerFacts:
        """What is known of a tensor."""
        kind, non_negative = self._kind(_original(tensor.op))
        return LayerFacts(kind, non_negative, self._weighted[tensor.op.name] / self._total)

    def _varying(self, op: tf.Operation) -> list[tf.Operation]:
        """What an operation takes that depends on the images."""
        above = [_original(tensor.op) for tensor in op.inputs]
        return [other for other in above if other.name not in self._constants]

    def _kind(self, op: tf.Operation) -> tuple[str, bool | None]:
        if op.type in _NON_NEGATIVE:
            return ACTIVATION, True
        if self._is_activation(op):
            return ACTIVATION, None
        if op.type in ("Add", "AddV2", "AddN") and len(self._varying(op)) > 1:
            return SUM, None
        if op.type in ("ConcatV2", "Concat"):
            return CONCATENATION, None
        return OTHER, None

    def _is_activation(self, op: tf.Operation) -> bool:
        """Whether an operation ends a non-linear function of each value of one tensor.

        Keras's swish, for example, stands in a graph as x · sigmoid(1 · x), GELU as
        x · ½ (1 + erf(x / √2)). Scaling and shifting alone, as a normalisation does, end none.
        """
        if op.type in _LINEAR and len(self._varying(op)) < 2:
            return False
        ahead, sources, seen, bends = [op], set(), set(), False
        while ahead:
            node = ahead.pop()
            if node.type not in _NON_LINEAR | _LINEAR:
                sources.add(node.name)
            elif node.name not in seen:
                seen.add(node.name)
                bends |= node.type in _NON_LINEAR
                ahead += self._varying(node)
        return bends and len(sources) == 1


def _original(op: tf.Operation) -> tf.Operation:
    """What an operation is a copy of."""
    while op.type in _COPIES:
        op = op.inputs[0].op
    return op
