"""The page of a mask, and of both steps of guided feature inversion: what is kept and hidden."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvis.utils import plots
from tfvis.utils.answers import Answer

from ...explainers.masks import Inversion, MaskExplanation
from .answers import answer_bars, named_answers
from .assembling import Contents
from .charts import Bar, Plot, Step, bars, plot
from .origin import origin, where_from
from .sprites import Pictures

_PICTURES = ("where the mask is", "what it keeps", "what it hides", "the mask")


@dataclass(frozen=True)
class Panel:
    """One mask on the page.

    Attributes:
        id: of its panel.
        name: what it is for, in a word or two.
        label: the class; "" for none.
        problem: what went wrong; None if nothing did.
        pictures: their numbers, and what each shows.
        mean: the mean of the mask.
        iterations: how many updates there were.
        losses: the curve; None where no loss is known.
        logits: of each class whose name is known its name, and the bars of its logit for the image,
            for what is kept and for what is hidden.
        begun: of the explained class the logits of what is kept and hidden before the first update;
            None without a class.
    """

    id: str
    name: str
    label: str
    problem: str | None
    pictures: tuple[tuple[int, str], ...]
    mean: float
    iterations: int
    losses: Plot | None
    logits: tuple[tuple[str, Bar, Bar, Bar], ...]
    begun: tuple[float, float] | None


def mask_page(found: MaskExplanation, command: Sequence[str] | None = None) -> Contents:
    """The contents of the page of one mask."""
    title = f"{found.method}: {found.label}" if found.label else found.method
    return _page([(found.label or "the mask", found)], title, found.method, command)


def inversion_page(found: Inversion, command: Sequence[str] | None = None) -> Contents:
    """The contents of the page of both steps of guided feature inversion."""
    labels = ", ".join(own.label for own in found.discriminated)
    title = f"Guided feature inversion: {labels}" if labels else "Guided feature inversion"
    seconds = dict(found.seconds)
    images = seconds.pop("images", None)
    facts = [] if images is None else [("images that were explained together", f"{images:g}")]
    masks = [("step 1", found.saliency), *((own.label, own) for own in found.discriminated)]
    return _page(masks, title, "guided feature inversion", command, seconds, facts)


def _page(
    named: Sequence[tuple[str, MaskExplanation]],
    title: str,
    method: str,
    command: Sequence[str] | None,
    seconds: Mapping[str, float] | None = None,
    facts: Sequence[tuple[str, str]] = (),
) -> Contents:
    pictures = Pictures()
    masks = [own for _, own in named]
    first, last = masks[0], masks[-1]
    image = pictures.add(first.image, "the image that is explained")
    answers = next((own.answers for own in masks if own.answers), ())
    explained = next((own.class_index for own in masks if own.class_index is not None), None)
    panels = [_panel(f"mask-{k}", name, own, pictures) for k, (name, own) in enumerate(named)]
    rows = [row for own, panel in zip(masks, panels, strict=True) for row in _rows(own, panel)]
    values = {
        **where_from(last.provenance),
        "method": method,
        "labels": [own.label for own in masks if own.label],
        "image": image,
        "answers": answer_bars(answers, explained),
        "panels": panels,
        "tabs": [*((own.id, own.name) for own in panels), ("made", "How it was made")],
        "origin": origin(last.provenance, command, seconds, facts),
    }
    data = {
        "kind": "masks",
        "method": method,
        "masks": [
            {
                "mask": panel.name,
                "label": own.label,
                "problem": own.problem,
                "mean": panel.mean,
                "losses": own.losses,
                "weights": own.weights,
            }
            for own, panel in zip(masks, panels, strict=True)
        ],
        "answers": [vars(answer) for answer in answers],
        "rows": rows,
    }
    return Contents("masks.html", title, values, data, pictures, 1)


def _panel(place: str, name: str, found: MaskExplanation, pictures: Pictures) -> Panel:
    grey = np.repeat(np.asarray(found.mask)[..., np.newaxis], 3, axis=-1)
    shown = (plots.overlay(found.image, found.mask), found.mixture, found.complement, grey)
    index = found.class_index
    return Panel(
        id=place,
        name=name,
        label=found.label,
        problem=found.problem,
        pictures=tuple(
            (pictures.add(picture, f"{what}, for {name}"), what)
            for picture, what in zip(shown, _PICTURES, strict=True)
        ),
        mean=float(np.mean(found.mask)),
        iterations=found.iterations,
        losses=_losses(found.losses),
        logits=_logits(found),
        begun=None if not _has(found, index) else (
            float(found.kept_logits[0][index]), float(found.hidden_logits[0][index])
        ),
    )  # fmt: skip


def _has(found: MaskExplanation, index: int | None) -> bool:
    return index is not None and 0 <= index < len(found.logits)


def _losses(losses: np.ndarray) -> Plot | None:
    if not np.isfinite(losses).any():
        return None
    return plot([("loss", np.arange(len(losses)), losses)])


def _classes(found: MaskExplanation) -> tuple[Answer, ...]:
    """The classes whose names are known: the answers, or the explained class alone."""
    names = {answer.class_index: answer.label for answer in found.answers}
    if found.class_index is not None:
        names.setdefault(found.class_index, found.label)
    return named_answers(found.logits, names)


def _logits(found: MaskExplanation) -> tuple[tuple[str, Bar, Bar, Bar], ...]:
    """Of each known class its name, and its logits as bars on one scale."""
    classes = _classes(found)
    drawn = bars(
        [
            Step(what, float(row[answer.class_index]), kind)
            for answer in classes
            for what, row, kind in (
                ("image", found.logits, "total"),
                ("kept", found.kept_logits[-1], "for"),
                ("hidden", found.hidden_logits[-1], "against"),
            )
        ]
    )
    return tuple(
        (answer.label, *own)
        for answer, own in zip(classes, zip(drawn[::3], drawn[1::3], drawn[2::3], strict=True),
                               strict=True)
    )  # fmt: skip


def _rows(found: MaskExplanation, panel: Panel) -> list[dict[str, Any]]:
    """A row a mask and known class: the logits before the first update, and with the mask."""
    rows = [
        {
            "mask": panel.name,
            "label": answer.label,
            "image": float(found.logits[answer.class_index]),
            "kept_at_first": float(found.kept_logits[0][answer.class_index]),
            "kept": float(found.kept_logits[-1][answer.class_index]),
            "hidden_at_first": float(found.hidden_logits[0][answer.class_index]),
            "hidden": float(found.hidden_logits[-1][answer.class_index]),
        }
        for answer in _classes(found)
    ]
    if rows:
        return rows
    unknown = dict.fromkeys(
        ("image", "kept_at_first", "kept", "hidden_at_first", "hidden"), math.nan
    )
    return [{"mask": panel.name, "label": "", **unknown}]
