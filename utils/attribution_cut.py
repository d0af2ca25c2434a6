"""A network cut at a layer for one image and some classes: what every attribution starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from .errors import InputError
from .image_sources import ImageLike, SourceImage, read_image
from .network import Network


@dataclass(frozen=True)
class AttributionCut:
    """What both estimators start from.

    Attributes:
        source: the image.
        activations: of the layer, (h, w, C).
        classes: by index.
        totals: t_c(A) − t_c(0) of each class, float64.
        full: t_c(A).
        empty: t_c(0).
    """

    source: SourceImage
    activations: tf.Tensor
    classes: tuple[int, ...]
    totals: np.ndarray
    full: np.ndarray
    empty: np.ndarray

    @classmethod
    def at(
        cls, net: Network, image: ImageLike, layer: str, classes: Sequence[str | int]
    ) -> AttributionCut:
        """The network cut at a layer, or an `InputError` for classes that cannot be attributed."""
        if isinstance(classes, str | int) or not len(classes):
            raise InputError(f"Expected a list of at least one class, received {classes!r}.")
        indices = tuple(net.class_index(name) for name in classes)
        source = read_image(image, net.input_size)
        activations = net.activations_of(source, layer)[np.newaxis]
        ends = net.logits_from(layer, np.concatenate([activations, np.zeros_like(activations)]))
        if not (np.isfinite(activations).all() and np.isfinite(ends).all()):
            raise InputError(
                f"Expected finite activations and logits, received NaN or infinity at {layer}: "
                "the network's weights are damaged or its number format overflows."
            )
        full, empty = np.asarray(ends[:, list(indices)], np.float64)
        return cls(source, tf.constant(activations[0]), indices, full - empty, full, empty)
