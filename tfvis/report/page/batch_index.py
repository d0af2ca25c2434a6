"""`index.html` of a batch: a table of all its rows, which the page's program filters and sorts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from ..batch_rows import BatchRow
from ..own_files import is_plain
from .assembling import clean, own_text, rendered

__all__ = ["batch_page"]

# 'self' is the folder of a page from file: in Chromium (tried with 156) and the server of a page
# from http. Browsers that give each file an origin of its own may need "file:" besides. No
# page from http gets pictures by it: browsers never load file: addresses there.
_IMAGES = "'self' file:"

_DIGITS = 7
"""Significant digits of numbers: those of float32. `index.csv` has all."""

_COLUMNS: tuple[tuple[str, str, bool], ...] = (
    ("name", "Image", False),
    ("label", "Label", False),
    ("answer", "Answer", False),
    ("class", "Class", False),
    ("logit", "Logit", True),
    ("probability", "Prob.", True),
    ("explainer", "Explainer", False),
    ("groups", "Groups", True),
    ("strongest", "Strongest", True),
    ("gap", "Gap", True),
    ("seconds", "Seconds", True),
    ("problem", "Problem", False),
)
"""Key, head, and whether it holds numbers."""


def batch_page(rows: Sequence[BatchRow], *, title: str, facts: Mapping[str, str]) -> str:
    """The page of a batch: HTML that holds all rows, and loads only pictures that it shows.

    A page of rows is in the table at a time, so that it opens at once with many rows. Numbers
    have seven digits. A folder or picture that leads out of the batch's folder has no link.

    Args:
        rows: of the batch, in the order that the page begins with.
        title: of the page.
        facts: some lines about the run, by their names.

    Returns:
        The page. It stands in the batch's folder: its links are relative to that.

    Example:
        >>> from tfvis.report.batch_rows import BatchRow
        >>> from tfvis.report.page.batch_index import batch_page
        >>> rows = [BatchRow(image="a.png", name="a", class_index=1, class_name="cat")]
        >>> batch_page(rows, title="Cats", facts={"Images": "1"}).startswith("<!doctype html>")
        True
    """
    classes, class_of = _classes(rows)
    columns = _columns(rows)
    explainers = Counter(row.explainer for row in rows if row.explainer)
    one = {"explainer"} if len(explainers) == 1 else set()
    values = {
        "n": len(rows),
        "facts": tuple(facts.items()),
        "heads": _heads({*columns} - one),  # one explainer needs no column
        "n_problems": sum(1 for row in rows if row.problem),
        "explainers": sorted(explainers.items()),
        "has_labels": "label" in columns,
    }
    data = {
        "kind": "batch",
        "rows": len(rows),
        "classes": classes,
        "columns": {"class": class_of, **columns},
    }
    style = "\n".join((own_text("page.css"), own_text("batch_index.css")))
    return rendered(
        "batch_index.html", title, values, data,
        style=style, script=own_text("batch_index.js"), images=_IMAGES,
    )  # fmt: skip


def _heads(filled: Container[str]) -> list[tuple[str, str, bool]]:
    """The columns of the table that some row fills."""
    needs = {
        "class": ("name",),  # every row has one
        "strongest": ("scores",),
        "groups": ("scores",),
        "problem": ("problem", "notes"),
    }
    return [own for own in _COLUMNS if any(name in filled for name in needs.get(own[0], own[:1]))]


def _classes(rows: Sequence[BatchRow]) -> tuple[list[tuple[str, str]], list[int | None]]:
    """The explained classes, each a key for addresses and its name, and the place of each row's.

    They are in the order of their names. Where two have one name, their numbers stand behind it.
    """
    found = {_key(row): row for row in rows if _key(row) is not None}
    names = {key: _class_name(row) for key, row in found.items()}
    shared = Counter(names.values())
    for key, row in found.items():
        if shared[names[key]] > 1 and row.class_index is not None:
            names[key] = f"{names[key]} ({row.class_index})"
    ordered = sorted(names, key=lambda key: (names[key].casefold(), str(key)))
    places = {key: place for place, key in enumerate(ordered)}
    return (
        [(str(key), names[key]) for key in ordered],
        [None if _key(row) is None else places[_key(row)] for row in rows],
    )


def _key(row: BatchRow) -> str | None:
    if row.class_index is not None:
        return str(row.class_index)
    return None if row.class_name is None else f"={row.class_name}"


def _class_name(row: BatchRow) -> str:
    return f"class {row.class_index}" if row.class_name is None else row.class_name


def _columns(rows: Sequence[BatchRow]) -> dict[str, Any]:
    """A list a column, which JSON holds in less than an object a row; empty ones are left out."""
    columns: dict[str, list[Any]] = {
        "image": [row.image for row in rows],
        "name": [row.name for row in rows],
        "rank": [row.rank for row in rows],
        "folder": [_place(row.folder) for row in rows],
        "picture": [_place(row.picture) for row in rows],
        "scores": [_rounded(row.scores) or None for row in rows],
        "channels": [row.channels or None for row in rows],
    }
    for name in ("answer_logit", "logit", "probability", "gap", "seconds"):
        columns[name] = [_short(getattr(row, name)) for row in rows]
    for name in ("label", "answer", "explainer", "layer", "sign", "problem", "notes"):
        columns[name] = [getattr(row, name) or None for row in rows]
    return {
        name: _packed(own) if isinstance(_first(own), str) else own
        for name, own in columns.items()
        if _first(own) is not None
    }


def _first(column: Iterable[Any]) -> Any:
    return next((value for value in column if value is not None), None)


def _packed(column: list[str | None]) -> list[str | None] | dict[str, Any]:
    """Texts that repeat stand once: the column has their places; -1 where it has none."""
    places: dict[str, int] = {}
    at = [-1 if text is None else places.setdefault(text, len(places)) for text in column]
    return column if 2 * len(places) > len(column) else {"texts": list(places), "at": at}


def _rounded(values: Iterable[float]) -> list[float | None]:
    return [_short(value) for value in values]


def _short(value: float | None) -> float | None:
    """The number with fewer digits; None where it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def _place(path: str | None) -> str | None:
    """A path below the page's folder; None for one that leads elsewhere, or has a scheme.

    Names that are not UTF-8 have no address either: folders of a batch never have such names.
    """
    if path is None or not all(is_plain(part) and ":" not in part for part in path.split("/")):
        return None
    return path if path == clean(path) else None
