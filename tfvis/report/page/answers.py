"""What a network answers for an image, as bars of a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from tfvis.utils.answers import Answer, top_answers

from .charts import Bar, Step, bars


def answer_bars(
    answers: Sequence[Answer], class_index: int | None, other: int | None = None
) -> tuple[Bar, ...]:
    """The network's answers as bars of their logits; the explained class has the groups' colour.

    Args:
        answers: for one image.
        class_index: the explained class; None for none.
        other: the class that it is contrasted with; None for none.
    """
    return answers_on_one_scale([answers], class_index, other)[0]


def answers_on_one_scale(
    several: Sequence[Sequence[Answer]], class_index: int | None, other: int | None = None
) -> tuple[tuple[Bar, ...], ...]:
    """The answers for several images, whose bars can be compared; see `answer_bars`."""
    kinds = {other: "against", class_index: "for"}
    kinds.pop(None, None)
    steps = [
        [
            Step(
                answer.label,
                answer.logit,
                kinds.get(answer.class_index, "rest"),
                detail=_percent(answer.probability),
            )
            for answer in answers
        ]
        for answers in several
    ]
    drawn = iter(bars([step for own in steps for step in own]))
    return tuple(tuple(islice(drawn, len(own))) for own in steps)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if math.isfinite(share) else ""


def named_answers(logits: np.ndarray, names: Mapping[int, str]) -> tuple[Answer, ...]:
    """The answers of those classes whose names are known, the largest logit first.

    Args:
        logits: of all classes, (classes,).
        names: of some of them, by index; an index without a logit is left out.

    Example:
        >>> import numpy as np
        >>> from tfvis.report.page.answers import named_answers
        >>> [(own.label, own.probability) for own in named_answers(np.zeros(4), {2: "cat"})]
        [('cat', 0.25)]
    """
    known = [index for index in names if 0 <= index < len(logits)]
    known.sort(key=lambda index: -float(np.nan_to_num(logits[index])))
    with np.errstate(invalid="ignore"):  # logits of other kinds of results may be infinite
        found = top_answers(logits, [""] * len(logits), n=0, also=known)
    return tuple(replace(own, label=names[own.class_index]) for own in found)
