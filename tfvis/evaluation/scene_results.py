"""How well methods find the objects of scenes: the result, its means and their intervals."""

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
from .estimates import Estimate, estimate_of_mean

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Estimate", "SceneLocalisation", "Scores"]


@dataclass(frozen=True, eq=False)
class Scores:
    """What one method's maps score: a row a scene, a column an object.

    The scores are those of `tfvis.evaluation.metrics`. Where several of a method's maps count for
    an object, each is scored on its own, and the object's score is the mean.

    Attributes:
        values: by metric: (n, 2), or (n, 2, T) for a metric with T thresholds.
        thresholds: by metric, where it has some: (T,).
        problems: what went wrong with each object's map; None if nothing did.
    """

    values: Mapping[str, np.ndarray] = field(repr=False)
    thresholds: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    problems: tuple[tuple[str | None, ...], ...] = field(default=(), repr=False)

    def __getitem__(self, metric: str) -> np.ndarray:
        """A metric's scores, at its best threshold where it has some: (n, 2)."""
        if metric not in self.values:
            raise unknown("metric", metric, self.values)
        found = self.values[metric]
        return found if found.ndim == 2 else found[..., self._best(metric)]

    def threshold(self, metric: str = "iou") -> float:
        """The threshold, one for all scenes, with the best mean score.

        Raises:
            InputError: there is no such metric, or it has no thresholds.
        """
        if metric not in self.thresholds:
            raise unknown("metric with thresholds", metric, self.thresholds)
        return float(self.thresholds[metric][self._best(metric)])

    def problem(self, scene: int, place: int) -> str | None:
        """What went wrong with an object's map; None if nothing did, or nothing is known of it."""
        return self.problems[scene][place] if self.problems else None

    def _best(self, metric: str) -> int:
        return int(self.values[metric].mean(axis=(0, 1)).argmax())


@dataclass(frozen=True, eq=False)
class SceneLocalisation(Shown):
    """How well methods find the objects whose classes they explain.

    `save` writes to `<output>/<name>/scene_localisation`, where the name is "scenes" if left out. A
    result of the same name with other scenes, methods or options stays; the new one goes beside it.

    Attributes:
        scores: of each method, by its name.
        nothing_selected: for how many of the 2 n classes no channel stood out for some method.
        seed: of the bootstrap.
        provenance: what made the result. Its options have each method's own, the metrics' names,
            and a digest of the scenes' images, masks and labels. None for one made by hand.
    """

    scores: Mapping[str, Scores]
    nothing_selected: int
    seed: int
    provenance: Provenance | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.scores or not all(own.values for own in self.scores.values()):
            raise InputError("Expected scores of at least one method by at least one metric.")
        require_count("seed", self.seed, 0)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.n_scenes} scenes, methods={list(self.scores)}, "
            f"nothing_selected={self.nothing_selected}, seed={self.seed})"
        )

    @property
    def n_scenes(self) -> int:
        """How many scenes there were."""
        return len(next(iter(next(iter(self.scores.values())).values.values())))

    def estimate(self, method: str, metric: str, *, confidence: float = 0.95) -> Estimate:
        """A metric's mean over the scenes, and its bootstrap interval.

        Scenes are resampled, not objects, since the two objects of a scene depend on each other
        (percentiles; Efron, Tibshirani 1993, chapter 13). The threshold of a metric is not
        chosen anew in each sample.

        Args:
            method: one of those that were run.
            metric: a metric's name.
            confidence: in (0, 1).
        """
        return self._bootstrap(self._values(method, metric), confidence)

    def difference(
        self, first: str, second: str, metric: str, *, confidence: float = 0.95
    ) -> Estimate:
        """How much higher `first` scores than `second` on the same scenes; see `estimate`."""
        values = self._values(first, metric) - self._values(second, metric)
        return self._bootstrap(values, confidence)

    @cached_property
    def estimates(self) -> Mapping[str, Mapping[str, Estimate]]:
        """Each mean and its 95 % interval, by metric and method; see `estimate`."""
        metrics = dict.fromkeys(key for own in self.scores.values() for key in own.values)
        return {
            metric: {method: self.estimate(method, metric) for method in self.scores}
            for metric in metrics
        }

    def sheet(self) -> np.ndarray:
        """The means and their intervals, a panel a metric.

        Returns:
            float32 (height, width, 3) in [0, 1].
        """
        return plots.intervals(
            f"Means over {self.n_scenes} scenes, 95 % intervals",
            {
                metric: {method: (one.mean, one.low, one.high) for method, one in own.items()}
                for metric, own in self.estimates.items()
            },
        )

    def to_dataframe(self) -> DataFrame:
        """A row a score: of each method and metric, for each scene and object.

        Returns:
            A `pandas.DataFrame` with the columns `method`, `metric`, `scene` and `object` (numbers
            from 0), `score`, `threshold` (the one that counts; NaN for a metric without) and
            `problem` (what went wrong with the object's map; missing if nothing did).

        Raises:
            InputError: pandas is not installed.

        Example:
            >>> import numpy as np
            >>> scores = Scores({"pointing": np.array([[1.0, 0.0], [1.0, 1.0]])})
            >>> table = SceneLocalisation({"mine": scores}, 0, 0).to_dataframe()
            >>> table.groupby("method").score.mean().to_dict()
            {'mine': 0.75}
        """
        rows = [
            (method, metric, scene, place, score, threshold, own.problem(scene, place))
            for method, own in self.scores.items()
            for metric in own.values
            for threshold in [own.threshold(metric) if metric in own.thresholds else np.nan]
            for scene, scores in enumerate(own[metric].tolist())
            for place, score in enumerate(scores)
        ]
        names = ("method", "metric", "scene", "object", "score", "threshold", "problem")
        return tables.table_of_rows(names, rows)

    def _values(self, method: str, metric: str) -> np.ndarray:
        if method not in self.scores:
            raise unknown("method", method, self.scores)
        return self.scores[method][metric]

    def _bootstrap(self, values: np.ndarray, confidence: float) -> Estimate:
        return estimate_of_mean(values.mean(axis=1), seed=self.seed, confidence=confidence)
