"""Smooth masks of a given area, and images that are blurred where a mask is low.

Fong, Patrick, Vedaldi: Understanding deep networks via extremal perturbations and smooth masks.
ICCV 2019, arXiv 1910.08485. Functions of TensorFlow, to be compiled by their caller; they have the
slopes that an optimisation of masks needs, and take no more memory than these need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["area_penalty", "blurred_where_hidden", "cell_kernels", "smooth_mask"]

_COLDNESS = 20.0


def cell_kernels(step: int, sigma: float) -> np.ndarray:
    """k(u − v) = exp(−2 max(0, ‖u − v‖ / sigma − 1/2)²), for each pixel u of a cell.

    Args:
        step: the side of a cell, in pixels.
        sigma: the kernels' radius, in pixels.

    Returns:
        float32 (step², (2 r + 1)²): of the cells v around it, those up to r = 1 + ⌈sigma / step⌉
        away.
    """
    reach = 1 + math.ceil(sigma / step)
    centre = (step - 1) / 2
    offset = np.arange(step) - centre
    cells = step * np.arange(-reach, reach + 1)
    squared = (offset[:, np.newaxis] - cells) ** 2
    distance = np.sqrt(squared[:, np.newaxis, :, np.newaxis] + squared[np.newaxis, :, np.newaxis])
    kernels = np.exp(-2 * np.maximum(0, distance / sigma - 0.5) ** 2)
    return kernels.reshape(step**2, -1).astype(np.float32)


def smooth_mask(weights: tf.Tensor, kernels: tf.Tensor, size: Any) -> tf.Tensor:
    """m(u), the smooth maximum of k(u − v) w(v) over the cells v around each pixel u (section 3.2).

    Args:
        weights: w of the grid's cells, (N, h, w), in [0, 1].
        kernels: from `cell_kernels`.
        size: (H, W), at most `step` times the grid's.

    Returns:
        (N, H, W) in [0, 1].
    """
    pixels, cells = (int(n or 0) for n in kernels.shape)
    step, side = math.isqrt(pixels), math.isqrt(cells)
    reach = side // 2
    padded = tf.pad(weights, [[0, 0], [reach, reach], [reach, reach]])
    around = tf.image.extract_patches(
        tf.expand_dims(padded, -1), [1, side, side, 1], [1] * 4, [1] * 4, "VALID"
    )
    grid = tf.shape(weights)
    maxima: Any = _smooth_maxima(tf.reshape(around, [-1, cells]), kernels)
    parts = tf.reshape(maxima, [-1, grid[1], grid[2], step, step])
    rows = tf.transpose(parts, [0, 1, 3, 2, 4])
    whole = tf.reshape(rows, [-1, grid[1] * step, grid[2] * step])
    return whole[:, : size[0], : size[1]]


@tf.custom_gradient
def _smooth_maxima(
    weights: tf.Tensor, kernels: tf.Tensor
) -> tuple[tf.Tensor, Callable[..., tuple[tf.Tensor, None]]]:
    """Σ_v v e^{20 v} / Σ_v e^{20 v} of the values v = k w, (M, pixels).

    The slopes are written out: automatic ones keep and sum many times as many arrays of M × pixels
    × cells, which took most of the time.

    Args:
        weights: of the cells around each of M cells, (M, cells).
        kernels: (pixels, cells).
    """
    # Not above e^20: values are at most 1.
    shares = tf.exp(_COLDNESS * kernels * tf.expand_dims(weights, 1))
    weighted = shares * kernels
    total = tf.reduce_sum(shares, axis=-1)
    found = tf.linalg.matvec(weighted, weights) / total

    def slopes(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        # dm/dv = e^{20 v} (1 + 20 (v − m)) / Σ e^{20 v}, and dv/dw = k.
        own = upstream / total
        level = tf.linalg.matvec(weighted, own * (1 - _COLDNESS * found), transpose_a=True)
        bent = tf.linalg.matvec(weighted * (_COLDNESS * kernels), own, transpose_a=True)
        return level + weights * bent, None

    return found, slopes


def blurred_where_hidden(levels: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """m ⊗ x: each pixel between the two blurred images that its mask names (section 3.1).

    Args:
        levels: the images, more and more blurred, (N, levels, H, W, 3): level 0 most, the last not.
        mask: (N, H, W) in [0, 1].

    Returns:
        (N, H, W, 3).
    """
    count, (n, height, width) = int(levels.shape[1] or 0), tf.unstack(tf.shape(mask))
    place = mask * (count - 1)
    # Where the mask is 1, the slope is that from below.
    floor = tf.stop_gradient(tf.clip_by_value(tf.floor(place), 0.0, count - 2.0))
    pixels: Any = height * width
    level = tf.reshape(tf.cast(floor, tf.int32), [n, pixels])
    first = tf.expand_dims(count * pixels * tf.range(n), -1)
    lower = first + level * pixels + tf.range(pixels)
    colours = tf.reshape(levels, [-1, 3])
    below, above = (
        tf.reshape(tf.gather(colours, at), [n, height, width, 3]) for at in (lower, lower + pixels)
    )
    return below + tf.expand_dims(place - floor, -1) * (above - below)


def area_penalty(mask: tf.Tensor, area: float) -> tf.Tensor:
    """R_a(m) = mean (sorted(m) − r_a)², where r_a has a share a of ones after zeros (eq. 3).

    That is the mean of (m − r)² with r = 1 for the largest values. They are found without sorting
    the others; of values that are equal to the least of them each has the same part of a one.

    Args:
        mask: (N, H, W).
        area: a, in (0, 1).

    Returns:
        (N,).
    """
    flat = tf.reshape(mask, [tf.shape(mask)[0], -1])
    n = tf.shape(flat)[1]
    count: Any = tf.cast(n, tf.float32)
    wanted: Any = count - tf.round(count * (1 - area))
    # Of nothing the least is infinite, and nothing is above it.
    largest = tf.math.top_k(tf.stop_gradient(flat), tf.cast(wanted, tf.int32), sorted=False)[0]
    least = tf.reduce_min(largest, axis=1, keepdims=True)
    above = tf.cast(flat > least, tf.float32)
    equal = tf.cast(tf.equal(flat, least), tf.float32)
    left: Any = wanted - tf.reduce_sum(above, axis=1, keepdims=True)
    ones = above + equal * tf.math.divide_no_nan(left, tf.reduce_sum(equal, axis=1, keepdims=True))
    # (m − r)² with r in parts is m² − 2 m r + r, as r² is r of whole ones.
    return tf.reduce_mean(flat**2 - 2 * flat * ones + ones, axis=1)
