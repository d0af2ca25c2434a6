"""The page of an explanation: what was answered, where the groups are, each group, all channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvis.utils.choices import ACTIVATION

from ...explainers.evidence import Evidence
from ...explainers.explanation import Explanation
from .answers import answer_bars
from .assembling import Contents, float32_base64
from .charts import Bar, Step, bars, waterfall
from .grids import in_cells
from .group_worths import worths_as_data, worths_on_page
from .origin import origin, where_from
from .sprites import Pictures

_NUMBERS = 120_000
"""So many numbers of maps a page holds; a layer of more positions is shown in larger cells."""


@dataclass(frozen=True)
class Card:
    """One group on the page.

    Attributes:
        number: the group's.
        score: what it adds, sign flipped for negative features.
        share: of all that speaks as it does, in [0, 1]; None if unknown.
        error: the standard error of the score; None where attributions have none.
        channels: rows of channel, attribution and standard error.
        overlay: number of the picture of its heat map.
        icon: number of the picture of its icon; None without one.
        noise: whether the icon stayed noise.
        of_both: what it gives each of two contrasted classes, and its kind; None without a
            contrast.
        check: the verdict of its check and the reason; None without one.
    """

    number: int
    score: float
    share: float | None
    error: float | None
    channels: tuple[tuple[int, float, float | None], ...]
    overlay: int
    icon: int | None
    noise: bool
    of_both: tuple[float, float, str] | None
    check: tuple[str, str] | None


def explanation_page(found: Explanation, command: Sequence[str] | None = None) -> Contents:
    """The contents of an explanation's page."""
    pictures = Pictures()
    image = pictures.add(found.image, "the image that is explained")
    cards = _cards(found, pictures)
    evidence = found.evidence
    attribution = found.groups.attribution
    side = "for" if found.sign == "pos" else "against"
    gap = attribution.completeness_gap
    more = [] if gap is None else [("completeness gap", f"{gap:.6g} of {attribution.total:.6g}")]
    maps, cell = in_cells(found.signed_maps, _NUMBERS)  # and how many positions a cell is wide
    flip = 1 if found.sign == "pos" else -1
    values = {
        "label": found.label,
        "layer": found.layer,
        "side": side,
        **where_from(found.provenance),
        "image": image,
        "answers": answer_bars(found.answers, found.class_index, attribution.rather_than),
        "waterfall": None if evidence is None else evidence_bars(evidence, found.label, side),
        "cards": cards,
        "icons_missing": found.icons_missing,
        "contrast": found.contrast,
        "contrasts": _contrasted(found),
        "worths": worths_on_page(found),
        "channels": _channels(found),
        "grid": maps.shape[1:],
        "cell": cell,
        "of_activations": found.maps_of == ACTIVATION,
        "origin": origin(found.provenance, command, found.seconds, more),
    }
    data = {
        "kind": "explanation",
        "label": found.label,
        "layer": found.layer,
        "sign": found.sign,
        "cut": found.cut,
        "flip": flip,
        "largest": _largest(maps),
        "grid": {"height": maps.shape[1], "width": maps.shape[2], "maps": float32_base64(maps)},
        "groups": [
            {
                "score": card.score,
                "share": card.share,
                "standard_error": card.error,
                "channels": [row[0] for row in card.channels],
                "picture": card.icon,
                "check": None if card.check is None else card.check[0],
            }
            for card in cards
        ],
        "evidence": None if evidence is None else vars(evidence),
        "game": worths_as_data(found.game),
        "answers": [vars(answer) for answer in found.answers],
        "channels": values["channels"],
    }
    title = f"{found.label}: groups of {found.layer} that speak {side} it"
    return Contents("explanation.html", title, values, data, pictures, len(cards))


def evidence_bars(evidence: Evidence, label: str, side: str) -> tuple[Bar, ...]:
    """The waterfall from the logit at zero activations to the logit."""
    steps = [Step("logit where the layer is zero", evidence.at_zero, "rest")]
    steps += [
        Step(f"group {k}", value, "group", k, f"{100 * share:.1f} % of all {side} it")
        for k, (value, share) in enumerate(zip(evidence.groups, evidence.shares, strict=True))
    ]
    steps += [
        Step("other channels for it", evidence.others_for, "for"),
        Step("other channels against it", evidence.others_against, "against"),
        Step("completeness gap", evidence.gap, "rest"),
    ]
    return waterfall(steps, Step(f"logit of {label}", evidence.logit, "total"))


def _cards(found: Explanation, pictures: Pictures) -> tuple[Card, ...]:
    attribution = found.groups.attribution
    errors = attribution.standard_error
    evidence = found.evidence
    cards = []
    for k, (group, overlay) in enumerate(zip(found.groups, found.overlays(), strict=True)):
        looks = pictures.add(overlay, f"where group {k} looks: its heat map over the image")
        icon = None
        if found.icons is not None:
            icon = pictures.add(found.icons[k], f"what group {k} wants: its icon")
        both = found.contrasts[k] if found.contrasts else None
        check = found.checks[k] if found.checks else None
        cards.append(
            Card(
                number=k,
                score=group.score,
                share=None if evidence is None else evidence.shares[k],
                error=None if evidence is None or evidence.errors is None else evidence.errors[k],
                channels=tuple(
                    (int(c), float(attribution.values[c]), _error(errors, c))
                    for c in group.channels
                ),
                overlay=looks,
                icon=icon,
                noise=k in found.zero_gradient,
                of_both=None if both is None else (both.of_a, both.of_b, both.kind),
                check=None if check is None else (check.verdict, check.reason),
            )
        )
    return tuple(cards)


def _error(errors: np.ndarray | None, channel: int) -> float | None:
    return None if errors is None or not np.isfinite(errors[channel]) else float(errors[channel])


def _contrasted(found: Explanation) -> tuple[tuple[int, Bar, Bar, str], ...]:
    """Of each group what it gives the one class and the other, on one scale."""
    steps = []
    for own in found.contrasts:
        steps += [Step("", own.of_a, "for"), Step("", own.of_b, "against")]
    drawn = bars(steps)
    kinds = [own.kind for own in found.contrasts]
    pairs = zip(drawn[::2], drawn[1::2], kinds, strict=True)
    return tuple((k, *pair) for k, pair in enumerate(pairs))


def _channels(found: Explanation) -> list[dict[str, Any]]:
    """All channels of the layer: their group (None for none), attribution and standard error."""
    attribution = found.groups.attribution
    errors = attribution.standard_error
    groups = {int(c): k for k, group in enumerate(found.groups) for c in group.channels}
    order = np.argsort(-np.abs(attribution.values), kind="stable")
    return [
        {
            "channel": int(c),
            "group": groups.get(int(c)),
            "attribution": float(attribution.values[c]),
            "standard_error": _error(errors, c),
        }
        for c in order
    ]


def _largest(maps: np.ndarray) -> float:
    finite = np.where(np.isfinite(maps), maps, 0)
    return float(np.abs(finite).max(initial=0))
