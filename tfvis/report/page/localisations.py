"""The page of a localisation: which methods find the boxes of a table's objects, and which not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...evaluation.box_metrics import FOUND
from ...evaluation.box_results import BoxLocalisation, LocatedObject
from .assembling import Contents
from .charts import histogram, plot
from .origin import origin, where_from
from .sprites import Pictures
from .thumbnails import thumbnails

_EXAMPLES = 12
"""So many of the best objects, and of the worst, are shown."""
_LISTED = 10
"""So many lines of a list are shown."""
_CELLS = 4000
"""So many objects, times methods, the downloads of the page have; the result's folder has all."""

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height, as places in a box of 100 by 100."""


@dataclass(frozen=True)
class Example:
    """An object and what a method found of it.

    Attributes:
        image: the image's name.
        label: the class.
        overlap: the intersection over union with the best of its boxes.
        problem: what went wrong; None if nothing did.
        picture: the number of the image's picture; None without one.
        boxes: where the object is.
        found: the box that the method found; None for none.
    """

    image: str
    label: str
    overlap: float
    problem: str | None
    picture: int | None
    boxes: tuple[Rectangle, ...]
    found: Rectangle | None


@dataclass(frozen=True)
class Row:
    """A method on the page.

    Attributes:
        number: its place in the result, for its colour.
        name: its name.
        alpha: the best α.
        missed: the share of objects that it misses there.
        mean: the mean overlap there.
        problems: what went wrong, and with how many objects.
        best: the objects with the largest overlaps.
        worst: those with the smallest ones.
    """

    number: int
    name: str
    alpha: float
    missed: float
    mean: float
    problems: tuple[tuple[str, int], ...]
    best: tuple[Example, ...]
    worst: tuple[Example, ...]

    @property
    def n_problems(self) -> int:
        """With how many objects something went wrong."""
        return sum(count for _, count in self.problems)


def localisation_page(found: BoxLocalisation, command: Sequence[str] | None = None) -> Contents:
    """The contents of a localisation's page."""
    pictures = Pictures()
    methods = tuple(found.overlaps)
    ends = {method: _ends(found.best_overlaps(method)) for method in methods}
    wanted = [found.objects[k] for best, worst in ends.values() for k in (*worst, *best)]
    numbers = {
        name: pictures.add(picture, f"the image {name}")
        for name, picture in thumbnails(found, wanted).items()
    }
    rows = sorted(
        (_row(found, number, *ends[method], numbers) for number, method in enumerate(methods)),
        key=lambda row: (row.missed, -row.mean),
    )
    errors = [found.errors(method) for method in methods]
    objects = _objects(found)
    data_alphas = [
        {"alpha": alpha, **{f"missed by {method}": float(own[k])
                            for method, own in zip(methods, errors, strict=True)}}
        for k, alpha in enumerate(found.alphas)
    ]  # fmt: skip
    bins = histogram([(m, found.best_overlaps(m)) for m in methods], np.linspace(0, 1, 11))
    values = {
        "table": found.title,
        "network": where_from(found.provenance)["network"],
        "n_objects": len(found.objects),
        "n_images": len({own.image for own in found.objects}),
        "least": FOUND,
        "rows": rows,
        "methods": methods,
        "errors": plot(
            [(m, found.alphas, own) for m, own in zip(methods, errors, strict=True)], y=(0.0, 1.0)
        ),
        "alphas": [tuple(float(own) for own in row.values()) for row in data_alphas],
        "histogram": bins,
        "bins": _bins(bins.columns, len(methods)),
        "has_pictures": bool(numbers),
        "unreadable": _some([f"{n}: {why}" for n, why in found.unreadable]),
        "failed": _some(
            [f"{own.image}{own.label and f', {own.label}'}: {own.reason}"
             for own in found.failed]
        ),
        "left_out": bool(found.unreadable or found.failed),
        "kept": (len(objects), len(found.objects)),
        "origin": origin(found.provenance, command, {"all": found.seconds}),
    }  # fmt: skip
    data = {
        "kind": "localisation",
        "title": found.title,
        "methods": [
            {"method": row.name, "alpha": row.alpha, "missed": row.missed, "mean_iou": row.mean,
             "problems": row.n_problems}
            for row in rows
        ],
        "errors": data_alphas,
        "rows": objects,
    }  # fmt: skip
    return Contents("localisation.html", f"Which methods find the objects of “{found.title}”",
                    values, data, pictures, len(methods))  # fmt: skip


def _ends(overlaps: np.ndarray) -> tuple[list[int], list[int]]:
    """The objects with the largest overlaps, best first, and those with the smallest, worst first.

    No object is in both.
    """
    order = [int(k) for k in np.argsort(-overlaps, kind="stable")]
    half = min(_EXAMPLES, (len(order) + 1) // 2)
    rest = order[half:]
    return order[:half], rest[::-1][:_EXAMPLES]


def _row(
    found: BoxLocalisation,
    number: int,
    best: Sequence[int],
    worst: Sequence[int],
    pictures: Mapping[str, int],
) -> Row:
    method = tuple(found.overlaps)[number]
    alpha, overlaps = found.best_alpha(method), found.best_overlaps(method)
    boxes, problems = found.best_boxes(method), found.problems[method]

    def example(k: int) -> Example:
        own = found.objects[k]
        return Example(
            image=own.image,
            label=own.label,
            overlap=float(overlaps[k]),
            problem=problems[k],
            picture=pictures.get(own.image),
            boxes=tuple(filter(None, (_rectangle(own, box) for box in own.boxes))),
            found=_rectangle(own, boxes[k]),
        )

    told = Counter(problem for problem in problems if problem is not None)
    return Row(
        number=number,
        name=method,
        alpha=float(alpha),
        missed=float(found.errors(method)[found.alphas.index(alpha)]),
        mean=float(overlaps.mean()),
        problems=tuple(told.most_common()),
        best=tuple(map(example, best)),
        worst=tuple(map(example, worst)),
    )


def _rectangle(own: LocatedObject, box: np.ndarray) -> Rectangle | None:
    """A box in pixels of the image as places; None where there is none."""
    if not np.isfinite(box).all():
        return None
    height, width = own.size
    left, top, right, bottom = (float(side) for side in box)
    x, y = 100 / max(width, 1), 100 / max(height, 1)
    return left * x, top * y, max(0.0, right - left) * x, max(0.0, bottom - top) * y


def _objects(found: BoxLocalisation) -> list[dict[str, Any]]:
    """A row an object, what each method found of it at its best α."""
    methods = tuple(found.overlaps)
    overlaps = {method: found.best_overlaps(method) for method in methods}
    return [
        {
            "image": own.image,
            "class": own.label,
            "logit": own.logit,
            **{f"IoU of {method}": float(overlaps[method][k]) for method in methods},
        }
        for k, own in enumerate(found.objects[: max(1, _CELLS // max(1, len(methods)))])
    ]


def _bins(columns: Sequence[Any], n: int) -> list[tuple[Any, ...]]:
    """A row a bin: its edges, and how many objects of each method are in it."""
    bins = len(columns) // n if n else 0
    return [
        (f"{columns[k].low:.1f} to {columns[k].high:.1f}", *(
            columns[k + bins * series].count for series in range(n)
        ))
        for k in range(bins)
    ]  # fmt: skip


def _some(lines: Sequence[str]) -> tuple[Sequence[str], int]:
    """The first lines, and how many more there are."""
    return lines[:_LISTED], max(0, len(lines) - _LISTED)
