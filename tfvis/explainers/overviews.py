"""Sheets that show a result at a glance: arrays, which are saved or plotted elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots

if TYPE_CHECKING:
    from .base import ClassMap
    from .explanation import Explanation
    from .masks import MaskExplanation

FIRST_CHANNELS = 5
"""How many of a group's channels a picture or a table names."""

_LINE = 28  # characters beside the pictures
_MASK_COLUMNS = ("where the mask is", "what it keeps", "what it hides")


def explanation_sheet(explanation: Explanation) -> np.ndarray:
    """A row a group: its heat map, its icon and its score. float32 (height, width, 3) in [0, 1]."""
    groups = explanation.groups
    attribution = groups.attribution
    side = {"pos": "for", "neg": "against"}[explanation.sign]
    title = (
        f"Features of {explanation.layer}\n{side} {explanation.label}\n\n"
        f"{attribution.method}, {explanation.grouping}\n"
        f"{groups.n_selected} of {len(attribution.values)} channels\n\n"
        "score: sum of attributions\n"
        f"(all channels: {attribution.values.sum():.3f})\n\n"
        f"{_legend(explanation)}"
    )
    rows = []
    overlays = explanation.overlays()
    for k, group in enumerate(groups):
        first = ", ".join(str(channel) for channel in group.channels[:FIRST_CHANNELS])
        more = ", …" if len(group.channels) > FIRST_CHANNELS else ""
        plural = "s" if len(group.channels) > 1 else ""
        text = (
            f"group {k}\nscore {group.score:.3f}\n"
            f"{len(group.channels)} channel{plural}\n{first}{more}"
        )
        if k in explanation.zero_gradient:
            text += "\nits icon stayed noise"
        icon = np.ones_like(overlays[k]) if explanation.icons is None else explanation.icons[k]
        rows.append(((overlays[k], icon), text))
    return plots.overview(title, rows, explanation.image)


def _legend(explanation: Explanation) -> str:
    """What the heat maps are, and what their colours mean."""
    cut = f", above {explanation.cut:.0%} quantile" if explanation.cut else ""
    side = {"pos": ("for", "against"), "neg": ("against", "for")}[explanation.sign]
    blue = f", blue: {side[1]} it" if explanation.show_against else ""
    return f"heat maps: {explanation.maps_of}s{cut}\nred: {side[0]} the class{blue}"


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
