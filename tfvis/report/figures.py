"""Figures as files of their own, outside of result folders.

Each file says in itself that tfvis wrote it, with the SHA-256 of its other bytes: in a PNG in a
text chunk, in a PDF in a comment. A later figure takes the place of such a file, and of no other,
nor of one that was changed since.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError, unknown
from tfvis.utils.mosaic_options import FORMATS
from tfvis.utils.mosaics import figure_bytes

from .folder_locks import locked
from .own_files import is_regular
from .working_folder import WorkingFolder
from .writing import require_folder, writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_KEY = b"tfvis figure"
_DIGITS = 64
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PDF_END = b"startxref\n"


def write_figure(figure: Figure, *files: str | Path) -> tuple[Path, ...]:
    """Write a mosaic as files that appear whole or not at all.

    Args:
        figure: from `tfvis.explainers.mosaic` or `tfvis.utils.mosaic_figure`.
        *files: one or more, each ending in .png or .pdf; the folders above them are made.

    Returns:
        The files.

    Raises:
        InputError: a file has another ending, cannot be written, or is there and tfvis did not
            write it.

    Example:
        >>> import numpy as np
        >>> from tfvis.report import write_figure
        >>> from tfvis.utils import MosaicPanel, MosaicSection, mosaic_figure
        >>> panel = MosaicPanel(icon=np.full((8, 8, 3), 0.5), caption="+1.23")
        >>> figure = mosaic_figure([MosaicSection(heading="cat", panels=[panel])], width=60)
        >>> [file.name for file in write_figure(figure, "out/cat.png", "out/cat.pdf")]
        ['cat.png', 'cat.pdf']
    """
    paths = tuple(map(Path, files))
    kinds = [path.suffix.lower().removeprefix(".") for path in paths]
    for kind in kinds:
        if kind not in FORMATS:
            raise unknown("format", kind, FORMATS)
    require_own_figures(paths)
    contents = [marked(figure_bytes(figure, kind)) for kind in kinds]
    for path, data in zip(paths, contents, strict=True):
        _write(path, data)
    return paths


def require_own_figures(files: Sequence[Path]) -> None:
    """Raise an `InputError` unless figures may be written to some paths.

    They may where nothing is, and in place of a figure that tfvis wrote.
    """
    for file in files:
        require_folder(file.parent)
        with writing(file):
            if not file.is_symlink() and not file.exists():
                continue
            if is_regular(file) and is_own_figure(file.read_bytes()):
                continue
        raise InputError(
            f"Expected a new file or an earlier figure of tfvis, received {str(file)!r}, which is "
            "something else or was changed. Move it away, or choose another --output."
        )


def _write(file: Path, data: bytes) -> None:
    """Write a file; the last step is a rename."""
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        working = WorkingFolder(file)
        try:
            working.begin()
            new = working.new / file.name
            new.write_bytes(data)
            with locked(file.parent):
                require_own_figures([file])  # as it is by now
                new.replace(file)
        finally:
            working.end()


def marked(data: bytes) -> bytes:
    """A PNG or a PDF with the mark that tfvis wrote it."""
    digest = hashlib.sha256(data).hexdigest().encode()
    start = _place(data)
    return data[:start] + _mark(data, digest) + data[start:]


def is_own_figure(data: bytes) -> bool:
    """Whether a file has the mark, and is as it was written."""
    start = _place(data)
    mark = _mark(data, b"0" * _DIGITS)
    rest = data[: start - len(mark)] + data[start:]
    return start >= len(mark) and marked(rest) == data


def _place(data: bytes) -> int:
    """Where the mark ends, or is to be put."""
    return max(0, data.rfind(_PDF_END if data.startswith(b"%PDF") else _PNG_END))


def _mark(data: bytes, digest: bytes) -> bytes:
    if data.startswith(b"%PDF"):
        return b"% " + _KEY + b" " + digest + b"\n"
    chunk = b"tEXt" + _KEY + b"\x00" + digest
    return struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
