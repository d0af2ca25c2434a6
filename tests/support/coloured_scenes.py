"""Scenes of coloured squares, the network that detects colours, and an explainer of colours."""

from dataclasses import dataclass

import keras
import numpy as np

from tfvis.explainers.base import ClassMap
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.labels import Labels

COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
}
NAMES = tuple(COLOURS)
SIDE, SQUARE = 32, 10


@dataclass(frozen=True, eq=False)
class Squares:
    image: np.ndarray
    masks: np.ndarray
    labels: tuple[str, ...]


def squares(labels, seed):
    """A square of each colour, left and right on grey noise."""
    rng = np.random.default_rng(seed)
    image = rng.uniform(0.3, 0.7, (SIDE, SIDE, 1)).repeat(3, axis=-1)
    masks = np.zeros((2, SIDE, SIDE), bool)
    for mask, label, left in zip(masks, labels, rng.permutation([2, 18]), strict=True):
        top = rng.integers(1, 10) * 2
        mask[top : top + SQUARE, left : left + SQUARE] = True
        image[mask] = COLOURS[label]
    return Squares(np.float32(image), masks, tuple(labels))


def detector():
    """Three channels of different gain for each colour, silent on grey; a logit adds its own."""
    templates = 2 * np.float32(list(COLOURS.values())).T - 1
    gains = np.float32([1, 0.9, 0.5])
    bias = 0.5 - np.float32(list(COLOURS.values())).sum(axis=1)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(18, 1, activation="relu", name="fine")(inputs)
    x = keras.layers.AveragePooling2D(2, name="coarse")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(6, name="logits")(x), name="colours")
    model.get_layer("fine").set_weights(
        [np.kron(templates, gains)[np.newaxis, np.newaxis], np.kron(bias, gains)]
    )
    model.get_layer("logits").set_weights([np.kron(np.eye(6), np.ones((3, 1))), np.zeros(6)])
    return KerasNetwork(
        model,
        layers=["fine", "coarse"],
        labels=Labels([(name,) for name in NAMES]),
        input_size=(SIDE, SIDE),
    )


def all_pairs():
    """Each pair of colours once."""
    pairs = [(a, b) for i, a in enumerate(NAMES) for b in NAMES[:i]]
    return [squares(pair, seed) for seed, pair in enumerate(pairs)]


class Redness:
    """The six lines of an explainer of one's own: a map of the class's colour."""

    def explain(self, images, classes, *, progress=None):
        return tuple(
            ClassMap(map=np.float32(image @ COLOURS[name] > image.sum(-1) - 0.01), image=image,
                     class_index=NAMES.index(name), label=name, method="redness")
            for image, name in zip(images, classes, strict=True)
        )  # fmt: skip
