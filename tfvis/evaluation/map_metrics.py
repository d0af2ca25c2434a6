"""Scores of one map against the mask of what it should find.

Zhang et al. (2018), arXiv 1608.00507, point at the map's maximum; Wang et al. (2020), arXiv
1910.01279, weigh its energy. A map that is constant prefers no pixel: what it scores is chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.errors import InputError

__all__ = ["THRESHOLDS", "energy_ratio", "overlaps", "pointing_game", "right_over_other"]

THRESHOLDS = np.arange(1, 20) / 20
"""Shares of a map's maximum at which it is cut for the intersection over union."""


def pointing_game(a_map: np.ndarray, mask: np.ndarray) -> float:
    """The chance to hit the mask by pointing at the map's maximum.

    1 or 0 where the maximum is one pixel. Among several equal maxima one is drawn at random, so
    that a constant map scores the mask's share of the image. There is no tolerance around the mask.

    Args:
        a_map: (H, W), ≥ 0.
        mask: bool (H, W), not empty.
    """
    a_map, mask = _checked(a_map, mask)
    return float(mask[a_map == a_map.max()].mean())


def energy_ratio(a_map: np.ndarray, mask: np.ndarray) -> float:
    """The share of the map's sum within the mask, over the mask's share of the image.

    From 0 to 1 / the mask's share; 1 is chance. A map that is zero everywhere prefers no pixel: it
    counts as constant, and scores 1.

    Args:
        a_map: (H, W), ≥ 0.
        mask: bool (H, W), not empty.
    """
    a_map, mask = _checked(a_map, mask)
    total = a_map.sum(dtype=np.float64)
    return float(a_map[mask].sum(dtype=np.float64) / total / mask.mean()) if total else 1.0


def right_over_other(a_map: np.ndarray, mask: np.ndarray, other: np.ndarray) -> float:
    """Whether the map's mean within the mask exceeds that within another object's mask.

    1 if so, 0 if not, 1/2 if they are equal, which is chance. Unlike the other measures, a map
    that finds any object, whatever the class, scores no better than that on average.

    Args:
        a_map: (H, W), ≥ 0.
        mask: of the class's object: bool (H, W), not empty.
        other: of the other object: bool (H, W), not empty.
    """
    a_map, mask = _checked(a_map, mask)
    _, other = _checked(a_map, other)
    right, wrong = (a_map[where].mean(dtype=np.float64) for where in (mask, other))
    return float(np.sign(right - wrong) + 1) / 2


def overlaps(
    a_map: np.ndarray, mask: np.ndarray, thresholds: Sequence[float] | np.ndarray = THRESHOLDS
) -> np.ndarray:
    """The intersection over union of the mask and where the map is at least a threshold.

    Args:
        a_map: (H, W), ≥ 0.
        mask: bool (H, W), not empty.
        thresholds: T shares of the map's maximum.

    Returns:
        float64 (T,) in [0, 1].
    """
    a_map, mask = _checked(a_map, mask)
    cuts = [share * a_map.max() for share in thresholds]
    found = np.array([np.count_nonzero(a_map >= cut) for cut in cuts])
    both = np.array([np.count_nonzero(a_map[mask] >= cut) for cut in cuts])
    return both / (found + np.count_nonzero(mask) - both)


def _checked(a_map: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a_map, mask = np.asarray(a_map), np.asarray(mask, bool)
    if a_map.ndim != 2 or a_map.shape != mask.shape:
        raise InputError(
            f"Expected a map and a mask of the same shape (H, W), received {a_map.shape} "
            f"and {mask.shape}."
        )
    if not (a_map.min(initial=0) >= 0 and np.isfinite(a_map.max(initial=0))):
        raise InputError("Expected a map of finite values >= 0, received others.")
    if not mask.any():
        raise InputError("Expected a mask of at least one pixel, received an empty one.")
    return a_map, mask
