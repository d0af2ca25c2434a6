"""Guided feature inversion (Du et al. 2018): what an inner representation keeps of an image.

`python -m tfvis.guided_inversion` is `tfvis invert`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .presets import BACKGROUNDS, PRESETS, InversionOptions, Preset

if TYPE_CHECKING:
    from .inversion import GuidedFeatureInversion

__all__ = ["BACKGROUNDS", "PRESETS", "GuidedFeatureInversion", "InversionOptions", "Preset"]


def __getattr__(name: str) -> Any:
    # That module imports TensorFlow, which messages and help do without.
    if name == "GuidedFeatureInversion":
        return importlib.import_module(".inversion", __name__).GuidedFeatureInversion
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
