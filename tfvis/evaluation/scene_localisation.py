"""Ground truth for explanations: does a class's map find the class's object?

In a scene of two objects of different classes, whose masks are known, each object's class is
explained in turn: its map should be strong on that object, not on the background, and not on the
other object.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy import stats

from tfvis.utils.errors import InputError, unknown
from tfvis.utils.image_sources import read_image
from tfvis.utils.images import require_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import Explainer, NothingSelected
from ..explainers.registry import methods
from .contenders import Found, contenders_of, explain_all
from .metric_registry import Metric, metrics

__all__ = [
    "Estimate",
    "Scene",
    "SceneLocalisation",
    "Scores",
    "default_explainers",
    "localise_scenes",
]

logger = logging.getLogger(__name__)

RESAMPLES = 9999


class Scene(Protocol):
    """A picture whose objects are known."""

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) in [0, 1]."""
        ...

    @property
    def masks(self) -> np.ndarray:
        """Where each object can be seen, disjoint: bool (n, H, W)."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Each object's class."""
        ...


@dataclass(frozen=True)
class Estimate:
    """A mean and the bounds of its interval; NaN bounds where there is one scene only."""

    mean: float
    low: float
    high: float


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

    def _best(self, metric: str) -> int:
        return int(self.values[metric].mean(axis=(0, 1)).argmax())


@dataclass(frozen=True, eq=False)
class SceneLocalisation:
    """How well methods find the objects whose classes they explain.

    Attributes:
        scores: of each method, by its name.
        nothing_selected: for how many of the 2 n classes no channel stood out for some method.
        seed: of the bootstrap.
    """

    scores: Mapping[str, Scores]
    nothing_selected: int
    seed: int

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

    def _values(self, method: str, metric: str) -> np.ndarray:
        if method not in self.scores:
            raise unknown("method", method, self.scores)
        return self.scores[method][metric]

    def _bootstrap(self, values: np.ndarray, confidence: float) -> Estimate:
        if not 0 < confidence < 1:
            raise InputError(f"Expected confidence between 0 and 1, received {confidence!r}.")
        scenes = values.mean(axis=1)
        if len(scenes) == 1:
            return Estimate(float(scenes[0]), np.nan, np.nan)
        interval = stats.bootstrap(
            (scenes,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=1000,
            confidence_level=confidence,
            method="percentile",
            rng=np.random.default_rng(self.seed),
        ).confidence_interval
        return Estimate(float(scenes.mean()), float(interval.low), float(interval.high))


def _require_scene(net: Network, scene: Scene, number: int) -> np.ndarray:
    """Its masks, bool (2, H, W); an `InputError` unless they are of two visible objects."""
    masks = np.asarray(scene.masks, bool)
    size = require_image(scene.image).shape[:2]
    if len(scene.labels) != 2 or masks.shape != (2, *size):
        raise InputError(
            f"Expected two objects, with masks of shape {(2, *size)}, in scene {number}; "
            f"received {len(scene.labels)} and masks of shape {masks.shape}."
        )
    first, second = (net.class_index(label) for label in scene.labels)
    if first == second:
        raise InputError(
            f"Expected objects of different classes, received two of {scene.labels[0]!r} "
            f"in scene {number}."
        )
    if not masks.any(axis=(1, 2)).all():
        raise InputError(f"Expected two visible objects, received a hidden one in scene {number}.")
    return masks


def default_explainers() -> tuple[str, ...]:
    """The names of all methods that are not optimised."""
    return tuple(method.name for method in methods() if not method.optimised)


def localise_scenes(
    net: Network,
    scenes: Iterable[Scene],
    explainers: Sequence[str | Explainer] | None = None,
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    options: Iterable[object] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> SceneLocalisation:
    """Explain each object of some scenes by each method, and see how well the maps find it.

    A map that is not finite, whose result tells a problem, counts as one that shows nothing: it
    scores what is chance. What went wrong is in the scores' `problems`.

    Args:
        net: the network, whose labels name the scenes' classes.
        scenes: each of two objects of different classes. They are taken one at a time, once, and
            not kept.
        explainers: names of `tfvis.explainers.methods()`, and objects of one's own with `explain`
            and, if several of a result's maps count, an attribute `shows` (see
            `tfvis.explainers.Method`); all methods that are not optimised, if left out.
        layer: that named methods look at; see their options.
        attribution_steps: of named methods; see their options.
        options: of named methods, as dataclasses; each takes the one of its kind, which goes before
            `layer`, `attribution_steps` and `seed`.
        seed: random seed of named methods and of the bootstrap.
        progress: called with scenes done and scenes in all, 0 if unknown.

    Raises:
        InputError: an unknown method, layer or class, options that no named method takes, no scene,
            or one without two visible objects of different classes.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> scenes = [tfvis.critters.render_scene(["dog", "cat"], seed=seed) for seed in range(3)]
        >>> found = localise_scenes(net, scenes, ["Grad-CAM"])
        >>> bool(0 <= found.estimate("Grad-CAM", "pointing").mean <= 1)
        True
    """
    named = default_explainers() if explainers is None else explainers
    contenders = contenders_of(
        net, named, options, layer=layer, attribution_steps=attribution_steps, seed=seed
    )
    wanted = metrics()
    total = operator.length_hint(scenes)
    rows: dict[str, list[list[np.ndarray]]] = {own.name: [] for own in contenders}
    problems: dict[str, list[tuple[str | None, ...]]] = {own.name: [] for own in contenders}
    wrong: dict[str, list[str]] = {own.name: [] for own in contenders}
    nothing_selected = 0
    for number, scene in enumerate(scenes):
        masks = _require_scene(net, scene, number)
        # One image, so that what belongs to it is computed once for both classes.
        image = read_image(scene.image).pixels
        found = explain_all(contenders, [image, image], list(scene.labels))
        for name, pairs in found.items():
            rows[name].append(_scored(pairs, masks, wanted))
            results = [pair.result for pair in pairs]
            problems[name].append(tuple(own.problem for own in results))
            others = [own for own in results if not isinstance(own, NothingSelected)]
            wrong[name] += [own.problem for own in others if own.problem is not None]
        nothing_selected += sum(
            any(isinstance(pairs[k].result, NothingSelected) for pairs in found.values())
            for k in range(len(masks))
        )
        progress(number + 1, total)
    if not rows[contenders[0].name]:
        raise InputError("Expected at least one scene, received none.")
    n = len(rows[contenders[0].name])
    if nothing_selected:
        logger.warning(
            "No channel stands out for %d of %d classes: their maps are uniform.",
            nothing_selected,
            2 * n,
        )
    for name, told in wrong.items():
        if told:
            logger.warning(
                "%s: something went wrong with %d of %d maps. The first: %s",
                name,
                len(told),
                2 * n,
                told[0],
            )
    thresholds = {own.name: own.thresholds for own in wanted if own.thresholds is not None}
    scores = {
        name: Scores(
            {own.name: np.stack([row[k] for row in scored]) for k, own in enumerate(wanted)},
            thresholds,
            tuple(problems[name]),
        )
        for name, scored in rows.items()
    }
    return SceneLocalisation(scores, nothing_selected, seed)


def _scored(
    pairs: Sequence[Found], masks: np.ndarray, wanted: Sequence[Metric]
) -> list[np.ndarray]:
    """Each metric of each object, averaged over its maps: (2,), or (2, T)."""
    return [
        np.stack(
            [
                np.mean(
                    [np.asarray(metric.score(a_map, mask, other)) for a_map in pair.maps], axis=0
                )
                for pair, mask, other in zip(pairs, masks, masks[::-1], strict=True)
            ]
        )
        for metric in wanted
    ]
