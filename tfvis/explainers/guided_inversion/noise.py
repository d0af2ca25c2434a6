"""Copies of images with noise, whose scores are averaged in step 2."""

from __future__ import annotations

import tensorflow as tf

SEED = 0
"""Of the noise, which is the same for all images and in all iterations."""


def with_noise(images: tf.Tensor, copies: int, deviation: float) -> tf.Tensor:
    """Each image in several copies with Gaussian noise, next to each other.

    Every second copy has the noise of the one before it with the other sign, so that the mean of a
    function that is linear over the noise is what it is without. An odd copy at the end has none.

    Args:
        images: (N, H, W, 3).
        copies: k, at least 1.
        deviation: the noise's standard deviation, in the images' unit.

    Returns:
        (k N, H, W, 3), the k copies of the first image first; the images themselves if k is 1.
        Values may leave [0, 1]: cut off there, noise of both signs would not cancel.

    Example:
        >>> with_noise(tf.zeros([2, 8, 8, 3]), 4, 0.1).shape
        TensorShape([8, 8, 8, 3])
    """
    if copies == 1:
        return images
    one = tf.shape(images)[1:]  # images of other sizes may come
    half = tf.random.stateless_normal(tf.concat([[copies // 2, 1], one], axis=0), (SEED, 0))
    half = deviation * tf.cast(half, images.dtype)
    noise = tf.reshape(tf.concat([half, -half], axis=1), tf.concat([[-1], one], axis=0))
    if copies % 2:
        noise = tf.concat([noise, tf.zeros_like(noise[:1])], axis=0)
    many = tf.reshape(images[:, tf.newaxis] + noise, tf.concat([[-1], one], axis=0))
    many.set_shape([None, *images.shape[1:]])
    return many


def mean_of_copies(values: tf.Tensor, copies: int) -> tf.Tensor:
    """The mean over each image's copies: from (k N,) to (N,).

    Args:
        values: one a copy, in the order of `with_noise`.
        copies: k, at least 1.

    Example:
        >>> mean_of_copies(tf.constant([1.0, 3.0, 5.0, 5.0]), 2).numpy()
        array([2., 5.], dtype=float32)
    """
    return values if copies == 1 else tf.reduce_mean(tf.reshape(values, [-1, copies]), axis=1)
