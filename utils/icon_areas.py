"""The part of an icon that its objective needs; the rest fades to grey."""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from .errors import InputError

_BLUR = 1 / 56
"""Standard deviation of the blur of importances, in sides of an icon: 4 pixels of 224."""

_RAMP = 0.1
"""The share of the area over which an icon fades."""


def faded(images: np.ndarray, importance: np.ndarray, area: float) -> np.ndarray:
    """Images of which only the most important part is shown, on grey.

    The importance is blurred, and pixels are ranked by it. The mask is 1 at the best ranks, 0 at
    the worst, and falls from 1 to 0 in between, around the rank that bounds the area.

    Args:
        images: (N, H, W, 3) in [0, 1].
        importance: of each pixel: (N, H, W); see `tfvis.utils.rendering.Rendering`.
        area: the mask's mean, from above 0 to 1.

    Returns:
        float32 (N, H, W, 3): mask · image + (1 − mask) · 0.5.

    Raises:
        InputError: the area is out of its range, or the shapes do not fit.

    Source: the alpha channel of Mordvintsev, Pezzotti, Schubert, Olah (Differentiable Image
    Parameterizations, Distill 2018) and the transparency of Fel et al. (MACO, 2023), which sums
    gradients over the steps too.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.icon_areas import faded
        >>> importance = np.arange(64.0).reshape(1, 1, 64)
        >>> shown = faded(np.ones((1, 1, 64, 3)), importance, 0.25)
        >>> shown[0, 0, [0, 40, 63], 0]
        array([0.5, 0.5, 1. ], dtype=float32)
    """
    if not 0 < area <= 1:
        raise InputError(f"Expected area above 0 and at most 1, received {area!r}.")
    images, importance = np.asarray(images, np.float32), np.asarray(importance, np.float64)
    if images.shape[:3] != importance.shape:
        raise InputError(
            f"Expected importance of shape {images.shape[:3]}, received {importance.shape}."
        )
    masks = np.stack([_mask(own, area) for own in importance])[..., np.newaxis]
    return (masks * images + (1 - masks) * 0.5).astype(np.float32)


def _mask(importance: np.ndarray, area: float) -> np.ndarray:
    """A mask in [0, 1] whose mean is `area`, but for rounding."""
    sigma = _BLUR * max(importance.shape)
    blurred = scipy.ndimage.gaussian_filter(importance, sigma, mode="nearest")
    ranks = np.empty(blurred.size)
    ranks[np.argsort(-blurred, axis=None, kind="stable")] = np.arange(blurred.size) + 0.5
    # Symmetric about the bound, and within [0, 1] on both sides of it: the mean stays the area.
    ramp = min(_RAMP, 2 * area, 2 * (1 - area))
    place = ranks.reshape(blurred.shape) / blurred.size
    if not ramp:
        return np.ones_like(place)
    return np.clip((area - place) / ramp + 0.5, 0, 1)
