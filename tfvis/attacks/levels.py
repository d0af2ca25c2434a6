"""Images of 8 bits as levels 0 … 255, and changes of them that keep a budget.

A sample that is written as PNG is rounded to whole levels. Rounding is therefore part of the
projection onto the budget: what `whole` returns keeps it exactly, before and after it was written.
Everything here is float32 (N, H, W, 3); a budget is in levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.images import to_uint8

TOP = 255.0
_HALVINGS = 24
_LARGEST_SCALE = 2.0**12


def to_levels(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as levels, rounded to whole ones as a PNG rounds them."""
    return to_uint8(images).astype(np.float32)


def to_images(levels: np.ndarray) -> np.ndarray:
    """Levels as images in [0, 1]: the same numbers as a PNG gives when it is read."""
    return levels.astype(np.float32) / np.float32(TOP)


def squared_norm(change: tf.Tensor) -> Any:
    """Each image's sum of squares, in float64: exact for whole levels. (N, 1, 1, 1)."""
    return tf.reduce_sum(tf.cast(change, tf.float64) ** 2, axis=[1, 2, 3], keepdims=True)


def project(change: tf.Tensor, origin: tf.Tensor, epsilon: tf.Tensor, norm: str) -> Any:
    """The nearest change within the budget, such that `origin + change` stays in 0 … 255.

    Of the norm l2 the budget's ball is projected onto first, then the range; both hold afterwards.
    """
    if norm == "linf":
        change = tf.clip_by_value(change, -epsilon, epsilon)
    else:
        length = tf.cast(tf.sqrt(squared_norm(change)), tf.float32)
        change = change * tf.minimum(1.0, tf.math.divide_no_nan(epsilon, length))
    return tf.clip_by_value(change, -origin, TOP - origin)


def whole(change: tf.Tensor, origin: tf.Tensor, epsilon: tf.Tensor, norm: str) -> Any:
    """The change in whole levels, within the budget.

    Of the norm l2, where a change is spread over all pixels, most of it is below half a level. It
    is therefore enlarged before it is rounded, as far as its norm after rounding does not exceed
    the norm before: the pixels that matter most then change by a level, all others by none.

    Args:
        change: within the budget and the range; see `project`.
        origin: the image, in whole levels.
        epsilon: the budget.
        norm: "linf" or "l2".
    """
    if norm == "linf":
        return tf.round(change)
    allowed = tf.minimum(squared_norm(change), tf.cast(epsilon, tf.float64) ** 2)
    # Half of a change never grows when it is rounded. The norm after rounding rises with the scale.
    low = tf.fill(tf.shape(allowed), 0.5)
    high = tf.fill(tf.shape(allowed), _LARGEST_SCALE)
    for _ in range(_HALVINGS):
        middle = tf.sqrt(low * high)
        fits = squared_norm(tf.round(change * middle)) <= allowed
        low, high = tf.where(fits, middle, low), tf.where(fits, high, middle)
    return tf.clip_by_value(tf.round(change * low), -origin, TOP - origin)


def steepest(gradient: tf.Tensor, norm: str) -> Any:
    """The direction of norm 1 in which a loss rises fastest; zero where the gradient is zero."""
    if norm == "linf":
        return tf.sign(gradient)
    # Divided by the largest first: squares of small gradients would vanish.
    largest = tf.reduce_max(tf.abs(gradient), axis=[1, 2, 3], keepdims=True)
    scaled = tf.math.divide_no_nan(gradient, largest)
    length = tf.cast(tf.sqrt(squared_norm(scaled)), tf.float32)
    return tf.math.divide_no_nan(scaled, length)


def random_change(
    origin: np.ndarray, epsilon: float, norm: str, seed: int, digest: str
) -> np.ndarray:
    """A random change of one image within the budget, float32 (H, W, 3).

    Uniform in the budget's box or ball, before the range is kept to. It depends on the seed and the
    image alone, not on the images beside it.
    """
    random = np.random.default_rng([seed, int(digest[:16], 16)])
    if norm == "linf":
        change = random.uniform(-epsilon, epsilon, origin.shape)
    else:
        change = random.normal(size=origin.shape)
        change *= epsilon * random.uniform() ** (1 / origin.size) / np.linalg.norm(change)
    return np.clip(change, -origin, TOP - origin).astype(np.float32)
