"""GoogLeNet (Szegedy et al. 2015, arXiv 1409.4842) as a functional Keras model.

One builder for every table of `tfvis.models.architectures`. Layers bear lucid's names.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from tfvis.utils.progress import Progress, silent

from .architectures import BVLC, POOL_BEFORE, Architecture, Inception
from .archives import is_zip, read_arrays, read_constants, require_arrays
from .keras_applications import network
from .keras_layers import LocalResponseNormalization, convolution, preprocessing
from .keras_network import KerasNetwork
from .registry import ModelSpec
from .weights import obtain


def build(
    architecture: Architecture, *, name: str = "googlenet", batch_normalization: bool = False
) -> keras.Model:
    """The network with fresh weights: images (N, H, W, 3) in [0, 1] → logits (N, n_classes).

    Args:
        architecture: its table.
        name: the model's.
        batch_normalization: train with it after every convolution; `layers.folded` takes it
            out again.
    """
    layers = keras.layers
    append = convolution(batch_normalization=batch_normalization)

    def max_pool(x: keras.KerasTensor, name: str, strides: int = 2):  # noqa: ANN202
        return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)

    def normalise(x: keras.KerasTensor, name: str):  # noqa: ANN202
        return LocalResponseNormalization(name=name)(x) if architecture.local_response else x

    def inception(x: keras.KerasTensor, module: str, width: Inception):  # noqa: ANN202
        branches = [
            append(x, width.one, 1, f"{module}_1x1"),
            append(
                append(x, width.three_reduce, 1, f"{module}_3x3_reduce"),
                width.three, 3, f"{module}_3x3",
            ),
            append(
                append(x, width.five_reduce, 1, f"{module}_5x5_reduce"),
                width.five, 5, f"{module}_5x5",
            ),
            append(
                max_pool(x, f"{module}_pool", strides=1), width.pool, 1, f"{module}_pool_proj"
            ),
        ]  # fmt: skip
        return layers.Concatenate(name=module)(branches)

    images = keras.Input((None, None, 3), name="images")
    x = preprocessing(architecture.mean, architecture.deviation)(images)
    first, reduced, second = architecture.stem
    if architecture.stem_padding is None:
        x = append(x, first, 7, "conv2d0", strides=2)
    else:
        x = layers.ZeroPadding2D(architecture.stem_padding, name="conv2d0_padding")(x)
        x = append(x, first, 7, "conv2d0", strides=2, padding="valid")
    x = max_pool(x, "maxpool0")
    x = normalise(x, "localresponsenorm0")
    x = append(x, reduced, 1, "conv2d1")
    x = append(x, second, 3, "conv2d2")
    x = normalise(x, "localresponsenorm1")
    x = max_pool(x, "maxpool1")
    for module, width in architecture.modules.items():
        if module in POOL_BEFORE:
            x = max_pool(x, POOL_BEFORE[module])
        x = inception(x, module, width)
    x = layers.GlobalAveragePooling2D(name="avgpool0")(x)
    logits = layers.Dense(architecture.n_classes, name="logits", dtype="float32")(x)
    return keras.Model(images, logits, name=name)


def weight_names(architecture: Architecture, scheme: str) -> dict[str, str]:
    """From the model's layers to the names that `scheme`, "npz" or "graph", gives them.

    Both schemes are Caffe's layer names: `inception_3a/3x3_reduce` in the archive,
    `inception_3a_3x3_reduce` in the frozen graph, save its classifier.
    """
    stem = ("conv1/7x7_s2", "conv2/3x3_reduce", "conv2/3x3")
    caffe: dict[str, str] = dict(zip(("conv2d0", "conv2d1", "conv2d2"), stem, strict=True))
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
    names = weight_names(architecture, scheme)
    shapes = weight_shapes(architecture)
    expected = {}
    for layer, name in names.items():
        expected[f"{name}/{kernel}"] = shapes[layer]
        expected[f"{name}/{bias}"] = shapes[layer][-1:]
    arrays = read_constants(file) if scheme == "graph" else read_arrays(file, expected)
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
    file = obtain(spec, weights, check=read_weights, progress=progress)
    model = build(BVLC, name=spec.name)
    for layer, arrays in read_weights(file).items():
        model.get_layer(layer).set_weights(arrays)
    return network(spec, model)
