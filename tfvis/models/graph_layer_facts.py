"""What the tensors of a graph are computed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.layer_facts import ACTIVATION, CONCATENATION, OTHER, SUM, LayerFacts

if TYPE_CHECKING:
    import tensorflow as tf

_NON_NEGATIVE = {"Relu", "Relu6", "Softplus", "Sigmoid"}
_SIGNED = {"LeakyRelu", "Elu", "Selu", "Softsign", "Tanh"}
_WEIGHTED = {"Conv2D", "DepthwiseConv2dNative", "MatMul"}
_COPIES = {"Identity", "IdentityN"}


def layer_facts(operations: Sequence[tf.Operation], tensor: tf.Tensor) -> LayerFacts:
    """What is known of a tensor.

    Args:
        operations: of its graph, in an order in which they can run.
        tensor: of one of them.
    """
    weighted = [op.type in _WEIGHTED for op in operations]
    before = weighted[: operations.index(tensor.op) + 1]
    op = tensor.op
    while op.type in _COPIES:
        op = op.inputs[0].op
    kind, non_negative = _kind(op)
    return LayerFacts(kind, non_negative, sum(before) / max(1, sum(weighted)))


def _kind(op: tf.Operation) -> tuple[str, bool | None]:
    if op.type in _NON_NEGATIVE | _SIGNED:
        return ACTIVATION, op.type in _NON_NEGATIVE
    if op.type == "Mul" and any(_gates(gate.op, op) for gate in op.inputs):
        return ACTIVATION, False
    if op.type in ("Add", "AddV2", "AddN"):
        computed = [above for above in op.inputs if above.shape.rank == 4]
        if len(computed) > 1 and not any(above.op.type == "Const" for above in computed):
            return SUM, None
    if op.type in ("ConcatV2", "Concat"):
        return CONCATENATION, None
    return OTHER, None


def _gates(gate: tf.Operation, product: tf.Operation) -> bool:
    """Whether a product is x · sigmoid(x), which is how swish stands in a graph."""
    return gate.type == "Sigmoid" and any(
        gate.inputs[0].name == other.name for other in product.inputs
    )
