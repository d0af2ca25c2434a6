"""Scenes of one to four figures, with an exact mask of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown

from . import animals, bicycles, mammals, people, things, unknown_things
from .backgrounds import background, clutter
from .canvas import Canvas, Painted, Part, Placement, area
from .parts import PARTS
from .sketch import Sketch

FIGURES: Mapping[str, Callable[[Sketch], None]] = {
    "dog": mammals.dog,
    "cat": mammals.cat,
    "rabbit": mammals.rabbit,
    "elephant": mammals.elephant,
    "zebra": mammals.zebra,
    "owl": animals.owl,
    "fish": animals.fish,
    "butterfly": animals.butterfly,
    "turtle": animals.turtle,
    "snail": animals.snail,
    "car": things.car,
    "boat": things.boat,
    "house": things.house,
    "tree": things.tree,
    "mushroom": things.mushroom,
    "flower": things.flower,
}

CLASSES = tuple(FIGURES)
"""What scenes can hold, in the order of the bundled networks' outputs."""

_UNKNOWN: Mapping[str, Callable[[Sketch], None]] = {
    "person": people.person,
    "bicycle": bicycles.bicycle,
    "umbrella": unknown_things.umbrella,
    "guitar": unknown_things.guitar,
    "lamp": unknown_things.lamp,
    "teapot": unknown_things.teapot,
}

UNKNOWN_FIGURES = tuple(_UNKNOWN)
"""What scenes can hold besides: figures of no class, which no bundled network was trained on."""

MAXIMUM_OBJECTS = 4
MINIMUM_SIZE = 64
MAXIMUM_SIZE = 2048

_LEAST_VISIBLE = 0.55
"""The share of each figure that nothing hides and that lies inside the image."""

_ATTEMPTS = 50


@dataclass(frozen=True, eq=False)
class Scene:
    """An image of which is known what lies where.

    Attributes:
        image: float32 (size, size, 3) in [0, 1], multiples of 1/255.
        masks: the visible part of each object, bool (n, size, size); no two overlap. A pixel is an
            object's if more than half of it shows that object.
        labels: what each object is: its class, or one of `UNKNOWN_FIGURES`.
        boxes: around each mask, int (n, 4): left, top, right, bottom, the last two exclusive.
        parts: of each object the visible part of its named parts, by their names in `PARTS`, bool
            (size, size): at least one pixel of the object's mask. What has no name is in none.
    """

    image: np.ndarray = field(repr=False)
    masks: np.ndarray = field(repr=False)
    labels: tuple[str, ...]
    boxes: np.ndarray
    parts: tuple[Mapping[str, np.ndarray], ...] = field(default=(), repr=False)

    @property
    def class_indices(self) -> tuple[int | None, ...]:
        """Each object's place in `CLASSES`; None for one that belongs to no class."""
        return tuple(CLASSES.index(name) if name in CLASSES else None for name in self.labels)


def render_scene(
    classes: Sequence[str], *, seed: int, size: int = 224, without: Collection[str] = ()
) -> Scene:
    """A scene of some objects, on a background and among clutter that tell nothing of them.

    Poses, proportions, colours, coats, light, sizes and places vary with the seed; so does what
    hides a part of them. Chance comes from NumPy's frozen `RandomState`, and masks are polygons of
    whole-pixel corners: the same seed gives the same masks everywhere. Colours come from
    floating-point noise; they are the same bytes with the library versions that the model card
    names. A seed names a scene at one size: at another one, other places may be too crowded.

    Args:
        classes: what it holds: one to four of `CLASSES` and `UNKNOWN_FIGURES`; each may come twice.
        seed: from 0 to 2**32 − 1.
        size: side of the image in pixels, 64 to 2048.
        without: parts, by their names in `PARTS`, that are not drawn. What is behind them shows;
            every pixel that they do not reach stays as it is, and so does an object that has no
            such part. Shadows stay those of whole objects.

    Raises:
        InputError: an unknown name, too many objects, a part that none of them has, a size or seed
            out of range, or no place found where all objects can be seen.

    Example:
        >>> from tfvis.critters import render_scene
        >>> scene = render_scene(["dog", "cat"], seed=0)
        >>> scene.image.shape, scene.masks.shape, scene.labels
        ((224, 224, 3), (2, 224, 224), ('dog', 'cat'))
        >>> render_scene(["bicycle", "dog"], seed=0).class_indices  # a bicycle is of no class
        (None, 0)
        >>> sorted(render_scene(["fish"], seed=0).parts[0])
        ['eye', 'fin', 'gill', 'mouth', 'tail']
        >>> sorted(render_scene(["fish"], seed=0, without=["fin", "tail"]).parts[0])
        ['eye', 'gill', 'mouth']
    """
    classes = _require_classes(classes)
    without = _require_parts(without, classes)
    require_count("size", size, MINIMUM_SIZE)
    if size > MAXIMUM_SIZE:
        raise InputError(f"Expected size to be at most {MAXIMUM_SIZE}, received {size}.")
    require_count("seed", seed, 0)
    if seed >= 2**32:
        raise InputError(f"Expected seed to be below 4294967296, received {seed}.")
    for attempt in range(_ATTEMPTS):
        scene, visible = _paint(classes, np.random.RandomState([seed, attempt]), size, without)
        if visible.min() > _LEAST_VISIBLE:
            return scene
    raise InputError(
        f"Found no place for {', '.join(classes)} in {_ATTEMPTS} attempts with seed {seed}. "
        "Expected fewer objects, or another seed."
    )


def _require_classes(classes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(classes, str):
        raise InputError(f"Expected a list of classes, received the string {classes!r}.")
    classes = tuple(classes)
    if not 1 <= len(classes) <= MAXIMUM_OBJECTS:
        raise InputError(
            f"Expected 1 to {MAXIMUM_OBJECTS} objects in a scene, received {len(classes)}."
        )
    for name in classes:
        if name not in FIGURES and name not in _UNKNOWN:
            raise unknown("figure", name, (*CLASSES, *UNKNOWN_FIGURES))
    return classes


def _require_parts(names: Collection[str], classes: Sequence[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise InputError(f"Expected a list of parts, received the string {names!r}.")
    known = dict.fromkeys(part for name in classes for part in PARTS.get(name, ()))
    for name in names:
        if name not in known:
            raise unknown(f"part of {', '.join(dict.fromkeys(classes))}:", name, known)
    return frozenset(names)


def _paint(
    classes: tuple[str, ...], rng: np.random.RandomState, size: int, without: Collection[str]
) -> tuple[Scene, np.ndarray]:
    """A scene, and what share of each object is visible while it is whole."""
    light = rng.uniform(-0.8, 0.8), rng.uniform(-0.9, -0.3)
    canvas = Canvas(background(rng, size), light, rng.uniform(0.5, 1.1))
    for _ in range(rng.randint(0, 4)):
        _scatter(canvas, rng, size, 0.05, 0.16)
    figures = [_figure(name, rng) for name in classes]
    painted, wholes = [], []
    for figure, (x, y, extent) in zip(figures, _layout(len(classes), rng), strict=True):
        flip = bool(rng.uniform() < 0.5)
        where = Placement(x * size, y * size, extent * size / 2, rng.uniform(-18, 18), flip)
        _shadow(canvas, figure, where, rng)
        painted.append(canvas.paint(figure, where, without))
        wholes.append(area(figure, where.scale))
    in_front = np.zeros((size, size), np.float32)
    for _ in range(rng.randint(0, 3)):
        cover = _scatter(canvas, rng, size, 0.06, 0.14)
        in_front += cover * (1 - in_front)
    masks = _masks([own.cover for own in painted], in_front)
    # Whether an object can be seen is told of the whole one, so that nothing else changes.
    whole = _masks([own.whole for own in painted], in_front) if without else masks
    shares = whole.sum(axis=(1, 2)) / wholes
    parts = tuple(map(_parts_of, classes, painted, masks))
    image = _develop(canvas.pixels, rng)
    return Scene(image, masks, classes, np.array([_box(mask) for mask in masks]), parts), shares


def _masks(covers: Sequence[np.ndarray], in_front: np.ndarray) -> np.ndarray:
    """Where each object is seen: bool (n, size, size).

    Args:
        covers: which share of each pixel it covers, the objects from back to front.
        in_front: which share something in front of all covers.
    """
    masks = np.empty((len(covers), *in_front.shape), bool)
    free = 1 - in_front
    for k in reversed(range(len(covers))):
        masks[k] = covers[k] * free > 0.5
        free = free * (1 - covers[k])
    return masks


def _parts_of(label: str, own: Painted, mask: np.ndarray) -> dict[str, np.ndarray]:
    """Where each named part of an object is seen."""
    known = PARTS.get(label, ())
    shown = {n: mask & (own.owners == k) for k, n in enumerate(own.names) if n in known}
    return {name: where for name, where in shown.items() if where.any()}


def _figure(name: str, rng: np.random.RandomState) -> list[Part]:
    """The parts of one figure, centred, its longer side two units."""
    sketch = Sketch(rng)
    draw = FIGURES[name] if name in FIGURES else _UNKNOWN[name]
    draw(sketch)
    outlines = np.concatenate([part.outline for part in sketch.parts])
    low, high = outlines.min(axis=0), outlines.max(axis=0)
    scale, centre = 2 / (high - low).max(), (low + high) / 2
    stretch = scale * np.array([rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1)])
    return [replace(part, outline=(part.outline - centre) * stretch) for part in sketch.parts]


def _layout(n: int, rng: np.random.RandomState) -> list[tuple[float, float, float]]:
    """Centre (x, y) and extent of n objects, as shares of the image's side, in random order."""
    if n == 1:
        extent = rng.uniform(0.4, 0.95)
        room = max(0.05, 0.55 - extent / 2)
        return [(*(0.5 + rng.uniform(-room, room, 2) * 0.9), extent)]
    if n == 2:
        places = np.array([(0.27, 0.5), (0.73, 0.5)])
        angle = rng.uniform(-35, 35) if rng.uniform() < 0.7 else rng.uniform(55, 125)
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        places = (places - 0.5) @ [[cos, sin], [-sin, cos]] * (1 + 0.25 * abs(sin * cos)) + 0.5
        extents = rng.uniform(0.36, 0.56, n)
    else:
        places = np.array([(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)])
        extents = rng.uniform(0.3, 0.46, n)
    places = places[rng.permutation(len(places))[:n]]
    places = places + rng.uniform(-0.06, 0.06, places.shape)
    return [(x, y, extent) for (x, y), extent in zip(places, extents, strict=True)]


def _scatter(
    canvas: Canvas, rng: np.random.RandomState, size: int, least: float, most: float
) -> np.ndarray:
    where = Placement(
        rng.uniform(0, size), rng.uniform(0, size), rng.uniform(least, most) * size,
        rng.uniform(-40, 40),
    )  # fmt: skip
    return canvas.paint(clutter(rng), where).cover


def _shadow(
    canvas: Canvas, figure: list[Part], where: Placement, rng: np.random.RandomState
) -> None:
    """A soft shadow on the ground below, in half of the scenes."""
    if rng.uniform() < 0.5:
        return
    outlines = np.concatenate([where.to_pixels(part.outline) for part in figure])
    (left, _), (right, bottom) = outlines.min(axis=0), outlines.max(axis=0)
    size = len(canvas.pixels)
    rows, columns = np.mgrid[:size, :size].astype(np.float32) + 0.5
    x, y = (
        (columns - (left + right) / 2) / (0.6 * (right - left)),
        (rows - bottom) / (0.13 * (right - left)),
    )
    soft = np.clip(1 - x * x - y * y, 0, 1) * rng.uniform(0.3, 0.6)
    canvas.pixels *= (1 - soft)[..., np.newaxis]


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _develop(pixels: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Exposure, tint, a slope of light and a little sensor noise; quantised to 256 levels."""
    size = len(pixels)
    tint = rng.uniform(0.92, 1.08, 3) * rng.uniform(0.8, 1.15)
    across = np.linspace(-1, 1, size)
    slope = 1 + rng.uniform(-0.15, 0.15) * across[:, np.newaxis] + rng.uniform(-0.15, 0.15) * across
    noise = rng.uniform(0, 0.02) * rng.uniform(-1.7, 1.7, pixels.shape)
    image = np.clip(pixels * tint * slope[..., np.newaxis] + noise, 0, 1)
    return np.rint(image * 255).astype(np.uint8).astype(np.float32) / np.float32(255)
