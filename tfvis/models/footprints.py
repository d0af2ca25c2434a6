"""What a part of a network takes of memory, found by tracing it for one image.

A tensor takes its bytes from the operation that makes it until the last one that reads it. The
footprint is the largest sum of tensors that are alive at once, in the order of the operations.
Gradients are traced too: what they read stays alive until then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfvis.utils.compiling import compiled
from tfvis.utils.memory_bounds import HEAD, TAIL, Footprint
from tfvis.utils.network import Network

from .graph_network import GraphNetwork
from .operations import CALLS, body_of, dependent

_VIEWS = ("ExpandDims", "Identity", "IdentityN", "PreventGradient", "Reshape", "Squeeze",
          "StopGradient")  # fmt: skip
"""Operations whose outputs share the memory of their inputs."""


@dataclass(frozen=True)
class Part:
    """A part of a network: which, where it is cut, and whether it is differentiated."""

    name: str
    layer: str
    gradient: bool


def footprint(net: Network, part: str, layer: str | None, *, gradient: bool) -> Footprint:
    """What a part of a network takes of memory, for an image of the network's size.

    Args:
        net: the network.
        part: "head", "tail" or "classifier".
        layer: where the head ends or the tail begins; None for the classifier.
        gradient: whether the part is differentiated too, by what it is given.
    """
    layer = net.layers[-1] if layer is None else net.require_layer(layer)
    return net.compiled(_footprint, Part(part, layer, gradient))


def _footprint(net: Network, part: Part) -> Footprint:
    run = _cut(net, part.layer)

    def traced(images: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            activations, logits = run(images)
        given = activations if part.name == TAIL else images
        found: Any = activations if part.name == HEAD else logits
        if not part.gradient:
            return given, found
        # As of a sum of squares: what comes from behind is as large as what was found.
        slopes: Any = tape.gradient([found], given, output_gradients=[found])
        return given, found, slopes

    spec = tf.TensorSpec([1, *net.input_size, 3])
    graph: Any = compiled(traced, [spec]).get_concrete_function()
    given, *found = map(_original, graph.outputs)
    operations = _between(graph.graph.get_operations(), given, found)
    varying = dependent(operations, [given])
    weights = {
        tensor.name: _bytes(tensor)
        for op in operations
        if any(own.name in varying for own in op.inputs)
        for tensor in op.inputs
        if tensor.name not in varying
    }
    alive = _alive(operations, varying, {given.name: _bytes(given)}, [found[-1].name])
    return Footprint(alive, sum(weights.values()))


def _cut(net: Network, layer: str) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """From images to a layer's activations and the logits, in operations that can be seen."""
    if isinstance(net, GraphNetwork):
        unfolded = net.unfolded(layer)

        def run(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            (activations,), logits = unfolded(images)
            return activations, logits
    else:
        head, tail = net.head(layer), net.tail(layer)

        def run(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            (activations,) = head(images)
            return activations, tail(activations)

    return run


def _original(tensor: tf.Tensor) -> tf.Tensor:
    """What a tensor is a copy of, as each output of a traced function is one."""
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    return tensor


def _between(
    operations: Sequence[tf.Operation], given: tf.Tensor, found: Sequence[tf.Tensor]
) -> list[tf.Operation]:
    """The operations, in their order, that lead from one tensor to some others."""
    needed, ahead = set[str](), [tensor.op for tensor in found]
    while ahead:
        op = ahead.pop()
        if op.name not in needed:
            needed.add(op.name)
            ahead += [tensor.op for tensor in op.inputs if tensor.name != given.name]
    return [op for op in operations if op.name in needed]


def _alive(
    operations: Sequence[tf.Operation],
    varying: Collection[str],
    alive: dict[str, int],
    kept: Sequence[str] = (),
) -> int:
    """The most bytes of tensors that are alive at once.

    Args:
        operations: in an order in which they can run.
        varying: the names of the tensors that depend on what is given; others do not count.
        alive: the bytes of the tensors that are alive before, by name.
        kept: the names of the tensors that are read afterwards.
    """
    owners, last = dict[str, str](), dict[str, int]()
    for k, op in enumerate(operations):
        for tensor in op.inputs:
            last[owners.get(tensor.name, tensor.name)] = k
        if op.type in _VIEWS:
            for above, view in zip(op.inputs, op.outputs, strict=False):
                owners[view.name] = owners.get(above.name, above.name)
    for name in kept:
        last[owners.get(name, name)] = len(operations)
    now = most = sum(alive.values())
    for k, op in enumerate(operations):
        if not any(tensor.name in varying for tensor in op.inputs):
            continue
        if op.type not in _VIEWS:
            for tensor in op.outputs:
                alive[tensor.name] = _bytes(tensor)
                now += alive[tensor.name]
            most = max(most, now + _inside(op, varying))
        for tensor in (*op.inputs, *op.outputs):
            name = owners.get(tensor.name, tensor.name)
            if last.get(name, -1) <= k:
                now -= alive.pop(name, 0)
    return most


def _inside(op: tf.Operation, varying: Collection[str]) -> int:
    """The most bytes that are alive in the function that an operation calls; 0 if it calls none."""
    body = body_of(op) if op.type in CALLS else None
    if body is None:
        return 0
    given = [
        inner for inner, outer in zip(body.inputs, op.inputs, strict=True) if outer.name in varying
    ]
    operations = body.get_operations()
    return _alive(operations, dependent(operations, given), {})


def _bytes(tensor: tf.Tensor) -> int:
    """A tensor's bytes; 0 where its shape is unknown, or it is a handle."""
    if tensor.dtype in (tf.resource, tf.variant, tf.string):
        return 0
    if not tensor.shape.is_fully_defined():
        return 0
    return math.prod(int(side or 0) for side in tensor.shape) * tensor.dtype.size
