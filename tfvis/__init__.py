"""See which features inside an image classifier speak for or against a class.

    import tfvis

    net = tfvis.load_model("googlenet")
    (explanation,) = tfvis.explain(net, "photo.jpg", classes=["Egyptian cat"])
    explanation.plot()
    explanation.save("out")

Everything else is grouped by topic: `tfvis.models`, `tfvis.explainers`, `tfvis.attacks`,
`tfvis.evaluation`, `tfvis.datasets`, `tfvis.critters`, and `tfvis.utils` for the methods' parts.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from ._version import __version__
from .runtime.checkout import find_utils
from .runtime.lazy_names import lazy_names
from .runtime.moved_names import hint_moved_names, report_moved_names
from .runtime.quiet_start import hide_start_up_lines

find_utils(Path(__file__).resolve().parent)
report_moved_names()
hide_start_up_lines()
# From here, since `utils` imports nothing of what stands on it.
hint_moved_names(importlib.import_module(".utils", __name__))

if TYPE_CHECKING:
    from tfvis.utils.errors import InputError
    from tfvis.utils.icon_options import IconOptions
    from tfvis.utils.icons import icon

    from . import attacks, critters, datasets, evaluation, explainers, models, utils
    from .datasets.example_images import example_image
    from .explainers.attributions import attribute
    from .explainers.base import ClassMap
    from .explainers.explain_images import explain
    from .explainers.explanation import Explanation
    from .explainers.feature_groups import FeatureGroupExplainer
    from .explainers.grad_cam import GradCAM
    from .explainers.guided_inversion import GuidedFeatureInversion
    from .models import load_model
    from .report import load_result

_HOME = {
    "ClassMap": "explainers.base",
    "Explanation": "explainers.explanation",
    "FeatureGroupExplainer": "explainers.feature_groups",
    "GradCAM": "explainers.grad_cam",
    "GuidedFeatureInversion": "explainers.guided_inversion",
    "IconOptions": "utils.icon_options",
    "InputError": "utils.errors",
    "attribute": "explainers.attributions",
    "example_image": "datasets.example_images",
    "explain": "explainers.explain_images",
    "icon": "utils.icons",
    "load_model": "models",
    "load_result": "report",
}
_NAMESPACES = ("attacks", "critters", "datasets", "evaluation", "explainers", "models", "utils")

__all__ = [
    "ClassMap",
    "Explanation",
    "FeatureGroupExplainer",
    "GradCAM",
    "GuidedFeatureInversion",
    "IconOptions",
    "InputError",
    "attacks",
    "attribute",
    "critters",
    "datasets",
    "evaluation",
    "example_image",
    "explain",
    "explainers",
    "icon",
    "load_model",
    "load_result",
    "models",
    "utils",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__, _NAMESPACES)
