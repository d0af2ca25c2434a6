"""Random geometric transforms, composed into one projective warp an image.

Every transform here is affine, so a whole sequence of them is one 3 × 3 matrix and costs one
resampling. The frame keeps its size, so shapes never change and a compiled step is traced once.
What comes from outside the frame is its reflection, which also does for padding.

Matrices act on homogeneous pixel coordinates (x, y, 1) relative to the frame's centre, and map a
place in the output to the place in the input that it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from .compiling import compiled

# Named, since the default depends on the device.
_ALGORITHM = "philox"


class Transform(Protocol):
    """A random affine transform."""

    def matrices(self, n_images: int, seed: tf.Tensor) -> tf.Tensor:
        """Output-to-input matrices, float32 (N, 3, 3), drawn with a stateless seed (2,)."""
        ...


@dataclass(frozen=True)
class Jitter:
    """A shift by whole pixels, each direction uniform in −pixels/2 … pixels/2.

    Example:
        >>> from tfvis.utils import Jitter
        >>> matrices = Jitter(8).matrices(2, seed=[0, 1])
        >>> bool((abs(matrices[:, :2, 2]) <= 4).numpy().all())
        True
    """

    pixels: int

    def matrices(self, n_images: int, seed: tf.Tensor) -> tf.Tensor:
        """See `Transform.matrices`."""
        reach = self.pixels // 2
        shift = tf.random.stateless_uniform(
            [n_images, 2],
            seed,
            minval=-reach,
            maxval=self.pixels - reach + 1,
            dtype=tf.int32,
            alg=_ALGORITHM,
        )
        shift = tf.cast(shift, tf.float32)
        one, zero = tf.ones([n_images]), tf.zeros([n_images])
        return _rows([one, zero, shift[:, 0]], [zero, one, shift[:, 1]])


@dataclass(frozen=True)
class Shift:
    """A shift by whole pixels, uniform in −rows … rows and −columns … columns.

    Example:
        >>> from tfvis.utils import Shift
        >>> matrices = Shift(0, 3).matrices(2, seed=[0, 1])
        >>> matrices[:, 1, 2].numpy().tolist()
        [0.0, 0.0]
    """

    rows: int
    columns: int

    def matrices(self, n_images: int, seed: tf.Tensor) -> tf.Tensor:
        """See `Transform.matrices`."""
        reach = np.array([self.columns, self.rows])
        drawn: Any = tf.random.stateless_uniform([n_images, 2], seed, alg=_ALGORITHM)
        shift = tf.floor(drawn * (2 * reach + 1).astype(np.float32)) - reach.astype(np.float32)
        one, zero = tf.ones([n_images]), tf.zeros([n_images])
        return _rows([one, zero, shift[:, 0]], [zero, one, shift[:, 1]])


@dataclass(frozen=True)
class Scale:
    """A magnification drawn from `factors`; a factor above 1 enlarges.

    Example:
        >>> from tfvis.utils import Scale
        >>> Scale((2.0,)).matrices(1, seed=[0, 1]).numpy()[0].diagonal()
        array([0.5, 0.5, 1. ], dtype=float32)
    """

    factors: tuple[float, ...]

    def matrices(self, n_images: int, seed: tf.Tensor) -> tf.Tensor:
        """See `Transform.matrices`."""
        inverse = 1 / _draw(self.factors, n_images, seed)
        zero = tf.zeros([n_images])
        return _rows([inverse, zero, zero], [zero, inverse, zero])


@dataclass(frozen=True)
class Rotate:
    """A rotation about the centre by a number of degrees drawn from `degrees`.

    Example:
        >>> from tfvis.utils import Rotate
        >>> Rotate((90.0,)).matrices(1, seed=[0, 1]).numpy()[0].round(3) + 0.0
        array([[ 0., -1.,  0.],
               [ 1.,  0.,  0.],
               [ 0.,  0.,  1.]], dtype=float32)
    """

    degrees: tuple[float, ...]

    def matrices(self, n_images: int, seed: tf.Tensor) -> tf.Tensor:
        """See `Transform.matrices`."""
        angle = _draw(self.degrees, n_images, seed) * (np.pi / 180)
        sine, cosine, zero = tf.sin(angle), tf.cos(angle), tf.zeros([n_images])
        return _rows([cosine, -sine, zero], [sine, cosine, zero])


def _draw(values: Sequence[float], n: int, seed: tf.Tensor) -> tf.Tensor:
    index = tf.random.stateless_uniform(
        [n], seed, maxval=len(values), dtype=tf.int32, alg=_ALGORITHM
    )
    return tf.gather(tf.constant(values, tf.float32), index)


def _rows(first: list[tf.Tensor], second: list[tf.Tensor]) -> tf.Tensor:
    third = tf.broadcast_to([0.0, 0.0, 1.0], [first[0].shape[0], 3])
    return tf.stack([tf.stack(first, -1), tf.stack(second, -1), third], axis=1)


ICON_TRANSFORMS: tuple[Transform, ...] = (
    Jitter(8),
    Scale(tuple(percent / 100 for percent in range(80, 120))),
    Rotate(tuple(range(-10, 10))),
    Rotate(tuple(range(-5, 5))),
    *(Rotate(tuple(range(-2, 2))) for _ in range(10)),
    Jitter(2),
)
"""The transforms of Shi et al. (2020), in their order."""


def compose(
    transforms: Sequence[Transform], n_images: int, seed: int | tf.Tensor, step: int | tf.Tensor
) -> tf.Tensor:
    """One output-to-input matrix an image for a sequence of transforms: float32 (N, 3, 3).

    The same seed and step draw the same matrices, on any device.
    """
    matrix = tf.eye(3, batch_shape=[n_images])
    for position, transform in enumerate(transforms):
        # A key for the position, then one for the step: no two draws share their numbers.
        key = tf.stack([tf.cast(seed, tf.int32), tf.constant(position)])
        number: Any = tf.cast(step, tf.int32)
        key: Any = tf.random.fold_in(key, number, alg=_ALGORITHM)
        matrix = matrix @ transform.matrices(n_images, key)
    return matrix


def compiled_composition(
    transforms: tuple[Transform, ...], n_images: int
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """`compose` as a compiled function of seed and step.

    It is traced once for every network and layer if all transforms are of this module: tracing the
    draws takes longer than tracing the gradient of a small network. One of the user's own may
    change meanwhile.
    """
    own = all(type(transform) in _FIXED for transform in transforms)
    return (_kept_composition if own else _compiled_composition)(transforms, n_images)


def _compiled_composition(
    transforms: tuple[Transform, ...], n_images: int
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    number = tf.TensorSpec([], tf.int32)
    return compiled(lambda seed, step: compose(transforms, n_images, seed, step), [number, number])


_FIXED = (Jitter, Shift, Scale, Rotate)
_kept_composition = lru_cache(maxsize=32)(_compiled_composition)


def warp(images: tf.Tensor, matrices: tf.Tensor, *, outside: str = "reflect") -> tf.Tensor:
    """Resample images (N, H, W, C) bilinearly by output-to-input matrices (N, 3, 3).

    The gradient is TensorFlow's registered one, which resamples by the inverse matrix. It is not
    the exact transpose (in a sum over many random steps the difference averages out: an exact
    gather reached the same objectives within 2 % at 1.27 times the time), so do not use `warp`
    where exact gradients matter.

    Args:
        images: of one size.
        matrices: see above.
        outside: what comes from outside the frame: its "reflect"ion, or a "constant" zero.
    """
    shape: Any = images.shape
    height, width = shape[1], shape[2]
    x, y = (width - 1) / 2, (height - 1) / 2
    to_centre = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]], np.float32)
    from_centre = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float32)
    matrices = tf.constant(from_centre) @ matrices @ tf.constant(to_centre)
    flat = tf.reshape(matrices, [-1, 9])[:, :8] / matrices[:, 2, 2:]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=flat,
        output_shape=tf.constant([height, width]),
        fill_value=tf.constant(0.0),
        interpolation="BILINEAR",
        fill_mode=outside.upper(),
    )
