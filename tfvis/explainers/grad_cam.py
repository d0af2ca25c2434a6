"""What an explanation is compared with: another method's map, and a network that knows nothing."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.activation_maps import above_quantile, resize
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.network import Compiled, Network, require_image

from ..models.keras_network import KerasNetwork, rebuilt

__all__ = ["grad_cam", "randomised"]

_KERNELS = ("kernel_initializer", "depthwise_initializer", "pointwise_initializer")


def grad_cam(
    net: Network,
    image: np.ndarray,
    layer: str,
    *,
    classes: Sequence[str | int],
    quantile: float | None = None,
) -> np.ndarray:
    """Grad-CAM: ReLU(Σ_k α_k A_k), α_k the mean over positions of the logit's gradient by A_k.

    Selvaraju et al. (2017), arXiv 1610.02391, equations 1 and 2.

    Args:
        net: the network.
        image: (H, W, 3) in [0, 1].
        layer: the layer whose activations are A.
        classes: indices, WordNet ids or names.
        quantile: keep only what is above it, at the layer's resolution, as `heat_map` does; if left
            out, everything.

    Returns:
        A map a class, brought to the image's size bilinearly: float32 (classes, H, W), ≥ 0, in
        units of the logit.
    """
    if isinstance(classes, str | int) or not len(classes):
        raise InputError(f"Expected a list of at least one class, received {classes!r}.")
    indices = [net.class_index(name) for name in classes]
    image = require_image(image)
    activations = net.activations(image[np.newaxis], layer)
    mean_gradients = net.compiled(_mean_gradients, layer)
    weights = mean_gradients(tf.constant(activations[0]), tf.constant(indices)).numpy()
    maps = np.maximum(np.einsum("hwc,kc->khw", activations[0], weights), 0)
    if quantile is not None:
        maps = [above_quantile(a_map, quantile) for a_map in maps]
    return np.stack([resize(a_map, image.shape[:2]) for a_map in maps])


def _mean_gradients(net: Network, layer: str) -> Compiled:
    """A compiled function from (A, classes (k,)) to the means over xy of ∂t_c/∂A: (k, C)."""
    tail = net.tail(layer)
    signature = [
        tf.TensorSpec([None, None, net.n_channels(layer)], tf.float32),
        tf.TensorSpec([None], tf.int32),
    ]

    @tf.function(input_signature=signature)
    def mean_gradients(activations: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        points = tf.repeat(activations[tf.newaxis], tf.size(classes), axis=0)
        with tf.GradientTape() as tape:
            tape.watch(points)
            # Samples do not mix, so the gradient of the sum holds each class's own.
            worth = tf.reduce_sum(tf.gather(tail(points), classes, axis=1, batch_dims=1))
        gradients = tape.gradient(worth, points)
        return tf.reduce_mean(tf.cast(gradients, tf.float32), axis=[1, 2])

    return mean_gradients


def randomised(net: KerasNetwork, seed: int = 0) -> KerasNetwork:
    """The same architecture with fresh weights; `net` stays as it is.

    Kernels are drawn anew (He-normal), all else is what a new layer begins with; preprocessing
    layers stay. An explanation of what a network has learnt must lose its meaning here (Adebayo et
    al. 2018, arXiv 1810.03292).
    Over seeds the classes are exchangeable; a single seed's may happen to fit what they are shown.

    Args:
        net: the network.
        seed: of the kernels; the same seed gives the same weights.

    Raises:
        InputError: the network is no Keras model.
    """
    if not isinstance(net, KerasNetwork):
        raise InputError(f"Expected a KerasNetwork, received a {type(net).__name__}.")
    require_count("seed", seed, 0)
    rng = np.random.default_rng(seed)

    def fresh(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization):
            return layer  # preprocessing was not learnt
        config = layer.get_config()
        seeds = {name: int(rng.integers(2**31)) for name in _KERNELS if name in config}
        return rebuilt(
            layer, **{name: keras.initializers.HeNormal(seed=s) for name, s in seeds.items()}
        )

    return net.with_layers(fresh)
