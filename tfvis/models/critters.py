"""The bundled network: GoogLeNet in small, trained on the scenes of `tfvis.critters`."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from utils.errors import InputError
from utils.images import replacing
from utils.network import KerasNetwork
from utils.progress import Progress, silent

from . import googlenet
from .architectures import CRITTERS
from .registry import DATA, ModelSpec
from .weights import find, read_arrays, require_arrays

SHA256 = "b0620fe8cecb76a72cffa6f3fd1839fa0baee023650db361faec436c69f0b341"
"""Of the bundled weights."""


def read_weights(file: Path) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of each layer, from an archive that `save_weights` wrote.

    Raises:
        InputError: the file is damaged, or holds another network.
    """
    arrays = read_arrays(file)
    shapes = googlenet.weight_shapes(CRITTERS)
    expected = {}
    for layer, shape in shapes.items():
        expected |= {f"{layer}/kernel": shape, f"{layer}/bias": shape[-1:]}
    require_arrays(arrays, expected, file)
    return {
        layer: [np.float32(arrays[f"{layer}/{part}"]) for part in ("kernel", "bias")]
        for layer in shapes
    }


def save_weights(file: Path, weights: Mapping[str, list[np.ndarray]]) -> str:
    """Write kernels and biases as float16; returns the file's SHA-256."""
    arrays = {
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
    """The bundled network, or the same with weights of one's own; see `tfvis.load_model`."""
    if weights is None:
        file = DATA / spec.weights[0]
        _require_bundled(file)
    else:
        file = find(spec.weights, weights)
    return with_weights(spec, read_weights(file))


def with_weights(spec: ModelSpec, weights: Mapping[str, list[np.ndarray]]) -> KerasNetwork:
    """The network with these weights: kernel and bias of each layer."""
    return googlenet.with_weights(spec, CRITTERS, weights)


def _require_bundled(file: Path) -> None:
    """Raise an `InputError` unless the file is the one that was shipped."""
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            f"Cannot read the bundled weights {str(file)!r}: {error.strerror}. Reinstall tfvis."
        ) from None
    if found != SHA256:
        raise InputError(
            f"The bundled weights {str(file)!r} are damaged: expected SHA-256 {SHA256[:12]}…, "
            f"found {found[:12]}…. Reinstall tfvis."
        )
