"""Many images, explained by many workers: plain values out, whole folders in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names

if TYPE_CHECKING:
    from .backend_choice import choose_backend
    from .engines import BACKENDS, Engine, engine
    from .running import BatchRun, Ended
    from .source import ModelSource
    from .whole import run_batch
    from .work import BatchJob, BatchWork, ChosenExplainer, batch_jobs

_HOME = {
    "BACKENDS": "engines",
    "BatchJob": "work",
    "BatchRun": "running",
    "BatchWork": "work",
    "ChosenExplainer": "work",
    "Ended": "running",
    "Engine": "engines",
    "ModelSource": "source",
    "batch_jobs": "work",
    "choose_backend": "backend_choice",
    "engine": "engines",
    "run_batch": "whole",
}

__all__ = [
    "BACKENDS",
    "BatchJob",
    "BatchRun",
    "BatchWork",
    "ChosenExplainer",
    "Ended",
    "Engine",
    "ModelSource",
    "batch_jobs",
    "choose_backend",
    "engine",
    "run_batch",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
