"""The work of an evaluation: cases in batches, explained and scored, the finished ones kept."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.base import ClassMap
from ..explainers.registry import methods
from .case_metric_registry import CaseMetric
from .case_scores import Answers, Asked
from .cases import Case, CaseList
from .contenders import Contender
from .evaluations import CaseScores, EvaluatedCase, Evaluation, FinishedCases, MetricFacts
from .explaining import Found, explain_all, is_broken, reason_of, require_explained

__all__ = ["EvaluationPlan"]

_FIRST = 8
"""An explainer that cannot explain so many cases, the first, ends the evaluation."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluationPlan:
    """What an evaluation will do.

    Attributes:
        net: the network.
        contenders: the explainers that are compared.
        metrics: what each of their results is scored by.
        cases: what they explain.
        optimised_cases: so many cases of each kind, the first, are explained by methods that
            optimise a mask.
        seed: random seed of metrics and of the bootstrap.
        batch_size: cases that are explained together.
        provenance: what will make the result.
    """

    net: Network
    contenders: Sequence[Contender]
    metrics: Sequence[CaseMetric]
    cases: CaseList
    optimised_cases: int
    seed: int
    batch_size: int
    provenance: Provenance

    def run(
        self,
        *,
        known: Mapping[str, FinishedCases] | None = None,
        finished: Callable[[FinishedCases], None] | None = None,
        progress: Progress = silent,
    ) -> Evaluation:
        """Do it; see `evaluate`."""
        known = known or {}
        parts: list[FinishedCases] = []
        # A later run takes for granted that no explainer of what was finished is broken.
        unchecked: list[FinishedCases] = []
        first: dict[str, list[ClassMap]] | None = {own.name: [] for own in self.contenders}
        for numbers in self.batches:
            part = known.get(_key(numbers))
            if part is None or not self._is_of(part, numbers):
                part, results = self._finish(numbers)
                if first is not None:
                    for name, own in results.items():
                        first[name] += own
                    if numbers[-1] + 1 >= min(_FIRST, len(self.cases)):
                        _require_explained(first)
                    if not any(map(is_broken, first.values())):
                        first = None
                unchecked.append(part)
            else:
                first = None  # they were explained by an earlier run
            parts.append(part)
            if first is None and finished is not None:
                while unchecked:
                    finished(unchecked.pop(0))
            progress(numbers[-1] + 1, len(self.cases))
        scores = {own.name: _joined([part.scores[own.name] for part in parts])
                  for own in self.contenders}  # fmt: skip
        _warn(scores)
        return Evaluation(
            cases=tuple(own for part in parts for own in part.cases),
            scores=scores,
            facts={own.name: _facts(own) for own in self.metrics},
            seed=self.seed,
            provenance=self.provenance,
        )

    @property
    def batches(self) -> list[range]:
        """The numbers of the cases that are explained together."""
        n, size = len(self.cases), self.batch_size
        return [range(first, min(first + size, n)) for first in range(0, n, size)]

    @cached_property
    def _limits(self) -> Mapping[str, frozenset[int] | None]:
        """By explainer: the numbers of the cases that it explains; None for all."""
        optimised = {own.name for own in methods() if own.optimised}
        seen: Counter[str] = Counter()
        first = []
        for number, kind in enumerate(self.cases.kinds):
            seen[kind] += 1
            if seen[kind] <= self.optimised_cases:
                first.append(number)
        some = frozenset(first) if len(first) < len(self.cases) else None
        return {own.name: some if own.name in optimised else None for own in self.contenders}

    def _is_of(self, part: FinishedCases, numbers: range) -> bool:
        """Whether a part that is known is what this plan makes of these cases."""
        names = {own.name for own in self.contenders}
        shapes = {own.name: _shape(own, len(numbers)) for own in self.metrics}
        return (
            tuple(case.key for case in part.cases) == self.cases.keys[numbers[0] : numbers[-1] + 1]
            and set(part.scores) == names
            and all(
                {metric: np.shape(values) for metric, values in own.values.items()} == shapes
                and len(own.problems) == len(numbers)
                for own in part.scores.values()
            )
        )

    def _finish(self, numbers: range) -> tuple[FinishedCases, dict[str, list[ClassMap]]]:
        """Explain and score some cases; the results, too."""
        cases = [self.cases[k] for k in numbers]
        answers = [Answers(self.net, case) for case in cases]
        scores: dict[str, CaseScores] = {}
        results: dict[str, list[ClassMap]] = {}
        for some in self._alike():
            limit = self._limits[some[0].name]
            at = [k for k, n in enumerate(numbers) if limit is None or n in limit]
            found, seconds = self._explained(some, [cases[k] for k in at])
            for own in some:
                rows = dict(zip(at, found[own.name], strict=True)) if at else {}
                results[own.name] = [one.result for one in rows.values()]
                scores[own.name] = self._scored(own, cases, answers, rows, seconds[own.name])
        evaluated = tuple(
            EvaluatedCase(own.key, own.picture, own.kind, own.class_index, own.label)
            for own in cases
        )
        ordered = {own.name: scores[own.name] for own in self.contenders}
        return FinishedCases(_key(numbers), evaluated, ordered), results

    def _alike(self) -> list[list[Contender]]:
        """The contenders that explain the same cases, together: they may share an explainer."""
        found: dict[frozenset[int] | None, list[Contender]] = {}
        for own in self.contenders:
            found.setdefault(self._limits[own.name], []).append(own)
        return list(found.values())

    def _explained(
        self, contenders: Sequence[Contender], cases: Sequence[Case]
    ) -> tuple[dict[str, list[Found]], dict[str, float]]:
        """What contenders find, and how long each took."""
        if not cases:
            return {}, {own.name: 0.0 for own in contenders}
        times = [time.perf_counter()]
        found = explain_all(
            contenders,
            [case.image for case in cases],
            [case.class_index for case in cases],
            tolerant=True,
            progress=lambda *_: times.append(time.perf_counter()),
        )
        seconds = np.diff(times).tolist()
        return found, {own.name: s for own, s in zip(contenders, seconds, strict=True)}

    def _scored(
        self,
        own: Contender,
        cases: Sequence[Case],
        answers: Sequence[Answers],
        found: Mapping[int, Found],
        seconds: float,
    ) -> CaseScores:
        values = {}
        for metric in self.metrics:
            values[metric.name] = np.full(_shape(metric, len(cases)), np.nan)
            for k, result in found.items():
                if cases[k].kind in metric.kinds:
                    asked = Asked(self.net, cases[k], answers[k], result, own.explainer, self.seed)
                    values[metric.name][k] = _score(metric, asked, own.name)
        problems = tuple(found[k].result.problem if k in found else None for k in range(len(cases)))
        return CaseScores(values, problems, seconds)


def _shape(metric: CaseMetric, n: int) -> tuple[int, ...]:
    """Of a metric's scores of n cases."""
    return (n,) if metric.thresholds is None else (n, len(metric.thresholds))


def _score(metric: CaseMetric, asked: Asked, explainer: str) -> np.ndarray:
    """A metric's score; an `InputError` that says where it failed, or gave something else."""
    where = f"The metric {metric.name!r} of {explainer!r} for {asked.case.key!r}"
    try:
        given = metric.score(asked)
        if given is None:
            raise InputError("expected a number, received None.")
        found = np.asarray(given, np.float64)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except Exception as error:
        raise InputError(f"{where} failed: {reason_of(error)}") from error
    expected = _shape(metric, 1)[1:]
    if found.shape != expected:
        raise InputError(f"{where}: expected a score of shape {expected}, received {found.shape}.")
    return found


def _require_explained(first: Mapping[str, Sequence[ClassMap]]) -> None:
    """An `InputError` for an explainer whose code fails for all of the first cases."""
    for name, results in first.items():
        require_explained(name, results, "first cases")


def _key(numbers: range) -> str:
    return f"{numbers[0]}-{numbers[-1]}"


def _joined(parts: Sequence[CaseScores]) -> CaseScores:
    return CaseScores(
        {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
        tuple(problem for part in parts for problem in part.problems),
        sum(part.seconds for part in parts),
    )


def _facts(metric: CaseMetric) -> MetricFacts:
    steps = () if metric.thresholds is None else tuple(float(own) for own in metric.thresholds)
    return MetricFacts(metric.about, metric.more_is_better, metric.chance, steps, metric.family)


def _warn(scores: Mapping[str, CaseScores]) -> None:
    """Log what went wrong with maps."""
    for name, own in scores.items():
        told = [problem for problem in own.problems if problem is not None]
        if told:
            logger.warning(
                "%s: something went wrong with %d of %d cases. The first: %s",
                name, len(told), len(own.problems), told[0],
            )  # fmt: skip
