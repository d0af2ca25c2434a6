"""Tables of images whose objects have boxes: CSV files, in either of two forms.

The plain form has a row a box and the columns

    image, left, top, right, bottom     and, if wanted, class, width, height

the other one, that of lists made from ImageNet, the columns

    Bbox, name, size, url

with four numbers a box in `Bbox`, whatever stands between them, several boxes one after another.
Boxes are in pixels, left, top, right, bottom; `width` and `height`, or the two numbers of `size`,
are those of the image that they were drawn on, where the file may have another size. The image is a
path, taken from the table's folder, or an address. Rows of the same image and class are one object
to find: whichever of its boxes is met best counts, as in ImageNet's localisation task.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tfvis.utils.errors import InputError, closest

from .csv_rows import csv_table

__all__ = ["Annotation", "read_annotations"]

PLAIN = ("image", "left", "top", "right", "bottom")
LISTED = ("bbox", "name", "size", "url")
_PLAIN_OPTIONAL = ("class", "width", "height")
_OPTIONAL = (*_PLAIN_OPTIONAL, "name", "size")

_NUMBER = re.compile(r"(?<![\d.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, eq=False)
class Annotation:
    """An object to find.

    Attributes:
        image: a path or an address.
        name: of the class; None if the table names none.
        boxes: left, top, right, bottom in pixels: float64 (n, 4).
        size: (width, height) of the image that the boxes were drawn on; None if the table does not
            say so.
        place: the table and the line where the object is named first.
        strict: whether `name` must be a class. A list's name may be anything.
        places: the table and the line of each box; `place` for all of them if empty.
    """

    image: str
    name: str | None
    boxes: np.ndarray = field(repr=False)
    size: tuple[float, float] | None
    place: str
    strict: bool = True
    places: tuple[str, ...] = ()

    def place_of(self, number: int) -> str:
        """Where a box stands, by its number."""
        return self.places[number] if self.places else self.place


def read_annotations(file: str | Path) -> tuple[Annotation, ...]:
    """The objects of a table, in its order.

    Args:
        file: its path; UTF-8, with a header. Columns' names may be written in any case, and other
            columns may stand beside them.

    Raises:
        InputError: the file is missing, no CSV, or empty, a column is missing or there twice, or a
            row cannot be used; the message names the line.
    """
    path = Path(file)
    found: dict[tuple[str, str | None], list[Annotation]] = {}
    for annotation in _rows(path):
        rows = found.setdefault((annotation.image, annotation.name), [])
        rows.append(annotation)
        if rows[0].size != annotation.size:
            raise InputError(
                f"Expected one size for {annotation.image!r}, received "
                f"{rows[0].size} and {annotation.size}: {rows[0].place}; {annotation.place}."
            )
    if not found:
        raise InputError(f"Expected a row a box in {str(path)!r}, found no row.")
    return tuple(map(_joined, found.values()))


def _joined(rows: Sequence[Annotation]) -> Annotation:
    """The rows of one object as one; joined at the end, since there may be thousands."""
    if len(rows) == 1:
        return rows[0]
    boxes = np.concatenate([row.boxes for row in rows])
    places = tuple(row.place_of(k) for row in rows for k in range(len(row.boxes)))
    return replace(rows[0], boxes=boxes, places=places)


def _rows(path: Path) -> Iterator[Annotation]:
    with csv_table(path) as table:
        table.require_spelling(_OPTIONAL, {*PLAIN, *LISTED, *_OPTIONAL})
        is_plain = _form(path, table.columns) == PLAIN
        table.require_once((*PLAIN, *_PLAIN_OPTIONAL) if is_plain else LISTED)
        parse = _plain if is_plain else _listed
        for row in table.rows:
            try:
                yield parse(row.cells, row.place)
            except InputError as error:
                raise InputError(f"{row.place}: {error}") from None


def _form(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Which of the two forms a header has."""
    missing = {form: [name for name in form if name not in names] for form in (PLAIN, LISTED)}
    for form in (PLAIN, LISTED):
        # The size may be left out: it is the file's own then.
        if not set(missing[form]) - {"size", "name"}:
            return form
    form = min((PLAIN, LISTED), key=lambda form: len(missing[form]))
    lacking = missing[form][0]
    near = closest(lacking, [name for name in names if name])
    raise InputError(
        f"Expected the columns {', '.join(PLAIN)}, or Bbox, name, size, url in {str(path)!r}: "
        f"{lacking!r} is missing." + (f" Closest: {', '.join(near)}." if near else "")
    )


def _plain(cells: Mapping[str, str], place: str) -> Annotation:
    size = None
    given = [cells.get(side, "") for side in ("width", "height")]
    if all(given):
        size = _size(
            [_number(side, text) for side, text in zip(("width", "height"), given, strict=True)]
        )
    elif any(given):
        raise InputError("Expected both width and height, or neither, received one.")
    box = [_number(name, cells.get(name, "")) for name in PLAIN[1:]]
    return Annotation(_image(cells["image"]), cells.get("class") or None, _boxes(box), size, place)


def _listed(cells: Mapping[str, str], place: str) -> Annotation:
    numbers = _numbers(cells["bbox"])
    if not numbers or len(numbers) % 4:
        raise InputError(
            f"Expected four numbers a box in Bbox, received {len(numbers)}: {cells['bbox'][:60]!r}."
        )
    size = _numbers(cells.get("size", ""))
    # One number, the file's bytes, say, tells nothing of its sides; a third one is the channels.
    known = _size(size[:2]) if len(size) in (2, 3) else None
    return Annotation(
        _image(cells["url"]), cells.get("name") or None, _boxes(numbers), known, place, strict=False
    )


def _image(text: str) -> str:
    if not text:
        raise InputError("Expected an image, received nothing.")
    if not text.isprintable():
        raise InputError(f"Expected a path or an address, received {text[:60]!r}.")
    return text


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"Expected a number for {name}, received {text[:60]!r}.")
    return value


def _size(size: list[float]) -> tuple[float, float]:
    width, height = size
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise InputError(
            f"Expected a width and a height above 0, received {width:g} and {height:g}."
        )
    return width, height


def _boxes(numbers: list[float]) -> np.ndarray:
    boxes = np.array(numbers, np.float64).reshape(-1, 4)
    for left, top, right, bottom in boxes:
        if not (left < right and top < bottom and np.isfinite(boxes).all()):
            raise InputError(
                "Expected a box left, top, right, bottom with left below right and top below "
                f"bottom, received {left:g}, {top:g}, {right:g}, {bottom:g}."
            )
    return boxes
