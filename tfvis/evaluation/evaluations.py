"""How explainers score by several metrics: the result, its means and their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots, tables
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.provenance import Provenance

from ..runtime.saving import Shown
from .estimates import Estimate, estimate_of_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

__all__ = ["CaseScores", "EvaluatedCase", "Evaluation", "FinishedCases", "MetricFacts"]


@dataclass(frozen=True)
class MetricFacts:
    """What people must know of a metric to read its scores; see `CaseMetric`.

    Attributes:
        about: what it is, in one sentence.
        more_is_better: false for one that a good explanation keeps small.
        chance: what an explanation that knows nothing scores; None if that depends on the case.
        thresholds: those of which the best counts; none for a metric without.
        family: metrics of one family share their threshold.
    """

    about: str = ""
    more_is_better: bool = True
    chance: float | None = None
    thresholds: tuple[float, ...] = ()
    family: str | None = None


@dataclass(frozen=True)
class EvaluatedCase:
    """What was explained.

    Attributes:
        key: no other case has it.
        picture: the image, which several cases may share.
        kind: see `tfvis.evaluation.cases.KINDS`.
        class_index: the class.
        label: its name.
    """

    key: str
    picture: str
    kind: str
    class_index: int
    label: str


@dataclass(frozen=True, eq=False)
class CaseScores:
    """What one explainer scores: a row a case.

    Attributes:
        values: by metric: float64 (n,), or (n, T) for a metric with T thresholds; NaN where the
            metric has nothing to score.
        problems: what went wrong with each case; None if nothing did.
        seconds: how long its explanations took. Of explainers that share one, the first has it all.
    """

    values: Mapping[str, np.ndarray] = field(repr=False)
    problems: tuple[str | None, ...] = field(repr=False)
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class FinishedCases:
    """Some cases that are done, for a run that was interrupted to go on from.

    Attributes:
        key: of these cases.
        cases: what was explained.
        scores: by explainer.
    """

    key: str
    cases: tuple[EvaluatedCase, ...] = field(repr=False)
    scores: Mapping[str, CaseScores] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Evaluation(Shown):
    """What explainers score by several metrics.

    `save` writes to `<output>/<name>/evaluation`, where the name is "evaluation" if left out. A
    result of the same name with other cases, explainers, metrics or options stays; the new one goes
    beside it.

    Attributes:
        cases: what was explained, n of them.
        scores: of each explainer, by its name.
        facts: of each metric, by its name.
        seed: of the bootstrap.
        provenance: what made the result.
    """

    cases: tuple[EvaluatedCase, ...] = field(repr=False)
    scores: Mapping[str, CaseScores] = field(repr=False)
    facts: Mapping[str, MetricFacts] = field(repr=False)
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not (self.scores and self.cases and self.facts):
            raise InputError("Expected scores of at least one explainer, metric and case.")
        require_count("seed", self.seed, 0)
        n = len(self.cases)
        for name, own in self.scores.items():
            for metric, facts in self.facts.items():
                steps = (len(facts.thresholds),) if facts.thresholds else ()
                shape = np.shape(own.values[metric]) if metric in own.values else None
                if shape != (n, *steps):
                    raise InputError(
                        f"Expected values of {metric!r} by {name!r} of shape {(n, *steps)}, "
                        f"received {shape}."
                    )
            if len(own.problems) != n:
                raise InputError(
                    f"Expected a problem or None for each of {n} cases by {name!r}, received "
                    f"{len(own.problems)}."
                )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self.cases)} cases, explainers={list(self.scores)}, "
            f"metrics={list(self.facts)}, seed={self.seed})"
        )

    def values(self, explainer: str, metric: str) -> np.ndarray:
        """The scores, at the best threshold where there are some: (n,), NaN where there is none."""
        self._require(explainer, metric)
        found = self.scores[explainer].values[metric]
        if found.ndim == 1:
            return found
        return found[:, self._best(explainer, metric)]

    def threshold(self, explainer: str, metric: str) -> float | None:
        """The threshold of which the scores count; None for a metric without."""
        self._require(explainer, metric)
        steps = self.facts[metric].thresholds
        return steps[self._best(explainer, metric)] if steps else None

    def has(self, explainer: str, metric: str) -> bool:
        """Whether a metric had something to score."""
        return self.count(explainer, metric) > 0

    def count(self, explainer: str, metric: str) -> int:
        """How many cases a metric had something to score of."""
        return int((~np.isnan(self.values(explainer, metric))).sum())

    def estimate(self, explainer: str, metric: str, *, confidence: float = 0.95) -> Estimate:
        """A metric's mean over the images, and its bootstrap interval.

        Images are resampled, not cases, since the cases of an image depend on each other. The
        threshold of a metric is not chosen anew in each sample.

        Raises:
            InputError: the metric had nothing to score.
        """
        return self._bootstrap(self.values(explainer, metric), confidence)

    def difference(
        self, first: str, second: str, metric: str, *, confidence: float = 0.95
    ) -> Estimate:
        """How much higher `first` scores than `second` on the same cases; see `estimate`."""
        own, other = self.values(first, metric), self.values(second, metric)
        return self._bootstrap(own - other, confidence)

    @cached_property
    def estimates(self) -> Mapping[str, Mapping[str, Estimate]]:
        """Each mean and its 95 % interval, by metric and explainer, where there are scores."""
        return {
            metric: {name: self.estimate(name, metric) for name in self.scores
                     if self.has(name, metric)}
            for metric in self.facts
        }  # fmt: skip

    def ranked(self, metric: str) -> tuple[str, ...]:
        """The explainers that have scores, best first."""
        self._require(next(iter(self.scores)), metric)
        sign = -1 if self.facts[metric].more_is_better else 1
        own = self.estimates[metric]
        return tuple(sorted(own, key=lambda name: sign * own[name].mean))

    def places(self, metric: str) -> dict[str, int]:
        """The place of each explainer that has scores, from 1; equal means share the better one."""
        own = self.estimates[metric]
        ranked = self.ranked(metric)
        means = [own[name].mean for name in ranked]
        return {name: 1 + means.index(own[name].mean) for name in ranked}

    def rows(self) -> Iterator[tuple[str, str, EvaluatedCase, float, float | None]]:
        """Each score: explainer, metric, case, value, threshold. Missing scores are left out."""
        for explainer in self.scores:
            for metric in self.facts:
                threshold = self.threshold(explainer, metric)
                values = self.values(explainer, metric).tolist()
                for case, value in zip(self.cases, values, strict=True):
                    if not np.isnan(value):
                        yield explainer, metric, case, value, threshold

    def sheet(self) -> np.ndarray:
        """The means and their intervals, a panel a metric.

        Returns:
            float32 (height, width, 3) in [0, 1].
        """
        return plots.intervals(
            f"Means over {len(self.cases)} cases, 95 % intervals",
            {
                metric if self.facts[metric].more_is_better else f"{metric} (less is better)": {
                    name: (own[name].mean, own[name].low, own[name].high)
                    for name in self.ranked(metric)
                }
                for metric, own in self.estimates.items()
                if own
            },
        )

    def to_dataframe(self) -> DataFrame:
        """A row a score.

        Returns:
            A `pandas.DataFrame` with the columns `explainer`, `metric`, `kind`, `image`, `class`,
            `value` and `threshold` (NaN for a metric without).

        Raises:
            InputError: pandas is not installed.
        """
        rows = [
            (explainer, metric, case.kind, case.picture, case.label, value, threshold)
            for explainer, metric, case, value, threshold in self.rows()
        ]
        names = ("explainer", "metric", "kind", "image", "class", "value", "threshold")
        return tables.table_of_rows(names, rows)

    def _best(self, explainer: str, metric: str) -> int:
        """The place of the threshold that counts: one for a metric, or for its family."""
        own, family = self.scores[explainer].values, self.facts[metric].family
        names = [metric]
        if family is not None:
            names = [name for name, facts in self.facts.items() if facts.family == family]
        means = [mean for name in names if (mean := self._better(name, own[name])) is not None]
        if not means:
            return 0
        together = np.mean(means, axis=0)  # NaN where one of them has no score at all
        return 0 if np.isnan(together).all() else int(np.nanargmax(together))

    def _better(self, metric: str, values: np.ndarray) -> np.ndarray | None:
        """The mean at each threshold, more of which is better; None without any score."""
        counts = (~np.isnan(values)).sum(axis=0)
        if not counts.any():
            return None
        sums = np.nansum(values, axis=0)
        means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
        return means if self.facts[metric].more_is_better else -means

    def _require(self, explainer: str, metric: str) -> None:
        if explainer not in self.scores:
            raise unknown("explainer", explainer, self.scores)
        if metric not in self.facts:
            raise unknown("metric", metric, self.facts)

    def _bootstrap(self, values: np.ndarray, confidence: float) -> Estimate:
        if np.isnan(values).all():
            raise InputError("Expected a metric that had something to score, received none.")
        pictures = np.unique([case.picture for case in self.cases], return_inverse=True)[1]
        return estimate_of_images(values, pictures, seed=self.seed, confidence=confidence)
