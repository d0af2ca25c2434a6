"""Maps of groups of channels: sum, threshold, resize."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from .errors import InputError

QUANTILE = 0.85
"""Of a map, above which it is kept: Shi et al. (2020)."""


def weighted_map(
    activations: np.ndarray, channels: Sequence[int] | np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Σ_i weights_i A_i over some channels: float64 (h, w).

    Args:
        activations: (h, w, C).
        channels: the channels, K indices.
        weights: (K,).

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import weighted_map
        >>> weighted_map(np.ones((1, 2, 3)), [0, 2], np.array([1.0, 0.5]))
        array([[1.5, 1.5]])
    """
    return np.asarray(activations, np.float64)[..., np.asarray(channels, int)] @ np.asarray(weights)


def summed_map(maps: np.ndarray, channels: Sequence[int] | np.ndarray) -> np.ndarray:
    """Σ_i maps_i over some channels: float64 (h, w), which sums to the channels' attributions.

    Args:
        maps: attributions of every channel at every position, (h, w, C).
        channels: the channels, K indices.
    """
    return maps[..., np.asarray(channels, int)].sum(axis=-1, dtype=np.float64)


def above_quantile(a_map: np.ndarray, quantile: float = QUANTILE) -> np.ndarray:
    """The map where it exceeds its own quantile (and 0), else 0.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import above_quantile
        >>> above_quantile(np.array([[-3.0, 1.0, 2.0, 3.0]]), 0.5)
        array([[0., 0., 2., 3.]])
    """
    if not 0 <= quantile <= 1:
        raise InputError(f"Expected a quantile in [0, 1], received {quantile!r}.")
    return np.where(a_map > max(np.quantile(a_map, quantile), 0.0), a_map, 0.0)


def resize(a_map: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear, to (height, width): float32."""
    image = Image.fromarray(np.asarray(a_map, np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR))


def shown(a_map: np.ndarray, size: tuple[int, int], quantile: float = 0.0) -> np.ndarray:
    """What a picture shows of a signed map: its positive part, at the image's size.

    Args:
        a_map: (h, w).
        size: height and width of the picture.
        quantile: of the map, above which it is kept; all that is positive if 0.

    Returns:
        float32 (height, width), ≥ 0.
    """
    kept = above_quantile(a_map, quantile) if quantile else np.maximum(a_map, 0)
    return resize(kept, size)


def heat_map(
    activations: np.ndarray,
    channels: Sequence[int] | np.ndarray,
    weights: np.ndarray,
    size: tuple[int, int],
    quantile: float = QUANTILE,
) -> np.ndarray:
    """Where a group of channels looks: its weighted map above its quantile, at the image's size.

    Shi et al. (2020), section 3.4. float32 (height, width), ≥ 0.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import heat_map
        >>> activations = np.arange(8.0).reshape(2, 2, 2)
        >>> heat_map(activations, [0, 1], np.array([1.0, 0.5]), size=(2, 2), quantile=0.5)
        array([[0. , 0. ],
               [6.5, 9.5]], dtype=float32)
    """
    return shown(weighted_map(activations, channels, weights), size, quantile)


def area_of_half(a_map: np.ndarray) -> float:
    """How compact a map is: the smallest share of its pixels that holds half of its sum.

    Args:
        a_map: (H, W), ≥ 0. A map that is zero everywhere prefers no pixel: it counts as constant.

    Returns:
        In (0, 1]; about one half for a constant map.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.activation_maps import area_of_half
        >>> area_of_half(np.array([[6.0, 2.0], [1.0, 1.0]])), area_of_half(np.ones((2, 2)))
        (0.25, 0.5)
    """
    values = np.sort(np.asarray(a_map, np.float64), axis=None)[::-1]
    if not values.size or not (values[-1] >= 0 and np.isfinite(values[0])):
        raise InputError("Expected a map of finite values >= 0, received others.")
    if not values.any():
        values = np.ones_like(values)
    sums = values.cumsum()
    # Rounding may leave a sum below what it is.
    count = 1 + int(np.searchsorted(sums, (0.5 - 1e-12) * sums[-1]))
    return count / values.size
