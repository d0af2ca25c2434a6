"""The groups in anyone's results, and their icons."""

from __future__ import annotations

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons
from tfvis.utils.images import require_images
from tfvis.utils.network import Network

from ..explainers.base import ClassMap, NothingSelected

__all__ = ["groups_of", "icons_of"]


def groups_of(result: ClassMap, name: str) -> FeatureGroups | None:
    """The groups of a result; None where no channel stood out.

    Args:
        result: an `Explanation`, or any `ClassMap` with `groups`.
        name: of the explainer, for an error.

    Raises:
        InputError: the result has no groups.
    """
    if isinstance(result, NothingSelected):
        return None
    groups = getattr(result, "groups", None)
    if not isinstance(groups, FeatureGroups):
        raise InputError(
            f"Expected results with groups of channels from {name!r}, received a "
            f"{type(result).__name__} without."
        )
    return groups


def icons_of(
    net: Network,
    result: ClassMap,
    groups: FeatureGroups,
    options: IconOptions | None = None,
    *,
    seed: int = 0,
) -> np.ndarray:
    """The icons of a result's groups: its own, or rendered ones where it has none.

    Args:
        net: the network whose channels were grouped.
        result: an `Explanation`, or any `ClassMap`, with `icons` or without.
        groups: those of the result.
        options: of icons that are rendered; the network's own if left out.
        seed: random seed of icons that are rendered.

    Returns:
        float32 (groups, H, W, 3) in [0, 1].

    Raises:
        InputError: the result's own icons are not one a group.
    """
    own = getattr(result, "icons", None)
    if own is None:
        layer = groups.attribution.layer
        return render_icons(net, layer, groups.weights, options, seed=seed).images
    if np.ndim(own) != 4 or len(own) != len(groups):
        raise InputError(
            f"Expected icons of shape ({len(groups)}, H, W, 3), one a group, received "
            f"{np.shape(own)}."
        )
    return require_images(own)
