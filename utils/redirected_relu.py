"""ReLUs whose gradient reaches what is silent behind them.

Where all inputs of a ReLU are negative, its gradient is zero, and an optimisation of the image
cannot begin. Lucid's way out (Olah, Mordvintsev, Schubert: Feature visualization, Distill 2017; its
code's `redirected_relu_grad`) lets the incoming gradient pass in this case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

UNCAPPED = float("inf")
"""The cap of a plain ReLU."""


def redirected_gradient(inputs: tf.Tensor, slopes: tf.Tensor, cap: float = UNCAPPED) -> tf.Tensor:
    """The gradient of a loss by a ReLU's inputs, redirected for each image on which it is zero.

    For an image on which the plain gradient, `slopes` where 0 < `inputs` < `cap`, is zero
    everywhere, `slopes` are taken instead, apart from those that would push an input of 0 or less
    lower, or one of `cap` or more higher, when the loss is minimised: a positive slope at the lower
    end, a negative one at the upper. All other images keep the plain gradient.

    Args:
        inputs: of min(max(x, 0), cap), an image a row: (N, …).
        slopes: the loss's gradient by its outputs, of the same shape.
        cap: the largest output: 6 for a ReLU6.

    Example:
        >>> import tensorflow as tf
        >>> from tfvis.utils.redirected_relu import redirected_gradient
        >>> inputs = tf.constant([[-1.0, -2.0], [-1.0, 3.0]])
        >>> redirected_gradient(inputs, tf.constant([[-5.0, 5.0], [-5.0, 5.0]])).numpy()
        array([[-5.,  0.],
               [ 0.,  5.]], dtype=float32)
    """
    zeros = tf.zeros_like(slopes)
    below, above = inputs <= 0, inputs >= tf.cast(cap, inputs.dtype)
    plain = tf.where(below | above, zeros, slopes)
    outwards = (below & (slopes > 0)) | (above & (slopes < 0))
    axes = tf.range(1, tf.rank(inputs))
    silent = ~tf.reduce_any(plain != 0, axis=axes, keepdims=True)
    return tf.where(silent, tf.where(outwards, zeros, slopes), plain)


def redirected(activation: Callable[..., Any], cap: float = UNCAPPED) -> Callable[..., tf.Tensor]:
    """The same activation, whose gradient is `redirected_gradient`.

    Args:
        activation: min(max(x, 0), cap).
        cap: the largest output.
    """

    @tf.custom_gradient
    def relu(inputs: tf.Tensor) -> Any:  # which the decorator takes apart
        return activation(inputs), lambda slopes: redirected_gradient(inputs, slopes, cap)

    return relu
