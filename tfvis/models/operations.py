"""A network's operations, seen by tracing it for one image of its own size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfvis.utils.network import Network

from .graph_network import GraphNetwork

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
"""Operations that call a function of other operations, as Keras does for grouped convolutions."""


@dataclass(frozen=True, eq=False)
class Trace:
    """A network as a graph of operations, whose tensors have the shapes that one image gives them.

    Attributes:
        images: one image, (1, H, W, 3).
        layers: the activations of the layers that were asked for.
        logits: (1, classes).
    """

    images: tf.Tensor
    layers: tuple[tf.Tensor, ...]
    logits: tf.Tensor

    @property
    def operations(self) -> list[tf.Operation]:
        """All of them, in an order in which they can run."""
        return self.images.graph.get_operations()


def traced(net: Network, layers: Sequence[str]) -> Trace:
    """A network's operations, for an image of its input size.

    Args:
        net: the network.
        layers: those whose activations are wanted.
    """
    run = tf.function(_unfolded(net, layers), autograph=False)
    found: Any = run.get_concrete_function(tf.TensorSpec([1, *net.input_size, 3], tf.float32))
    activations, logits = found.outputs[:-1], found.outputs[-1]
    return Trace(found.inputs[0], tuple(activations), logits)


def _unfolded(net: Network, layers: Sequence[str]) -> Callable[[tf.Tensor], Any]:
    """From images to the layers' activations and the logits, in operations that can be seen."""
    if isinstance(net, GraphNetwork):
        return net.unfolded(*layers)
    head, classifier = net.head(*layers), net.classifier()
    return lambda images: (tuple(head(images)), classifier(images))


def body_of(call: tf.Operation) -> Any | None:
    """The graph of the function that is called, with `inputs` and `outputs`; None if unknown.

    TensorFlow has no public name for it; this is the only place that asks.
    """
    graph: Any = call.graph
    try:
        return graph._get_function(call.get_attr("f").name).graph
    except AttributeError:  # this version of TensorFlow has other names for it
        return None


def dependent(operations: Sequence[tf.Operation], given: Sequence[tf.Tensor]) -> set[str]:
    """The names of the tensors that depend on those `given`, these included."""
    found = {tensor.name for tensor in given}
    for op in operations:
        if any(tensor.name in found for tensor in op.inputs):
            found.update(tensor.name for tensor in op.outputs)
    return found
