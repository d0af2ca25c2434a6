"""Where a patch lies in an image while it is trained: anywhere inside, turned and magnified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.transforms import Rotate, Scale

_ALGORITHM = "philox"  # the same numbers on any device
_ANGLES, _SCALES = 32, 16


def half_extent(side: int, scale: float, angle: float) -> float:
    """Half of the height of a square that is magnified and turned, by radians."""
    return side * scale * (abs(math.cos(angle)) + abs(math.sin(angle))) / 2


@dataclass(frozen=True)
class RandomPlace:
    """A random magnification and rotation of a patch, and a random place at which it still fits.

    A patch that is drawn small and upright reaches the image's edges, as it does when it is pasted
    later; what the largest and most turned one leaves free would keep it from there.

    Attributes:
        size: (height, width) of the image.
        side: of the patch, in pixels.
        scales: the smallest and the largest magnification.
        degrees: the largest rotation, in either direction.

    Example:
        >>> place = RandomPlace((10, 12), 4, (1.0, 1.0), 0.0)
        >>> matrices = place.matrices(50, [0, 0]).numpy()
        >>> abs(matrices[:, 0, 2]).max(), abs(matrices[:, 1, 2]).max()  # columns, rows
        (np.float32(4.0), np.float32(3.0))
    """

    size: tuple[int, int]
    side: int
    scales: tuple[float, float]
    degrees: float

    @property
    def free(self) -> float:
        """The pixels that the largest and most turned patch leaves free; below 0 if it is larger.

        Of the image's shorter side.
        """
        angle = math.radians(min(45.0, self.degrees))
        return min(self.size) - 2 * half_extent(self.side, self.scales[1], angle)

    def matrices(self, n_images: int, seed: Any) -> Any:
        """See `tfvis.utils.transforms.Transform.matrices`."""
        keys: list[Any] = [tf.random.fold_in(seed, k, alg=_ALGORITHM) for k in range(3)]
        scaled = Scale(tuple(np.geomspace(*self.scales, _SCALES).tolist()))
        degrees = tuple(np.linspace(-self.degrees, self.degrees, _ANGLES).tolist())
        scales: Any = scaled.matrices(n_images, keys[0])
        turns: Any = Rotate(degrees).matrices(n_images, keys[1])
        # Output to input: the diagonal holds one over the magnification.
        spread = tf.abs(turns[:, 0, 0]) + tf.abs(turns[:, 0, 1])
        extent = self.side * spread / scales[:, 0, 0]
        # A thousandth: rounding must not cost the outermost place.
        reach: Any = tf.floor(
            (np.array(self.size[::-1], np.float32) - extent[:, tf.newaxis]) / 2 + 1e-3
        )
        drawn: Any = tf.random.stateless_uniform([n_images, 2], keys[2], alg=_ALGORITHM)
        shift: Any = tf.floor(drawn * (2 * reach + 1)) - reach
        moved = tf.eye(3, batch_shape=[n_images]) + tf.pad(
            shift[:, :, tf.newaxis], [[0, 0], [0, 1], [2, 0]]
        )
        return scales @ turns @ moved
