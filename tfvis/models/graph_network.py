"""Networks that are graphs: frozen GraphDefs, and what SavedModels and Hub modules freeze to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfvis.utils.errors import InputError, one_line, unknown
from tfvis.utils.function_digests import function_digest
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.labels import Labels, require_labels
from tfvis.utils.layer_facts import LayerFacts
from tfvis.utils.layer_names import resolve
from tfvis.utils.memory_bounds import Footprint
from tfvis.utils.network import (
    Head,
    Network,
    Preprocess,
    Tail,
)

from .graph_cuts import TensorGraph, ancestors, descendants
from .graph_defs import find_input, find_logits, node_name, tensor_name
from .graph_layer_facts import GraphFacts
from .graph_names import short_names
from .graph_relus import redirect_relus

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from typing_extensions import Self


class GraphNetwork(Network):
    """A frozen graph, cut by pruning it to what lies between two of its tensors.

    Args:
        graph: its variables are constants.
        images: the node that takes images, as `preprocess` returns them; found if left out.
        logits: the tensor of the logits (N, classes); found if left out.
        layers: where it may be cut, from input to output: tensors of the graph, of which the end
            of the name is enough, or a mapping from names of one's own to them. Every tensor of
            shape (N, h, w, C) that every path goes through, if left out, by its short name; see
            `graph_names.short_names`.
        preprocess: images in [0, 1] → what the input node takes; nothing if left out.
        labels: the classes' names; numbered if left out.
        input_size: (height, width) that it was trained with; the graph's own if left out.
        default_layers: see `Network`.
        inversion_layers: see `Network`.
        aliases: see `Network`.
        icon_options: see `Network`.
        name: what it is called.

    Raises:
        InputError: the graph has several inputs or heads and none was chosen, a node takes channels
            first, or a layer cannot be cut.
    """

    dtypes = ("float32",)

    def __init__(
        self,
        graph: GraphDef,
        *,
        images: str | None = None,
        logits: str | None = None,
        layers: Sequence[str] | Mapping[str, str] | None = None,
        preprocess: Preprocess | None = None,
        input_size: tuple[int, int] | None = None,
        labels: Labels | None = None,
        default_layers: Sequence[str] = (),
        inversion_layers: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
        icon_options: IconOptions | None = None,
        name: str = "graph",
    ) -> None:
        start = node_name(images or find_input(graph))
        size = _input_size(graph, start, input_size)
        self._wrapped = _wrapped(graph, start)
        self._start = tensor_name(start)
        operations = self._wrapped.graph.get_operations()
        self._end = _resolve_tensor(logits or find_logits(graph), operations)
        self._cuts = _tensor_graph(operations, self._start, self._end)
        if layers is None:
            self._cuts = self._cuts.renamed(short_names)
        _require_channels_last(operations, self._cuts, name)
        self._cuts.require_cuts(name)
        self._tensors = dict(self._cuts.require_layers(layers))
        shape = self._tensor(self._end).shape
        # Of one position they are rows that nothing has squeezed yet.
        squeezed = shape.rank is not None and shape.rank >= 2 and set(shape[1:-1]) <= {1}
        n_classes = shape[-1] if squeezed else None
        if n_classes is None:
            raise InputError(
                f"Expected logits of shape (N, classes), received shape {shape} from {self._end!r}."
            )
        super().__init__(
            name=name,
            layers=tuple(self._tensors),
            labels=require_labels(labels, n_classes),
            input_size=size,
            default_layers=default_layers,
            inversion_layers=inversion_layers,
            aliases=aliases,
            preprocess=preprocess,
            icon_options=icon_options,
        )
        self._redirecting: GraphNetwork | None = None
        self._require_any_batch_size()

    def _copied(self) -> Self:
        found = super()._copied()
        found._redirecting = None
        return found

    def _compute_digest(self) -> str:
        found = function_digest(self.preprocess)
        graph = self._wrapped.graph.as_graph_def()
        found.update(f"{self._start} {self._end}".encode())
        found.update(graph.SerializeToString(deterministic=True))
        return found.hexdigest()

    def _tensor(self, name: str) -> tf.Tensor:
        return self._wrapped.graph.get_tensor_by_name(name)

    def _pruned(self, feeds: Sequence[str], fetches: Sequence[str]) -> Callable:
        return self._wrapped.prune(
            [self._tensor(name) for name in feeds], [self._tensor(name) for name in fetches]
        )

    def _require_any_batch_size(self) -> None:
        classify = self._pruned([self._start], [self._end])
        for n in (1, 2):
            try:
                (found,) = classify(tf.zeros([n, *self.input_size, 3]))
            except tf.errors.OpError as error:
                reason = one_line(error)
                raise InputError(
                    f"Cannot run {self.name!r} on {n} image{'s' * (n > 1)} of {self.input_size}: "
                    f"{reason}"
                ) from None
            if found.shape[0] != n:
                raise InputError(
                    f"Expected {n} rows of logits for {n} images from {self.name!r}, received "
                    f"{found.shape[0]}: its batch size is fixed."
                )

    def require_layer(self, layer: str) -> str:
        """See `Network.require_layer`; any layer that can be cut is found."""
        return self._cuts.require_tensor(layer, self.layers, self.aliases, self._tensors)

    def _place(self, layer: str) -> int:
        return self._cuts.place(self._tensors[layer])

    def head(self, *layers: str) -> Head:
        """See `Network.head`."""
        wanted = [self._tensors[self.require_layer(layer)] for layer in layers]
        run = self._pruned([self._start], wanted)
        return lambda images: tuple(run(self.preprocess(images)))

    def tail(self, layer: str) -> Tail:
        """See `Network.tail`."""
        tensor = self._tensors[self.require_layer(layer)]
        run, dtype = self._pruned([tensor], [self._end]), self._tensor(tensor).dtype
        return lambda activations: self._rows(run(tf.cast(activations, dtype))[0])

    def classifier(self) -> Tail:
        """See `Network.classifier`."""
        run = self._pruned([self._start], [self._end])
        return lambda images: self._rows(run(self.preprocess(images))[0])

    def unfolded(
        self, *layers: str
    ) -> Callable[[tf.Tensor], tuple[tuple[tf.Tensor, ...], tf.Tensor]]:
        """A function from images to the activations of `layers`, as a tuple, and the logits.

        Traced, it shows each operation; `head` would be a single one, the call of a function.
        """
        wanted = [self._tensors[self.require_layer(layer)] for layer in layers]
        graph = self._wrapped.graph.as_graph_def()

        def run(images: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], tf.Tensor]:
            given = {self._start: self.preprocess(images)}
            *found, logits = tf.graph_util.import_graph_def(
                graph, input_map=given, return_elements=[*wanted, self._end], name="network"
            )
            return tuple(found), self._rows(logits)

        return run

    def _rows(self, logits: tf.Tensor) -> Any:
        return logits if logits.shape.rank == 2 else tf.reshape(logits, [-1, len(self.labels)])

    def n_channels(self, layer: str) -> int:
        """See `Network.n_channels`."""
        channels = self._tensor(self._tensors[self.require_layer(layer)]).shape[-1]
        return int(channels)  # pyright: ignore[reportArgumentType]  # a cut's is known

    def layer_facts(self, layer: str) -> LayerFacts:
        """See `Network.layer_facts`."""
        return self._facts(self._tensor(self._tensors[self.require_layer(layer)]))

    def footprint(self, part: str, layer: str | None = None, *, gradient: bool = True) -> Footprint:
        """See `Network.footprint`; it is traced once."""
        from .footprints import footprint  # which knows this class

        return footprint(self, part, layer, gradient=gradient)

    @cached_property
    def _facts(self) -> GraphFacts:
        return GraphFacts(self._wrapped.graph.get_operations())

    def astype(self, dtype: str) -> GraphNetwork:
        """See `Network.astype`; a graph computes in float32 only."""
        if dtype != self.dtype:
            raise InputError(f"Expected dtype float32 for a frozen graph, received {dtype!r}.")
        return self

    def with_redirected_relus(self) -> GraphNetwork:
        """See `Network.with_redirected_relus`; all nodes `Relu` and `Relu6` are found."""
        if self._redirecting is None:
            graph = self._wrapped.graph.as_graph_def()
            if not redirect_relus(graph):
                return self
            found = self._copied()
            found._wrapped = _imported(graph)
            self._redirecting = found
        return self._redirecting


def _resolve_tensor(tensor: str, operations: Sequence[tf.Operation]) -> str:
    """The tensor of this name, or whose node's name ends in it; see `resolve`."""
    name, _, output = tensor.partition(":")
    names = [op.name for op in operations]
    try:
        node = resolve(name, names)
    except InputError:
        if any(own.endswith(f"/{name}") for own in names):
            raise
        raise unknown("tensor", tensor, names, list_all=False) from None
    op = operations[names.index(node)]
    number = int(output) if output.isdigit() else 0
    if number >= len(op.outputs):
        raise InputError(
            f"Expected a tensor of {node!r}, which has {len(op.outputs)}, not {tensor!r}."
        )
    return op.outputs[number].name


def _tensor_graph(operations: Sequence[tf.Operation], start: str, end: str) -> TensorGraph[str]:
    """First outputs bear their nodes' names."""
    parents, names, shapes = {}, {}, {}
    images = {start}  # and copies of them, which are no layers, as those of the logits are none
    answers = _copies_before(end, operations)
    for op in operations:
        if op.type == "Identity" and op.inputs[0].name in images:
            images.add(op.outputs[0].name)
        for number, tensor in enumerate(op.outputs):
            parents[tensor.name] = [above.name for above in op.inputs]
            if tensor.name in images or tensor.name in answers:
                continue
            names[tensor.name] = tensor.name if number else op.name
            shape = tensor.shape
            shapes[tensor.name] = None if shape.rank is None else tuple(shape)
    return TensorGraph(parents=parents, names=names, shapes=shapes, start=start, end=end)


def _copies_before(end: str, operations: Sequence[tf.Operation]) -> set[str]:
    """A tensor that is a copy, and what it is a copy of as long as that is one too."""
    copied = {op.outputs[0].name: op.inputs[0].name for op in operations if op.type == "Identity"}
    found = set()
    while end in copied:
        found.add(end)
        end = copied[end]
    return found


def _require_channels_last(
    operations: Sequence[tf.Operation], tensors: TensorGraph, name: str
) -> None:
    """Raise an `InputError` for a node between images and logits whose maps are (N, C, h, w)."""
    ahead = ancestors(tensors.parents, tensors.end) & descendants(tensors.parents, tensors.start)
    for op in operations:
        if not op.outputs or op.outputs[0].name not in ahead:
            continue
        try:
            layout = op.get_attr("data_format")
        except ValueError:  # it has none
            continue
        # What has another number of axes is never taken for (N, h, w, C).
        if layout.startswith(b"NCHW") and op.outputs[0].shape.rank in (None, 4):
            raise InputError(
                f"Expected nodes with data_format NHWC, received {layout.decode()} in "
                f"{op.name!r} of {name!r}. Export the model with channels last: the weights' "
                "shapes are the same."
            )


def _input_size(graph: GraphDef, start: str, given: tuple[int, int] | None) -> tuple[int, int]:
    node = next((node for node in graph.node if node.name == start), None)
    if node is None:
        raise unknown("input", start, [n.name for n in graph.node if n.op == "Placeholder"])
    sizes = [dim.size for dim in node.attr["shape"].shape.dim]
    # Without sizes nothing is known: earlier versions of TensorFlow wrote none.
    if sizes and (len(sizes) != 4 or sizes[3] not in (-1, 3)):
        shown = ", ".join("?" if size < 0 else str(size) for size in sizes)
        raise InputError(
            f"Expected a graph of images (N, H, W, 3), received input {start!r} of shape ({shown})."
        )
    if given is not None:
        return given
    if len(sizes) != 4 or min(sizes[1:3]) < 1:
        raise InputError(
            "Expected input_size (height, width), since the graph takes images of any size: give "
            "the size that it was trained with."
        )
    return sizes[1], sizes[2]


def _wrapped(graph: GraphDef, start: str) -> tf.compat.v1.wrap_function:
    """The graph as a function, its input of any batch size and image size."""
    relaxed = type(graph)()
    relaxed.CopyFrom(graph)
    for node in relaxed.node:
        if node.name == start:
            dtype = tf.as_dtype(node.attr["dtype"].type or tf.float32)
            if dtype != tf.float32:
                reason = "" if dtype.is_floating else ": nothing can be differentiated there"
                raise InputError(
                    f"Expected a graph of float32 images, received {dtype.name} input "
                    f"{start!r}{reason}."
                )
            node.op = "Placeholder"
            del node.input[:]
            node.attr["dtype"].type = tf.float32.as_datatype_enum
            shape = tf.TensorShape([None, None, None, 3])
            node.attr["shape"].shape.CopyFrom(shape.as_proto())
        node.attr.pop("_output_shapes", None)
        # Assertions and the like: a part of the graph has no need of another's.
        data = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(data)
    return _imported(relaxed)


def _imported(graph: GraphDef) -> tf.compat.v1.wrap_function:
    try:
        return tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(graph, name=""), signature=[]
        )
    except ValueError as error:
        reason = one_line(error)
        raise InputError(f"Cannot import the graph: {reason}") from None
