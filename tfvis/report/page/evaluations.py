"""The page of an evaluation: a mean and its interval for each explainer and metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...evaluation.evaluations import Evaluation
from .assembling import Contents
from .charts import Spread, marks
from .origin import origin, where_from
from .sprites import Pictures

_ROWS = 5000
"""So many scores the downloads of the page have; the result's folder has all."""


@dataclass(frozen=True)
class Chart:
    """A metric on the page.

    Attributes:
        title: its name.
        about: what it is, which way is better, and what chance is.
        marks: the means and intervals.
    """

    title: str
    about: str
    marks: Any


def evaluation_page(found: Evaluation, command: Sequence[str] | None = None) -> Contents:
    """The contents of an evaluation's page."""
    numbers = {name: k for k, name in enumerate(found.scores)}
    charts, rows = [], []
    for metric, own in found.estimates.items():
        spreads = []
        for name in found.ranked(metric):
            threshold = found.threshold(name, metric)
            rows.append({"metric": metric, "explainer": name, **vars(own[name]),
                         "cases": found.count(name, metric), "threshold": threshold})  # fmt: skip
            detail = "" if threshold is None else f"threshold {threshold:g}"
            one = own[name]
            spreads.append(Spread(name, one.mean, one.low, one.high, detail, numbers[name]))
        if spreads:
            charts.append(Chart(metric.replace("_", " "), _about(found, metric), marks(spreads)))
    n_scores = sum(1 for _ in found.rows())
    kinds = Counter(case.kind for case in found.cases)
    values = {
        **where_from(found.provenance),
        "n_cases": len(found.cases),
        "n_images": len({case.picture for case in found.cases}),
        "kinds": sorted(kinds.items()),
        "explainers": tuple(found.scores),
        "unequal": _unequal(found),
        "charts": charts,
        "ranks": _ranks(found),
        "rows": [tuple(row.values()) for row in rows],
        "seconds": [(name, own.seconds) for name, own in found.scores.items()],
        "problems": _problems(found),
        "kept": (min(_ROWS, n_scores), n_scores),
        "origin": origin(found.provenance, command, None, [("seed of the bootstrap",
                                                            str(found.seed))]),
    }  # fmt: skip
    scores = [
        {"explainer": name, "metric": metric, "kind": case.kind, "image": case.picture,
         "class": case.label, "value": value}
        for _, (name, metric, case, value, _) in zip(range(_ROWS), found.rows(), strict=False)
    ]  # fmt: skip
    data = {"kind": "evaluation", "cases": len(found.cases), "means": rows, "rows": scores}
    n = len(found.scores)
    title = f"How {n} explainer{'s' * (n != 1)} score{'s' * (n == 1)} on {len(found.cases)} cases"
    return Contents("evaluation.html", title, values, data, Pictures(), len(numbers))


def _about(found: Evaluation, metric: str) -> str:
    facts = found.facts[metric]
    better = "More is better." if facts.more_is_better else "Less is better."
    chance = "" if facts.chance is None else f" Chance is {facts.chance:g}."
    return f"{facts.about} {better}{chance}"


def _ranks(found: Evaluation) -> list[tuple[Any, ...]]:
    """A row an explainer: its place by each metric that has scores, and their mean; best first.

    The mean is over the metrics by which all explainers have a place.
    """
    places = {metric: found.places(metric) for metric, own in found.estimates.items() if own}
    shared = [own for own in places.values() if len(own) == len(found.scores)]
    table = []
    for name in found.scores:
        mean = sum(own[name] for own in shared) / len(shared) if shared else None
        table.append((name, mean, *(own.get(name) for own in places.values())))
    return sorted(table, key=lambda row: (row[1] is None, row[1]))


def _unequal(found: Evaluation) -> bool:
    """Whether a metric has more cases of one explainer than of another."""
    return any(
        len({found.count(name, metric) for name in own}) > 1
        for metric, own in found.estimates.items()
    )


def _problems(found: Evaluation) -> list[tuple[str, str, int]]:
    """What went wrong: the explainer, the problem and with how many cases."""
    told = []
    for name, scores in found.scores.items():
        counts = Counter(own for own in scores.problems if own is not None)
        told += [(name, problem, count) for problem, count in counts.most_common()]
    return told
