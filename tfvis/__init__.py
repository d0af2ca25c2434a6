"""See which features inside an image classifier speak for or against a class.

Everything public in `tfvis.utils` is also here.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .runtime.checkout import find_utils
from .runtime.moved_names import no_attribute, report_moved_names

find_utils(Path(__file__).resolve().parent)
report_moved_names()

from . import utils  # noqa: E402

if TYPE_CHECKING:
    from .datasets.example_images import example_image
    from .evaluation.scene_localisation import Localisation, localise
    from .explainers.feature_groups import Explanation, attribute, explain
    from .explainers.grad_cam import grad_cam, randomised
    from .explainers.guided_inversion import GuidedFeatureInversion
    from .models import load_model
    from .utils import *  # noqa: F403

_HOME = {
    "GuidedFeatureInversion": "explainers.guided_inversion",
    "Explanation": "explainers.feature_groups",
    "Localisation": "evaluation.scene_localisation",
    "attribute": "explainers.feature_groups",
    "example_image": "datasets.example_images",
    "explain": "explainers.feature_groups",
    "grad_cam": "explainers.grad_cam",
    "load_model": "models",
    "localise": "evaluation.scene_localisation",
    "randomised": "explainers.grad_cam",
}

__all__ = ["__version__", *sorted([*_HOME, *utils.__all__])]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    if name in utils.__all__:
        return getattr(utils, name)
    raise no_attribute(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
