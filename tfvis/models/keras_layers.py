"""Layers that several networks are built of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

PACKAGE = "tfvis"

# Of batch normalisation in training.
_MOMENTUM = 0.98
_EPSILON = 1e-3

Convolution = Callable[..., keras.KerasTensor]


@keras.saving.register_keras_serializable(PACKAGE)
class LocalResponseNormalization(keras.layers.Layer):
    """x / (bias + alpha/n · Σ x²)^beta over n neighbouring channels (Krizhevsky et al. 2012).

    Args:
        size: n, odd.
        alpha: over the whole window, as Caffe counts it (TensorFlow's op takes alpha/n).
        beta: the exponent.
        bias: the constant term.
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        bias: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.bias = size, alpha, beta, bias

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(N, h, w, C) to the same shape."""
        # Half precision overflows in the squares.
        normalised = self._normalised(tf.cast(inputs, tf.float32))
        return tf.cast(normalised, self.compute_dtype)

    def _normalised(self, inputs: Any) -> Any:
        """What TensorFlow's operation returns, whose gradient takes twice as long or more.

        Of plain operations: a gradient of our own would be lost in an exported model.
        """
        channels = tf.range(tf.shape(inputs)[-1])
        near = tf.abs(channels[:, tf.newaxis] - channels) <= self.size // 2
        # Matrix products and logarithms are faster on a CPU than slices and TensorFlow's power.
        sums = tf.einsum("nhwc,cd->nhwd", inputs * inputs, tf.cast(near, inputs.dtype))
        base: Any = self.bias + self.alpha / self.size * sums
        return inputs * tf.exp(-self.beta * tf.math.log(base))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's shape."""
        return shape

    def get_config(self) -> dict:
        """The constructor's arguments."""
        parameters = {key: getattr(self, key) for key in ("size", "alpha", "beta", "bias")}
        return {**super().get_config(), **parameters}


def convolution(*, batch_normalization: bool) -> Convolution:
    """A function that appends a convolution: `(x, filters, kernel, name, **options) → tensor`.

    Its options are `keras.layers.Conv2D`'s; `padding` is "same" and `activation` "relu" unless
    given.

    Args:
        batch_normalization: whether each has one behind it, `<name>_bn`; `folded` takes it out.
    """

    def plain(
        x: keras.KerasTensor, filters: int, kernel: int, name: str, **options: Any
    ) -> keras.KerasTensor:
        options = {"padding": "same", "activation": "relu", **options}
        return keras.layers.Conv2D(filters, kernel, name=name, **options)(x)

    def normalised(
        x: keras.KerasTensor, filters: int, kernel: int, name: str, **options: Any
    ) -> keras.KerasTensor:
        activation = options.pop("activation", "relu")
        x = plain(x, filters, kernel, name, activation=None, use_bias=False, **options)
        x = keras.layers.BatchNormalization(
            momentum=_MOMENTUM, epsilon=_EPSILON, name=f"{name}_bn"
        )(x)
        if activation is None:
            return x
        return keras.layers.Activation(activation, name=f"{name}_{activation}")(x)

    return normalised if batch_normalization else plain


def preprocessing(mean: Iterable[float], deviation: float) -> keras.layers.Rescaling:
    """From images in [0, 1] to (255 · images − mean) / deviation."""
    offset: Any = [-value / deviation for value in mean]  # one a channel, which Keras takes
    return keras.layers.Rescaling(255.0 / deviation, offset=offset, name="preprocessing")


def folded(trained: keras.Model, layers: Iterable[str]) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of these layers of a model built with batch normalisation, without it.

    With the statistics that were gathered in training a normalisation is one more affine map:
    γ (w∗x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε)) w∗x + (β − γ μ/√(σ² + ε)).
    """
    weights = {}
    for name in layers:
        arrays = trained.get_layer(name).get_weights()
        if len(arrays) == 1:
            gamma, beta, mean, variance = trained.get_layer(f"{name}_bn").get_weights()
            scale = gamma / np.sqrt(variance + _EPSILON)
            arrays = [arrays[0] * scale, beta - mean * scale]
        weights[name] = arrays
    return weights
