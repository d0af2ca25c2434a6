"""The metrics by name.

A metric is added by a function and an entry in this module; `register_metric` adds one from
outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfvis.utils.errors import InputError, unknown

from .map_metrics import THRESHOLDS, energy_ratio, overlaps, pointing_game, right_over_other
from .metric_names import ABOUT

__all__ = ["Metric", "metric_names", "metrics", "register_metric", "unregister_metric"]

Score = Callable[[np.ndarray, np.ndarray, np.ndarray], "float | np.ndarray"]


@dataclass(frozen=True, eq=False)
class Metric:
    """A score of a map: more is better.

    Attributes:
        name: for people, and in results.
        score: from a map (H, W), the mask of the class's object and that of another object, bool
            (H, W), to a number; or to a number for each of `thresholds`, (T,).
        thresholds: for a metric that depends on one: that with the best mean over all scenes
            counts.
    """

    name: str
    score: Score
    thresholds: np.ndarray | None = None


_METRICS: dict[str, Metric] = {}
_TAKEN: set[str] = set()
"""Names of other scores of an evaluation."""


def register_metric(metric: Metric) -> None:
    """Make a metric known by its name; it is computed from then on.

    Raises:
        InputError: the name is taken.
    """
    if metric.name in (*_METRICS, *_TAKEN):
        raise InputError(f"The name {metric.name!r} is already taken.")
    _METRICS[metric.name] = metric


def unregister_metric(name: str) -> None:
    """Forget a metric that was registered.

    Raises:
        InputError: there is none of this name.
    """
    if name not in _METRICS:
        raise unknown("metric", name, _METRICS)
    del _METRICS[name]


def metrics() -> tuple[Metric, ...]:
    """All metrics that are known."""
    return tuple(_METRICS.values())


def metric_names() -> tuple[str, ...]:
    """Their names."""
    return tuple(_METRICS)


register_metric(Metric("pointing", lambda a_map, mask, other: pointing_game(a_map, mask)))
register_metric(Metric("energy_ratio", lambda a_map, mask, other: energy_ratio(a_map, mask)))
register_metric(Metric("right_over_other", right_over_other))
register_metric(Metric("iou", lambda a_map, mask, other: overlaps(a_map, mask), THRESHOLDS))
_TAKEN.update(set(ABOUT) - set(_METRICS))
