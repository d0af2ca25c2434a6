"""Frozen graphs as TensorFlow stores them: read from files, their images and logits found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef

_SQUASHING = {"Softmax", "Sigmoid", "LogSoftmax"}

# Operations behind the answer that change no value.
_PASSING = {"Identity", "Reshape", "Squeeze"}
_IDLE = _PASSING | {"NoOp"}


def node_name(tensor: str) -> str:
    """The node of a tensor, of a control input or of a node: `^conv` and `conv:0` are `conv`'s."""
    return tensor.removeprefix("^").split(":")[0]


def tensor_name(tensor: str) -> str:
    """A tensor's whole name: `conv` is `conv:0`."""
    return tensor if ":" in tensor else f"{tensor}:0"


def read_graph(file: Path) -> GraphDef:
    """A frozen graph from its file; it is parsed, not run.

    Raises:
        InputError: the file is no graph, is truncated, or holds variables.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework.graph_pb2 import GraphDef

    graph = GraphDef()
    try:
        graph.ParseFromString(file.read_bytes())
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    except DecodeError:
        whole = False
    else:
        whole = any(node.op for node in graph.node)
    if not whole:
        hint = " Name the folder of a SavedModel." if file.name == "saved_model.pb" else ""
        raise InputError(
            f"Expected a whole frozen TensorFlow graph: {str(file)!r} is truncated or something "
            f"else.{hint}"
        )
    variables = {"Variable", "VariableV2", "VarHandleOp"}
    found = next((node.name for node in graph.node if node.op in variables), None)
    if found is not None:
        raise InputError(
            f"Expected a frozen graph, found the variable {found!r} in {str(file)!r}. Freeze it, "
            "or name the folder of the SavedModel that it comes from."
        )
    return graph


def find_input(graph: GraphDef) -> str:
    """The name of the one node that takes images.

    Raises:
        InputError: there is none, or there are several.
    """
    found = [node.name for node in graph.node if node.op == "Placeholder"]
    if len(found) != 1:
        listed = f" ({', '.join(found[:8])})" if found else ""
        raise InputError(
            f"Expected a graph with one input, found {len(found)} placeholders{listed}. Freeze it "
            "for inference, without those that training needs."
        )
    return found[0]


def find_logits(graph: GraphDef) -> str:
    """The tensor that the graph's last softmax or sigmoid takes.

    Raises:
        InputError: the graph ends in none, or in several.
    """
    users, kinds = _users(graph), {node.name: node.op for node in graph.node}
    found = {
        node.name: tensor_name(node.input[0])
        for node in graph.node
        if node.op in _SQUASHING and _is_last(node.name, users, kinds)
    }
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    if not found:
        raise InputError(
            "Expected logits to name the tensor of the logits, since the graph ends in no "
            f"softmax. It ends in {', '.join([name for name in users if not users[name]][-5:])}."
        )
    raise InputError(
        f"Expected logits to name the tensor of the logits, since the graph has "
        f"{len(found)} softmaxes: one of {', '.join(found.values())}."
    )


def before_squashing(graph: GraphDef, tensor: str) -> str:
    """What a softmax or sigmoid takes, where the tensor is one's output; else the tensor."""
    nodes = {node.name: node for node in graph.node}
    node, place = nodes[node_name(tensor)], tensor_name(tensor)
    while node.op in _PASSING:
        place = tensor_name(node.input[0])
        node = nodes[node_name(place)]
    return tensor_name(node.input[0]) if node.op in _SQUASHING else tensor_name(tensor)


def _users(graph: GraphDef) -> dict[str, list[str]]:
    """The nodes that take what a node gives."""
    users: dict[str, list[str]] = {node.name: [] for node in graph.node}
    for node in graph.node:
        for name in node.input:
            if not name.startswith("^"):
                users.setdefault(node_name(name), []).append(node.name)
    return users


def _is_last(node: str, users: Mapping[str, list[str]], kinds: Mapping[str, str]) -> bool:
    """Whether nothing but idle operations stand behind a node."""
    ahead = list(users[node])
    while ahead:
        user = ahead.pop()
        if kinds[user] not in _IDLE:
            return False
        ahead += users[user]
    return True
