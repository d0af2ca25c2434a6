"""Grad-CAM: activations weighted by the class's mean gradients.

Selvaraju et al. (2017), arXiv 1610.02391.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvis.utils.activation_maps import above_quantile, resize
from tfvis.utils.answers import answers_of
from tfvis.utils.compiling import compiled
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.halving import halving
from tfvis.utils.image_sources import ImageLike, Images, read_image
from tfvis.utils.memory_bounds import TAIL, batch_size_within
from tfvis.utils.network import Compiled, Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import provenance

from ..models.weight_sums import weights_looked_at
from .attributions import layer_of
from .base import ClassMap, Pairs
from .options import GradCamOptions

__all__ = ["GradCAM", "grad_cam"]

METHOD = "Grad-CAM"


class GradCAM:
    """ReLU(Σ_k α_k A_k), α_k the mean over positions of the logit's gradient by A_k.

    Args:
        net: the network.
        options: how; see `GradCamOptions`.
        **changes: of single options: `layer="mixed5b"`.

    Raises:
        InputError: a layer or option that cannot be used.
    """

    def __init__(
        self, net: Network, options: GradCamOptions | None = None, **changes: object
    ) -> None:
        self.net, self.options = net, changed(GradCamOptions, options, changes)
        last = self.options.last_layer
        require_network(net)
        self.layer = net.layers[-1] if last else layer_of(net, self.options.layer)

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[ClassMap, ...]:
        """See `Explainer.explain`."""
        pairs = Pairs.of(self.net, images, classes)
        found: dict[int, ClassMap] = {}
        options = {"layer": self.layer, "cut": self.options.cut}
        for source, indices, places in pairs.by_image():
            maps = grad_cam(
                self.net, source, self.layer, classes=indices, quantile=self.options.cut or None
            )
            for a_map, index, place in zip(maps, indices, places, strict=True):
                own = pairs.images[place]  # of equal pixels, but it may be another file
                found[place] = ClassMap(
                    map=a_map,
                    image=own.pixels,
                    class_index=index,
                    label=self.net.labels[index],
                    method=METHOD,
                    provenance=provenance(
                        self.net,
                        own,
                        method=METHOD,
                        options=options,
                        layer=self.layer,
                        class_index=index,
                    ),
                    answers=answers_of(self.net, self.layer, source, index),
                )
            progress(len(found), len(pairs))
        return tuple(found[k] for k in range(len(pairs)))


def grad_cam(
    net: Network,
    image: ImageLike,
    layer: str,
    *,
    classes: Sequence[str | int],
    quantile: float | None = None,
    batch_size: int = 16,
) -> np.ndarray:
    """Grad-CAM: ReLU(Σ_k α_k A_k), α_k the mean over positions of the logit's gradient by A_k.

    Selvaraju et al. (2017), arXiv 1610.02391, equations 1 and 2.

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        layer: the layer whose activations are A.
        classes: indices, WordNet ids or names.
        quantile: keep only what is above it, at the layer's resolution, as `heat_map` does; if left
            out, everything.
        batch_size: classes whose gradients are computed at once; bounds the memory.

    Returns:
        A map a class, brought to the image's size bilinearly: float32 (classes, H, W), ≥ 0, in
        units of the logit.
    """
    if isinstance(classes, str | int) or not len(classes):
        raise InputError(f"Expected a list of at least one class, received {classes!r}.")
    require_count("batch_size", batch_size)
    indices = [net.class_index(name) for name in classes]
    source = read_image(image, net.input_size)
    layer = net.require_layer(layer)
    with weights_looked_at(net):
        activations = net.activations_of(source, layer)
        mean_gradients, given = net.compiled(_mean_gradients, layer), tf.constant(activations)

        def weighted(batch_size: int) -> np.ndarray:
            found = [
                mean_gradients(given, tf.constant(indices[first : first + batch_size])).numpy()
                for first in range(0, len(indices), batch_size)
            ]
            return np.concatenate(found)

        batch_size = batch_size_within(net, TAIL, layer, most=batch_size)
        weights = halving(weighted, min(batch_size, len(indices)), "gradients")
    maps = np.maximum(np.einsum("hwc,kc->khw", activations, weights), 0)
    if quantile is not None:
        maps = [above_quantile(a_map, quantile) for a_map in maps]
    return np.stack([resize(a_map, source.size) for a_map in maps])


def _mean_gradients(net: Network, layer: str) -> Compiled:
    """A compiled function from (A, classes (k,)) to the means over xy of ∂t_c/∂A: (k, C)."""
    tail = net.tail(layer)
    signature = [
        tf.TensorSpec([None, None, net.n_channels(layer)], tf.float32),
        tf.TensorSpec([None], tf.int32),
    ]

    def mean_gradients(activations: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        points = tf.repeat(activations[tf.newaxis], tf.size(classes), axis=0)
        with tf.GradientTape() as tape:
            tape.watch(points)
            # Samples do not mix, so the gradient of the sum holds each class's own.
            worth = tf.reduce_sum(tf.gather(tail(points), classes, axis=1, batch_dims=1))
        gradients = tape.gradient(worth, points)
        return tf.reduce_mean(tf.cast(gradients, tf.float32), axis=[1, 2])

    return compiled(mean_gradients, signature)
