"""The scores that an evaluation gives to one result, by name.

A score is added by a function and an entry in this module; `register_case_metric` adds one from
outside. Those of maps on scenes of two objects are the metrics of `metric_registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from tfvis.utils.errors import InputError, unknown

from .case_scores import (
    Asked,
    of_confidence,
    of_grid,
    of_groups,
    of_part_check,
    of_pixels,
    of_single_deletion,
    of_stability,
)
from .cases import GRID, IMAGE, KINDS, ONE_OBJECT, TWO_OBJECTS
from .group_stability import CROP, NOISE, SEED
from .metric_names import ABOUT
from .metric_registry import Metric, metrics
from .part_interventions import IMPORTANT

__all__ = [
    "CaseMetric",
    "case_metric_names",
    "case_metrics",
    "chosen_metrics",
    "register_case_metric",
    "unregister_case_metric",
]


@dataclass(frozen=True, eq=False)
class CaseMetric:
    """A score of one result.

    Attributes:
        name: for people, and in results.
        about: what it is, in one sentence.
        score: from an `Asked` to a number, or to a number for each threshold, (T,); NaN where the
            result has nothing to score.
        kinds: the cases that it can be asked about.
        more_is_better: false for one that a good explanation keeps small.
        chance: what an explanation that knows nothing scores; None if that depends on the case.
        default: whether it is computed where no metric is named.
        thresholds: (T,) for a metric that depends on one: for each explainer that with the best
            mean over all cases counts.
        family: metrics of one family are computed together and share their threshold: that with
            the best mean over the family.

    Raises:
        InputError: a kind of case is unknown.
    """

    name: str
    about: str
    score: Callable[[Asked], Any]
    kinds: tuple[str, ...] = (ONE_OBJECT, IMAGE)
    more_is_better: bool = True
    chance: float | None = None
    default: bool = True
    thresholds: np.ndarray | None = None
    family: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kinds, str):
            raise InputError(f"Expected kinds as a list, received {self.kinds!r}.")
        for kind in self.kinds:
            if kind not in KINDS:
                raise unknown("kind of case", kind, KINDS)


_METRICS: dict[str, CaseMetric] = {}


def register_case_metric(metric: CaseMetric) -> None:
    """Make a metric known by its name.

    Raises:
        InputError: the name is taken.
    """
    if metric.name in case_metric_names():
        raise InputError(f"The name {metric.name!r} is already taken.")
    _METRICS[metric.name] = metric


def unregister_case_metric(name: str) -> None:
    """Forget a metric that was registered.

    Raises:
        InputError: there is none of this name.
    """
    if name not in _METRICS:
        raise unknown("metric", name, _METRICS)
    del _METRICS[name]


def case_metrics() -> tuple[CaseMetric, ...]:
    """All metrics that are known, those of maps on scenes first."""
    of_scenes = (own for own in metrics() if own.name not in _METRICS)
    return (*map(_on_scenes, of_scenes), *_METRICS.values())


def case_metric_names() -> tuple[str, ...]:
    """Their names."""
    return tuple(own.name for own in case_metrics())


def chosen_metrics(
    named: Sequence[str | CaseMetric] | None, kinds: Collection[str]
) -> tuple[CaseMetric, ...]:
    """The metrics that are meant.

    Args:
        named: names, and metrics of one's own; the default ones that the cases allow if None. Each
            counts once; with one of a family come the others.
        kinds: of the cases that there are.

    Raises:
        InputError: an unknown name, two metrics of one name, a metric that scores no such case, or
            a family whose metrics have different thresholds.
    """
    known = {own.name: own for own in case_metrics()}
    if named is None:
        return tuple(own for own in known.values() if own.default and set(own.kinds) & set(kinds))
    if isinstance(named, str) or not len(named):
        raise InputError(f"Expected a list of at least one metric, received {named!r}.")
    found: dict[str, CaseMetric] = {}
    for given in named:
        if isinstance(given, str) and given not in known:
            raise unknown("metric", given, known)
        own = known[given] if isinstance(given, str) else given
        if not isinstance(own, CaseMetric):
            raise InputError(f"Expected a metric's name or a CaseMetric, received {given!r}.")
        if found.get(own.name, own) is not own:
            raise InputError(f"Two metrics are called {own.name!r}.")
        if not set(own.kinds) & set(kinds):
            raise InputError(
                f"The metric {own.name!r} needs cases of the kind {' or '.join(own.kinds)}, "
                f"received {', '.join(kinds)}."
            )
        found[own.name] = own
    families = {own.family for own in found.values()} - {None}
    for own in known.values():
        if own.family in families:
            found.setdefault(own.name, own)
    _require_same_thresholds(found.values())
    return tuple(found.values())


def _require_same_thresholds(chosen: Iterable[CaseMetric]) -> None:
    first: dict[str, CaseMetric] = {}
    for own in chosen:
        if own.family is None:
            continue
        other = first.setdefault(own.family, own)
        steps = [() if one.thresholds is None else tuple(one.thresholds) for one in (own, other)]
        if steps[0] != steps[1]:
            raise InputError(
                f"Expected equal thresholds in the family {own.family!r}, received others of "
                f"{own.name!r} than of {other.name!r}."
            )


_CHANCE = {"energy_ratio": 1.0, "right_over_other": 0.5}
"""Of metrics that come with tfvis."""


@cache
def _on_scenes(metric: Metric) -> CaseMetric:
    """A metric of maps against masks; the same object each time."""

    def score(asked: Asked) -> np.ndarray:
        mask, other = asked.case.mask, asked.case.other
        if mask is None or other is None:
            raise InputError(f"Expected a scene of two objects, received {asked.case.key}.")
        return asked.mean_over_maps(lambda a_map: metric.score(a_map, mask, other))

    return CaseMetric(
        metric.name,
        ABOUT.get(metric.name, f"{metric.name} of the map and the object."),
        score,
        kinds=(TWO_OBJECTS,),
        chance=_CHANCE.get(metric.name),
        thresholds=metric.thresholds,
    )


def _own(name: str, score: Callable[..., Any], **facts: Any) -> CaseMetric:
    """A metric that comes with tfvis; `facts` has the fields in which it differs from others."""
    return CaseMetric(name, ABOUT[name], score, **facts)


_DELETED, _INSERTED = partial(of_pixels, insert=False), partial(of_pixels, insert=True)
_PARTS: dict[str, Any] = {"kinds": (ONE_OBJECT,)}
_CHECKS: dict[str, Any] = {**_PARTS, "thresholds": IMPORTANT, "family": "parts"}
_GROUPS: dict[str, Any] = {"kinds": (TWO_OBJECTS, ONE_OBJECT, IMAGE)}
_RARE: dict[str, Any] = {"default": False}

for _metric in (
    _own("grid_pointing", of_grid, kinds=(GRID,), chance=0.25),
    _own("pixel_deletion", partial(_DELETED, background="blur"), more_is_better=False),
    _own("pixel_insertion", partial(_INSERTED, background="blur")),
    _own("pixel_deletion_mean", partial(_DELETED, background="mean"),
         more_is_better=False, **_RARE),
    _own("pixel_insertion_mean", partial(_INSERTED, background="mean"), **_RARE),
    _own("average_drop", partial(of_confidence, what="drop"), more_is_better=False),
    _own("average_increase", partial(of_confidence, what="increased")),
    _own("single_deletion", of_single_deletion, **_PARTS),
    _own("single_deletion_density", partial(of_single_deletion, density=True), chance=0.0,
         **_PARTS, **_RARE),
    _own("part_preservation", partial(of_part_check, what="preservation"), **_CHECKS),
    _own("part_deletion", partial(of_part_check, what="deletion"), **_CHECKS),
    _own("controlled_data", partial(of_part_check, what="controlled"), **_CHECKS),
    _own("group_deletion", partial(of_groups, insert=False, over_random=False), **_GROUPS),
    _own("group_deletion_over_random", partial(of_groups, insert=False, over_random=True),
         chance=0.0, **_GROUPS),
    _own("group_insertion", partial(of_groups, insert=True, over_random=False), **_GROUPS, **_RARE),
    _own("group_insertion_over_random", partial(of_groups, insert=True, over_random=True),
         chance=0.0, **_GROUPS, **_RARE),
    _own("stability_seed", partial(of_stability, change=SEED), chance=0.0, **_GROUPS, **_RARE),
    _own("stability_noise", partial(of_stability, change=NOISE), chance=0.0, **_GROUPS, **_RARE),
    _own("stability_crop", partial(of_stability, change=CROP), chance=0.0, **_GROUPS, **_RARE),
):  # fmt: skip
    register_case_metric(_metric)
