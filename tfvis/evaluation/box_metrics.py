"""From a mask to the box around what it shows, and how well that meets an object's box.

Du et al. (2018), arXiv 1804.00506, section 4: a mask is cut at α times its mean, and a box is drawn
around the largest connected region that is left.
"""

from __future__ import annotations

import numpy as np

from tfvis.utils.errors import InputError

__all__ = ["ALPHAS", "FOUND", "intersection_over_union", "largest_region"]

ALPHAS = tuple(k / 2 for k in range(11))
"""Multiples of a mask's mean at which it is cut."""

FOUND = 0.5
"""An object is found where the intersection over union is at least this."""


def largest_region(mask: np.ndarray, alpha: float) -> np.ndarray | None:
    """The box around the largest connected region where a mask is at least α times its mean.

    Pixels that touch at a corner are connected. Where the mask is 0 there is never a region. Of two
    regions of the same size, the upper left one counts.

    Args:
        mask: (H, W), ≥ 0.
        alpha: at least 0.

    Returns:
        left, top, right, bottom in pixels, right and bottom exclusive: float64 (4,); None if the
        mask is nowhere that large.
    """
    from skimage import measure

    mask = np.asarray(mask)
    if mask.ndim != 2 or not mask.size:
        raise InputError(f"Expected a mask of shape (H, W), received shape {mask.shape}.")
    if not (mask.min() >= 0 and np.isfinite(mask.max())):
        raise InputError("Expected a mask of finite values >= 0, received others.")
    if not alpha >= 0:
        raise InputError(f"Expected alpha of at least 0, received {alpha!r}.")
    shown = (mask >= alpha * mask.mean(dtype=np.float64)) & (mask > 0)
    regions = np.asarray(measure.label(shown, connectivity=2))
    counts = np.bincount(regions.ravel())[1:]
    if not len(counts):
        return None
    rows, columns = np.nonzero(regions == 1 + counts.argmax())
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)


def intersection_over_union(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """How well a box meets each of some others, from 0 to 1.

    Args:
        box: left, top, right, bottom: (4,).
        boxes: (n, 4).

    Returns:
        float64 (n,).
    """
    box, boxes = np.asarray(box, np.float64), np.asarray(boxes, np.float64)
    if box.shape != (4,) or boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError(
            f"Expected a box (4,) and boxes (n, 4), received shapes {box.shape} and {boxes.shape}."
        )
    corner, other = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(other - corner, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return shared / (areas - shared)
