"""GoogLeNet (Szegedy et al. 2015, arXiv 1409.4842) as a functional Keras model.

One builder for every table of `tfvis.models.architectures`. Layers bear lucid's names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from utils.network import KerasNetwork
from utils.progress import Progress, silent

from .architectures import BVLC, POOL_BEFORE, Architecture, Inception
from .registry import ModelSpec
from .weights import (
    cache_directory,
    download,
    find,
    is_zip,
    read_arrays,
    read_constants,
    require_arrays,
)

PACKAGE = "tfvis"

# Of batch normalisation in training.
_MOMENTUM = 0.98
_EPSILON = 1e-3


@keras.saving.register_keras_serializable(PACKAGE)
class LocalResponseNormalization(keras.layers.Layer):
    """x / (bias + alpha/n · Σ x²)^beta over n neighbouring channels (Krizhevsky et al. 2012).

    Args:
        size: n, odd.
        alpha: over the whole window, as Caffe counts it (TensorFlow's op takes alpha/n).
        beta: the exponent.
        bias: the constant term.
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        bias: float = 1.0,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.bias = size, alpha, beta, bias

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(N, h, w, C) to the same shape."""
        # TensorFlow's op has no bfloat16 kernel.
        normalised = tf.nn.local_response_normalization(
            tf.cast(inputs, tf.float32),
            depth_radius=self.size // 2,
            bias=self.bias,
            alpha=self.alpha / self.size,
            beta=self.beta,
        )
        return tf.cast(normalised, self.compute_dtype)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's shape."""
        return shape

    def get_config(self) -> dict:
        """The constructor's arguments."""
        parameters = {key: getattr(self, key) for key in ("size", "alpha", "beta", "bias")}
        return {**super().get_config(), **parameters}


def build(
    architecture: Architecture, *, name: str = "googlenet", batch_normalization: bool = False
) -> keras.Model:
    """The network with fresh weights: images (N, H, W, 3) in [0, 1] → logits (N, n_classes).

    Args:
        architecture: its table.
        name: the model's.
        batch_normalization: train with it after every convolution; `folded` takes it out again.
    """
    layers = keras.layers

    def convolution(x: tf.Tensor, filters: int, kernel: int, name: str, **options: object):  # noqa: ANN202
        padding = options.pop("padding", "same")
        if not batch_normalization:
            return layers.Conv2D(
                filters, kernel, padding=padding, activation="relu", name=name, **options
            )(x)
        x = layers.Conv2D(filters, kernel, padding=padding, use_bias=False, name=name, **options)(x)
        x = layers.BatchNormalization(momentum=_MOMENTUM, epsilon=_EPSILON, name=f"{name}_bn")(x)
        return layers.ReLU(name=f"{name}_relu")(x)

    def max_pool(x: tf.Tensor, name: str, strides: int = 2):  # noqa: ANN202
        return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)

    def normalise(x: tf.Tensor, name: str):  # noqa: ANN202
        return LocalResponseNormalization(name=name)(x) if architecture.local_response else x

    def inception(x: tf.Tensor, module: str, width: Inception):  # noqa: ANN202
        branches = [
            convolution(x, width.one, 1, f"{module}_1x1"),
            convolution(
                convolution(x, width.three_reduce, 1, f"{module}_3x3_reduce"),
                width.three, 3, f"{module}_3x3",
            ),
            convolution(
                convolution(x, width.five_reduce, 1, f"{module}_5x5_reduce"),
                width.five, 5, f"{module}_5x5",
            ),
            convolution(
                max_pool(x, f"{module}_pool", strides=1), width.pool, 1, f"{module}_pool_proj"
            ),
        ]  # fmt: skip
        return layers.Concatenate(name=module)(branches)

    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(
        255.0 / architecture.deviation,
        offset=[-value / architecture.deviation for value in architecture.mean],
        name="preprocessing",
    )(images)
    first, reduced, second = architecture.stem
    if architecture.stem_padding is None:
        x = convolution(x, first, 7, "conv2d0", strides=2)
    else:
        x = layers.ZeroPadding2D(architecture.stem_padding, name="conv2d0_padding")(x)
        x = convolution(x, first, 7, "conv2d0", strides=2, padding="valid")
    x = max_pool(x, "maxpool0")
    x = normalise(x, "localresponsenorm0")
    x = convolution(x, reduced, 1, "conv2d1")
    x = convolution(x, second, 3, "conv2d2")
    x = normalise(x, "localresponsenorm1")
    x = max_pool(x, "maxpool1")
    for module, width in architecture.modules.items():
        if module in POOL_BEFORE:
            x = max_pool(x, POOL_BEFORE[module])
        x = inception(x, module, width)
    x = layers.GlobalAveragePooling2D(name="avgpool0")(x)
    logits = layers.Dense(architecture.n_classes, name="logits", dtype="float32")(x)
    return keras.Model(images, logits, name=name)


def folded(trained: keras.Model, architecture: Architecture) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of each layer of a model built with batch normalisation, without it.

    With the statistics that were gathered in training a normalisation is one more affine map:
    γ (w∗x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε)) w∗x + (β − γ μ/√(σ² + ε)).
    """
    weights = {}
    for name in weight_shapes(architecture):
        arrays = trained.get_layer(name).get_weights()
        if len(arrays) == 1:
            gamma, beta, mean, variance = trained.get_layer(f"{name}_bn").get_weights()
            scale = gamma / np.sqrt(variance + _EPSILON)
            arrays = [arrays[0] * scale, beta - mean * scale]
        weights[name] = arrays
    return weights


def weight_names(architecture: Architecture, scheme: str) -> dict[str, str]:
    """From the model's layers to the names that `scheme`, "npz" or "graph", gives them.

    Both schemes are Caffe's layer names: `inception_3a/3x3_reduce` in the archive,
    `inception_3a_3x3_reduce` in the frozen graph, save its classifier.
    """
    stem = ("conv1/7x7_s2", "conv2/3x3_reduce", "conv2/3x3")
    caffe = dict(zip(("conv2d0", "conv2d1", "conv2d2"), stem, strict=True))
    for module in architecture.modules:
        for part in ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"):
            caffe[f"{module}_{part}"] = f"{module.replace('mixed', 'inception_')}/{part}"
    caffe["logits"] = "loss3/classifier"
    if scheme == "npz":
        return caffe
    return {layer: name.replace("/", "_") for layer, name in caffe.items()}


def weight_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """The shape of each layer's kernel; its bias has the last axis alone."""
    first, reduced, second = architecture.stem
    shapes: dict[str, tuple[int, ...]] = {
        "conv2d0": (7, 7, 3, first),
        "conv2d1": (1, 1, first, reduced),
        "conv2d2": (3, 3, reduced, second),
    }
    channels = second
    for module, width in architecture.modules.items():
        shapes |= {
            f"{module}_1x1": (1, 1, channels, width.one),
            f"{module}_3x3_reduce": (1, 1, channels, width.three_reduce),
            f"{module}_3x3": (3, 3, width.three_reduce, width.three),
            f"{module}_5x5_reduce": (1, 1, channels, width.five_reduce),
            f"{module}_5x5": (5, 5, width.five_reduce, width.five),
            f"{module}_pool_proj": (1, 1, channels, width.pool),
        }
        channels = width.channels
    return shapes | {"logits": (channels, architecture.n_classes)}


def read_weights(file: Path, architecture: Architecture = BVLC) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of each layer, from an .npz archive or a frozen graph (.pb).

    Raises:
        InputError: the file is damaged, or holds another network.
    """
    # By content: a download under way has a temporary name.
    scheme = "npz" if file.suffix == ".npz" or is_zip(file) else "graph"
    kernel, bias = ("weights", "biases") if scheme == "graph" else ("kernel", "bias")
    arrays = read_constants(file) if scheme == "graph" else read_arrays(file)
    names = weight_names(architecture, scheme)
    shapes = weight_shapes(architecture)
    expected = {}
    for layer, name in names.items():
        expected[f"{name}/{kernel}"] = shapes[layer]
        expected[f"{name}/{bias}"] = shapes[layer][-1:]
    require_arrays(arrays, expected, file)
    weights = {
        layer: [arrays[f"{name}/{kernel}"], arrays[f"{name}/{bias}"]]
        for layer, name in names.items()
    }
    if architecture.bgr:
        weights["conv2d0"][0] = weights["conv2d0"][0][:, :, ::-1]
    return weights


def load(
    spec: ModelSpec, *, weights: str | Path | None = None, progress: Progress = silent
) -> KerasNetwork:
    """BVLC's GoogLeNet with its weights; see `tfvis.load_model`."""
    file = find(spec.weights, weights)
    if file is None:
        target = cache_directory() / spec.weights[-1]
        file = download(spec.url, target, check=read_weights, progress=progress)
    return with_weights(spec, BVLC, read_weights(file))


def with_weights(
    spec: ModelSpec, architecture: Architecture, weights: Mapping[str, Sequence[np.ndarray]]
) -> KerasNetwork:
    """The network of a table with these weights: kernel and bias of each layer."""
    model = build(architecture, name=spec.name)
    for layer, arrays in weights.items():
        model.get_layer(layer).set_weights(arrays)
    return KerasNetwork(
        model, layers=spec.layers, labels=spec.labels, input_size=spec.input_size, name=spec.name
    )
