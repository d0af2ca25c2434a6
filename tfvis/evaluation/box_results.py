"""How well methods find boxes: the result, and the parts that it is joined from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots, tables
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.provenance import Provenance

from ..datasets.boxed_images import FailedBox
from ..runtime.saving import Shown
from .box_metrics import FOUND

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["BoxLocalisation", "FinishedBatch", "LocatedObject", "joined"]

_COLUMNS = (
    "image", "width", "height", "class_index", "label", "logit", "method", "alpha", "left", "top",
    "right", "bottom", "overlap", "found", "problem",
)  # fmt: skip
"""Of a table."""


@dataclass(frozen=True, eq=False)
class LocatedObject:
    """An object that was to be found.

    Attributes:
        image: its image's name.
        size: (height, width) of that image.
        class_index: the class that was explained.
        label: the class's name.
        boxes: left, top, right, bottom in pixels of the image: (n, 4).
        logit: of the class.
    """

    image: str
    size: tuple[int, int]
    class_index: int
    label: str
    boxes: np.ndarray = field(repr=False)
    logit: float


@dataclass(frozen=True, eq=False)
class FinishedBatch:
    """What was found on images that were explained together; `BoxLocalisation` joins them.

    Attributes:
        key: SHA-256 of what was asked: the methods' names, the alphas, the classes' names,
            and the images' names, pixels and objects.
        objects: see `BoxLocalisation`, as with the other fields.
        overlaps: (n, alphas), by each method.
        found: (n, alphas, 4), by each method.
        problems: n, by each method.
        failed: the boxes of the objects that could not be explained.
        seconds: how long it took.
    """

    key: str
    objects: tuple[LocatedObject, ...] = field(repr=False)
    overlaps: Mapping[str, np.ndarray] = field(repr=False)
    found: Mapping[str, np.ndarray] = field(repr=False)
    problems: Mapping[str, tuple[str | None, ...]] = field(repr=False)
    failed: tuple[FailedBox, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class BoxLocalisation(Shown):
    """How well methods find boxes.

    Attributes:
        alphas: the multiples of a map's mean at which it was cut.
        objects: what was to be found, n of them.
        overlaps: by each method, the intersection over union with the best of an object's boxes,
            (n, alphas); 0 where nothing was left of a map.
        found: by each method, the boxes found, in pixels of the image, (n, alphas, 4); NaN where
            nothing was left.
        problems: by each method, for each object, what went wrong; None if nothing did.
        unreadable: the images that could not be read, and why.
        title: of the table.
        provenance: what made the result.
        seconds: how long it took, without what was computed for nothing in an interrupted run.
        failed: the boxes that do not count: those of objects that could not be explained, and those
            outside their image.
    """

    alphas: tuple[float, ...]
    objects: tuple[LocatedObject, ...] = field(repr=False)
    overlaps: Mapping[str, np.ndarray] = field(repr=False)
    found: Mapping[str, np.ndarray] = field(repr=False)
    problems: Mapping[str, tuple[str | None, ...]] = field(repr=False)
    unreadable: tuple[tuple[str, str], ...] = ()
    title: str = "objects"
    provenance: Provenance | None = field(default=None, repr=False)
    seconds: float = 0.0
    failed: tuple[FailedBox, ...] = ()

    def errors(self, method: str) -> np.ndarray:
        """For each α the share of objects that are missed: (alphas,)."""
        self._require(method)
        return np.mean(self.overlaps[method] < FOUND, axis=0)

    def best_alpha(self, method: str) -> float:
        """The α with the smallest error; of several, that with the largest mean overlap."""
        return self.alphas[self._best(method)]

    def best_overlaps(self, method: str) -> np.ndarray:
        """The overlaps at the best α: (n,)."""
        best = self._best(method)
        return self.overlaps[method][:, best]

    def best_boxes(self, method: str) -> np.ndarray:
        """The boxes found at the best α: (n, 4)."""
        best = self._best(method)
        return self.found[method][:, best]

    def sheet(self) -> np.ndarray:
        """How often overlaps fall into each tenth at the best α, a row of bars a method.

        Returns:
            float32 (height, width, 3) in [0, 1].
        """
        overlaps = {self._heading(method): self.best_overlaps(method) for method in self.overlaps}
        edges = np.linspace(0, 1, 11)
        what = "Intersection over union with the object's box"
        return plots.histogram(what, overlaps, edges, "objects")

    def to_dataframe(self) -> DataFrame:
        """A row an object and method, at the method's best α; boxes in pixels of the image.

        Returns:
            A `pandas.DataFrame` with the columns `image`, `width`, `height`, `class_index`,
            `label`, `logit`, `method`, `alpha`, `left`, `top`, `right` and `bottom` of the box that
            was found (NaN where nothing was left of a map), `overlap` with the best of the object's
            boxes, `found` (whether that is at least one half) and `problem` (missing where
            there is none).

        Raises:
            InputError: pandas is not installed.

        Example:
            >>> cat = LocatedObject("a.jpg", (8, 8), 0, "cat", np.array([[0, 0, 4, 4]]), 2.5)
            >>> overlaps, boxes = np.array([[0.75]]), np.array([[[0.0, 0.0, 4.0, 3.0]]])
            >>> found = BoxLocalisation((1.0,), (cat,), {"mine": overlaps}, {"mine": boxes},
            ...                         {"mine": (None,)})
            >>> found.to_dataframe()[["method", "label", "overlap", "bottom"]].to_dict("records")
            [{'method': 'mine', 'label': 'cat', 'overlap': 0.75, 'bottom': 3.0}]
        """
        rows = [
            (own.image, own.size[1], own.size[0], own.class_index, own.label, own.logit, method,
             self.best_alpha(method), *box, overlap, overlap >= FOUND, problem)
            for method in self.overlaps
            for own, box, overlap, problem in zip(
                self.objects,
                self.best_boxes(method).tolist(),
                self.best_overlaps(method).tolist(),
                self.problems[method],
                strict=True,
            )
        ]  # fmt: skip
        return tables.table_of_rows(_COLUMNS, rows)

    def _heading(self, method: str) -> str:
        best = self._best(method)
        return f"{method}: α {self.alphas[best]:g}, error {self.errors(method)[best]:.3f}"

    def with_unreadable(self, images: Sequence[tuple[str, str]]) -> BoxLocalisation:
        """The same with more images that could not be read, before its own."""
        return replace(self, unreadable=(*images, *self.unreadable))

    def with_failed(self, boxes: Sequence[FailedBox]) -> BoxLocalisation:
        """The same with more boxes that do not count, before its own."""
        return replace(self, failed=(*boxes, *self.failed))

    def _best(self, method: str) -> int:
        errors = self.errors(method)
        means = self.overlaps[method].mean(axis=0)
        return int(np.lexsort((-means, errors))[0])

    def _require(self, method: str) -> None:
        if method not in self.overlaps:
            raise unknown("method", method, self.overlaps)


def joined(
    batches: Sequence[FinishedBatch],
    alphas: tuple[float, ...],
    unreadable: Sequence[tuple[str, str]],
    title: str,
    made: Provenance,
    n_images: int,
    n_objects: int,
) -> BoxLocalisation:
    """The result of all batches.

    Args:
        batches: in the order of their images.
        alphas: see `BoxLocalisation`, as with `unreadable` and `title`.
        unreadable: images and reasons.
        title: of the result.
        made: the result's provenance.
        n_images: how many images there were, the unreadable ones too.
        n_objects: how many objects there were in those that could be read.

    Raises:
        InputError: no object could be explained.
    """
    failed = [own for batch in batches for own in batch.failed]
    if not any(batch.objects for batch in batches):
        if failed:
            raise InputError(
                f"None of {n_objects} objects can be explained. The first: {failed[0].reason}"
            )
        if unreadable:
            raise InputError(
                f"None of {n_images} images can be read. The first: {unreadable[0][1]}"
            )
        raise InputError("Expected at least one object to find, received none.")
    methods = tuple(batches[0].overlaps)
    return BoxLocalisation(
        alphas,
        tuple(own for batch in batches for own in batch.objects),
        {name: np.concatenate([batch.overlaps[name] for batch in batches]) for name in methods},
        {name: np.concatenate([batch.found[name] for batch in batches]) for name in methods},
        {name: tuple(own for b in batches for own in b.problems[name]) for name in methods},
        tuple(unreadable),
        title,
        made,
        sum(batch.seconds for batch in batches),
        tuple(failed),
    )
