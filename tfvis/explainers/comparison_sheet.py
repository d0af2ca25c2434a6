"""A sheet that shows a comparison at a glance: a cell a group, before, after, and its icon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots, sheets

from .overviews import FIRST_CHANNELS, counted, number

if TYPE_CHECKING:
    from .compared import ChangedGroup, Comparison

_BETWEEN = 8  # pixels between the two images of the head


def comparison_sheet(found: Comparison) -> np.ndarray:
    """A cell a group, lost groups first and gained ones last, and a cell for all other channels.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    side = {"pos": "for", "neg": "against"}[found.sign]
    height = found.image.shape[0]
    gap = np.ones((height, _BETWEEN, 3), np.float32)
    images = np.concatenate([found.image, gap, found.image_after], axis=1)
    captions = ("before", "after") if found.icons is None else ("before", "after", "what it wants")
    return sheets.sheet(
        (f"Features of {found.layer}, before and after", f"{side} {found.label}"),
        _head(found),
        images,
        _cells(found),
        captions,
        [_legend(found)],
    )


def _head(found: Comparison) -> list[str]:
    logit = "logit" if found.contrast is None else "logit of the one less the other"
    all_channels = found.after.values.sum() - found.before.values.sum()
    text = [
        f"{logit}: {found.logit_before:.2f} before, {found.logit_after:.2f} after "
        f"({_signed(found.change)}); attributions of all channels changed by "
        f"{_signed(all_channels)}",
        f"{counted(len(found.groups), 'group')}: {found.kinds}",
    ]
    if abs(found.rest.change) > abs(found.change) / 2:
        text.append(
            "Most of the change is in channels of no group: see --sign "
            f"{'neg' if found.sign == 'pos' else 'pos'}, or --rather-than the other answer."
        )
    return text if found.restoration is None else [*text, found.restoration.sentence()]


def _cells(found: Comparison) -> list[sheets.Cell]:
    before, after = found.overlays()
    largest = max((abs(group.change) for group in (*found.groups, found.rest)), default=0.0)
    cells = []
    for k, group in enumerate((*found.groups, found.rest)):
        rest = k == len(found.groups)
        icon = ()
        if found.icons is not None:
            icon = (np.ones_like(found.icons[0]) if rest else found.icons[k],)
        cells.append(
            sheets.Cell(
                heading=group.name if rest else f"{group.name}: {group.kind}",
                value=_signed(group.change),
                share=abs(group.change) / largest if largest else 0.0,
                pictures=(before[k], after[k], *icon),
                text=_text(group, with_channels=not rest),
                warning=_warning(found, k),
            )
        )
    return cells


def _warning(found: Comparison, k: int) -> str:
    """What is wrong with a group's icon; nothing if it shows what the group responds to."""
    if k in found.zero_gradient:
        return "its icon stayed noise"
    icons = found.icon_objectives
    if icons is None or k >= len(icons) or icons[k] > found.image_objectives[k].max():
        return ""
    return "its icon has hardly developed"


def _text(group: ChangedGroup, *, with_channels: bool) -> str:
    first = ""
    if with_channels:
        more = ",\xa0…" if len(group.channels) > FIRST_CHANNELS else ""  # on one line
        first = ": " + ", ".join(str(channel) for channel in group.channels[:FIRST_CHANNELS]) + more
    return (
        f"score {number(group.before)} before, {number(group.after)} after; "
        f"{counted(len(group.channels), 'channel')}{first}"
    )


def _legend(found: Comparison) -> sheets.Legend:
    values = np.broadcast_to(np.linspace(0, 1, 256), (8, 256))
    grey = np.full((8, 256, 3), 0.5)
    side = {"pos": "for", "neg": "against"}[found.sign]
    return sheets.Legend(
        colours=plots.overlay(grey, values, exponent=0.5, colormap=found.colormap),
        low="0",
        high=number(found.largest()),
        text=f"{side} the class, in both images",
    )


def _signed(value: float) -> str:
    """A change with its sign."""
    text = number(value)
    return text if text.startswith("-") else f"+{text}"
