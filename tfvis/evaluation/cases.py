"""What an evaluation explains: images, and rendered scenes of which the truth is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, overload

import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.image_sources import Images, is_one_image, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..critters import CLASSES, Scene, render_scene
from ..critters.dataset import TEST_SEED, composition
from ..critters.scene import MAXIMUM_SIZE, MINIMUM_SIZE
from .grid_pointing import SIDE, grid_of

__all__ = [
    "GRID",
    "IMAGE",
    "KINDS",
    "ONE_OBJECT",
    "TWO_OBJECTS",
    "Case",
    "CaseList",
    "image_cases",
    "scene_cases",
]

IMAGE, ONE_OBJECT, TWO_OBJECTS, GRID = "image", "one object", "two objects", "grid"
KINDS = (TWO_OBJECTS, ONE_OBJECT, GRID, IMAGE)
"""What is known of a case: of an image nothing, of the others where the class's object is."""

_PLACES: Mapping[str, Callable[[int], tuple[int, ...]]] = {
    TWO_OBJECTS: lambda k: (0, 1),
    ONE_OBJECT: lambda k: (0,),
    GRID: lambda k: (k % SIDE**2,),
}
"""Which objects of scene number k are explained."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """An image, the class that is explained, and what is known of the truth.

    Attributes:
        key: no other case of an evaluation has it.
        picture: what the image is called; the cases of one image share it.
        kind: one of `KINDS`.
        image: float32 (H, W, 3) in [0, 1].
        class_index: the class, as an index of the network.
        label: its name.
        mask: where the class's object is, bool (H, W); None if that is not known.
        other: where another object is.
        cell: for a grid, the number of the class's cell.
        parts: where the object's named parts are, bool (H, W), by name.
        without: draws the same image without some parts; None where it cannot be drawn.

    Raises:
        InputError: an unknown kind.
    """

    key: str
    picture: str
    kind: str
    image: np.ndarray = field(repr=False)
    class_index: int
    label: str
    mask: np.ndarray | None = field(default=None, repr=False)
    other: np.ndarray | None = field(default=None, repr=False)
    cell: int | None = None
    parts: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    without: Callable[[Collection[str]], np.ndarray] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown("kind of case", str(self.kind), KINDS)


@dataclass(frozen=True, eq=False)
class CaseList:
    """Cases that are made when they are needed.

    Attributes:
        keys: of each case.
        kinds: of each case.
        make: from a number to that case.
        told: what the cases are, for a provenance, as JSON can hold it.
    """

    keys: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = field(repr=False)
    make: Callable[[int], Case] = field(repr=False)
    told: Mapping[str, Any]
    _places: range | None = field(default=None, repr=False)
    """Of some cases: the numbers that they have among those that `told` names."""

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, number: int) -> Case: ...

    @overload
    def __getitem__(self, number: slice) -> CaseList: ...

    def __getitem__(self, number: int | slice) -> Case | CaseList:
        """A case by its number, or some cases."""
        if not isinstance(number, slice):
            return self.make(range(len(self))[number])
        places = range(len(self))[number]
        own = places if self._places is None else self._places[number]
        return CaseList(
            tuple(self.keys[k] for k in places),
            tuple(self.kinds[k] for k in places),
            lambda k: self.make(places[k]),
            {**self.told, "some": [own.start, own.stop, own.step]},
            own,
        )

    @classmethod
    def of(cls, cases: Sequence[Case]) -> CaseList:
        """Cases that are made already.

        Raises:
            InputError: none, or two with one key.
        """
        keys = tuple(own.key for own in cases)
        if not keys or len(set(keys)) < len(keys):
            raise InputError(f"Expected cases, each with a key of its own, received {len(keys)}.")
        told = {"cases": len(keys), "sha256": _digest(cases)}
        return cls(keys, tuple(own.kind for own in cases), list(cases).__getitem__, told)


def _digest(cases: Iterable[Case]) -> str:
    """SHA-256 of all that is known of the cases, but for how they are drawn anew."""
    digest = hashlib.sha256()
    for own in cases:
        cell = None if own.cell is None else int(own.cell)
        told = (own.key, own.picture, own.kind, int(own.class_index), own.label, cell)
        digest.update(json.dumps((*told, own.without is not None)).encode())
        known = {"image": own.image, "mask": own.mask, "other": own.other}
        known |= {f"part {name}": mask for name, mask in own.parts.items()}
        for name, array in known.items():
            if array is not None:
                array = np.ascontiguousarray(array)
                digest.update(json.dumps((name, array.dtype.str, array.shape)).encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


def scene_cases(
    net: Network,
    count: int = 100,
    *,
    kinds: Sequence[str] = (TWO_OBJECTS, ONE_OBJECT, GRID),
    seed: int = TEST_SEED,
) -> CaseList:
    """Cases of rendered scenes.

    Args:
        net: the network, whose labels have critters' names.
        count: how many scenes of each kind. One of two objects makes two cases; in a grid the class
            of one cell is explained.
        kinds: "two objects", "one object", "grid".
        seed: of the first scene; the others' follow. Left out, no network was trained on them.

    Raises:
        InputError: an unknown kind; a network that does not know the scenes, or whose input is no
            square of an even number of pixels, from 64 to 2048.

    Example:
        >>> import tfvis
        >>> cases = scene_cases(tfvis.load_model("critters"), 2, kinds=["two objects"])
        >>> len(cases), cases[1].label, cases[1].picture
        (4, 'tree', 'scene 1900000000')
    """
    require_count("count", count)
    require_count("seed", seed, 0)
    for kind in kinds:
        if kind not in KINDS or kind == IMAGE:
            raise unknown("kind of scene", kind, (TWO_OBJECTS, ONE_OBJECT, GRID))
    size = _scene_size(net)
    indices = _indices(net)
    numbers = [
        (kind, k, place)
        for k in range(count)
        for kind in dict.fromkeys(kinds)
        for place in _PLACES[kind](k)
    ]
    makers = {TWO_OBJECTS: _of_two, ONE_OBJECT: _of_one, GRID: _of_grid}

    def make(number: int) -> Case:
        kind, k, place = numbers[number]
        return makers[kind](seed + k, place, size, indices)

    return CaseList(
        tuple(f"{kind} {seed + k}: {place}" for kind, k, place in numbers),
        tuple(kind for kind, *_ in numbers),
        make,
        {"scenes": count, "kinds": list(dict.fromkeys(kinds)), "seed": seed, "size": size},
    )


def image_cases(
    net: Network,
    images: Images,
    classes: Sequence[str | int] | None = None,
    *,
    top: int = 1,
    fit: str = "crop",
    progress: Progress = silent,
) -> CaseList:
    """Cases of images of which nothing is known.

    Args:
        net: the network.
        images: see `read_image`.
        classes: of each image the class that is explained, by index, WordNet id or name; the
            network's first answers if left out. A class counts once for an image.
        top: how many of its answers are explained where no classes are given.
        fit: how files come to the network's size; see `tfvis.utils.images.load`.
        progress: called with images read and images in all.

    Raises:
        InputError: no image, or one that cannot be read; an unknown class.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> [image_cases(net, [image], top=2)[k].label for k in range(2)]
        ['dog', 'cat']
    """
    require_count("top", top)
    if is_one_image(images):
        raise InputError("Expected a list of images, received one: write [image].")
    if not len(images):
        raise InputError("Expected at least one image, received none.")
    if classes is not None and (isinstance(classes, str) or not isinstance(classes, Sequence)):
        raise InputError(f"Expected a list of classes, one an image, received {classes!r}.")
    if classes is not None and len(classes) != len(images):
        raise InputError(
            f"Expected as many classes as images, received {len(classes)} classes for "
            f"{len(images)} images."
        )
    # Each image is read again when its turn comes, so that memory does not grow with their number.
    asked: list[tuple[int, int]] = []
    told: list[tuple[str, int]] = []
    digests: list[str] = []
    names: list[str | None] = []
    for k, image in enumerate(images):
        source = read_image(image, net.input_size, fit)
        names.append(source.name)
        digests.append(source.digest)
        if classes is not None:
            own = [net.class_index(classes[k])]
        else:
            logits = net.logits(source.pixels[np.newaxis])[0]
            own = [int(c) for c in np.argsort(-logits, kind="stable")[:top]]
        asked += [(k, c) for c in own]
        told += [(digests[k], c) for c in own]
        progress(k + 1, len(images))
    pictures = _pictures(names, digests)
    first = {(pictures[k], c): number for number, (k, c) in reversed(list(enumerate(asked)))}
    asked = [own for number, own in enumerate(asked) if first[pictures[own[0]], own[1]] == number]
    read = lru_cache(maxsize=1)(lambda k: read_image(images[k], net.input_size, fit).pixels)

    def make(number: int) -> Case:
        k, c = asked[number]
        return Case(
            key=f"{pictures[k]}: {c}",
            picture=pictures[k],
            kind=IMAGE,
            image=read(k),
            class_index=c,
            label=net.labels[c],
        )

    return CaseList(
        tuple(f"{pictures[k]}: {c}" for k, c in asked),
        (IMAGE,) * len(asked),
        make,
        {
            "images": len(set(digests)),
            "sha256": hashlib.sha256(json.dumps(told).encode()).hexdigest(),
        },
    )


def _pictures(names: Sequence[str | None], digests: Sequence[str]) -> list[str]:
    """A name for each image that no other image has; images of equal pixels share theirs."""
    named: dict[str, str] = {}
    taken: set[str] = set()
    for k, (name, digest) in enumerate(zip(names, digests, strict=True)):
        if digest not in named:
            name = wanted = name or f"image {k + 1}"
            count = 1
            while wanted in taken:
                count += 1
                wanted = f"{name} ({count})"
            named[digest] = wanted
            taken.add(wanted)
    return [named[digest] for digest in digests]


def _scene_size(net: Network) -> int:
    height, width = net.input_size
    if height != width or height % 2 or not MINIMUM_SIZE <= height <= MAXIMUM_SIZE:
        raise InputError(
            f"Expected a network of square images of {MINIMUM_SIZE} to {MAXIMUM_SIZE} pixels, an "
            f"even number, received "
            f"{net.name!r} with {height} × {width}."
        )
    return int(height)


def _indices(net: Network) -> dict[str, int]:
    try:
        return {name: net.labels.index(name) for name in CLASSES}
    except InputError as error:
        raise InputError(
            f"Expected a network that knows the scenes, such as critters: {error}"
        ) from None


@lru_cache(maxsize=1)
def _scene_of_two(seed: int, size: int) -> Scene:
    """Kept for the second of its cases."""
    return render_scene(composition(seed, (0, 1)), seed=seed, size=size)


def _of_two(seed: int, place: int, size: int, indices: Mapping[str, int]) -> Case:
    scene = _scene_of_two(seed, size)
    label = scene.labels[place]
    return Case(
        key=f"{TWO_OBJECTS} {seed}: {place}",
        picture=f"scene {seed}",
        kind=TWO_OBJECTS,
        image=scene.image,
        class_index=indices[label],
        label=label,
        mask=scene.masks[place],
        other=scene.masks[1 - place],
    )


def _of_one(seed: int, place: int, size: int, indices: Mapping[str, int]) -> Case:
    (label,) = classes = composition(seed, (1,))
    scene = render_scene(classes, seed=seed, size=size)
    return Case(
        key=f"{ONE_OBJECT} {seed}: {place}",
        picture=f"scene {seed} of one object",
        kind=ONE_OBJECT,
        image=scene.image,
        class_index=indices[label],
        label=label,
        mask=scene.masks[0],
        parts=scene.parts[0],
        without=partial(_drawn_without, classes, seed, size),
    )


def _drawn_without(
    classes: Sequence[str], seed: int, size: int, without: Collection[str]
) -> np.ndarray:
    return render_scene(classes, seed=seed, size=size, without=without).image


def _of_grid(seed: int, place: int, size: int, indices: Mapping[str, int]) -> Case:
    """Four scenes of one object each, all of different classes."""
    cell = max(size // SIDE, MINIMUM_SIZE)
    classes = composition(seed, (0, 0, 0, 1))
    scenes = [render_scene([name], seed=seed, size=cell) for name in classes]
    image = grid_of([own.image for own in scenes], (size, size))
    mask = np.zeros((size, size), bool)
    row, column = divmod(place, SIDE)
    half = size // SIDE
    mask[row * half : (row + 1) * half, column * half : (column + 1) * half] = True
    return Case(
        key=f"{GRID} {seed}: {place}",
        picture=f"grid {seed}",
        kind=GRID,
        image=image,
        class_index=indices[classes[place]],
        label=classes[place],
        mask=mask,
        cell=place,
    )
