"""GoogLeNet (Szegedy et al. 2015, arXiv 1409.4842) as a functional Keras model.

The channel counts are data, so that BVLC's network and lucid's InceptionV1 are two tables for
one builder. Layers bear lucid's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from utils.network import KerasNetwork
from utils.progress import Progress, silent

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


class Inception(NamedTuple):
    """The channel counts of an inception module's six convolutions."""

    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: int

    @property
    def channels(self) -> int:
        """The channels of the module's output."""
        return self.one + self.three + self.five + self.pool


class Architecture(NamedTuple):
    """What distinguishes one GoogLeNet from another.

    Attributes:
        stem: channels of conv2d0, conv2d1 and conv2d2.
        modules: the inception modules by name, in order.
        n_classes: outputs.
        mean: what is subtracted from 0 … 255, for red, green and blue.
        bgr: whether the published weights of conv2d0 take blue first. The model here always takes
            red first: whoever sets its weights turns that one kernel round, which is exact and
            saves a slow reversal of every image.
        stem_padding: padding of conv2d0 on every side; None for TensorFlow's "same".
    """

    stem: tuple[int, int, int]
    modules: Mapping[str, Inception]
    n_classes: int
    mean: tuple[float, float, float]
    bgr: bool
    stem_padding: int | None


BVLC = Architecture(
    stem=(64, 64, 192),
    modules={
        "mixed3a": Inception(64, 96, 128, 16, 32, 32),
        "mixed3b": Inception(128, 128, 192, 32, 96, 64),
        "mixed4a": Inception(192, 96, 208, 16, 48, 64),
        "mixed4b": Inception(160, 112, 224, 24, 64, 64),
        "mixed4c": Inception(128, 128, 256, 24, 64, 64),
        "mixed4d": Inception(112, 144, 288, 32, 64, 64),
        "mixed4e": Inception(256, 160, 320, 32, 128, 128),
        "mixed5a": Inception(256, 160, 320, 32, 128, 128),
        "mixed5b": Inception(384, 192, 384, 48, 128, 128),
    },
    n_classes=1000,
    mean=(123.0, 117.0, 104.0),
    bgr=True,
    stem_padding=3,
)

LUCID = BVLC._replace(
    modules={
        **BVLC.modules,
        "mixed4a": BVLC.modules["mixed4a"]._replace(three=204),
        "mixed5a": BVLC.modules["mixed5a"]._replace(five_reduce=48),
    },
    n_classes=1008,
    mean=(117.0, 117.0, 117.0),
    bgr=False,
    stem_padding=None,
)

# lucid numbers the pools by the module that they follow.
POOL_BEFORE = {"mixed4a": "maxpool4", "mixed5a": "maxpool10"}
STEM_LAYERS = (
    "conv2d0",
    "maxpool0",
    "localresponsenorm0",
    "conv2d1",
    "conv2d2",
    "localresponsenorm1",
    "maxpool1",
)


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


def layer_names(architecture: Architecture) -> tuple[str, ...]:
    """Where the network can be cut, from input to output, by lucid's names."""
    names = list(STEM_LAYERS)
    for module in architecture.modules:
        names += [POOL_BEFORE[module], module] if module in POOL_BEFORE else [module]
    return tuple(names)


def build(architecture: Architecture, *, name: str = "googlenet") -> keras.Model:
    """The network with fresh weights: images (N, H, W, 3) in [0, 1] → logits (N, n_classes)."""
    layers = keras.layers

    def convolution(x: tf.Tensor, filters: int, kernel: int, name: str, **options: object):  # noqa: ANN202
        return layers.Conv2D(
            filters, kernel, padding=options.pop("padding", "same"), activation="relu", name=name,
            **options,
        )(x)  # fmt: skip

    def max_pool(x: tf.Tensor, name: str, strides: int = 2):  # noqa: ANN202
        return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)

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
    offset = [-value for value in architecture.mean]
    x = layers.Rescaling(255.0, offset=offset, name="preprocessing")(images)
    first, reduced, second = architecture.stem
    if architecture.stem_padding is None:
        x = convolution(x, first, 7, "conv2d0", strides=2)
    else:
        x = layers.ZeroPadding2D(architecture.stem_padding, name="conv2d0_padding")(x)
        x = convolution(x, first, 7, "conv2d0", strides=2, padding="valid")
    x = max_pool(x, "maxpool0")
    x = LocalResponseNormalization(name="localresponsenorm0")(x)
    x = convolution(x, reduced, 1, "conv2d1")
    x = convolution(x, second, 3, "conv2d2")
    x = LocalResponseNormalization(name="localresponsenorm1")(x)
    x = max_pool(x, "maxpool1")
    for module, width in architecture.modules.items():
        if module in POOL_BEFORE:
            x = max_pool(x, POOL_BEFORE[module])
        x = inception(x, module, width)
    x = layers.GlobalAveragePooling2D(name="avgpool0")(x)
    logits = layers.Dense(architecture.n_classes, name="logits")(x)
    return keras.Model(images, logits, name=name)


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
    trained = read_weights(file)
    model = build(BVLC, name=spec.name)
    for layer, arrays in trained.items():
        model.get_layer(layer).set_weights(arrays)
    return KerasNetwork(
        model, layers=spec.layers, labels=spec.labels, input_size=spec.input_size, name=spec.name
    )
