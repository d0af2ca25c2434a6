"""Do masks and maps find the boxes of the objects whose classes they explain?

Du et al. (2018), arXiv 1804.00506, section 4: a map is cut at α times its mean, the box around the
largest region that is left is compared with the object's, and an object counts as missed where
their intersection over union is below one half.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance, plain, versions

from ..datasets.boxed_images import BoxedImage
from ..explainers.base import Explainer, save_result
from ..explainers.registry import method_of
from .box_metrics import ALPHAS, FOUND, intersection_over_union, largest_region
from .contenders import Contender, contenders_of, explain_all

__all__ = ["BoxLocalisation", "LocatedObject", "localise_boxes"]


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
class BoxLocalisation:
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
        seconds: how long it took.
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

    def save(self, output: str | Path = ".") -> Path:
        """Write the result folder; see `tfvis.report.write`."""
        return save_result(self, output)

    def errors(self, method: str) -> np.ndarray:
        """For each α the share of objects that are missed: (alphas,)."""
        self._require(method)
        return np.mean(self.overlaps[method] < FOUND, axis=0)

    def best_alpha(self, method: str) -> float:
        """The α with the smallest error; of several, that with the largest mean overlap."""
        return self.alphas[self._best(method)]

    def best_overlaps(self, method: str) -> np.ndarray:
        """The overlaps at the best α: (n,)."""
        return self.overlaps[method][:, self._best(method)]

    def best_boxes(self, method: str) -> np.ndarray:
        """The boxes found at the best α: (n, 4)."""
        return self.found[method][:, self._best(method)]

    def with_unreadable(self, images: Sequence[tuple[str, str]]) -> BoxLocalisation:
        """The same with more images that could not be read, before its own."""
        return replace(self, unreadable=(*images, *self.unreadable))

    def _best(self, method: str) -> int:
        errors = self.errors(method)
        means = self.overlaps[method].mean(axis=0)
        return int(np.lexsort((-means, errors))[0])

    def _require(self, method: str) -> None:
        if method not in self.overlaps:
            raise unknown("method", method, self.overlaps)


def localise_boxes(
    net: Network,
    images: Sequence[BoxedImage],
    explainers: Sequence[str | Explainer] = ("guided inversion",),
    *,
    layer: str | None = None,
    options: Iterable[object] = (),
    seed: int = 0,
    alphas: Sequence[float] = ALPHAS,
    batch_size: int = 8,
    title: str = "objects",
    progress: Progress = silent,
) -> BoxLocalisation:
    """Explain each object by each method, and compare the boxes of what is found.

    Args:
        net: the network.
        images: with their objects. Each is brought to the network's size whole, whatever its
            shape. Those that turn out unreadable are listed in the result.
        explainers: names of `tfvis.explainers.methods()` of one map a class, and objects of one's
            own with `explain`.
        layer: that named methods look at; see their options.
        options: of named methods, as dataclasses; each takes the one of its kind, which goes before
            `layer` and `seed`.
        seed: of named methods; see their options.
        alphas: the multiples of a map's mean at which it is cut.
        batch_size: images that are read and explained together.
        title: of the result.
        progress: called with explanations done and explanations in all, one an image and method.

    Raises:
        InputError: an unknown method, one of several maps a class, no images, or none that can be
            read.
    """
    contenders = contenders_of(net, explainers, options, layer=layer, seed=seed)
    require_one_map([own for own in explainers if isinstance(own, str)])
    require_count("batch_size", batch_size)
    alphas = tuple(float(alpha) for alpha in alphas)
    if not alphas or not all(0 <= alpha < np.inf for alpha in alphas):
        raise InputError(f"Expected at least one alpha, each of at least 0, received {alphas!r}.")
    if not len(images):
        raise InputError("Expected at least one image, received none.")
    start = time.perf_counter()
    objects: list[LocatedObject] = []
    rows: dict[str, list[_Row]] = {own.name: [] for own in contenders}
    unreadable: list[tuple[str, str]] = []
    total = len(images) * len(contenders)
    progress(0, total)
    for first in range(0, len(images), batch_size):
        batch, pictures = [], []
        for image in images[first : first + batch_size]:
            try:
                pictures.append(image.load(net.input_size))
            except InputError as error:
                unreadable.append((image.name, str(error)))
            else:
                batch.append(image)
        if batch:
            before, n = first * len(contenders), len(batch)
            _localise_batch(
                net, contenders, batch, pictures, alphas, objects, rows,
                lambda done, _, before=before, n=n: progress(before + done * n, total),
            )  # fmt: skip
        if len(batch) < min(batch_size, len(images) - first):  # some are unreadable
            progress(min(first + batch_size, len(images)) * len(contenders), total)
    if not objects:
        raise InputError(f"None of {len(images)} images can be read. The first: {unreadable[0][1]}")
    return BoxLocalisation(
        alphas,
        tuple(objects),
        {name: np.stack([row.overlaps for row in own]) for name, own in rows.items()},
        {name: np.stack([row.boxes for row in own]) for name, own in rows.items()},
        {name: tuple(row.problem for row in own) for name, own in rows.items()},
        tuple(unreadable),
        title,
        Provenance(
            method="box localisation",
            network=net.name,
            weights=net.digest,
            image=None,
            image_name=title,
            options=plain(
                {
                    "explainers": {
                        own.name: getattr(own.explainer, "options", None) for own in contenders
                    },
                    "alphas": alphas,
                    "seed": seed,
                }
            ),
            versions=dict(versions()),
        ),
        time.perf_counter() - start,
    )


def require_one_map(names: Iterable[str]) -> None:
    """Raise an `InputError` for the name of a method that has several maps a class."""
    for name in names:
        method = method_of(name)
        if method.shows == "every":
            raise InputError(f"Expected methods with one map a class, received {method.name!r}.")


@dataclass(frozen=True, eq=False)
class _Row:
    """What one method found of one object: an overlap and a box for each α."""

    overlaps: np.ndarray
    boxes: np.ndarray
    problem: str | None


def _localise_batch(
    net: Network,
    contenders: Sequence[Contender],
    batch: Sequence[BoxedImage],
    pictures: Sequence[np.ndarray],
    alphas: tuple[float, ...],
    objects: list[LocatedObject],
    rows: Mapping[str, list[_Row]],
    progress: Progress,
) -> None:
    """Explain a batch's objects, and add them to `objects`, and a row each to `rows`."""
    logits = net.logits(np.stack(pictures))
    targets = [(k, target) for k, image in enumerate(batch) for target in image.targets]
    classes = [
        int(logits[k].argmax()) if target.class_index is None else target.class_index
        for k, target in targets
    ]
    found = explain_all(contenders, [pictures[k] for k, _ in targets], classes, progress=progress)
    for j, ((k, target), index) in enumerate(zip(targets, classes, strict=True)):
        image = batch[k]
        scale = np.array([*image.size[::-1], *image.size[::-1]], np.float64)
        objects.append(
            LocatedObject(
                image.name,
                image.size,
                index,
                net.labels[index],
                target.boxes * scale,
                float(logits[k, index]),
            )
        )
        for name, own in rows.items():
            (a_map,) = found[name][j].maps
            own.append(
                _Row(*_located(a_map, target.boxes, alphas, scale), found[name][j].result.problem)
            )


def _located(
    a_map: np.ndarray, boxes: np.ndarray, alphas: tuple[float, ...], scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each α the best overlap, (alphas,), and the box found, in pixels, (alphas, 4)."""
    sides = np.array([*a_map.shape[::-1], *a_map.shape[::-1]], np.float64)
    overlaps, found = np.zeros(len(alphas)), np.full((len(alphas), 4), np.nan)
    if not np.isfinite(a_map).all():
        return overlaps, found  # the method has told its problem
    for k, alpha in enumerate(alphas):
        box = largest_region(a_map, alpha)
        if box is not None:
            overlaps[k] = intersection_over_union(box / sides, boxes).max()
            found[k] = box / sides * scale
    return overlaps, found
