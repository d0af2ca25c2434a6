"""The bundled networks, trained on scenes of `tfvis.critters`: GoogLeNet and ResNet in small."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.images import replacing
from tfvis.utils.progress import Progress, silent

from . import googlenet, residual
from .architectures import CRITTERS, CRITTERS_RESNET, Residual
from .archives import read_arrays, require_arrays
from .keras_applications import network
from .keras_network import KerasNetwork
from .registry import DATA, ModelSpec
from .weights import find

ARCHITECTURES = {"critters": CRITTERS, "critters_resnet": CRITTERS_RESNET}

SHA256 = {
    "critters": "b0620fe8cecb76a72cffa6f3fd1839fa0baee023650db361faec436c69f0b341",
    "critters_resnet": "39ed6222547cb5889cd1fa932016393bd16a74d40a7256427265f3fcd50b233f",
}
"""Of the bundled weights."""


def build(name: str, *, batch_normalization: bool = False) -> keras.Model:
    """One of `ARCHITECTURES` with fresh weights; see `googlenet.build` and `residual.build`."""
    architecture = ARCHITECTURES[name]
    if isinstance(architecture, Residual):
        return residual.build(architecture, name=name, batch_normalization=batch_normalization)
    return googlenet.build(architecture, name=name, batch_normalization=batch_normalization)


def kernels(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """The layers of a network that have a kernel, and its shape."""
    return {
        layer.name: tuple(layer.kernel.shape) for layer in model.layers if hasattr(layer, "kernel")
    }


def read_weights(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of each layer, from an archive that `save_weights` wrote.

    Raises:
        InputError: the file is damaged, or holds another network.
    """
    expected = {}
    for layer, shape in shapes.items():
        expected |= {f"{layer}/kernel": shape, f"{layer}/bias": shape[-1:]}
    arrays = read_arrays(file, expected)
    require_arrays(arrays, expected, file)
    return {
        layer: [np.asarray(arrays[f"{layer}/{part}"], np.float32) for part in ("kernel", "bias")]
        for layer in shapes
    }


def save_weights(file: Path, weights: Mapping[str, list[np.ndarray]]) -> str:
    """Write kernels and biases as float16; returns the file's SHA-256."""
    arrays: dict[str, Any] = {
        f"{layer}/{part}": np.float16(array)
        for layer, pair in weights.items()
        for part, array in zip(("kernel", "bias"), pair, strict=True)
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with replacing(file) as temporary:
        Path(temporary).write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def load(
    spec: ModelSpec, *, weights: str | Path | None = None, progress: Progress = silent
) -> KerasNetwork:
    """A bundled network, or the same with weights of one's own; see `tfvis.load_model`."""
    file = None if weights is None else find(spec.weights, weights)
    if file is None:  # none was named: `find` raises where a named one is missing
        file = DATA / spec.weights[0]
        _require_bundled(file, SHA256[spec.name])
    model = build(spec.name)
    for layer, arrays in read_weights(file, kernels(model)).items():
        model.get_layer(layer).set_weights(arrays)
    return network(spec, model)


def _require_bundled(file: Path, sha256: str) -> None:
    """Raise an `InputError` unless the file is the one that was shipped."""
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            f"Cannot read the bundled weights {str(file)!r}: {error.strerror}. Reinstall tfvis."
        ) from None
    if found != sha256:
        raise InputError(
            f"The bundled weights {str(file)!r} are damaged: expected SHA-256 {sha256[:12]}…, "
            f"found {found[:12]}…. Reinstall tfvis."
        )
