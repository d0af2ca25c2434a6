"""Masks made of channel maps, backgrounds, and images mixed of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.ndimage
import tensorflow as tf

from tfvis.utils.errors import InputError
from tfvis.utils.images import require_images


def backgrounds(
    images: np.ndarray, kind: str | np.ndarray, *, sigma: float, radius: int, seed: int
) -> np.ndarray:
    """What stands where the mask is 0.

    Args:
        images: (N, H, W, 3) in [0, 1].
        kind: a name in `BACKGROUNDS`, or an image (H, W, 3) in [0, 1].
        sigma: of the Gaussian of "blur", in pixels.
        radius: where that is cut off, in pixels.
        seed: of "noise".

    Returns:
        float32 (N, H, W, 3) in [0, 1].

    Raises:
        InputError: an image of another size.
    """
    if not isinstance(kind, str):
        own = require_images(np.asarray(kind)[np.newaxis])
        if own.shape[1:] != images.shape[1:]:
            raise InputError(
                f"Expected a background of shape {images.shape[1:]}, received {own.shape[1:]}."
            )
        return np.broadcast_to(own, images.shape)
    if kind == "mean":
        return np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    if kind == "noise":
        rng = np.random.default_rng(seed)
        return np.broadcast_to(rng.random(images.shape[1:], np.float32), images.shape)
    blurred = scipy.ndimage.gaussian_filter(
        images, sigma, axes=(1, 2), radius=radius, mode="mirror"
    )
    return np.clip(blurred, 0, 1)


def joined(bases: Sequence[tf.Tensor]) -> tf.Tensor:
    """The maps (N, h, w, C) of several layers, each layer's divided by its largest absolute value.

    They have the first one's resolution; of a single layer they stay as they are.
    """
    if len(bases) == 1:
        return bases[0]
    size = bases[0].shape[1:3]
    scaled = [
        tf.math.divide_no_nan(base, tf.reduce_max(tf.abs(base), axis=[1, 2, 3], keepdims=True))
        for base in bases
    ]
    return tf.concat([tf.image.resize(base, size) for base in scaled], axis=-1)


def mask_of(maps: tf.Tensor, weights: tf.Tensor, size: Any, scaling: str) -> tf.Tensor:
    """m, (N, H, W) in [0, 1]; all 0 where the weighted sum is constant.

    Args:
        maps: (N, h, w, C).
        weights: (N, C), ≥ 0.
        size: (H, W).
        scaling: see `Preset`.
    """
    m = grid_mask(maps, weights, scaling)
    return tf.image.resize(tf.expand_dims(m, -1), size)[..., 0]


def grid_mask(maps: tf.Tensor, weights: tf.Tensor, scaling: str) -> tf.Tensor:
    """The mask at the maps' positions, (N, h, w), before it is resized; see `mask_of`."""
    s = tf.einsum("nhwc,nc->nhw", maps, weights)
    high = tf.reduce_max(s, axis=[1, 2], keepdims=True)
    low = tf.reduce_min(s, axis=[1, 2], keepdims=True)
    scale = high - low
    if scaling == "max":
        # Of a layer without ReLU the sum may be below 0; then the mask stays within [0, 1] too.
        scale = tf.maximum(high, scale)
    return tf.math.divide_no_nan(s - low, scale)


def mixtures(x: tf.Tensor, p: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Φ(x, m) and Φ(x, 1 − m)."""
    m = tf.expand_dims(mask, -1)
    return x * m + p * (1 - m), x * (1 - m) + p * m


def restarted(weights: np.ndarray, mean: float) -> np.ndarray:
    """Weights of the same mask whose mean is another.

    Args:
        weights: (N, C), ≥ 0.
        mean: of each row; 0 to leave the weights. A row of zeros stays.

    Returns:
        float32 (N, C).

    Example:
        >>> restarted(np.float32([[1, 3]]), 0.5)
        array([[0.25, 0.75]], dtype=float32)
    """
    if not mean:
        return weights
    own = weights.mean(axis=1, keepdims=True)
    factors = np.divide(mean, own, out=np.ones_like(own), where=own > 0)
    return np.asarray(weights * factors, np.float32)
