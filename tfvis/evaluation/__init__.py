"""Scores of explanations: on rendered scenes, on boxes, with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names

if TYPE_CHECKING:
    from .box_localisation import localise_boxes
    from .box_results import BoxLocalisation, FinishedBatch, LocatedObject
    from .metric_registry import Metric, metrics, register_metric, unregister_metric
    from .randomisation import randomised
    from .scene_localisation import localise_scenes
    from .scene_results import SceneLocalisation, Scores

# Their modules import heavy libraries.
_HOME = {
    "BoxLocalisation": "box_results",
    "FinishedBatch": "box_results",
    "LocatedObject": "box_results",
    "Metric": "metric_registry",
    "SceneLocalisation": "scene_results",
    "Scores": "scene_results",
    "localise_boxes": "box_localisation",
    "localise_scenes": "scene_localisation",
    "metrics": "metric_registry",
    "randomised": "randomisation",
    "register_metric": "metric_registry",
    "unregister_metric": "metric_registry",
}

__all__ = [
    "BoxLocalisation",
    "FinishedBatch",
    "LocatedObject",
    "Metric",
    "SceneLocalisation",
    "Scores",
    "localise_boxes",
    "localise_scenes",
    "metrics",
    "randomised",
    "register_metric",
    "unregister_metric",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
