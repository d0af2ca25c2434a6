"""Networks of one's own: Keras models, files, folders and addresses, and what is known of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.labels import Labels

from . import hub
from .graph_defs import read_graph
from .graph_network import GraphNetwork
from .keras_files import SUFFIXES, read_model
from .keras_network import KerasNetwork
from .layer_choice import choose_layers
from .preprocessing import UNIT, Preprocessing
from .saved_model import freeze
from .value_range_probe import probe

if TYPE_CHECKING:
    import keras

    from tfvis.utils.network import Network

logger = logging.getLogger(__name__)

GRAPH_SUFFIX = ".pb"
_TORCH = "it is PyTorch's. Build the network in Keras, give it these weights, and pass that"
_WAYS = {
    ".onnx": "it is ONNX's. Convert it to a SavedModel, with onnx2tf for example, and pass its "
    "folder",
    ".tflite": "it is made for devices and has no gradients. Pass the model that it was converted "
    "from",
    **dict.fromkeys((".pt", ".pth", ".bin", ".safetensors"), _TORCH),
    ".ckpt": "it holds weights only. Build the network in Keras, give it these weights, and pass "
    "that",
}
"""Files of other kinds, and the way from them to a network."""


@dataclass(frozen=True)
class Description:
    """What no file says of a network of one's own; each may be left out.

    Attributes:
        value_range: (low, high), what the network takes for black and white. Probed if left out.
        channel_order: "RGB" or "BGR".
        mean: subtracted after that, for red, green and blue.
        std: divided by, for red, green and blue.
        input_size: (height, width) that it was trained with; the model's own if left out.
        layers: where it may be cut: names, or a mapping from names of one's own to the network's.
            All that can be cut if left out.
        default_layers: those worth looking at; see `choose_layers` if left out.
        labels: names of the classes, in order, or a text file with one a line. Numbers if left
            out.
        logits: of a graph or SavedModel: the tensor of the logits, or the output that has them.
            What the softmax takes, if left out.
        signature: of a SavedModel.
        icon_options: how its icons are rendered where nothing else is asked for.
    """

    value_range: tuple[float, float] | None = None
    channel_order: str | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    input_size: tuple[int, int] | None = None
    layers: Sequence[str] | Mapping[str, str] | None = None
    default_layers: Sequence[str] = ()
    labels: Labels | Iterable[str] | str | Path | None = None
    logits: str | None = None
    signature: str | None = None
    icon_options: IconOptions | None = None

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What images are made into; None if the value range is not known."""
        names = ("value_range", "channel_order", "mean", "std")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if given and self.value_range is None:
            raise InputError(
                f"Expected value_range beside {', '.join(given)}: the values of black and white."
            )
        return Preprocessing(**given) if given else None


def load(source: str | Path | keras.Model, description: Description) -> Network:
    """A network of one's own; see `tfvis.load_model`.

    Args:
        source: a Keras model; a `.keras`, `.h5` or `.pb` file; the folder of a SavedModel; or the
            address of a module of TensorFlow Hub.
        description: what is known of it.
    """
    preprocessing = description.preprocessing
    size = _require_size(description.input_size)
    core = _core(source, description, size)
    if description.labels is not None:
        core = core.with_labels(read_labels(description.labels))
    if preprocessing is None:
        found = probe(core)
        preprocessing = found.likeliest
        logger.warning("%s", found, extra={"always": True})
    net = core.with_preprocess(preprocessing)
    choice = choose_layers(net)
    if description.default_layers:
        default, kept = net.default_layers[0], choice.inversion[-1]
        before = default != kept and net.precedes(default, kept)
        # The mask cannot be of a layer behind the one that is kept.
        net.inversion_layers = (default, kept) if before else choice.inversion
    else:
        net.default_layers = (choice.default,)
        net.inversion_layers = choice.inversion
        net.layer_reasons = (choice.reason, choice.inversion_reason)
    return net


def _core(
    source: str | Path | keras.Model, description: Description, size: tuple[int, int] | None
) -> Network:
    common = {
        "layers": description.layers,
        "input_size": size,
        "default_layers": description.default_layers,
        "preprocess": UNIT,
        "icon_options": _require_icon_options(description.icon_options),
    }
    if not isinstance(source, str | Path):
        return _keras(source, description, common)
    if hub.is_address(source):
        return _saved_model(hub.resolve(source), description, common, name=source)
    path = Path(source)
    if path.is_dir():
        return _saved_model(path, description, common, name=path.resolve().name)
    if not path.is_file():
        raise InputError(
            f"No model at {str(path)!r}. Expected a .keras, .h5 or .pb file, or the folder of a "
            "SavedModel."
        )
    if path.suffix.lower() in SUFFIXES:
        return _keras(read_model(path), description, common, name=path.stem)
    if path.suffix.lower() == GRAPH_SUFFIX:
        if description.signature is not None:
            raise InputError("Expected signature for a SavedModel only: a .pb file has none.")
        graph = read_graph(path)
        logger.warning(
            "%s is a program: using it runs what its author wrote.", path, extra={"always": True}
        )
        return GraphNetwork(graph, logits=description.logits, name=path.stem, **common)
    way = _WAYS.get(path.suffix.lower(), "its kind is not known")
    raise InputError(
        f"Expected a model in a .keras, .h5 or .pb file, received {str(path)!r}: {way}."
    )


def _keras(
    model: keras.Model, description: Description, common: Mapping[str, Any], name: str | None = None
) -> KerasNetwork:
    for unused in ("logits", "signature"):
        if getattr(description, unused) is not None:
            raise InputError(
                f"Expected no {unused} for a Keras model, received "
                f"{getattr(description, unused)!r}: its logits are what its last layer gives."
            )
    return KerasNetwork(model, name=name, **common)


def _saved_model(
    folder: Path, description: Description, common: Mapping[str, Any], name: str
) -> GraphNetwork:
    frozen = freeze(folder, signature=description.signature)
    return GraphNetwork(
        frozen.graph,
        images=frozen.images,
        logits=frozen.logits(description.logits),
        name=name,
        **common,
    )


def _require_size(size: tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    try:
        height, width = (int(side) for side in size)
    except (TypeError, ValueError):
        height = width = 0
    if min(height, width) < 1:
        raise InputError(f"Expected input_size (height, width), received {size!r}.")
    return height, width


def _require_icon_options(options: IconOptions | None) -> IconOptions | None:
    if options is not None and not isinstance(options, IconOptions):
        raise InputError(f"Expected icon_options to be IconOptions(…), received {options!r}.")
    return options


def read_labels(labels: Labels | Iterable[str] | str | Path) -> Labels:
    """Class names: as they are, from a list, or from a text file with one a line."""
    if isinstance(labels, Labels):
        return labels
    if not isinstance(labels, str | Path):
        if not isinstance(labels, Iterable):
            raise InputError(f"Expected labels to be a list or a text file, received {labels!r}.")
        return Labels([(str(name),) for name in labels])
    try:
        return Labels.from_lines(labels)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise InputError(f"Cannot read the labels {str(labels)!r}: {reason}.") from None
