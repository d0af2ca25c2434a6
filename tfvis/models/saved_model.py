"""SavedModels and TensorFlow Hub modules, frozen to a graph.

A SavedModel is a program: loading one from elsewhere runs what its author wrote into it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfvis.utils.errors import InputError, one_line, unknown

from .graph_defs import before_squashing, node_name

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

logger = logging.getLogger(__name__)

# The signatures and outputs that are looked for, in this order.
_SIGNATURES = ("image_classification", "serving_default", "default")
_LOGITS = ("logits", "default")


@dataclass(frozen=True, eq=False)
class Frozen:
    """A SavedModel without variables.

    Attributes:
        graph: its nodes.
        images: the tensor that takes images.
        outputs: from the signature's names to tensors.
    """

    graph: GraphDef
    images: str
    outputs: Mapping[str, str]

    def logits(self, name: str | None = None) -> str:
        """The tensor of the logits: what a softmax takes, where the output is probabilities.

        Args:
            name: of an output or a tensor; if left out the output called "logits" or "default", or
                the only one.

        Raises:
            InputError: there are several outputs and none was named.
        """
        if name is not None and name not in self.outputs:
            self._require_tensor(name)
            return name
        for choice in (name, *_LOGITS):
            if choice is not None and choice in self.outputs:
                return before_squashing(self.graph, self.outputs[choice])
        if len(self.outputs) == 1:
            return before_squashing(self.graph, *self.outputs.values())
        raise InputError(
            f"Expected logits to name an output, since there are {len(self.outputs)} outputs: one "
            f"of {', '.join(self.outputs)}."
        )

    def _require_tensor(self, name: str) -> None:
        """Raise an `InputError` for what is neither an output nor a tensor, or the end of one."""
        node = node_name(name)
        if not any(f"/{own.name}".endswith(f"/{node}") for own in self.graph.node):
            raise unknown("output", name, self.outputs)


def is_saved_model(folder: Path) -> bool:
    """Whether a folder holds a SavedModel.

    Raises:
        InputError: the system does not let us look.
    """
    return _definition(folder) is not None


def _definition(folder: Path) -> Path | None:
    """The file that says what a SavedModel computes."""
    files = [folder / name for name in ("saved_model.pb", "saved_model.pbtxt")]
    try:
        return next((file for file in files if file.is_file()), None)
    except OSError as error:
        raise InputError(f"Cannot look into {str(folder)!r}: {error.strerror}.") from None


def freeze(folder: Path, *, signature: str | None = None) -> Frozen:
    """A SavedModel's signature as a graph, its variables as constants.

    Both TensorFlow 2's SavedModels and the modules of TensorFlow 1 can be frozen.

    Args:
        folder: holds `saved_model.pb`.
        signature: one of the model's; the first there is of image_classification, serving_default
            and default if left out, else the model's call.

    Raises:
        InputError: no SavedModel or a damaged one, no such signature, several inputs, or operations
            that this TensorFlow does not have.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    graphs = _graphs(folder)
    logger.warning(
        "%s is a program: loading it runs what its author wrote.", folder, extra={"always": True}
    )
    module = _loaded(folder, graphs)
    function: Any = _function(module, folder, signature)
    try:
        frozen = convert_variables_to_constants_v2(function)
    except Exception as error:
        raise InputError(
            f"Cannot freeze the SavedModel {str(folder)!r}: {one_line(error)}"
        ) from None
    inputs = [tensor for tensor in frozen.inputs if tensor.dtype != tf.resource]
    if len(inputs) != 1:
        names = ", ".join(tensor.name for tensor in inputs)
        raise InputError(f"Expected one input, received {len(inputs)} in {str(folder)!r}: {names}.")
    names = _paths(function.structured_outputs)
    outputs = {n: tensor.name for n, tensor in zip(names, frozen.outputs, strict=True)}
    return Frozen(frozen.graph.as_graph_def(), inputs[0].name, outputs)


def _paths(structure: Any, above: str = "") -> list[str]:
    """The outputs' names in the order in which TensorFlow flattens them."""
    if isinstance(structure, Mapping):
        items = [(str(key), structure[key]) for key in sorted(structure)]
    elif isinstance(structure, list | tuple):
        items = [(str(key), value) for key, value in enumerate(structure)]
    else:
        return [above or "output"]
    return [path for key, value in items for path in _paths(value, f"{above}/{key}".lstrip("/"))]


def _graphs(folder: Path) -> Sequence[MetaGraphDef]:
    """The graphs of a SavedModel, parsed only.

    Raises:
        InputError: it is none, or damaged.
    """
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    file = _definition(folder)
    if file is None:
        raise InputError(f"Expected a SavedModel, found no saved_model.pb in {str(folder)!r}.")
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    try:
        graphs = parse_saved_model(str(folder)).meta_graphs
    except Exception:  # TensorFlow's and protobuf's own errors
        graphs = ()
    if not graphs:
        raise InputError(f"Expected a SavedModel: {str(file)!r} is truncated or something else.")
    return graphs


def _loaded(folder: Path, graphs: Sequence[MetaGraphDef]) -> tf.Module:
    try:
        return tf.saved_model.load(str(folder), tags=_tags(graphs))
    except Exception as error:
        # Whatever TensorFlow or the program inside may raise.
        if _lacks_variables(folder, graphs):
            raise InputError(
                f"The variables of the SavedModel {str(folder)!r} are missing or damaged. Copy the "
                "whole folder again, its folder 'variables' too."
            ) from None
        raise InputError(
            f"Cannot load the SavedModel {str(folder)!r}: {one_line(error).rstrip('.')}. "
            "Operations or classes of its own must be imported before."
        ) from None


def _lacks_variables(folder: Path, graphs: Sequence[MetaGraphDef]) -> bool:
    """Whether a SavedModel has variables whose values cannot be read."""
    kinds = {"VarHandleOp", "Variable", "VariableV2"}
    if not any(node.op in kinds for graph in graphs for node in graph.graph_def.node):
        return False
    try:
        stored = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        for name in stored.get_variable_to_shape_map():
            stored.get_tensor(name)
    except Exception:  # damaged data fails in many ways
        return True
    return False


def _tags(graphs: Sequence[MetaGraphDef]) -> list[str] | None:
    """The tags of a module of TensorFlow 1, whose graph for inference has none."""
    tags = [set(graph.meta_info_def.tags) for graph in graphs]
    if len(tags) == 1:
        return None
    for wanted in (set(), {"serve"}):
        if wanted in tags:
            return sorted(wanted)
    return None


def _function(
    module: tf.Module, folder: Path, signature: str | None
) -> tf.types.experimental.ConcreteFunction:
    signatures = getattr(module, "signatures", {})
    if signature is not None:
        if signature not in signatures:
            raise unknown("signature", signature, list(signatures))
        return signatures[signature]
    for name in _SIGNATURES:
        if name in signatures:
            return signatures[name]
    if callable(module):
        spec = tf.TensorSpec([None, None, None, 3], tf.float32)
        try:
            return tf.function(lambda images: module(images)).get_concrete_function(spec)
        except Exception as error:
            raise InputError(
                f"Cannot call the SavedModel {str(folder)!r} on images: {one_line(error)}"
            ) from None
    raise InputError(
        "Expected a SavedModel with a signature for images, found "
        f"{', '.join(signatures) or 'none'} in {str(folder)!r}."
    )
