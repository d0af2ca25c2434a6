"""What a network wants its images to be like."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError, unknown

if TYPE_CHECKING:
    import tensorflow as tf

ORDERS = ("RGB", "BGR")
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """From images in [0, 1], red first, to what a network takes.

    An image becomes (low + (high − low) · image − mean) / std, its channels in `channel_order`.

    Attributes:
        value_range: (low, high), what black and white are mapped to.
        channel_order: "RGB" or "BGR".
        mean: subtracted after that, for red, green and blue, in units of `value_range`.
        std: divided by, for red, green and blue.

    Raises:
        InputError: on construction, for a value that cannot be used.
    """

    value_range: tuple[float, float] = (0.0, 1.0)
    channel_order: str = "RGB"
    mean: Colour = (0.0, 0.0, 0.0)
    std: Colour = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for name, count in (("value_range", 2), ("mean", 3), ("std", 3)):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), count))
        low, high = self.value_range
        if not low < high:
            raise InputError(f"Expected value_range (low, high), received ({low:g}, {high:g}).")
        if min(self.std) <= 0:
            raise InputError(f"Expected std above 0, received {self.std}.")
        if self.channel_order not in ORDERS:
            raise unknown("channel_order", self.channel_order, ORDERS)

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Images (N, H, W, 3) in [0, 1], red first, as the network takes them."""
        low, high = self.value_range
        # One multiplication and one addition: images are large.
        gain = [(high - low) / std for std in self.std]
        offset = [(low - mean) / std for mean, std in zip(self.mean, self.std, strict=True)]
        if self.channel_order == "BGR":
            images, gain, offset = images[..., ::-1], gain[::-1], offset[::-1]  # pyright: ignore[reportArgumentType]
        if gain != [1.0, 1.0, 1.0]:
            images = images * gain
        return images + offset if any(offset) else images

    def __str__(self) -> str:
        text = f"value_range=({self.value_range[0]:g}, {self.value_range[1]:g})"
        if self.channel_order != "RGB":
            text += f", channel_order={self.channel_order!r}"
        if any(self.mean):
            text += f", mean=({', '.join(f'{value:g}' for value in self.mean)})"
        if self.std != (1.0, 1.0, 1.0):
            text += f", std=({', '.join(f'{value:g}' for value in self.std)})"
        return text


def _numbers(name: str, values: object, count: int) -> tuple[float, ...]:
    try:
        found = tuple(float(value) for value in values)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        found = ()
    if len(found) != count or not all(map(math.isfinite, found)):
        raise InputError(f"Expected {name} to be {count} finite numbers, received {values!r}.")
    return found


UNIT = Preprocessing()
SIGNED = Preprocessing((-1.0, 1.0))
BYTES = Preprocessing((0.0, 255.0))
LUCID = Preprocessing((-117.0, 138.0))
CAFFE = Preprocessing((0.0, 255.0), "BGR", (123.68, 116.779, 103.939))
"""As Keras's ResNet50 and VGG19 were trained, and most networks of Caffe."""
TORCH = Preprocessing((0.0, 1.0), "RGB", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

COMMON = (UNIT, SIGNED, BYTES, LUCID, CAFFE, TORCH)
"""What most classifiers are trained with."""
