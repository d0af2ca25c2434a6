"""Reading arrays from files of weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfvis.utils.errors import InputError


def is_zip(file: Path) -> bool:
    """Whether a file starts as a zip archive does, which .npz files are."""
    try:
        with file.open("rb") as stream:
            return stream.read(2) == b"PK"
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz archive.

    Raises:
        InputError: the file is no such archive, or truncated.
    """
    try:
        # Without pickle: a file of weights must not be able to run code.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
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

    from .graph_network import read_graph

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
    arrays: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], file: Path
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
