"""Sheets that show a result at a glance: arrays, which are saved or plotted elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots, sheets

if TYPE_CHECKING:
    from tfvis.utils.contrasts import GroupContrast

    from .base import ClassMap
    from .explanation import Explanation
    from .masks import MaskExplanation

FIRST_CHANNELS = 5
"""How many of a group's channels a picture or a table names."""

_LINE = 28  # characters beside the pictures
_CAPTIONS = ("where it looks", "what it wants")
_MASK_COLUMNS = ("where the mask is", "what it keeps", "what it hides")


def explanation_sheet(explanation: Explanation) -> np.ndarray:
    """A cell a group: its heat map, its icon, its score and its channels.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    captions = ("where it looks",) if explanation.icons is None else _CAPTIONS
    side = {"pos": "for", "neg": "against"}[explanation.sign]
    return sheets.sheet(
        (f"Features of {explanation.layer}", f"{side} {explanation.label}"),
        _head(explanation),
        explanation.image,
        _cells(explanation),
        captions,
        _legends(explanation),
    )


def _head(explanation: Explanation) -> list[str]:
    """What the sheet's head says below its title."""
    groups = explanation.groups
    attribution = groups.attribution
    options = {} if explanation.provenance is None else explanation.provenance.options
    asked = options.get("n_groups")
    fewer = f" ({asked} asked)" if isinstance(asked, int) and asked > len(groups) else ""
    cut = f", above {explanation.cut:.0%} quantile" if explanation.cut else ""
    text = [
        f"{counted(len(groups), 'group')}{fewer}, {groups.n_selected} of "
        f"{counted(len(attribution.values), 'channel')} ({attribution.method}, "
        f"{explanation.grouping})",
        f"score: sum of attributions (all channels: {number(attribution.values.sum())})",
        f"heat maps: {explanation.maps_of}s{cut}",
    ]
    if explanation.icons_missing:
        text.append("The icons are not rendered yet.")
    return text


def _cells(explanation: Explanation) -> list[sheets.Cell]:
    largest = max(group.score for group in explanation.groups)
    cells = []
    contrasts = explanation.contrasts
    checks = explanation.checks
    for k, (group, heat_map) in enumerate(
        zip(explanation.groups, explanation.overlays(), strict=True)
    ):
        first = ", ".join(str(channel) for channel in group.channels[:FIRST_CHANNELS])
        more = ",\xa0…" if len(group.channels) > FIRST_CHANNELS else ""  # on one line
        icon = () if explanation.icons is None else (explanation.icons[k],)
        cells.append(
            sheets.Cell(
                heading=f"group {k}",
                value=f"score {number(group.score)}",
                share=group.score / largest if largest > 0 else 0.0,
                pictures=(heat_map, *icon),
                text=(f"{checks[k].verdict}; " if checks else "")
                + f"{counted(len(group.channels), 'channel')}: {first}{more}"
                + (f"; {_contrast(explanation, contrasts[k])}" if contrasts else ""),
                warning=_warning(explanation, k),
            )
        )
    return cells


def _contrast(explanation: Explanation, found: GroupContrast) -> str:
    """What a group gives each of two classes, in words."""
    a, b = explanation.contrast or ("a", "b")
    return f"{found.words(a, b)} ({a} {number(found.of_a)}, {b} {number(found.of_b)})"


def _warning(explanation: Explanation, k: int) -> str:
    """What is wrong with a group's icon; nothing if it shows what the group responds to."""
    if k in explanation.zero_gradient:
        return "its icon stayed noise"
    icons = explanation.icon_objectives
    weak = icons is not None and icons[k] <= explanation.image_objectives[k]
    return "its icon has hardly developed" if weak else ""


def _legends(explanation: Explanation) -> list[sheets.Legend]:
    """What the colours of heat maps mean."""
    sides = {"pos": ("for", "against"), "neg": ("against", "for")}[explanation.sign]
    values = np.broadcast_to(np.linspace(0, 1, 256), (8, 256))
    zeros, grey = np.zeros_like(values), np.full((8, 256, 3), 0.5)
    what = "the class" if explanation.contrast is None else explanation.label
    texts = [f"{sides[0]} {what}"]
    maps = [(values, zeros)]
    if explanation.show_against:
        texts.append(f"{sides[1]} it")
        maps.append((zeros, values))
    return [
        sheets.Legend(
            colours=plots.overlay(
                grey, here, against=there, exponent=0.5, colormap=explanation.colormap
            ),
            low="0",
            high=number(explanation.largest()),
            text=text,
        )
        for (here, there), text in zip(maps, texts, strict=True)
    ]


def counted(count: int, thing: str) -> str:
    """A number of things: "1 group", "2 groups"."""
    return f"{count} {thing}{'s' * (count != 1)}"


def number(value: float) -> str:
    """A value with three digits after the point, or as many as a small one takes to be seen."""
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.1 else f"{value:.2g}"


def mask_sheet(title: str, masks: Mapping[str, MaskExplanation]) -> np.ndarray:
    """A row a mask: where it is, what it keeps and what it hides.

    Args:
        title: above all.
        masks: of one image, by name.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    rows = []
    for name, found in masks.items():
        text = f"mean of the mask {found.mask.mean():.2f}"
        if found.class_index is not None:
            c = found.class_index
            text = (
                f"{found.label}\nlogit {found.logits[c]:.2f}\nkept {found.kept_logits[1][c]:.2f}\n"
                f"hidden {found.hidden_logits[1][c]:.2f}\n{text}"
            )
        else:
            text = f"step 1, {name}\n{text}"
        if found.problem is not None:
            text += "\n" + textwrap.fill(found.problem, _LINE)
        heat_map = plots.overlay(found.image, found.mask)
        rows.append(((heat_map, found.mixture, found.complement), text))
    first = next(iter(masks.values()))
    return plots.overview(title, rows, first.image, _MASK_COLUMNS)


def map_sheet(found: ClassMap) -> np.ndarray:
    """The heat map over the image. float32 (height, width, 3) in [0, 1]."""
    text = f"{found.label}\n{found.method}"
    if found.problem is not None:
        text += "\n" + textwrap.fill(found.problem, _LINE)
    heat_map = plots.overlay(found.image, found.map, exponent=0.5)
    title = f"{found.method}\n{found.label}"
    return plots.overview(title, [((heat_map, found.image), text)], found.image, ("where", "image"))
