"""Methods that explain images, a file each; see `base` for their common protocol."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .guided_inversion.presets import PRESETS, InversionOptions, Preset
from .options import (
    AttributionOptions,
    ChannelOptions,
    FeatureGroupOptions,
    GradCamOptions,
    PerturbationOptions,
)
from .registry import Method, method_of, methods, register, unregister

if TYPE_CHECKING:
    from .attributions import attribute
    from .base import ClassMap, Explainer, NothingSelected
    from .channel_maps import ChannelExplainer
    from .explain_images import explain
    from .explanation import Explanation
    from .extremal_perturbation import ExtremalPerturbation
    from .feature_groups import FeatureGroupExplainer
    from .grad_cam import GradCAM
    from .guided_inversion.inversion import GuidedFeatureInversion
    from .layer_integrated_gradients import LayerIntegratedGradients
    from .masks import Inversion, MaskExplanation
    from .uniform import Uniform

# Their modules import TensorFlow, which messages and help do without.
_HOME = {
    "ChannelExplainer": "channel_maps",
    "ClassMap": "base",
    "Explainer": "base",
    "Explanation": "explanation",
    "ExtremalPerturbation": "extremal_perturbation",
    "FeatureGroupExplainer": "feature_groups",
    "GradCAM": "grad_cam",
    "GuidedFeatureInversion": "guided_inversion.inversion",
    "Inversion": "masks",
    "LayerIntegratedGradients": "layer_integrated_gradients",
    "MaskExplanation": "masks",
    "NothingSelected": "base",
    "Uniform": "uniform",
    "attribute": "attributions",
    "explain": "explain_images",
}

__all__ = [
    "PRESETS",
    "AttributionOptions",
    "ChannelExplainer",
    "ChannelOptions",
    "ClassMap",
    "Explainer",
    "Explanation",
    "ExtremalPerturbation",
    "FeatureGroupExplainer",
    "FeatureGroupOptions",
    "GradCAM",
    "GradCamOptions",
    "GuidedFeatureInversion",
    "Inversion",
    "InversionOptions",
    "LayerIntegratedGradients",
    "MaskExplanation",
    "Method",
    "NothingSelected",
    "PerturbationOptions",
    "Preset",
    "Uniform",
    "attribute",
    "explain",
    "method_of",
    "methods",
    "register",
    "unregister",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
