"""A Keras model as the list of its calls, nested models opened.

`keras.Model(layer.output, model.output)` cannot cut inside a nested model, knows one call only of a
layer that is used twice, and would leave new nodes in the user's layers. A list of calls has none
of these limits, and calls the same layers with the same weights.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from tfvis.utils.errors import InputError

from .graph_cuts import TensorGraph

Operation = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer or operation.

    Attributes:
        name: its own among all calls.
        operation: what is called.
        arguments: Keras's record of the arguments, symbolic tensors in it.
        slots: from the `id` of each symbolic tensor in `arguments` to its number.
        outputs: the numbers of what it returns.
        shapes: and their symbolic shapes.
        takes_training: whether the operation asks if it is being trained.
    """

    name: str
    operation: Operation
    arguments: Any
    slots: Mapping[int, int]
    outputs: tuple[int, ...]
    shapes: tuple[tuple[int | None, ...], ...]
    takes_training: bool = False

    def __call__(self, values: Mapping[int, tf.Tensor]) -> list[tf.Tensor]:
        """What it returns, given the numbered tensors."""
        known = {key: values[slot] for key, slot in self.slots.items()}
        args, kwargs = self.arguments.fill_in(known)
        if self.takes_training:
            # As `predict` does: what is recorded may be a layer's default, and layers that augment
            # images have True.
            kwargs = {**kwargs, "training": False}
        return tf.nest.flatten(self.operation(*args, **kwargs))


class _Inference(keras.Layer):
    """Calls a function as if inside a model that is not being trained.

    Layers inside layers of a user's own learn of that from Keras's context alone.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(autocast=False, dtype="float32", name="inference")
        self.function = function

    def call(self, inputs: Any, training: bool = False) -> Any:
        """What the function returns."""
        return self.function(inputs)


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls in the order in which they can be made.

    Attributes:
        calls: each uses tensors of the ones before it.
        input: the number of the input tensor.
        output: of the output tensor.
    """

    calls: tuple[Call, ...]
    input: int
    output: int

    @property
    def graph(self) -> TensorGraph[int]:
        """What each numbered tensor is computed from; each call's first output bears its name."""
        parents: dict[int, list[int]] = {self.input: []}
        for call in self.calls:
            parents |= {slot: sorted(set(call.slots.values())) for slot in call.outputs}
        return TensorGraph(
            parents=parents,
            names={call.outputs[0]: call.name for call in self.calls},
            shapes={call.outputs[0]: call.shapes[0] for call in self.calls},
            start=self.input,
            end=self.output,
        )

    @property
    def layers(self) -> dict[str, keras.Layer]:
        """The Keras layers that are called, each once, by the name of their first call."""
        found: dict[int, tuple[str, keras.Layer]] = {}
        for call in self.calls:
            if isinstance(call.operation, keras.Layer):
                found.setdefault(id(call.operation), (call.name, call.operation))
        return dict(found.values())

    @cached_property
    def shapes(self) -> dict[int, tuple[int | None, ...]]:
        """The symbolic shapes of the numbered tensors, the input's aside."""
        return {
            slot: shape
            for call in self.calls
            for slot, shape in zip(call.outputs, call.shapes, strict=True)
        }

    def maker(self, slot: int) -> Call | None:
        """The call that returns a numbered tensor; none does for the input."""
        return next((call for call in self.calls if slot in call.outputs), None)

    def run(self, given: Mapping[int, tf.Tensor], wanted: Sequence[int]) -> tuple[tf.Tensor, ...]:
        """The tensors `wanted`, computed from those `given`; only the calls needed are made."""
        needed = self.needed(given, wanted)

        def calls(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
            values = dict(zip(given, tensors, strict=True))
            for call in needed:
                values.update(zip(call.outputs, call(values), strict=True))
            return [values[slot] for slot in wanted]

        return tuple(_Inference(calls)(list(given.values()), training=False))

    def needed(self, given: Collection[int], wanted: Iterable[int]) -> list[Call]:
        """The calls that make the tensors `wanted` of those `given`, in their order."""
        given = frozenset(given)
        missing, found = set(wanted) - given, []
        for call in reversed(self.calls):
            if missing.intersection(call.outputs):
                found.append(call)
                missing.difference_update(call.outputs)
                missing.update(set(call.slots.values()) - given)
        return found[::-1]

    def with_operations(self, change: Callable[[Operation], Operation]) -> Calls:
        """The same calls of other operations; one that is called twice is changed once."""
        changed: dict[int, Operation] = {}
        for call in self.calls:
            if id(call.operation) not in changed:
                changed[id(call.operation)] = change(call.operation)
        calls = [replace(call, operation=changed[id(call.operation)]) for call in self.calls]
        return replace(self, calls=tuple(calls))


def is_nested(operation: Operation) -> bool:
    """Whether an operation is a model whose inner calls can be listed."""
    if not isinstance(operation, keras.Function | keras.Sequential):
        return False
    # A subclass may have a `call` of its own, which its list of calls does not tell.
    kerass = type(operation).call.__module__.startswith("keras.")
    return kerass and bool(getattr(operation, "outputs", None))


def calls_of(model: keras.Model) -> Calls:
    """The calls of a built functional or Sequential model.

    Raises:
        InputError: the model is neither, was never built, or has several inputs or outputs.
    """
    if not isinstance(model, keras.Model):
        kind = f"{type(model).__module__}.{type(model).__name__}"
        raise InputError(f"Expected a keras.Model, received {kind}.")
    if not is_nested(model):
        raise InputError(
            "Expected a functional model, or a Sequential one that has been built, received "
            f"{type(model).__name__} {model.name!r}. Give a Sequential model a keras.Input; any "
            "other can be exported, model.export(folder), and loaded from that folder."
        )
    for kind, tensors in (("input", model.inputs), ("output", model.outputs)):
        if len(tensors) != 1:
            names = ", ".join(_maker(tensor).operation.name for tensor in tensors)
            way = "with one output, for example keras.Model(model.input, model.outputs[0])."
            raise InputError(
                f"Expected a model with one {kind}, received {len(tensors)}, of the layers {names}."
                f"{f' Pass a model {way}' if kind == 'output' else ''}"
            )
    calls: list[Call] = []
    numbers = iter(range(10**9))
    start = next(numbers)
    (end,) = _open(model, [start], "", calls, numbers)
    return Calls(tuple(_named(calls)), start, end)


def _open(
    model: keras.Model,
    inputs: Sequence[int],
    prefix: str,
    calls: list[Call],
    numbers: Iterator[int],
) -> list[int]:
    """Append a model's calls; returns the numbers of its outputs."""
    slots = {id(tensor): slot for tensor, slot in zip(model.inputs, inputs, strict=True)}
    for node in _nodes(model):
        operation = node.operation
        known = {id(tensor): slots[id(tensor)] for tensor in node.arguments.keras_tensors}
        # One of several inputs stays closed: its record may name them in any order.
        if is_nested(operation) and len(known) == len(operation.inputs) == 1:
            given = [known[id(tensor)] for tensor in node.arguments.keras_tensors]
            found = _open(operation, given, f"{prefix}{operation.name}/", calls, numbers)
        else:
            found = [next(numbers) for _ in node.outputs]
            shapes = tuple(tuple(tensor.shape) for tensor in node.outputs)
            name = prefix + operation.name
            calls.append(
                Call(
                    name,
                    operation,
                    node.arguments,
                    known,
                    tuple(found),
                    shapes,
                    takes_training=isinstance(operation, keras.Layer)
                    and "training" in inspect.signature(operation.call).parameters,
                )
            )
        slots.update((id(tensor), slot) for tensor, slot in zip(node.outputs, found, strict=True))
    return [slots[id(tensor)] for tensor in model.outputs]


def _maker(tensor: Any) -> Any:
    """Keras's node that made a symbolic tensor: the call of an operation.

    Keras has no public name for it; this is the only place that asks.

    Raises:
        InputError: this version of Keras has other names for it.
    """
    try:
        history = tensor._keras_history
        return history.operation._inbound_nodes[history.node_index]
    except AttributeError as error:
        raise InputError(
            f"Keras {keras.__version__} records the calls of a model in another way than tfvis "
            f"knows ({error}). Install an earlier one: pip install 'keras<4'."
        ) from None


def _nodes(model: keras.Model) -> list[Any]:
    """Keras's nodes between a model's inputs and outputs, in an order in which they can run."""
    inputs = {id(tensor) for tensor in model.inputs}
    order: list[Any] = []
    done: set[int] = set()
    # Not by recursion: networks are deeper than Python's stack.
    ahead = [(_maker(t), False) for t in model.outputs if id(t) not in inputs]
    while ahead:
        node, expanded = ahead.pop()
        if expanded:
            order.append(node)
        elif id(node) not in done:
            done.add(id(node))
            ahead.append((node, True))
            ahead += [
                (_maker(tensor), False)
                for tensor in reversed(node.arguments.keras_tensors)
                if id(tensor) not in inputs
            ]
    return order


def _named(calls: Sequence[Call]) -> Iterator[Call]:
    """Names without the nested models' where that is no other call's; repeated calls numbered."""
    short = {call.name: call.name.rsplit("/", 1)[-1] for call in calls}
    uses = Counter(short.values())
    seen: dict[str, int] = {}
    for call in calls:
        name = short[call.name] if uses[short[call.name]] == 1 else call.name
        seen[name] = seen.get(name, 0) + 1
        yield replace(call, name=name if seen[name] == 1 else f"{name}:{seen[name] - 1}")
