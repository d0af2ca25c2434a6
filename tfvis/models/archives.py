"""Reading arrays from files of weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tfvis.utils.array_archives import array_headers
from tfvis.utils.errors import InputError

_LARGEST_ITEM, _LARGEST_HEADER = 16, 65_536
"""Bytes of a number, and of what stands before the numbers."""


def is_zip(file: Path) -> bool:
    """Whether a file starts as a zip archive does, which .npz files are."""
    try:
        with file.open("rb") as stream:
            return stream.read(2) == b"PK"
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None


def read_arrays(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The arrays of an .npz archive that have these names, as far as they are there.

    Args:
        file: the archive.
        shapes: of the arrays, by name. Others are not read, nor those that are larger.

    Raises:
        InputError: the file is no such archive, or truncated, or an array is too large.
    """
    if not is_zip(file):
        raise InputError(
            f"Expected a whole .npz archive of weights: {str(file)!r} is something else, or "
            "truncated."
        )
    try:
        # Without pickle: a file of weights must not be able to run code.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            headers = array_headers(archive)
            for name, shape in shapes.items():
                size = headers[name].n_bytes if name in headers else 0
                if size > math.prod(shape) * _LARGEST_ITEM + _LARGEST_HEADER:
                    raise InputError(
                        f"Expected {name!r} in {str(file)!r} to have shape {shape}, found "
                        f"{size:,} bytes."
                    )
            return {name: archive[name] for name in shapes if name in headers}
    except InputError:
        raise
    except Exception as error:
        # Each of zipfile's and NumPy's readers fails on damaged data in ways of its own.
        raise InputError(
            f"Expected a whole .npz archive of weights: {str(file)!r} is truncated or something "
            f"else ({' '.join(str(error).split())})."
        ) from None


def read_constants(file: Path) -> dict[str, np.ndarray]:
    """All constants of a frozen TensorFlow 1 graph, by node name.

    The graph is only parsed, never run.

    Raises:
        InputError: the file is no such graph, or truncated.
    """
    from tensorflow import make_ndarray

    from .graph_defs import read_graph

    graph = read_graph(file)
    try:
        constants = {
            node.name: make_ndarray(node.attr["value"].tensor)
            for node in graph.node
            if node.op == "Const"
        }
    except Exception as error:
        # NumPy fails on damaged data in many ways.
        raise InputError(
            f"Expected a whole frozen TensorFlow graph: {str(file)!r} is truncated or something "
            f"else ({' '.join(str(error).split())})."
        ) from None
    if not constants:
        raise InputError(f"Expected weights in the graph {str(file)!r}, found no constant.")
    return constants


def require_arrays(
    arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], file: Path
) -> None:
    """Raise an `InputError` unless all named arrays are there, finite and of these shapes."""
    for name, shape in shapes.items():
        if name not in arrays:
            raise InputError(
                f"Expected the array {name!r} in {str(file)!r}, found none: it does not hold the "
                "weights of this network."
            )
        if not np.issubdtype(arrays[name].dtype, np.floating):
            raise InputError(
                f"Expected {name!r} in {str(file)!r} to hold floats, received {arrays[name].dtype}."
            )
        if arrays[name].shape != shape:
            raise InputError(
                f"Expected {name!r} in {str(file)!r} to have shape {shape}, "
                f"received {arrays[name].shape}."
            )
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"Expected finite weights, received NaN or infinity: {name!r} in "
                             f"{str(file)!r}.")  # fmt: skip
