"""The page of an adversarial sample: the image, what was changed, and what the network says now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvis.utils.answers import Answer

from ...attacks.options import NORMS, PgdOptions
from ...attacks.samples import MOST_CHANGED, AdversarialSample
from .answers import answers_on_one_scale, named_answers
from .assembling import Contents
from .origin import as_words, origin, where_from
from .sprites import Pictures

_BUDGET = {
    "norm": "norm",
    "epsilon": "epsilon, in 1/255",
    "steps": "steps",
    "side": "side of the patch, in pixels",
    "scales": "scales of the patch",
    "degrees": "degrees that it is turned by",
}
"""Options of attacks that say how much may be changed, and what they are called here."""

_CLASSES, _LISTED = 2000, MOST_CHANGED
"""So many classes the downloads have, and the table on the page: those that changed most."""

_METHODS = {"fgsm": "FGSM", "pgd": "PGD", "patch": "a patch"}


def attack_page(found: AdversarialSample, command: Sequence[str] | None = None) -> Contents:
    """The contents of a sample's page."""
    pictures = Pictures()
    shown = [
        (pictures.add(found.image, "the image before the attack"), "before"),
        (
            pictures.add(found.magnified(), "the change of each pixel, around grey"),
            f"the change, times {_factor(found)}; grey is none",
        ),
        (pictures.add(found.sample, "the sample: the image after the attack"), "the sample"),
    ]
    if found.patch is not None:
        shown.append((pictures.add(found.patch, "the patch that was pasted"), "the patch"))
    before, after = _answers(found)
    bars = answers_on_one_scale((before, after), found.class_index, found.answer)
    rows = _rows(found)
    changed = np.abs(found.change)
    values = {
        **where_from(found.provenance),
        "found": found,
        "shown": shown,
        "answers": bars[0],
        "answers_after": bars[1],
        "outcome": _outcome(found),
        "size": (
            ("largest change of a channel, in 1/255 (L∞)", found.largest_change),
            ("length of the change, in 1/255 (L2)", found.length_of_change),
            ("mean change of a channel, in 1/255", float(changed.mean())),
            ("share of the pixels that changed", float((changed.max(axis=-1) > 0).mean())),
        ),
        "budget": _budget(found),
        "rows": [tuple(row.values()) for row in rows[:_LISTED]],
        "n_classes": len(found.logits),
        "n_kept": len(rows),
        "origin": origin(found.provenance, command),
    }
    data = {
        "kind": "attack",
        "method": found.method,
        "label": found.label,
        "target": found.target_label if found.target is not None else None,
        "answer": found.answer_label,
        "succeeded": found.succeeded,
        "largest_change": found.largest_change,
        "length_of_change": found.length_of_change,
        "rows": rows,
    }
    return Contents("attack.html", values["outcome"], values, data, pictures)


def _factor(found: AdversarialSample) -> str:
    return f"{127.5 / max(1, found.largest_change):.3g}"


def _outcome(found: AdversarialSample) -> str:
    """What became of the answer, in a line."""
    method = _METHODS.get(found.method, found.method)
    if found.answer == found.class_index:
        return f"“{found.label}” stays the answer in spite of {method}"
    return f"“{found.label}” becomes “{found.answer_label}” by {method}"


def _names(found: AdversarialSample) -> dict[int, str]:
    """The classes whose names the sample knows."""
    answers = (*found.answers, *found.sample_answers, *found.changed_answers)
    names = {a.class_index: a.label for a in answers}
    names |= {found.class_index: found.label, found.answer: found.answer_label}
    return names if found.target is None else names | {found.target: found.target_label}


def _answers(found: AdversarialSample) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
    """The answers before and after; of a sample without them, those of the classes it names."""
    names = _names(found)
    return (
        found.answers or named_answers(found.logits, names),
        found.sample_answers or named_answers(found.sample_logits, names),
    )


def _budget(found: AdversarialSample) -> tuple[tuple[str, str], ...]:
    options = {} if found.provenance is None else dict(found.provenance.options)
    if options.get("epsilon") is None and options.get("norm") in NORMS:
        options["epsilon"] = f"{PgdOptions(norm=options['norm']).budget:g}"
    told = {name: options[name] for name in _BUDGET if options.get(name) is not None}
    return tuple((_BUDGET[name], as_words(value)) for name, value in told.items())


def _rows(found: AdversarialSample) -> list[dict[str, Any]]:
    """The logits of the classes that changed most; a name that is not known is None."""
    names = _names(found)
    before, after = np.asarray(found.logits, float), np.asarray(found.sample_logits, float)
    change = after - before
    order = np.argsort(-np.abs(np.nan_to_num(change)), kind="stable")[:_CLASSES]
    return [
        {
            "class_index": int(c),
            "label": names.get(int(c)),
            "before": float(before[c]),
            "after": float(after[c]),
            "change": float(change[c]),
        }
        for c in order
    ]
