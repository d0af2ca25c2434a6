"""Images whose objects have boxes, from tables or rendered."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import on_disk
from tfvis.utils.labels import Labels
from tfvis.utils.progress import Progress, silent

from ..critters.dataset import TEST_SEED, composition
from ..critters.scene import Scene, render_scene
from ..runtime.downloads import cache_directory, download
from .box_tables import Annotation

__all__ = ["BoxedImage", "Collection", "Target", "collect", "scenes"]

_WORDNET = re.compile(r"n\d{8}")
_LARGEST_DOWNLOAD = 64 << 20
_CONNECTIONS = 8
_CACHE = "images"
_OTHERS = "It is left out: the object's other boxes count."
_SLACK = 1.0  # pixels; some count from 1, and some count the last pixel


@dataclass(frozen=True, eq=False)
class Target:
    """An object to find.

    Attributes:
        class_index: None for the network's top answer.
        boxes: left, top, right, bottom as shares of the image's width and height: (n, 4) in [0, 1].
            Whichever is met best counts.
    """

    class_index: int | None
    boxes: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class BoxedImage:
    """An image with objects to find.

    Attributes:
        name: a path, an address, or a scene's.
        load: a function from (height, width) to the image in that size, (height, width, 3) in
            [0, 1]; it may raise an `InputError`.
        size: (height, width) of the image itself.
        targets: what is to be found in it.
    """

    name: str
    load: Callable[[tuple[int, int]], np.ndarray] = field(repr=False)
    size: tuple[int, int]
    targets: tuple[Target, ...]


@dataclass(frozen=True, eq=False)
class Collection:
    """Images, and those that could not be had.

    Attributes:
        images: those that can be read.
        unreadable: the names of the others, and why they cannot be read.
        without_class: how many objects have a name that is no class of the network's.
        failed: objects without a box inside their image, or with a size that does not fit it: the
            image's name, the class's name or "", and the reason. Of objects with other boxes inside
            the image each box that lies outside; these objects are explained, by the other boxes.
    """

    images: tuple[BoxedImage, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    without_class: int = 0
    failed: tuple[tuple[str, str, str], ...] = ()


def collect(
    annotations: Sequence[Annotation],
    folder: Path,
    labels: Labels,
    *,
    progress: Progress = silent,
) -> Collection:
    """The images of a table; those with an address are downloaded into the cache.

    A box that lies outside its image is left out. The object's other boxes count; an object whose
    boxes all lie outside fails.

    Args:
        annotations: see `read_annotations`.
        folder: where paths begin.
        labels: the network's classes.
        progress: called with images found and images in all.

    Raises:
        InputError: an unknown class; no image can be read, or no object has a box in its image.
    """
    classes = [_class_index(annotation, labels) for annotation in annotations]
    names = list(dict.fromkeys(annotation.image for annotation in annotations))
    unreadable: dict[str, str] = {}
    found: dict[str, tuple[Path, tuple[int, int]]] = {}
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for done, (name, file) in enumerate(
            zip(names, pool.map(partial(_obtained, folder), names), strict=True)
        ):
            try:
                if isinstance(file, InputError):
                    raise file
                # Here, since Pillow's warnings are silenced for all threads or none.
                found[name] = file, images.size_of(file)
            except InputError as error:
                unreadable[name] = str(error)
                if isinstance(file, Path):
                    _forget(name, file)
            progress(done + 1, len(names))
    if not found:
        name, reason = next(iter(unreadable.items()))
        raise InputError(f"None of {len(names)} images can be read. The first, {name!r}: {reason}")
    targets: dict[str, list[Target]] = {name: [] for name in found}
    failed: list[tuple[str, str, str]] = []
    for annotation, index in zip(annotations, classes, strict=True):
        name = annotation.image
        if name not in found:
            continue
        label = "" if index is None else labels[index]
        try:
            shares, outside = _shares(annotation, found[name][1])
        except InputError as error:
            failed.append((name, label, str(error)))
        else:
            targets[name].append(Target(index, shares))
            failed += [(name, label, f"{reason} {_OTHERS}") for reason in outside]
    if not any(targets.values()):
        raise InputError(f"None of {len(failed)} objects can be used. The first: {failed[0][2]}")
    without = sum(
        annotation.name is not None and index is None
        for annotation, index in zip(annotations, classes, strict=True)
    )
    boxed = tuple(
        BoxedImage(name, partial(_load, name, file), size, tuple(targets[name]))
        for name, (file, size) in found.items()
        if targets[name]
    )
    return Collection(boxed, tuple(unreadable.items()), without, tuple(failed))


def scenes(
    count: int, labels: Labels, *, seed: int = TEST_SEED, progress: Progress = silent
) -> Collection:
    """Rendered scenes of two objects of different classes each.

    Args:
        count: how many.
        labels: the network's classes, which must have critters' names.
        seed: of the first one; the others' follow.
        progress: called with scenes rendered and scenes in all.
    """
    found = []
    for number in range(count):
        scene = _scene(seed + number)
        height, width = scene.image.shape[:2]
        shares = np.asarray(scene.boxes, np.float64) / (width, height, width, height)
        targets = tuple(
            Target(labels.index(label), box[np.newaxis])
            for label, box in zip(scene.labels, shares, strict=True)
        )
        found.append(
            BoxedImage(
                f"scene {seed + number}", partial(_picture, seed + number), (height, width), targets
            )
        )
        progress(number + 1, count)
    return Collection(tuple(found))


def _scene(seed: int) -> Scene:
    return render_scene(composition(seed, (0, 1)), seed=seed)


def _picture(seed: int, size: tuple[int, int]) -> np.ndarray:
    image = _scene(seed).image
    return image if image.shape[:2] == size else images.resize(image, size)


def _class_index(annotation: Annotation, labels: Labels) -> int | None:
    if annotation.name is None:
        return None
    if annotation.strict:
        try:
            return labels.index(annotation.name)
        except InputError as error:
            raise InputError(f"{annotation.place}: {error}") from None
    synset = _WORDNET.match(annotation.name)
    name = synset.group() if synset else annotation.name
    # A number is that of a photograph rather than of a class.
    with contextlib.suppress(InputError):
        return None if name.isdigit() else labels.index(name)
    return None


def _obtained(folder: Path, name: str) -> Path | InputError:
    """An image's file, downloaded if need be, or why it cannot be had."""
    if not _is_address(name):
        return folder / on_disk(name)
    try:
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        file = cache_directory() / _CACHE / digest
        if not os.path.isfile(file):  # noqa: PTH113 - False where it may not be looked at
            download(name, file, check=_accept, limit=_LARGEST_DOWNLOAD, announce=False)
        return file
    except InputError as error:
        return error


def _is_address(name: str) -> bool:
    return name.lower().startswith(("http://", "https://"))


def _accept(file: Path) -> None:
    """Whether it is an image shows when it is read."""


def _load(name: str, file: Path, size: tuple[int, int]) -> np.ndarray:
    try:
        # The whole image, whatever its shape: boxes keep their shares of it.
        return images.load(file, size, "squash")
    except InputError:
        _forget(name, file)
        raise


def _forget(name: str, file: Path) -> None:
    """Remove a download that is no image, or not a whole one, so that it is tried again."""
    if _is_address(name):
        file.unlink(missing_ok=True)


def _shares(annotation: Annotation, size: tuple[int, int]) -> tuple[np.ndarray, list[str]]:
    """The boxes inside the image as shares of its sides, and what is wrong with the others.

    Raises:
        InputError: there is none inside, or the size does not fit.
    """
    height, width = size
    drawn = annotation.size or (float(width), float(height))
    if drawn == (height, width) and not annotation.strict:
        drawn = (float(width), float(height))  # rows first
    if abs(drawn[0] * height / (drawn[1] * width) - 1) > 0.05:
        raise InputError(
            f"{annotation.place}: expected a size of {annotation.image!r} like its own, "
            f"{width} x {height}, received {drawn[0]:g} x {drawn[1]:g}."
        )
    shares = np.clip(annotation.boxes / (*drawn, *drawn), 0, 1)
    has_area = np.all(shares[:, :2] < shares[:, 2:], axis=1)  # what is left of it in the image
    inside, outside = [], []
    for k, (left, top, right, bottom) in enumerate(annotation.boxes):
        beyond = min(left, top) < -_SLACK or right > drawn[0] + _SLACK
        if beyond or bottom > drawn[1] + _SLACK or not has_area[k]:
            outside.append(
                f"{annotation.place_of(k)}: expected a box inside {annotation.image!r}, "
                f"{drawn[0]:g} x {drawn[1]:g}, received {left:g}, {top:g}, {right:g}, {bottom:g}."
            )
        else:
            inside.append(k)
    if not inside:
        raise InputError(outside[0])
    return shares[inside], outside
