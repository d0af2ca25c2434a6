"""Defaults of explanations by feature groups, under one name; no TensorFlow is imported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tfvis.utils.choices import ACTIVATION, AUMANN_SHAPLEY
from tfvis.utils.errors import unknown

__all__ = ["GROUP_PRESETS", "preset_options"]

GROUP_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "tfvis": {},
    "paper": {
        "attribution": AUMANN_SHAPLEY,
        "attribution_steps": 100,
        "grouping": "FactorAnalysis",
        "explained_variance": 0.7,
        "heat_maps": ACTIVATION,
        "cut": 0.85,
        "icon_beta_1": 0.9,
        "icon_beta_2": 0.999,
        "icon_tolerance": 0.0,
    },
}
"""Options of `tfvis.explain`, by the preset's name.

"tfvis" has the default of every option. "paper" has those of Shi, Du, Fan (2020) where they differ:
factor analysis, maps of activations weighted by the channels' attributions, of which 15 % are
kept, 100 gradients, and icons by Adam with momentum that make all their steps.
"""


def preset_options(name: str) -> Mapping[str, Any]:
    """The options of a preset.

    Raises:
        InputError: there is none of this name.

    Example:
        >>> preset_options("paper")["heat_maps"]
        'activation'
    """
    if name not in GROUP_PRESETS:
        raise unknown("preset", str(name), GROUP_PRESETS)
    return MappingProxyType(dict(GROUP_PRESETS[name]))
