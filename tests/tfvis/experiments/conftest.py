"""A small network, and an image of its size."""

import keras
import numpy as np
import pytest

from tfvis.experiments.options import ExperimentOptions
from tfvis.experiments.outcomes import Subject
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.labels import Labels


@pytest.fixture(scope="session")
def make_net():
    """Makes a small network of six classes from a seed."""
    return small_network


@pytest.fixture(scope="module")
def small_net():
    return small_network(1, "small")


def small_network(seed, name):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((24, 24, 3))
    x = keras.layers.Conv2D(12, 3, 2, activation="relu", name="first")(inputs)
    x = keras.layers.Dense(6)(keras.layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(
        keras.Model(inputs, x), input_size=(24, 24), name=name,
        labels=Labels(tuple((name,) for name in ("cat", "dog", "bird", "fish", "cow", "ant"))),
        default_layers=("first",),
    )  # fmt: skip


@pytest.fixture
def subject(small_net):
    """The network with an image; no icons."""
    pixels = np.random.default_rng(0).random((24, 24, 3), np.float32)
    options = ExperimentOptions(icon_steps=0, patch_side=8, patch_steps=2)
    return Subject(small_net, SourceImage(pixels, "photo"), options)
