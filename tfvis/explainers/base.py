"""What explainers are: an object with `explain`, which returns a `ClassMap` for each pair.

An explainer of one's own is any class with this one method; it can be evaluated and registered like
the ones that come with tfvis.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from tfvis.utils.answers import Answer
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images, SourceImage, is_one_image, read_image
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..runtime.saving import Shown
from . import overviews

if TYPE_CHECKING:
    from tfvis.utils.network import Network

__all__ = [
    "ClassMap",
    "Explainer",
    "NothingSelected",
    "Pairs",
    "WrongResultError",
    "uniform_map",
]


class WrongResultError(InputError):
    """An explainer returned, or made, something else than a map for each pair."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassMap(Shown):
    """Where an image shows a class, according to one method.

    `map`, `parts` and `image` are float32 and cannot be written to. They are copies of what is
    given, but for float32 arrays that cannot be written to either.

    Attributes:
        map: float32 (H, W), ≥ 0 and finite: the more, the more the place counts. It may have values
            that are not finite where there is a `problem`; they are drawn as 0.
        image: that was explained, float32 (H, W, 3) in [0, 1]. May be given as anything that
            `read_image` takes; files and Pillow's images are brought to the map's size.
        class_index: the class; None for a map of no class.
        label: the class's name.
        method: the method's name.
        parts: several maps where the method has them, of each group of features, say; the strongest
            first, float32 (n, H, W), ≥ 0. None where there is one map alone.
        problem: what went wrong, in words; None if nothing did.
        provenance: what made the map; None where the explainer does not say.
        answers: the network's top answers for the image, best first, and then the explained classes
            where they are not among them; empty where the explainer does not say.

    Raises:
        WrongResultError: a map that is no map: an `InputError` that no other image would mend.
        InputError: an image that cannot be read.

    Example:
        >>> import numpy as np
        >>> ClassMap(map=np.ones((2, 3)), image=np.ones((2, 3, 3)), class_index=0, label="cat",
        ...          method="mine")
        ClassMap(method='mine', class_index=0, label='cat', 2 x 3)
    """

    map: np.ndarray = field(repr=False)
    image: np.ndarray = field(repr=False)
    class_index: int | None
    label: str
    method: str
    parts: np.ndarray | None = field(default=None, repr=False)
    problem: str | None = None
    provenance: Provenance | None = field(default=None, repr=False)
    answers: tuple[Answer, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        problem = None if self.problem is None else str(self.problem)
        a_map = _checked("map", self.map, 2, finite=problem is None)
        parts = self.parts
        if parts is not None:
            parts = _checked("parts", parts, 3, finite=problem is None)
            if parts.shape[1:] != a_map.shape:
                raise WrongResultError(
                    f"Expected parts of the map's size {a_map.shape}, received {parts.shape[1:]}."
                )
        # A file is brought to the map's size as explainers bring it to the network's.
        image = _own(read_image(self.image, a_map.shape).pixels)
        try:
            class_index = None if self.class_index is None else operator.index(self.class_index)
        except TypeError:
            raise InputError(
                f"Expected class_index to be an integer or None, received {self.class_index!r}."
            ) from None
        checked = {
            "map": a_map,
            "parts": parts,
            "image": image,
            "class_index": class_index,
            "label": "" if self.label is None else str(self.label),
            "method": str(self.method),
            "problem": problem,
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def maps(self) -> np.ndarray:
        """`parts`, or the one map where there are none: (n, H, W)."""
        return np.asarray(self.map)[np.newaxis] if self.parts is None else self.parts

    def sheet(self) -> np.ndarray:
        """A picture that shows the result at a glance: float32 (height, width, 3) in [0, 1]."""
        return overviews.map_sheet(self)

    def __repr__(self) -> str:
        height, width = np.shape(self.map)
        problem = f", problem={self.problem!r}" if self.problem is not None else ""
        return (
            f"{type(self).__name__}(method={self.method!r}, class_index={self.class_index}, "
            f"label={self.label!r}, {height} x {width}{problem})"
        )


def _checked(name: str, value: Any, ndim: int, *, finite: bool) -> np.ndarray:
    """A map, or several, as an array of its own that may be drawn; or a `WrongResultError`."""
    shape = ("n", "H", "W")[-ndim:]
    expected = f"Expected {name} of shape ({', '.join(shape)})"
    try:
        found = np.asarray(value)
    except Exception:  # nested lists of several lengths, or somebody else's class
        found = np.empty(0, object)
    if found.dtype.kind not in "biuf":
        raise WrongResultError(f"{expected} with numbers, received {type(value).__name__}.")
    if found.ndim != ndim or not found.size:
        raise WrongResultError(f"{expected}, received shape {found.shape}.")
    found = _own(found)
    are_finite = np.isfinite(found)
    if finite and not are_finite.all():
        raise WrongResultError(
            f"Expected {name} to be finite where there is no problem, received "
            f"{found[~are_finite][0]}."
        )
    lowest = found.min(initial=0, where=are_finite)
    if lowest < 0:
        raise WrongResultError(f"Expected {name} to be >= 0, received {lowest:g}.")
    return found


def _own(array: np.ndarray) -> np.ndarray:
    """The same as float32, read-only; a copy, unless that is what the array is already."""
    if array.dtype == np.float32 and array.base is None and not array.flags.writeable:
        return array
    with np.errstate(over="ignore"):  # infinity is told of
        found = array.astype(np.float32)
    found.flags.writeable = False
    return found


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class NothingSelected(ClassMap):
    """A uniform map: no channel stands out for the class, or against it."""


@runtime_checkable
class Explainer(Protocol):
    """Explains images: each pair of an image and a class by a map."""

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[ClassMap, ...]:
        """A map for each pair.

        Args:
            images: one a pair, of any kind that `read_image` takes. Explainers that come with tfvis
                compute what belongs to the image alone once for images that are equal.
            classes: one a pair: `classes[k]` is explained in `images[k]`. Indices, WordNet ids or
                names.
            progress: called with steps done and steps in all; at the end these are equal.

        Returns:
            A result a pair, in their order.
        """
        ...


@dataclass(frozen=True, eq=False)
class Pairs:
    """Images and the classes that are explained in them, one each, read and resolved.

    Attributes:
        images: one a pair.
        classes: one a pair, by index.
    """

    images: tuple[SourceImage, ...]
    classes: tuple[int, ...]

    @classmethod
    def of(cls, net: Network, images: Images, classes: Sequence[str | int]) -> Pairs:
        """The pairs of a call of `explain`.

        Raises:
            InputError: an image cannot be read, a class is unknown, or there is not one class an
                image.
        """
        if isinstance(classes, str | Integral) or not isinstance(classes, Iterable):
            raise InputError(f"Expected a list with one class an image, received {classes!r}.")
        if is_one_image(images):
            raise InputError(
                f"Expected a list of images, received one ({type(images).__name__}): write [image]."
            )
        images, classes = list(images), list(classes)  # whose ids stay their own
        if len(images) != len(classes):
            raise InputError(
                f"Expected as many classes as images, received {len(classes)} "
                f"class{'es' * (len(classes) != 1)} for {len(images)} images."
            )
        indices = tuple(net.class_index(name) for name in classes)
        read = {id(image): read_image(image, net.input_size) for image in images}
        return cls(tuple(read[id(image)] for image in images), indices)

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def _places(self) -> list[list[int]]:
        found: dict[str, list[int]] = {}
        for k, image in enumerate(self.images):
            found.setdefault(image.digest, []).append(k)
        return list(found.values())

    def by_image(self) -> Iterator[tuple[SourceImage, list[int], list[int]]]:
        """Each different image, the classes that are explained in it, and the pairs' numbers."""
        for places in self._places:
            yield self.images[places[0]], [self.classes[k] for k in places], places

    @property
    def image_numbers(self) -> np.ndarray:
        """Of each pair the number of its image, in the order of `by_image`: int (pairs,)."""
        numbers = np.zeros(len(self), int)
        for number, places in enumerate(self._places):
            numbers[places] = number
        return numbers

    def by_size(self) -> Iterator[list[int]]:
        """The numbers of the pairs whose images have one size, for each size."""
        sizes: dict[tuple[int, int], list[int]] = {}
        for k, image in enumerate(self.images):
            sizes.setdefault(image.size, []).append(k)
        yield from sizes.values()


def uniform_map(size: tuple[int, int]) -> np.ndarray:
    """A map that prefers no pixel: float32 (H, W) of ones."""
    return np.ones(size, np.float32)
