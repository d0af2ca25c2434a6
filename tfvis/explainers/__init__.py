"""Methods that explain images, a file each; see `base` for their common protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names
from .guided_inversion.presets import PRESETS, InversionOptions, Preset
from .options import (
    AttributionOptions,
    ChannelOptions,
    FeatureGroupOptions,
    GradCamOptions,
    LayerSurveyOptions,
    PerturbationOptions,
)
from .registry import Method, method_of, methods, register, unregister

if TYPE_CHECKING:
    from .attributions import attribute
    from .base import ClassMap, Explainer, NothingSelected
    from .channel_maps import ChannelExplainer
    from .compared import ChangedGroup, Comparison
    from .comparison import ImageComparison, compare
    from .explain_images import explain
    from .explanation import Explanation
    from .extremal_perturbation import ExtremalPerturbation
    from .feature_groups import FeatureGroupExplainer
    from .grad_cam import GradCAM
    from .guided_inversion.inversion import GuidedFeatureInversion
    from .layer_evidence import LayerEvidence
    from .layer_integrated_gradients import LayerIntegratedGradients
    from .layer_recommendation import Recommendation
    from .layer_survey import survey_layers
    from .masks import Inversion, MaskExplanation
    from .mosaics import mosaic
    from .restoration import Restoration
    from .surveyed_layers import LayerSurvey
    from .uniform import Uniform

# Most of their modules import TensorFlow, which messages and help do without.
_HOME = {
    # The class of each method that is registered there.
    **{own.class_name: own.module.removeprefix(".") for own in methods()},
    "ChangedGroup": "compared",
    "ClassMap": "base",
    "Comparison": "compared",
    "Explainer": "base",
    "Explanation": "explanation",
    "ImageComparison": "comparison",
    "Inversion": "masks",
    "LayerEvidence": "layer_evidence",
    "LayerSurvey": "surveyed_layers",
    "MaskExplanation": "masks",
    "NothingSelected": "base",
    "Recommendation": "layer_recommendation",
    "Restoration": "restoration",
    "attribute": "attributions",
    "compare": "comparison",
    "explain": "explain_images",
    "mosaic": "mosaics",
    "survey_layers": "layer_survey",
}

__all__ = [
    "PRESETS",
    "AttributionOptions",
    "ChangedGroup",
    "ChannelExplainer",
    "ChannelOptions",
    "ClassMap",
    "Comparison",
    "Explainer",
    "Explanation",
    "ExtremalPerturbation",
    "FeatureGroupExplainer",
    "FeatureGroupOptions",
    "GradCAM",
    "GradCamOptions",
    "GuidedFeatureInversion",
    "ImageComparison",
    "Inversion",
    "InversionOptions",
    "LayerEvidence",
    "LayerIntegratedGradients",
    "LayerSurvey",
    "LayerSurveyOptions",
    "MaskExplanation",
    "Method",
    "NothingSelected",
    "PerturbationOptions",
    "Preset",
    "Recommendation",
    "Restoration",
    "Uniform",
    "attribute",
    "compare",
    "explain",
    "method_of",
    "methods",
    "mosaic",
    "register",
    "survey_layers",
    "unregister",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
