"""A network of which everything is known, and tails for it whose attributions are known."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfvis.utils.labels import Labels
from tfvis.utils.network import Network


class ClosedFormNetwork(Network):
    """A network whose head copies colours into channels and whose tail is any function.

    The activations of "features" are `images @ mix` at half the size, so with C channels and a
    constant image the mean activation of each channel is known. The tail gets them as they are.
    """

    def __init__(self, mix: np.ndarray, tail: Callable, n_classes: int, dtype: str = "float32"):
        super().__init__(
            name="closed form",
            layers=("features",),
            labels=Labels.numbered(n_classes),
            input_size=(8, 8),
            dtype=dtype,
        )
        self.mix = np.float32(mix)
        self.function = tail

    def head(self, *layers):
        for layer in layers:
            self.require_layer(layer)

        def run(images):
            pooled = tf.nn.avg_pool2d(images, 2, 2, "SAME")
            return tuple(tf.einsum("nhwd,dc->nhwc", pooled, self.mix) for _ in layers)

        return run

    def tail(self, layer):
        self.require_layer(layer)
        return self.function

    def n_channels(self, layer):
        return self.mix.shape[1]

    def astype(self, dtype):
        return self


def channel_means(images, mix):
    """The mean of each channel of a closed-form network, in NumPy."""
    return images.mean(axis=(0, 1), dtype=np.float64) @ np.float64(np.float32(mix))


def quadratic(matrix):
    """Class k: m·Q_k·m with m the channels' means: channels interact in pairs."""
    return lambda a: tf.einsum(
        "ni,kij,nj->nk",
        tf.reduce_mean(a, [1, 2]),
        tf.constant(matrix, tf.float32),
        tf.reduce_mean(a, [1, 2]),
    )


def relu_tail(first, second):
    """Two dense layers on the channels' means, with a bias that makes the ReLU matter."""
    return lambda a: tf.nn.relu(tf.reduce_mean(a, [1, 2]) @ first - 0.3) @ second
