"""Small pictures of a table's images, as far as their files are still there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import on_disk

from ...datasets.boxed_images import scene_named
from ...datasets.image_downloads import cached, is_address
from ...evaluation.box_results import BoxLocalisation, LocatedObject

_SIDE = 160
"""Pixels of a thumbnail's longer side."""
_MOST = 36
"""So many images are read, the first ones."""


def thumbnails(
    found: BoxLocalisation, objects: Iterable[LocatedObject]
) -> Mapping[str, np.ndarray]:
    """Small pictures of objects' images, by the images' names.

    Files are read below the table's folder, which the options of the result name, and in the cache
    of downloads; nothing is requested. An image that is not there any more, or of another size, has
    no picture. The page of a result that came from somebody else may show pictures of the reader's
    that are where that result says, to the reader alone.

    Args:
        found: the result.
        objects: some of its objects.
    """
    pictures: dict[str, np.ndarray] = {}
    for own in {own.image: own for own in objects}.values():
        if len(pictures) == _MOST:
            break
        try:
            picture = _picture(own, _folder(found))
        except (InputError, OSError, ValueError, MemoryError):
            continue
        if picture is not None:
            pictures[own.image] = picture
    return pictures


def _folder(found: BoxLocalisation) -> Path | None:
    folder = {} if found.provenance is None else found.provenance.options
    named = folder.get("folder")
    return Path(on_disk(named)) if isinstance(named, str) else None


def _picture(own: LocatedObject, folder: Path | None) -> np.ndarray | None:
    height, width = own.size
    scale = min(1.0, _SIDE / max(height, width, 1))
    small = (max(1, round(height * scale)), max(1, round(width * scale)))
    if folder is None:
        scene = scene_named(own.image)
        if scene is None or scene.shape[:2] != (height, width):
            return None
        return images.resize(scene, small)
    file = cached(own.image) if is_address(own.image) else _below(folder, own.image)
    # A file of another size is not the one that was explained.
    if file is None or not file.is_file() or images.size_of(file) != (height, width):
        return None
    return images.load(file, small, "squash")


def _below(folder: Path, name: str) -> Path | None:
    """A file of a table; None for a name that leads out of the table's folder."""
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(name)
        if path.is_absolute() or path.drive or ".." in path.parts:
            return None
    return folder / on_disk(name)
