"""The arrays of an .npz archive as their headers tell, before any of them is read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

_LARGE, _RATIO = 1 << 28, 100
"""Arrays of more bytes than the first unpack to at most so many times the size of their file."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an archive says of an array.

    Attributes:
        shape: the array's.
        dtype: of its numbers.
        n_bytes: that it unpacks to, its header included.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    n_bytes: int


def array_headers(archive: Any) -> dict[str, ArrayHeader]:
    """The headers of all arrays of an archive that `np.load` has opened, by name.

    Zeros without end fit into a small file, so an archive is judged by these before it is read.

    Raises:
        ValueError: a header is damaged, or announces more or less than the archive holds.

    Example:
        >>> import io
        >>> import numpy as np
        >>> file = io.BytesIO()
        >>> np.savez_compressed(file, zeros=np.zeros((1000, 1000)))
        >>> _ = file.seek(0)
        >>> array_headers(np.load(file))["zeros"].shape
        (1000, 1000)
    """
    found = {}
    for info in archive.zip.infolist():
        if info.filename.endswith(".npy"):
            name = info.filename.removesuffix(".npy")
            found[name] = _header(archive.zip, info, name)
    return found


def require_plausible_size(headers: Iterable[ArrayHeader], size: int) -> None:
    """Raise a `ValueError` for arrays that are large, and hardly anything but one value.

    Args:
        headers: of the arrays that are to be read.
        size: of their file, in bytes.
    """
    total = sum(header.n_bytes for header in headers)
    if total > _LARGE and total > _RATIO * size:
        raise ValueError(
            f"Expected measured values, found {size:,} bytes that unpack to {total:,}."
        )


def _header(archive: Any, info: Any, name: str) -> ArrayHeader:
    with archive.open(info) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADER_READERS:
            raise ValueError(f"Expected the array {name!r} in a format that NumPy writes.")
        shape, _, dtype = _HEADER_READERS[version](stream)
        n_bytes = stream.tell() + math.prod(shape) * dtype.itemsize
    if n_bytes != info.file_size and not dtype.hasobject:
        raise ValueError(
            f"Expected {n_bytes:,} bytes of the array {name!r} of shape {shape}, found "
            f"{info.file_size:,}."
        )
    return ArrayHeader(shape, dtype, info.file_size)
