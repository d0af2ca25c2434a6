"""ReLUs of a frozen graph with another gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfvis.utils.redirected_relu import UNCAPPED, redirected_gradient

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef

_ATTRIBUTE = "_gradient_op_type"
"""Of a node: the registered gradient that TensorFlow takes in place of its operation's own."""

_CAPS = {"Relu": UNCAPPED, "Relu6": 6.0}


def redirect_relus(graph: GraphDef) -> int:
    """Give the nodes `Relu` and `Relu6` of a graph redirected gradients.

    See `redirected_relu.redirected_gradient`. What the nodes compute stays the same.

    Args:
        graph: it is changed.

    Returns:
        How many nodes there are.
    """
    nodes = [node for node in graph.node if node.op in _CAPS]
    for node in nodes:
        node.attr[_ATTRIBUTE].s = _registered(node.op).encode()
    return len(nodes)


def _registered(kind: str) -> str:
    return f"tfvis_redirected_{kind}"


def _register(kind: str, cap: float) -> None:
    @tf.RegisterGradient(_registered(kind))
    def gradient(op: Any, slopes: tf.Tensor) -> tf.Tensor:
        return redirected_gradient(op.inputs[0], slopes, cap)


# Once a process: TensorFlow refuses a name that is taken.
for _kind, _cap in _CAPS.items():
    _register(_kind, _cap)
