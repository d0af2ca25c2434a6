"""A network on which guided inversion is quick."""

import keras
import numpy as np
import pytest
from small_inversions import SIDE

from tfvis.models.keras_network import KerasNetwork

layers = keras.layers


@pytest.fixture(scope="module")
def net():
    """Two smooth convolutions: maps of 12 and 6 positions a side."""
    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(5, 3, 2, padding="same", activation="softplus", name="base")(images)
    x = layers.Conv2D(7, 3, 2, padding="same", activation="softplus", name="deep")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, layers.Dense(4)(x))
    for weight in model.weights:
        weight.assign(3 * weight)
    return KerasNetwork(model)


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)
