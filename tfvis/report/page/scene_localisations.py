"""The page of scores on scenes: a mean and its interval for each method and metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...evaluation.scene_results import SceneLocalisation
from .assembling import Contents
from .charts import Spread, marks
from .origin import origin, where_from
from .sprites import Pictures

_ABOUT = {
    "pointing": "how often the map's largest value lies in the object",
    "energy_ratio": "the object's share of the map over its share of the image; 1 is chance",
    "right_over_other": "how often the map is stronger in the object than in the other; 0.5 is "
    "chance",
    "iou": "intersection over union with the object, at each method's best threshold",
}
"""What metrics that come with tfvis are; more is better for every metric."""


def scene_page(found: SceneLocalisation, command: Sequence[str] | None = None) -> Contents:
    """The contents of the page of scores on scenes."""
    numbers = {method: k for k, method in enumerate(found.scores)}
    rows: list[dict[str, Any]] = []
    charts = []
    for metric in dict.fromkeys(key for own in found.scores.values() for key in own.values):
        spreads = []
        for method, scores in found.scores.items():
            if metric not in scores.values:
                continue
            own = found.estimate(method, metric)
            threshold = scores.threshold(metric) if metric in scores.thresholds else None
            rows.append({"method": method, "metric": metric, **vars(own), "threshold": threshold})
            detail = "" if threshold is None else f"threshold {threshold:g}"
            spreads.append(Spread(method, own.mean, own.low, own.high, detail, numbers[method]))
        spreads.sort(key=lambda own: -own.value)
        charts.append((metric.replace("_", " "), _ABOUT.get(metric, ""), marks(spreads)))
    values = {
        **where_from(found.provenance),
        "n_scenes": found.n_scenes,
        "methods": tuple(found.scores),
        "charts": charts,
        "rows": [tuple(row.values()) for row in rows],
        "nothing_selected": found.nothing_selected,
        "problems": _problems(found),
        "origin": origin(found.provenance, command, None, [("seed of the bootstrap",
                                                            str(found.seed))]),
    }  # fmt: skip
    data = {
        "kind": "scene_localisation",
        "scenes": found.n_scenes,
        "nothing_selected": found.nothing_selected,
        "rows": rows,
    }
    title = f"How well {len(found.scores)} methods find the objects of {found.n_scenes} scenes"
    return Contents("scene_localisation.html", title, values, data, Pictures(), len(numbers))


def _problems(found: SceneLocalisation) -> list[tuple[str, str, int]]:
    """What went wrong: the method, the problem and with how many objects."""
    told = []
    for method, scores in found.scores.items():
        counts = Counter(own for row in scores.problems for own in row if own is not None)
        told += [(method, problem, count) for problem, count in counts.most_common()]
    return told
