"""The images in folders."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tfvis.utils.errors import InputError

__all__ = ["image_files"]

_STUBS = ("BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF")
"""Formats that Pillow knows by name, and reads through other programs at most."""

HEIF_SUFFIXES = frozenset({".heic", ".heif"})
"""Of photographs that are read with the extra `heif`."""


def image_files(paths: Iterable[Path], *, below: bool = False) -> tuple[Path, ...]:
    """Files, and the images that lie in folders, by their names.

    Args:
        paths: of files and folders. A file is taken as it is; of a folder those files whose suffix
            is that of a format which Pillow reads by itself, but for hidden ones.
        below: whether the folders in a folder are searched too, but for hidden ones. Links to
            folders are not followed: they may lead in a circle.

    Returns:
        Each file once.

    Raises:
        InputError: there is no such file or folder, or a folder without images.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> Image.new("RGB", (4, 4)).save("a.png")
        >>> [file.name for file in image_files([Path()])]
        ['a.png']
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            if not path.is_dir():
                if not path.exists():
                    raise InputError(f"No image or folder {str(path)!r}.")
                found[path] = None
                continue
            own = _images_in(path, below)
        except OSError as error:
            place = str(error.filename or path)  # with `below` it may be a folder deep inside
            raise InputError(f"Cannot read {place!r}: {error.strerror}.") from None
        if not own:
            raise InputError(
                f"Expected a folder with images, received {str(path)!r}, which has none."
            )
        found.update(dict.fromkeys(own))
    return tuple(found)


def _images_in(folder: Path, below: bool) -> list[Path]:
    found, left = [], [folder]
    while left:  # no recursion: folders may be nested deeper than Python calls functions
        for own in left.pop().iterdir():
            if _is_image(own):
                found.append(own)
            elif below and not own.name.startswith(".") and own.is_dir() and not own.is_symlink():
                left.append(own)
    return sorted(found)


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in _suffixes() and not file.name.startswith(".") and file.is_file()


@cache
def _suffixes() -> frozenset[str]:
    """Those of formats that can be read, and not through another program or plugin."""
    from PIL import Image

    named = Image.registered_extensions().items()
    readable = {suffix for suffix, kind in named if kind in Image.OPEN and kind not in _STUBS}
    return frozenset(readable | HEIF_SUFFIXES)
