"""Images whose objects have boxes, from tables or rendered."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels
from tfvis.utils.progress import Progress, silent

from ..critters.dataset import TEST_SEED, composition
from ..critters.scene import Scene, render_scene
from .box_tables import Annotation
from .image_downloads import forget, is_address, named, obtained

__all__ = ["BoxedImage", "Collection", "FailedBox", "Target", "collect", "scene_named", "scenes"]

_WORDNET = re.compile(r"n\d{8}")
_SCENE = re.compile(r"scene (\d{1,10})")
_KEPT = 32  # scenes, which are looked at more than once
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


@dataclass(frozen=True)
class FailedBox:
    """A box that does not count, with what is known of its object.

    Attributes:
        image: the image's name.
        label: the class's name; "" if it is not known.
        box: left, top, right, bottom in pixels of the image.
        reason: why it does not count.
    """

    image: str
    label: str
    box: tuple[float, float, float, float]
    reason: str


@dataclass(frozen=True, eq=False)
class Collection:
    """Images, and those that could not be had.

    Attributes:
        images: those that can be read.
        unreadable: the names of the others, and why they cannot be read.
        without_class: how many objects have a name that is no class of the network's.
        failed: each box outside its image, or of an object whose size does not fit it. An object
            that has other boxes is explained, and these count.
    """

    images: tuple[BoxedImage, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    without_class: int = 0
    failed: tuple[FailedBox, ...] = ()


def collect(
    annotations: Sequence[Annotation],
    folder: Path,
    labels: Labels,
    *,
    allow_local: bool = False,
    progress: Progress = silent,
) -> Collection:
    """The images of a table; those with an address are downloaded into the cache.

    Addresses of this machine and of local networks are not requested, also where a name or a
    redirection leads to one: a table may come from anyone.

    A box that lies outside its image is left out. The object's other boxes count; an object whose
    boxes all lie outside fails.

    Args:
        annotations: see `read_annotations`.
        folder: where paths begin.
        labels: the network's classes.
        allow_local: whether addresses of this machine and of local networks may be requested.
        progress: called with images found and images in all.

    Raises:
        InputError: no object, or an unknown class; no image can be read, or no object has a box in
            its image.
    """
    if not annotations:
        raise InputError("Expected at least one object to find, received none.")
    classes = [_class_index(annotation, labels) for annotation in annotations]
    names = list(dict.fromkeys(annotation.image for annotation in annotations))
    unreadable: dict[str, str] = {}
    found: dict[str, tuple[Path, tuple[int, int]]] = {}
    with contextlib.closing(obtained(names, folder, allow_local=allow_local)) as files:
        for done, (name, file) in enumerate(files):
            if isinstance(file, InputError):
                unreadable[name] = str(file)
            else:
                # Here, since Pillow's warnings are silenced for all threads or none.
                try:
                    found[name] = file, images.size_of(file)
                except InputError as error:
                    unreadable[name] = str(_of_no_use(error, name, file))
            progress(done + 1, len(names))
    if not found:
        name, reason = next(iter(unreadable.items()))
        raise InputError(f"None of {len(names)} images can be read. The first, {name!r}: {reason}")
    targets: dict[str, list[Target]] = {name: [] for name in found}
    failed: list[FailedBox] = []
    for annotation, index in zip(annotations, classes, strict=True):
        name = annotation.image
        if name not in found:
            continue
        label = "" if index is None else labels[index]
        shares, wrong = _shares(annotation, found[name][1])
        if len(shares):
            targets[name].append(Target(index, shares))
        others = f" {_OTHERS}" if len(shares) else ""
        failed += [FailedBox(name, label, box, reason + others) for box, reason in wrong]
    if not any(targets.values()):
        n = sum(annotation.image in found for annotation in annotations)
        raise InputError(f"None of {n} objects can be used. The first: {failed[0].reason}")
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


def scene_named(name: str) -> np.ndarray | None:
    """The image of a scene that `scenes` gave this name; None for any other name.

    Example:
        >>> from tfvis.datasets.boxed_images import scene_named
        >>> scene_named("scene 7").shape, scene_named("photo.jpg")
        ((224, 224, 3), None)
    """
    found = _SCENE.fullmatch(name)
    if found is None or int(found[1]) >= 1 << 32:
        return None
    return _scene(int(found[1])).image.copy()


@lru_cache(maxsize=_KEPT)
def _scene(seed: int) -> Scene:
    return render_scene(composition(seed, (0, 1)), seed=seed)


def _picture(seed: int, size: tuple[int, int]) -> np.ndarray:
    image = _scene(seed).image
    return image.copy() if image.shape[:2] == size else images.resize(image, size)


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


def _load(name: str, file: Path, size: tuple[int, int]) -> np.ndarray:
    try:
        # The whole image, whatever its shape: boxes keep their shares of it.
        return images.load(file, size, "squash")
    except InputError as error:
        raise _of_no_use(error, name, file) from None


def _of_no_use(error: InputError, name: str, file: Path) -> InputError:
    """Why an image cannot be read; a download is removed, and called by its address."""
    if not is_address(name):
        return error
    forget(file)
    return named(error, name, file)


_Box = tuple[float, float, float, float]


def _shares(
    annotation: Annotation, size: tuple[int, int]
) -> tuple[np.ndarray, list[tuple[_Box, str]]]:
    """The boxes inside the image as shares of its sides, and the others with what is wrong."""
    height, width = size
    drawn = annotation.size or (float(width), float(height))
    if drawn == (height, width) and not annotation.strict:
        drawn = (float(width), float(height))  # rows first
    shares = annotation.boxes / (*drawn, *drawn)
    pixels: list[_Box] = [tuple(box) for box in (shares * (width, height, width, height)).tolist()]
    if abs(drawn[0] * height / (drawn[1] * width) - 1) > 0.05:
        reason = (
            f"{annotation.place}: expected a size of {annotation.image!r} like its own, "
            f"{width} x {height}, received {drawn[0]:g} x {drawn[1]:g}."
        )
        return shares[:0], [(box, reason) for box in pixels]
    shares = np.clip(shares, 0, 1)
    has_area = np.all(shares[:, :2] < shares[:, 2:], axis=1)  # what is left of it in the image
    inside, outside = [], []
    for k, (left, top, right, bottom) in enumerate(annotation.boxes):
        beyond = min(left, top) < -_SLACK or right > drawn[0] + _SLACK
        if beyond or bottom > drawn[1] + _SLACK or not has_area[k]:
            reason = (
                f"{annotation.place_of(k)}: expected a box inside {annotation.image!r}, "
                f"{drawn[0]:g} x {drawn[1]:g}, received {left:g}, {top:g}, {right:g}, {bottom:g}."
            )
            outside.append((pixels[k], reason))
        else:
            inside.append(k)
    return shares[inside], outside
