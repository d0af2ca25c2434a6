"""Scores of explanations: on rendered scenes, on boxes, with random weights."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
