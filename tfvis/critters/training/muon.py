"""Muon: momentum whose every update is made orthogonal, for the kernels of convolutions.

Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon), with the step length of Liu et al.
2025 (arXiv 2502.16982, eq. 4), by which one learning rate serves it and AdamW. Keras's own Muon
takes matrices only.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_MOMENTUM = 0.95
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_LENGTH = 0.2  # the root mean square of AdamW's updates


def orthogonalised(matrix: tf.Tensor) -> tf.Tensor:
    """About U Vᵀ for a matrix U S Vᵀ: its singular values are brought to between 0.6 and 1.3.

    Five Newton–Schulz iterations of fifth order. Singular values below a thousandth or so of the
    Frobenius norm come out smaller.
    """
    shape: Any = matrix.shape
    wide = shape[0] <= shape[1]
    x = matrix if wide else tf.transpose(matrix)
    x /= tf.norm(x) + 1e-7
    a, b, c = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        gram = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * gram + c * tf.matmul(gram, gram), x)
    return x if wide else tf.transpose(x)


class Muon(keras.optimizers.AdamW):
    """Muon for the kernels of convolutions, AdamW for all other variables.

    A kernel (h, w, channels in, channels out) counts as a matrix (h w channels in, channels out).
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change a variable, given its gradient."""
        if len(variable.shape) != 4:
            super().update_step(gradient, variable, learning_rate)
            return
        momentum = self._momentums[self._get_variable_index(variable)]
        self.assign(momentum, _MOMENTUM * momentum + gradient)
        ahead = gradient + _MOMENTUM * momentum  # as Nesterov's
        matrix = tf.reshape(ahead, [-1, variable.shape[-1]])
        sides: Any = matrix.shape
        length = _LENGTH * max(sides) ** 0.5 * tf.cast(learning_rate, matrix.dtype)
        step = tf.reshape(length * orthogonalised(matrix), variable.shape)
        self.assign_sub(variable, step)
