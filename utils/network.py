"""A classifier that can be cut at a layer: everything the methods need of a network."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from .errors import InputError, require_count, unknown
from .labels import Labels
from .names import DTYPES

Head = Callable[[tf.Tensor], tuple[tf.Tensor, ...]]
Tail = Callable[[tf.Tensor], tf.Tensor]
Compiled = Callable[..., tf.Tensor]


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
        dtype: what it computes in.
    """

    def __init__(
        self,
        *,
        name: str,
        layers: Sequence[str],
        labels: Labels,
        input_size: tuple[int, int],
        dtype: str = "float32",
    ) -> None:
        self.name = name
        self.layers = tuple(layers)
        self.labels = labels
        self.input_size = input_size
        self.dtype = dtype
        self._compiled: dict[tuple[Callable, str], Compiled] = {}

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

    def require_layer(self, layer: str) -> str:
        """`layer` itself, or an `InputError` that names the closest and lists all."""
        if layer not in self.layers:
            raise unknown("layer", layer, self.layers)
        return layer

    def class_index(self, name: str | int) -> int:
        """The class meant by an index, a WordNet id or any synonym; see `Labels.index`."""
        return self.labels.index(name)

    def activations(self, images: np.ndarray, layer: str, *, batch_size: int = 32) -> np.ndarray:
        """The activations of `layer`, float32 (N, h, w, C), for images (N, H, W, 3) in [0, 1]."""
        images = require_images(images)
        self.require_layer(layer)
        return self._run(_compiled_head, layer, images, batch_size)

    def logits_from(
        self, layer: str, activations: np.ndarray, *, batch_size: int = 32
    ) -> np.ndarray:
        """Logits, float32 (N, classes), of activations (N, h, w, C) of `layer`."""
        activations = np.asarray(activations, np.float32)
        channels = self.n_channels(self.require_layer(layer))
        if activations.ndim != 4 or activations.shape[-1] != channels:
            raise InputError(
                f"Expected activations of {layer} of shape (N, h, w, {channels}), "
                f"received shape {activations.shape}."
            )
        return self._run(_compiled_tail, layer, activations, batch_size)

    def logits(self, images: np.ndarray, *, batch_size: int = 32) -> np.ndarray:
        """Logits, float32 (N, classes), before any softmax, for images (N, H, W, 3) in [0, 1]."""
        images = require_images(images)
        return self._run(_compiled_classifier, "", images, batch_size)

    def classifier(self) -> Tail:
        """A differentiable function from images to logits."""
        head, tail = self.head(self.layers[-1]), self.tail(self.layers[-1])
        return lambda images: tail(head(images)[0])

    def top(self, image: np.ndarray, n: int = 5) -> list[tuple[int, float]]:
        """The `n` classes with the largest logits for one (H, W, 3) image, largest first."""
        logits = self.logits(image[np.newaxis])[0]
        order = np.argsort(-logits, kind="stable")[:n]
        return [(int(index), float(logits[index])) for index in order]

    def compiled(self, build: Callable[[Network, str], Compiled], layer: str) -> Compiled:
        """`build(self, layer)`, called once for each layer, and kept.

        Tracing a tail's gradient takes as long as running it for a dozen images.

        Args:
            build: a function of a module, which returns a compiled function.
            layer: the layer.
        """
        if (build, layer) not in self._compiled:
            self._compiled[build, layer] = build(self, layer)
        return self._compiled[build, layer]

    def _run(
        self,
        build: Callable[[Network, str], Compiled],
        layer: str,
        inputs: np.ndarray,
        batch_size: int,
    ) -> np.ndarray:
        require_count("batch_size", batch_size)
        if not len(inputs):
            raise InputError("Expected at least one image, received none.")
        compiled = self.compiled(build, layer)
        batches = [
            compiled(tf.constant(inputs[i : i + batch_size])).numpy()
            for i in range(0, len(inputs), batch_size)
        ]
        return np.concatenate(batches)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {len(self.labels)} classes, {self.dtype}>"


def _traced(function: Tail, channels: int) -> Compiled:
    """`function` of (N, h, w, channels), compiled once for all sizes."""
    return tf.function(
        lambda x: tf.cast(function(x), tf.float32),
        input_signature=[tf.TensorSpec([None, None, None, channels], tf.float32)],
    )


def _compiled_head(net: Network, layer: str) -> Compiled:
    head = net.head(layer)
    return _traced(lambda images: head(images)[0], 3)


def _compiled_tail(net: Network, layer: str) -> Compiled:
    return _traced(net.tail(layer), net.n_channels(layer))


def _compiled_classifier(net: Network, layer: str) -> Compiled:
    return _traced(net.classifier(), 3)


def require_images(images: np.ndarray) -> np.ndarray:
    """Images as float32 (N, H, W, 3); an `InputError` unless shape and range are right."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3:
        raise InputError(f"Expected images of shape (N, H, W, 3), received shape {images.shape}.")
    images = images.astype(np.float32, copy=False)
    low, high = images.min(initial=0), images.max(initial=0)
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise InputError(
            f"Expected images with values in [0, 1], received values from {low:g} to {high:g}."
        )
    return images


def require_image(image: np.ndarray) -> np.ndarray:
    """One image as float32 (H, W, 3); an `InputError` unless shape and range are right."""
    image = np.asarray(image)
    if image.ndim != 3:
        raise InputError(f"Expected one image of shape (H, W, 3), received shape {image.shape}.")
    return require_images(image[np.newaxis])[0]


class KerasNetwork(Network):
    """A functional Keras model, preprocessing included, whose output are the logits.

    Args:
        model: images (N, H, W, 3) in [0, 1] → logits (N, classes).
        layers: where it can be cut, from input to output: Keras's layer names, or a mapping from
            names of one's own to Keras's.
        labels: the classes' names; numbered if left out.
        input_size: (height, width) that the model was trained with.
        name: the model's own if left out.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        layers: Sequence[str] | Mapping[str, str],
        input_size: tuple[int, int],
        labels: Labels | None = None,
        name: str | None = None,
    ) -> None:
        if keras.backend.backend() != "tensorflow":
            raise InputError(
                "Expected Keras to run on TensorFlow, received KERAS_BACKEND="
                f"{keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
            )
        n_classes = model.output.shape[-1]
        labels = Labels.numbered(n_classes) if labels is None else labels
        if len(labels) != n_classes:
            raise InputError(
                f"Expected one label a class, received {len(labels)} labels "
                f"for {n_classes} classes."
            )
        self._layer_names = dict(layers) if isinstance(layers, Mapping) else {n: n for n in layers}
        super().__init__(
            name=name or model.name,
            layers=tuple(self._layer_names),
            labels=labels,
            input_size=input_size,
            dtype=keras.backend.standardize_dtype(model.output.dtype),
        )
        self.model = model
        self._cuts: dict[tuple[str, ...], keras.Model] = {}
        self._in_dtype: dict[str, KerasNetwork] = {}

    def _output(self, layer: str) -> keras.KerasTensor:
        return self.model.get_layer(self._layer_names[self.require_layer(layer)]).output

    def _cut(self, key: tuple[str, ...], build: Callable[[], keras.Model]) -> keras.Model:
        if key not in self._cuts:
            self._cuts[key] = build()
        return self._cuts[key]

    def head(self, *layers: str) -> Head:
        """See `Network.head`."""
        outputs = [self._output(layer) for layer in layers]
        model = self._cut(("head", *layers), lambda: keras.Model(self.model.input, outputs))
        # Keras unwraps a list of one output.
        return lambda images: tuple(tf.nest.flatten(model(images, training=False)))

    def tail(self, layer: str) -> Tail:
        """See `Network.tail`."""
        output = self._output(layer)
        model = self._cut(("tail", layer), lambda: keras.Model(output, self.model.output))
        return lambda activations: model(activations, training=False)

    def classifier(self) -> Tail:
        """See `Network.classifier`."""
        return lambda images: self.model(images, training=False)

    def n_channels(self, layer: str) -> int:
        """See `Network.n_channels`."""
        return self._output(layer).shape[-1]

    def astype(self, dtype: str) -> KerasNetwork:
        """See `Network.astype`. The weights are copied once, rounded to `dtype`."""
        if dtype not in DTYPES:
            raise unknown("dtype", dtype, DTYPES)
        if dtype == self.dtype:
            return self
        if dtype not in self._in_dtype:
            self._in_dtype[dtype] = self._converted(dtype)
        return self._in_dtype[dtype]

    def with_model(self, model: keras.Model) -> KerasNetwork:
        """A network of another model with the same layers: cuts, labels and size are this one's."""
        return KerasNetwork(
            model,
            layers=self._layer_names,
            labels=self.labels,
            input_size=self.input_size,
            name=self.name,
        )

    def _converted(self, dtype: str) -> KerasNetwork:
        def converted(layer: keras.Layer) -> keras.Layer:
            config = layer.get_config()
            # Input and preprocessing stay float32: half precision has steps of 0.5 at 128.
            if not isinstance(layer, keras.layers.InputLayer | keras.layers.Rescaling):
                config["dtype"] = dtype
            return type(layer).from_config(config)

        model = keras.models.clone_model(self.model, clone_function=converted)
        model.set_weights(self.model.get_weights())
        return self.with_model(model)
