"""SavedModels and TensorFlow Hub modules, frozen to a graph.

A SavedModel is a program: loading one from elsewhere runs what its author wrote into it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfvis.utils.errors import InputError, one_line, unknown

from .graph_defs import before_squashing

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef

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


def is_saved_model(folder: Path) -> bool:
    """Whether a folder holds a SavedModel."""
    return any((folder / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt"))


def freeze(folder: Path, *, signature: str | None = None) -> Frozen:
    """A SavedModel's signature as a graph, its variables as constants.

    Both TensorFlow 2's SavedModels and the modules of TensorFlow 1 can be frozen.

    Args:
        folder: holds `saved_model.pb`.
        signature: one of the model's; the first there is of image_classification, serving_default
            and default if left out, else the model's call.

    Raises:
        InputError: no SavedModel, no such signature, several inputs, or operations that this
            TensorFlow does not have.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    _require_saved_model(folder)
    logger.warning(
        "%s is a program: loading it runs what its author wrote.", folder, extra={"always": True}
    )
    module = _loaded(folder)
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


def _require_saved_model(folder: Path) -> None:
    if not is_saved_model(folder):
        raise InputError(f"Expected a SavedModel, found no saved_model.pb in {str(folder)!r}.")


def _loaded(folder: Path) -> tf.Module:
    try:
        return tf.saved_model.load(str(folder), tags=_tags(folder))
    except Exception as error:
        # Whatever TensorFlow or the program inside may raise.
        raise InputError(
            f"Cannot load the SavedModel {str(folder)!r}: {one_line(error)} Operations or classes "
            "of its own must be imported before."
        ) from None


def _tags(folder: Path) -> list[str] | None:
    """The tags of a module of TensorFlow 1, whose graph for inference has none."""
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    tags = [set(graph.meta_info_def.tags) for graph in parse_saved_model(str(folder)).meta_graphs]
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
