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

from tfvis.utils.choices import (
    AUMANN_SHAPLEY,
    DEFAULT_ITERATIONS,
)
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.images import require_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.channel_maps import Explainer, Maps, require_methods
from ..explainers.registry import METHODS, OPTIMISED
from .map_metrics import (
    THRESHOLDS,
    energy,
    overlaps,
    pointing_game,
    right_over_other,
)

__all__ = [
    "DEFAULT_METHODS",
    "METHODS",
    "METRICS",
    "Estimate",
    "Localisation",
    "Scene",
    "Scores",
    "localise",
]

logger = logging.getLogger(__name__)

DEFAULT_METHODS = tuple(name for name in METHODS if name not in OPTIMISED)
METRICS = ("pointing", "energy", "right_over_other", "iou")
RESAMPLES = 9999


class Scene(Protocol):
    """A picture whose objects are known."""

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) in [0, 1]."""

    @property
    def masks(self) -> np.ndarray:
        """Where each object can be seen, disjoint: bool (n, H, W)."""

    @property
    def labels(self) -> Sequence[str]:
        """Each object's class."""


@dataclass(frozen=True)
class Estimate:
    """A mean and the bounds of its interval; NaN bounds where there is one scene only."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Scores:
    """What one method's maps score: a row a scene, a column an object.

    The scores are those of `tfvis.evaluation.map_metrics`. Where a method gives several maps for an
    object, each is scored on its own, and the object's score is the mean.

    Attributes:
        pointing: hits by the map's maximum, (n, 2).
        energy: how much denser the map is on the object than on average, (n, 2).
        right_over_other: whether it is denser there than on the other object, (n, 2).
        overlaps: intersection over union at each of `THRESHOLDS`, (n, 2, T).
    """

    pointing: np.ndarray
    energy: np.ndarray
    right_over_other: np.ndarray
    overlaps: np.ndarray = field(repr=False)

    @property
    def threshold(self) -> float:
        """The share of a map's maximum, one for all scenes, with the best mean overlap."""
        return float(THRESHOLDS[self._best])

    @property
    def iou(self) -> np.ndarray:
        """The overlaps at that threshold, (n, 2)."""
        return self.overlaps[..., self._best]

    @property
    def _best(self) -> int:
        return int(self.overlaps.mean(axis=(0, 1)).argmax())


@dataclass(frozen=True, eq=False)
class Localisation:
    """How well methods find the objects whose classes they explain.

    Attributes:
        layer: the layer that was explained.
        scores: of each method, by its name in `METHODS`.
        nothing_selected: how many of the 2 n classes had no channel that stands out.
        seed: of the bootstrap.
    """

    layer: str
    scores: Mapping[str, Scores] = field(repr=False)
    nothing_selected: int
    seed: int

    @property
    def n_scenes(self) -> int:
        """How many scenes there were."""
        return len(next(iter(self.scores.values())).pointing)

    def estimate(self, method: str, metric: str, *, confidence: float = 0.95) -> Estimate:
        """A metric's mean over the scenes, and its bootstrap interval.

        Scenes are resampled, not objects, since the two objects of a scene depend on each other
        (percentiles; Efron, Tibshirani 1993, chapter 13). The threshold of `iou` is not chosen
        anew in each sample.

        Args:
            method: one of those that were run.
            metric: one of `METRICS`.
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
        if metric not in METRICS:
            raise unknown("metric", metric, METRICS)
        return getattr(self.scores[method], metric)

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


def localise(
    net: Network,
    scenes: Iterable[Scene],
    layer: str,
    *,
    methods: Sequence[str] = DEFAULT_METHODS,
    steps: int = DEFAULT_ITERATIONS[AUMANN_SHAPLEY],
    seed: int = 0,
    explainer: Explainer | None = None,
    progress: Progress = silent,
) -> Localisation:
    """Explain each object of some scenes by each method, and see how well the maps find it.

    Groups and channels are those that speak for the class: Aumann–Shapley values, grouped by
    factor analysis. A class for which no channel stands out gets a uniform map.

    Args:
        net: the network, whose labels name the scenes' classes.
        scenes: each of two objects of different classes. They are taken one at a time, once, and
            not kept.
        layer: the layer to explain.
        methods: names in `METHODS`; those that are not `OPTIMISED`, if left out.
        steps: gradients of the attributions; see `aumann_shapley`.
        seed: of the grouping and of the bootstrap.
        explainer: what explains, if guided inversion or extremal perturbations are to have terms
            of their own; `net`, `layer`, `steps` and its seed are then the explainer's.
        progress: called with scenes done and scenes in all, 0 if unknown.

    Raises:
        InputError: an unknown method, layer or class, no scene, or one without two visible objects
            of different classes.
    """
    require_methods(methods)
    require_count("seed", seed, 0)
    explainer = explainer or Explainer(net, layer, steps=steps, seed=seed)
    total = operator.length_hint(scenes)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    nothing_selected = 0
    for number, scene in enumerate(scenes):
        masks = _require_scene(explainer.net, scene, number)
        found = explainer.maps([scene.image], [scene.labels], methods)
        for name, (maps,) in found.maps.items():
            rows[name].append(_scored(maps, masks))
        nothing_selected += found.nothing_selected
        progress(number + 1, total)
    if not rows[methods[0]]:
        raise InputError("Expected at least one scene, received none.")
    if nothing_selected:
        logger.warning(
            "No channel in %s stands out for %d of %d classes: their maps are uniform.",
            explainer.layer,
            nothing_selected,
            2 * len(rows[methods[0]]),
        )
    scores = {name: _scores(np.stack(scored)) for name, scored in rows.items()}
    return Localisation(explainer.layer, scores, nothing_selected, seed)


def _scored(maps_of_objects: Maps, masks: np.ndarray) -> np.ndarray:
    """Each object's metrics, averaged over its maps: (2, 3 + T)."""

    def metrics(a_map: np.ndarray, mask: np.ndarray, other: np.ndarray) -> list[float]:
        single = [pointing_game(a_map, mask), energy(a_map, mask)]
        return [*single, right_over_other(a_map, mask, other), *overlaps(a_map, mask)]

    return np.stack(
        [
            np.mean([metrics(a_map, mask, other) for a_map in maps], axis=0)
            for maps, mask, other in zip(maps_of_objects, masks, masks[::-1], strict=True)
        ]
    )


def _scores(rows: np.ndarray) -> Scores:
    return Scores(rows[..., 0], rows[..., 1], rows[..., 2], rows[..., 3:])
