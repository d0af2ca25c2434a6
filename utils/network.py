"""A classifier that can be cut at a layer: everything the methods need of a network."""

from __future__ import annotations

import abc
import copy
import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import tensorflow as tf

from .choices import DTYPES
from .compiling import compiled
from .devices import joined
from .errors import InputError, require_count
from .icon_options import IconOptions
from .image_sources import ImageLike, SourceImage, read_image
from .images import require_images
from .labels import Labels, require_labels
from .layer_facts import OTHER, LayerFacts
from .layer_names import resolve
from .linear_start import LinearStart
from .memory import Memory
from .memory_bounds import CLASSIFIER, HEAD, TAIL, Footprint, batch_size_within

if TYPE_CHECKING:
    from typing_extensions import Self

Preprocess = Callable[[tf.Tensor], tf.Tensor]
Head = Callable[[tf.Tensor], tuple[tf.Tensor, ...]]
Tail = Callable[[tf.Tensor], tf.Tensor]
Compiled = Callable[..., tf.Tensor]
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

logger = logging.getLogger(__name__)

_COMPILED_LIMIT = 256 << 20
"""Bytes of variables that a network keeps in the objects of one `build`; see `Network.compiled`."""

# One for all networks: a network with a lock of its own could not be copied.
_building = threading.RLock()


class Network(abc.ABC):
    """A classifier f that can be cut at a layer l into a head and a tail: f = tail ∘ head.

    The head maps images to the layer's activations A of shape (N, h, w, C), the tail maps
    activations to logits (N, classes), before any softmax. Images are float32 RGB in [0, 1];
    preprocessing belongs to the head. A subclass says how to cut; all else is here.

    Attributes:
        name: what the network is called.
        layers: the layers at which it can be cut, from input to output.
        labels: the classes' names.
        input_size: (height, width) that it was trained with.
        default_layers: those worth looking at first; the last one if none are given.
        inversion_layers: those of guided feature inversion: of which the mask is made, one or
            several, and last the one that it is to keep; the first of `default_layers` and the last
            of all if none are given.
        layer_reasons: why `default_layers` and `inversion_layers` are those, where a rule chose.
        aliases: other names of layers, and the layers they mean.
        preprocess: from images in [0, 1] to what the network itself takes.
        dtype: what it computes in.
        strategy: over whose devices batches are split; None for a single device.
        dtypes: what else it can compute in: what `astype` takes.
        icon_options: how its icons are rendered where nothing else is asked for.
        memory: what was computed for the images seen last.
    """

    dtypes: tuple[str, ...] = DTYPES
    strategy: tf.distribute.Strategy | None = None

    def __init__(
        self,
        *,
        name: str,
        layers: Sequence[str],
        labels: Labels,
        input_size: tuple[int, int],
        default_layers: Sequence[str] = (),
        inversion_layers: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
        preprocess: Preprocess | None = None,
        dtype: str = "float32",
        icon_options: IconOptions | None = None,
    ) -> None:
        self.name = name
        self.layers = tuple(layers)
        self.labels = labels
        self.input_size = input_size
        self.aliases = dict(aliases or {})
        self.preprocess = preprocess or _as_it_is
        self.default_layers = tuple(self.require_layer(n) for n in default_layers or layers[-1:])
        own = inversion_layers or (self.default_layers[0], self.layers[-1])
        self.inversion_layers = tuple(self.require_layer(layer) for layer in own)
        self.layer_reasons: tuple[str, str] | None = None
        self.dtype = dtype
        self.icon_options = icon_options or IconOptions()
        self._memory = Memory()
        self._compiled: dict[tuple[Callable, Hashable], Any] = {}
        self._digest: str | None = None
        self._sizes_warned_of: set[tuple[int, int]] = set()  # also by copies of this network

    @abc.abstractmethod
    def head(self, *layers: str) -> Head:
        """A differentiable function from images to the activations of `layers`, as a tuple."""

    @abc.abstractmethod
    def tail(self, layer: str) -> Tail:
        """A differentiable function from the activations of `layer` to logits."""

    @abc.abstractmethod
    def n_channels(self, layer: str) -> int:
        """How many channels `layer` has."""

    @abc.abstractmethod
    def astype(self, dtype: str) -> Network:
        """The same network computing in `dtype`, one of float32, bfloat16 and float16."""

    def with_redirected_relus(self) -> Network:
        """The same network, whose ReLUs have a gradient where they are silent on a whole image.

        See `redirected_relu.redirected_gradient`. Itself if nothing is known of its ReLUs.
        """
        return self

    def linear_start(self, layer: str) -> LinearStart | None:
        """The tail of `layer` as its first operations and the rest, if the first are linear.

        None where they are not, or nothing is known of them. What adds a channel at a time then
        computes the whole tail each time.
        """
        self.require_layer(layer)
        return None

    def layer_facts(self, layer: str) -> LayerFacts:
        """What is known of a layer from the network's structure alone."""
        place = self.layers.index(self.require_layer(layer)) + 1
        return LayerFacts(OTHER, None, place / len(self.layers))

    def footprint(
        self, part: str, layer: str | None = None, *, gradient: bool = True
    ) -> Footprint | None:
        """What a part takes of memory, None if unknown; see `memory_bounds.batch_size_within`."""
        return None

    def require_layer(self, layer: str) -> str:
        """The layer's own name, or an `InputError` that names the closest; see `resolve`."""
        return resolve(layer, self.layers, self.aliases)

    def precedes(self, first: str, second: str) -> bool:
        """Whether the layer `first` is computed before `second`, or is the same."""
        return self._place(self.require_layer(first)) <= self._place(self.require_layer(second))

    def _place(self, layer: str) -> int:
        return self.layers.index(layer)

    def class_index(self, name: str | int) -> int:
        """The class meant by an index, a WordNet id or any synonym; see `Labels.index`."""
        return self.labels.index(name)

    def activations(self, images: np.ndarray, layer: str, *, batch_size: int = 32) -> np.ndarray:
        """The activations of `layer`, float32 (N, h, w, C), for images (N, H, W, 3) in [0, 1]."""
        images = self.require_images(images)
        return self._run(HEAD, self.require_layer(layer), images, batch_size)

    def activations_of(self, image: SourceImage, layer: str) -> np.ndarray:
        """The activations of `layer` for one image, float32 (h, w, C), computed once.

        The array is kept in `memory` and cannot be written to.
        """
        layer = self.require_layer(layer)

        def compute() -> np.ndarray:
            return _read_only(self.activations(image.pixels[np.newaxis], layer)[0])

        return self.memory.get(("activations", layer, image.digest), compute)

    def logits_of(self, image: SourceImage) -> np.ndarray:
        """The logits of one image, float32 (classes,), computed once; see `activations_of`."""

        def compute() -> np.ndarray:
            return _read_only(self.logits(image.pixels[np.newaxis])[0])

        return self.memory.get(("logits", image.digest), compute)

    def logits_at(self, layer: str, image: SourceImage) -> np.ndarray:
        """`logits_of` through the activations of a layer, of which the tail alone is run."""
        layer = self.require_layer(layer)

        def compute() -> np.ndarray:
            activations = self.activations_of(image, layer)[np.newaxis]
            return _read_only(self.logits_from(layer, activations)[0])

        return self.memory.get(("logits", layer, image.digest), compute)

    def logits_from(
        self, layer: str, activations: np.ndarray, *, batch_size: int = 32
    ) -> np.ndarray:
        """Logits, float32 (N, classes), of activations (N, h, w, C) of `layer`."""
        activations = np.asarray(activations, np.float32)
        layer = self.require_layer(layer)
        channels = self.n_channels(layer)
        if activations.ndim != 4 or activations.shape[-1] != channels:
            raise InputError(
                f"Expected activations of {layer} of shape (N, h, w, {channels}), "
                f"received shape {activations.shape}."
            )
        return self._run(TAIL, layer, activations, batch_size)

    def logits(self, images: np.ndarray, *, batch_size: int = 32) -> np.ndarray:
        """Logits, float32 (N, classes), before any softmax, for images (N, H, W, 3) in [0, 1]."""
        images = self.require_images(images)
        return self._run(CLASSIFIER, "", images, batch_size)

    def classifier(self) -> Tail:
        """A differentiable function from images to logits."""
        head, tail = self.head(self.layers[-1]), self.tail(self.layers[-1])
        return lambda images: tail(head(images)[0])

    def top(self, image: ImageLike, n: int = 5) -> list[tuple[int, float]]:
        """The `n` classes with the largest logits for one image (see `read_image`), best first."""
        logits = self.logits_of(read_image(image, self.input_size))
        order = np.argsort(-logits, kind="stable")[:n]
        return [(int(index), float(logits[index])) for index in order]

    def compiled(self, build: Callable[[Network, K], T], key: K, *, most: int | None = None) -> T:
        """`build(self, key)`, called once for each key, and kept until the weights change.

        Tracing a tail's gradient takes as long as running it for a dozen images.

        Args:
            build: a function of a module, which returns a compiled function, or an object that
                holds some, with the bytes of its variables as `nbytes`.
            key: what it is built for: a layer, or a frozen dataclass of options.
            most: how many of this `build` are kept, those used last; all if left out, which suits
                keys of which a network has few, such as layers. Those whose variables take more
                than 256 MiB together are not kept either.
        """
        with _building:
            self._forget_if_changed()
            found = self._compiled.pop((build, key), None)
            if found is None:
                found = build(self, key)
            self._compiled[build, key] = found  # the last one was used last
            self._drop(build, most)
        return found

    def _drop(self, build: Callable, most: int | None) -> None:
        """Forget what was used longest ago of a `build`, beyond what `compiled` keeps."""
        count = size = 0
        for known in [known for known in reversed(self._compiled) if known[0] == build]:
            own = getattr(self._compiled[known], "nbytes", 0)
            if count == most or size + own > _COMPILED_LIMIT:
                del self._compiled[known]
            else:
                count, size = count + 1, size + own

    @property
    def memory(self) -> Memory:
        """What was computed for the images seen last; emptied when the weights have changed."""
        self._forget_if_changed()
        return self._memory

    def _forget_if_changed(self) -> None:
        with _building:
            if self._weights_changed():
                # Functions may have been compiled of copies of the weights.
                self._compiled, self._memory, self._digest = {}, Memory(), None

    def _weights_changed(self) -> bool:
        """Whether the weights are others than when this was called last."""
        return False

    @property
    def digest(self) -> str | None:
        """SHA-256 of the weights and the preprocessing; None if unknown.

        It is computed once, and again when the weights have changed.
        """
        self._forget_if_changed()
        if self._digest is None:
            self._digest = self._compute_digest()
        return self._digest

    def _compute_digest(self) -> str | None:
        return None

    def with_labels(self, labels: Labels) -> Self:
        """The same network, whose classes have other names."""
        found = self._copied()
        found.labels = require_labels(labels, len(self.labels))
        return found

    def with_preprocess(self, preprocess: Preprocess) -> Self:
        """The same network, whose images are preprocessed otherwise."""
        found = self._copied()
        found.preprocess = preprocess
        return found

    def _copied(self) -> Self:
        """A copy that shares nothing that was compiled."""
        found = copy.copy(self)
        found._compiled, found._memory, found._digest = {}, Memory(), None
        return found

    def require_images(self, images: np.ndarray) -> np.ndarray:
        """Images as float32 (N, H, W, 3); a warning if their size is not `input_size`.

        Each size is warned of once, through `logging`.

        Raises:
            InputError: their shape or range is wrong.
        """
        images = require_images(images)
        size = images.shape[1:3]
        if size != tuple(self.input_size) and size not in self._sizes_warned_of:
            self._sizes_warned_of.add(size)
            logger.warning(
                "%s was trained on images of %d x %d pixels (height x width), received %d x %d: "
                "its answers may be worse. Resize them to its input_size.",
                self.name,
                *self.input_size,
                *size,
            )
        return images

    def _run(self, part: str, layer: str, inputs: np.ndarray, batch_size: int) -> np.ndarray:
        require_count("batch_size", batch_size)
        if not len(inputs):
            raise InputError("Expected at least one image, received none.")
        pixels = np.prod(self.input_size if part == TAIL else inputs.shape[1:3])
        batch_size = batch_size_within(
            self, part, layer or None,
            most=batch_size, gradient=False, times=float(pixels / np.prod(self.input_size)),
        )  # fmt: skip
        run = self.compiled(_COMPILED[part], layer)
        try:
            batches = [
                run(tf.constant(inputs[i : i + batch_size])).numpy()
                for i in range(0, len(inputs), batch_size)
            ]
        except tf.errors.InvalidArgumentError:
            if not layer and inputs.shape[1:3] != self.input_size:
                raise InputError(
                    f"Expected images of {self.input_size} for the logits of {self.name!r}, "
                    f"received {inputs.shape[1:3]}."
                ) from None
            raise
        return np.concatenate(batches)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {len(self.labels)} classes, {self.dtype}>"


def _as_it_is(images: tf.Tensor) -> tf.Tensor:
    return images


def _traced(net: Network, function: Tail, channels: int) -> Compiled:
    """`function` of (N, h, w, channels), compiled once for all sizes."""
    return compiled(
        lambda x: tf.cast(joined(net.strategy, function, x), tf.float32),
        [tf.TensorSpec([None, None, None, channels], tf.float32)],
    )


def _compiled_head(net: Network, layer: str) -> Compiled:
    head = net.head(layer)
    return _traced(net, lambda images: head(images)[0], 3)


def _compiled_tail(net: Network, layer: str) -> Compiled:
    return _traced(net, net.tail(layer), net.n_channels(layer))


def _compiled_classifier(net: Network, layer: str) -> Compiled:
    return _traced(net, net.classifier(), 3)


_COMPILED = {HEAD: _compiled_head, TAIL: _compiled_tail, CLASSIFIER: _compiled_classifier}


def require_network(net: object) -> None:
    """Raise an `InputError` for a model, or its name, in a network's place."""
    if not isinstance(net, Network):
        given = repr(net) if isinstance(net, str) else "model"
        raise InputError(
            f"Expected a network, received {type(net).__name__}: pass tfvis.load_model({given})."
        )


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
