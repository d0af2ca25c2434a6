"""Images of coloured squares with their boxes, a network of colours, and an explainer of them."""

import keras
import numpy as np

from tfvis.datasets.boxed_images import BoxedImage, Target
from tfvis.explainers.base import ClassMap
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.labels import Labels

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
SIDE = 32


def network():
    """Three channels of different gain for each colour, silent on grey; a logit adds its own."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(9, 1, activation="relu", name="colours")(inputs)
    x = keras.layers.AveragePooling2D(2, name="coarse")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
    gains = np.float32([20, 7, 3])
    kernel = np.kron(2 * np.eye(3, dtype=np.float32) - 1, gains)
    model.get_layer("colours").set_weights([kernel[np.newaxis, np.newaxis], np.zeros(9)])
    model.get_layer("logits").set_weights([np.kron(np.eye(3), np.ones((3, 1))), np.zeros(3)])
    labels = Labels([(name,) for name in COLOURS])
    return KerasNetwork(model, labels=labels, input_size=(SIDE, SIDE))


def squares(number, *placed):
    """Grey, with squares (colour, left, top, side) on it; of twice the size, and another shape."""
    image = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    targets = []
    for colour, left, top, side in placed:
        image[top : top + side, left : left + side] = COLOURS[colour]
        box = np.array([[left, top, left + side, top + side]]) / SIDE
        targets.append(Target(list(COLOURS).index(colour), box))

    def load(size):
        assert size == (SIDE, SIDE)
        return image

    return BoxedImage(f"image {number}", load, (2 * SIDE, 3 * SIDE), tuple(targets))


def images():
    """Five objects in three images."""
    return [
        squares(0, ("red", 2, 4, 10), ("blue", 18, 16, 12)),
        squares(1, ("green", 16, 2, 8)),
        squares(2, ("blue", 4, 20, 8), ("red", 20, 4, 8)),
    ]


class Colour:
    """The six lines of an explainer of one's own: where the class's colour is."""

    def explain(self, images, classes, *, progress=None):
        return tuple(
            ClassMap(map=np.float32(np.isin(image, (0, 1)).all(-1) & (image[..., c] == 1)),
                     image=image, class_index=c, label=list(COLOURS)[c], method="colour")
            for image, c in zip(images, classes, strict=True)
        )  # fmt: skip
