"""The page of a survey of layers: a heat map a layer, and its numbers as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tfvis.utils import plots

from ...explainers.layer_table import field_in_words, layer_numbers, notes, percent, recommendation
from ...explainers.surveyed_layers import LayerSurvey
from .answers import answer_bars
from .assembling import Contents
from .charts import Spread, marks
from .origin import origin, where_from
from .sprites import Pictures

_SHARES = (
    ("work", "work", "multiply-adds up to the layer, of all"),
    ("share_of_channels", "ten channels", "of the evidence, the sum of positive attributions"),
    ("share_of_groups", "three groups", "of the evidence, the sum of positive attributions"),
    ("area", "area", "smallest share of the image that holds half of the heat map; less is better"),
    ("agreement", "agreement", "with the median of all layers' heat maps; more is better"),
)
"""Columns of the table of numbers that are drawn, what they are called, and what they are."""


def survey_page(found: LayerSurvey, command: Sequence[str] | None = None) -> Contents:
    """The contents of a survey's page."""
    pictures = Pictures()
    rows = layer_numbers(found)
    chosen = found.recommendation
    values = {
        **where_from(found.provenance),
        "network": found.network,
        "label": found.label,
        "recommendation": recommendation(found),
        "notes": notes(found)[: -1 if chosen else None],
        "image": None if found.image is None else pictures.add(found.image, "the image"),
        "answers": answer_bars(found.answers, found.class_index) if found.answers else (),
        "maps": _maps(found, pictures),
        "charts": [
            (title, about, marks(_shares(rows, key), most=1.0 if key != "area" else 0.0))
            for key, title, about in _SHARES
            if key in rows[0]
        ],
        "heads": tuple(key.replace("_", " ") for key in rows[0]),
        "rows": [tuple(_cell(own) for own in row.values()) for row in rows],
        "origin": origin(found.provenance, command, found.seconds),
    }  # fmt: skip
    data = {
        "kind": "layer_survey",
        "network": found.network,
        "label": found.label,
        "recommended": None if chosen is None else chosen.layer,
        "rows": rows,
    }
    title = f"Layers of {found.network}"
    if found.label is not None:
        title += f" for “{found.label}”"
    return Contents("layer_survey.html", title, values, data, pictures, hues=1)


def _shares(rows: Sequence[Mapping[str, Any]], key: str) -> list[Spread]:
    """A column of shares, as it is drawn; what is not known is no number."""
    values = ((row["layer"], row[key]) for row in rows)
    return [Spread(layer, math.nan if own is None else own, detail=percent(own))
            for layer, own in values]  # fmt: skip


def _cell(value: Any) -> Any:
    """A truth value in words: it would be shown as a number."""
    return ("no", "yes")[value] if isinstance(value, bool) else value


def _maps(found: LayerSurvey, pictures: Pictures) -> list[tuple[int, str, str, bool]]:
    """Each layer's heat map: its picture, the layer, what it sees and whether it is recommended."""
    if found.image is None or found.recommendation is None:
        return []
    size = found.image.shape[:2]
    maps = []
    for layer, own in zip(found.layers, found.evidence, strict=True):
        overlay = plots.overlay(found.image, own.heat_map(size), exponent=0.5, colormap="inferno")
        number = pictures.add(overlay, f"where {layer.layer} speaks for {found.label}")
        about = f"sees {field_in_words(layer)} pixels; half of the map in {percent(own.area)}"
        maps.append((number, layer.layer, about, layer.layer == found.recommendation.layer))
    return maps
