"""The page of a map of any method, and of a result of no other kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvis.utils import plots

from ...explainers.base import ClassMap
from ...runtime.saving import Shown
from .answers import answer_bars
from .assembling import Contents
from .origin import origin, where_from
from .sprites import Pictures

_PARTS = 24
"""So many parts of a map are shown, the first ones."""


def map_page(found: ClassMap, command: Sequence[str] | None = None) -> Contents:
    """The contents of a map's page."""
    pictures = Pictures()
    image = pictures.add(found.image, "the image that is explained")
    largest = _largest(found.map)
    heat_map = pictures.add(
        plots.overlay(found.image, found.map, largest=largest, exponent=0.5),
        f"where the image shows {found.label}: the heat map over the image",
    )
    parts = [] if found.parts is None else list(found.parts)
    of_parts = max((_largest(part) for part in parts), default=0.0)
    shown = [
        pictures.add(
            plots.overlay(found.image, part, largest=of_parts, exponent=0.5),
            f"the heat map of part {k} over the image",
        )
        for k, part in enumerate(parts[:_PARTS])
    ]
    rows = [_row("all", found.map), *(_row(f"part {k}", part) for k, part in enumerate(parts))]
    values = {
        **where_from(found.provenance),
        "label": found.label,
        "of_class": found.class_index is not None or bool(found.label),
        "method": found.method,
        "layer": None if found.provenance is None else found.provenance.layer,
        "problem": found.problem,
        "image": image,
        "heat_map": heat_map,
        "answers": answer_bars(found.answers, found.class_index),
        "parts": list(zip(shown, rows[1:], strict=False)),
        "more": max(0, len(parts) - _PARTS),
        "heads": tuple(key.replace("_", " ") for key in rows[0]),
        "rows": [tuple(row.values()) for row in rows],
        "origin": origin(found.provenance, command),
    }
    data = {
        "kind": "map",
        "method": found.method,
        "label": found.label,
        "problem": found.problem,
        "height": found.map.shape[0],
        "width": found.map.shape[1],
        "answers": [vars(answer) for answer in found.answers],
        "rows": rows,
    }
    title = f"{found.method}: {found.label}" if found.label else found.method
    return Contents("map.html", title, values, data, pictures)


def sheet_page(found: Shown, command: Sequence[str] | None = None) -> Contents:
    """The contents of the page of a result that only its sheet shows."""
    pictures = Pictures()
    kind = type(found).__name__
    values = {
        "sheet": pictures.add(found.sheet(), f"the result at a glance: {kind}"),
        "told": repr(found),
        "origin": origin(getattr(found, "provenance", None), command),
    }
    return Contents("sheet.html", kind, values, {"kind": kind, "told": repr(found)}, pictures)


def _largest(a_map: np.ndarray) -> float:
    return float(np.max(a_map, initial=0, where=np.isfinite(a_map)))


def _row(name: str, a_map: np.ndarray) -> dict[str, Any]:
    """A map in numbers: its sum, its largest value and where that is."""
    finite = np.where(np.isfinite(a_map), a_map, 0)
    row, column = np.unravel_index(int(finite.argmax()), finite.shape)
    return {
        "map": name,
        "sum": float(finite.sum(dtype=np.float64)),
        "largest": float(finite.max()),
        "row_of_largest": int(row),
        "column_of_largest": int(column),
        "share_above_0": float((finite > 0).mean()),
    }
