"""The page of a comparison: what the groups of features give a class before and after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvis.utils.choices import ACTIVATION

from ...explainers.compared import ChangedGroup, Comparison
from ...explainers.overviews import counted
from .answers import answers_on_one_scale
from .assembling import Contents, float32_base64
from .charts import Bar, Mark, Spread, Step, bars, marks, waterfall
from .grids import in_cells
from .origin import origin, where_from
from .sprites import Pictures

_NUMBERS = 60_000
"""So many numbers of the maps of each image a page holds; see `in_cells`."""


@dataclass(frozen=True)
class Card:
    """One group on the page, or the channels that are in none.

    Attributes:
        number: the group's; None for the channels in no group.
        name: what it is called.
        kind: what became of it.
        n_channels: how many channels it has.
        channels: of a group, rows of channel, attribution before, after, and the difference.
        before: the bar of its score before; all cards' scores are on one scale.
        after: the bar of its score after.
        change: the bar of the difference.
        overlays: numbers of the pictures of its heat maps, before and after.
        icon: number of the picture of its icon; None without one.
        noise: whether the icon stayed noise.
    """

    number: int | None
    name: str
    kind: str
    n_channels: int
    channels: tuple[tuple[int, float, float, float], ...]
    before: Bar
    after: Bar
    change: Bar
    overlays: tuple[int, int]
    icon: int | None
    noise: bool


def comparison_page(found: Comparison, command: Sequence[str] | None = None) -> Contents:
    """The contents of a comparison's page."""
    pictures = Pictures()
    images = (
        pictures.add(found.image, "the image before"),
        pictures.add(found.image_after, "the image after"),
    )
    cards = _cards(found, pictures)
    flip = 1 if found.sign == "pos" else -1
    maps, cell = in_cells(np.concatenate([found.signed_before[:-1], found.signed_after[:-1]]),
                          2 * _NUMBERS)  # fmt: skip
    both = np.split(maps, 2)
    channels = _channels(found)
    other = found.before.rather_than
    answers = answers_on_one_scale((found.answers, found.answers_after), found.class_index, other)
    gap = -found.completeness_gap
    values = {
        "label": found.label,
        "layer": found.layer,
        "side": "for" if found.sign == "pos" else "against",
        "kinds": found.kinds,
        **where_from(found.provenance),
        "before_name": _name_before(found),
        "images": images,
        "answers": answers[0],
        "answers_after": answers[1],
        "logits": (found.logit_before, found.logit_after),
        "waterfall": _change_bars(found, flip, gap),
        "cards": cards,
        "restoration": found.restoration,
        "restored": _restored(found),
        "channels": channels,
        "grid": maps.shape[1:],
        "cell": cell,
        "of_activations": found.maps_of == ACTIVATION,
        "origin": origin(found.provenance, command, found.seconds, _facts(found)),
    }
    data = {
        "kind": "comparison",
        "label": found.label,
        "layer": found.layer,
        "sign": found.sign,
        "cut": found.cut,
        "flip": flip,
        "largest": float(np.abs(np.where(np.isfinite(maps), maps, 0)).max(initial=0)),
        "grid": {
            "height": maps.shape[1],
            "width": maps.shape[2],
            "maps": [float32_base64(own) for own in both],
        },
        "logit": {"before": found.logit_before, "after": found.logit_after, "gap": gap},
        "groups": [
            {
                "name": own.name,
                "kind": own.kind,
                "before": own.before,
                "after": own.after,
                "change": own.change,
                "channels": own.channels,
                "picture": card.icon,
            }
            for own, card in zip(found.groups, cards, strict=False)
        ],
        "rest": {key: getattr(found.rest, key) for key in ("before", "after", "change")},
        "restoration": None if found.restoration is None else vars(found.restoration),
        "answers": [vars(answer) for answer in found.answers],
        "answers_after": [vars(answer) for answer in found.answers_after],
        "channels": channels,
    }
    title = f"What became of the features {values['side']} “{found.label}”"
    return Contents("comparison.html", title, values, data, pictures, len(found.groups))


def _name_before(found: Comparison) -> str | None:
    """The name of the image before, as the options of the comparison have it."""
    options = {} if found.provenance is None else found.provenance.options
    before = options.get("before")
    name = before.get("name") if isinstance(before, Mapping) else None
    return name if isinstance(name, str) else None


def _facts(found: Comparison) -> list[tuple[str, str]]:
    total = float(found.after.values.sum() - found.before.values.sum())
    return [
        ("attributions of all channels changed by", f"{total:.6g}"),
        ("completeness gap", f"{found.completeness_gap:.6g} of {found.change:.6g}"),
    ]


def _parts(found: Comparison) -> tuple[tuple[int | None, ChangedGroup], ...]:
    """The groups with their numbers, and last the channels in no group."""
    return (*enumerate(found.groups), (None, found.rest))


def _change_bars(found: Comparison, flip: int, gap: float) -> tuple[Bar, ...]:
    """The waterfall from no change to that of the logit, in units of the logit."""
    steps = [
        Step(group.name, flip * group.change, "rest" if k is None else "group", k,
             "" if k is None else group.kind)
        for k, group in _parts(found)
    ]  # fmt: skip
    steps.append(Step("completeness gap", gap, "rest"))
    return waterfall(steps, Step("change of the logit", found.change, "total"))


def _cards(found: Comparison, pictures: Pictures) -> tuple[Card, ...]:
    parts = _parts(found)
    scores, changes = [], []
    for k, group in parts:
        kind = "rest" if k is None else "group"
        scores += [Step("before", group.before, kind, k), Step("after", group.after, kind, k)]
        changes.append(Step("change", group.change, "for" if group.change > 0 else "against"))
    drawn, differences = bars(scores), bars(changes)
    overlays = found.overlays()
    cards = []
    for place, (k, group) in enumerate(parts):
        looks = (
            pictures.add(overlays[0][place], f"where {group.name} looks before"),
            pictures.add(overlays[1][place], f"where {group.name} looks after"),
        )
        icon = None
        if k is not None and found.icons is not None:
            icon = pictures.add(found.icons[k], f"what {group.name} wants: its icon")
        cards.append(
            Card(
                number=k,
                name=group.name,
                kind=group.kind,
                n_channels=len(group.channels),
                channels=() if k is None else _rows(found, group),
                before=drawn[2 * place],
                after=drawn[2 * place + 1],
                change=differences[place],
                overlays=looks,
                icon=icon,
                noise=k in found.zero_gradient,
            )
        )
    return tuple(cards)


def _rows(found: Comparison, group: ChangedGroup) -> tuple[tuple[int, float, float, float], ...]:
    pair = [own.values[group.channels].tolist() for own in (found.before, found.after)]
    channels = group.channels.tolist()
    return tuple((c, b, a, a - b) for c, b, a in zip(channels, *pair, strict=True))


def _restored(found: Comparison) -> dict[str, Any] | None:
    """The causal check: what share of the margin returns, and what for random sets."""
    own = found.restoration
    if own is None:
        return None
    names = {a.class_index: a.label for a in (*found.answers, *found.answers_after)}
    names |= {own.a: own.labels[0], own.b: own.labels[1]}
    random = np.asarray(own.random_shares, float)
    random = random[np.isfinite(random)]
    mean, low, high = (
        (float(random.mean()), float(random.min()), float(random.max()))
        if random.size
        else (np.nan, np.nan, np.nan)
    )
    fell = "the group that fell most" if len(own.groups) == 1 else (
        f"the {len(own.groups)} groups that fell most"
    )  # fmt: skip
    drawn: tuple[Mark, ...] = marks(
        [
            Spread(fell, own.share, detail=counted(own.n_restored, "channel")),
            Spread(
                f"{len(own.random_shares)} random sets of as many channels",
                mean, low, high, "mean, smallest and largest",
            ),
            Spread("all selected channels", own.selected_share,
                   detail=counted(own.n_selected, "channel")),
        ],
        most=1.0,
    )  # fmt: skip
    return {
        "marks": drawn,
        "margins": (own.margin_before, own.margin_after),
        "answer": names.get(own.answer, f"class {own.answer}"),
        "selected_answer": names.get(own.selected_answer, f"class {own.selected_answer}"),
    }


def _channels(found: Comparison) -> list[dict[str, Any]]:
    """All channels of the layer, what changed most first; the group is None for none."""
    groups = {int(c): k for k, group in enumerate(found.groups) for c in group.channels}
    change = found.after.values - found.before.values
    return [
        {
            "channel": int(c),
            "group": groups.get(int(c)),
            "kind": found.groups[groups[int(c)]].kind if int(c) in groups else None,
            "before": float(found.before.values[c]),
            "after": float(found.after.values[c]),
            "change": float(change[c]),
        }
        for c in np.argsort(-np.abs(change), kind="stable")
    ]
