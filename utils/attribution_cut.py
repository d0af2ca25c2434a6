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
        rather_than: the class b whose logit is taken from theirs, by index; None if none is.
        full: t_c(A) of the `evaluated` classes, float64.
        empty: t_c(0) of them.
    """

    source: SourceImage
    activations: tf.Tensor
    classes: tuple[int, ...]
    rather_than: int | None
    full: np.ndarray
    empty: np.ndarray

    @classmethod
    def at(
        cls,
        net: Network,
        image: ImageLike,
        layer: str,
        classes: Sequence[str | int],
        rather_than: str | int | None = None,
    ) -> AttributionCut:
        """The network cut at a layer, or an `InputError` for classes that cannot be attributed."""
        if isinstance(classes, str | int) or not len(classes):
            raise InputError(f"Expected a list of at least one class, received {classes!r}.")
        indices = tuple(net.class_index(name) for name in classes)
        other = None if rather_than is None else other_class(net, indices, rather_than)
        source = read_image(image, net.input_size)
        activations = net.activations_of(source, layer)[np.newaxis]
        ends = net.logits_from(layer, np.concatenate([activations, np.zeros_like(activations)]))
        if not (np.isfinite(activations).all() and np.isfinite(ends).all()):
            raise InputError(
                f"Expected finite activations and logits, received NaN or infinity at {layer}: "
                "the network's weights are damaged or its number format overflows."
            )
        evaluated = indices if other is None else (*indices, other)
        full, empty = np.asarray(ends[:, list(evaluated)], np.float64)
        return cls(source, tf.constant(activations[0]), indices, other, full, empty)

    @property
    def evaluated(self) -> tuple[int, ...]:
        """The classes that the tail is evaluated for: `classes`, and last `rather_than`."""
        return self.classes if self.rather_than is None else (*self.classes, self.rather_than)

    @property
    def totals(self) -> np.ndarray:
        """What each class's attributions should sum to: float64 (classes,)."""
        return self.of_classes(self.full - self.empty)

    def of_classes(self, found: np.ndarray) -> np.ndarray:
        """What was found for the `evaluated` classes, less what was found for `rather_than`.

        Args:
            found: (evaluated, …).

        Returns:
            (classes, …).
        """
        return found if self.rather_than is None else found[:-1] - found[-1]

    def both(self, found: np.ndarray, k: int) -> np.ndarray | None:
        """Of a class and `rather_than`, each by itself: (2, …); None without a `rather_than`."""
        return None if self.rather_than is None else found[[k, -1]]


def other_class(net: Network, classes: Sequence[int], rather_than: str | int) -> int:
    """The class that others are compared with, by index.

    Raises:
        InputError: there is no such class, or it is one of the others.
    """
    other = net.class_index(rather_than)
    if other in classes:
        raise InputError(
            f"Expected rather_than to be another class than {net.labels[other]!r}, which is "
            "compared with it, received the same."
        )
    return other
