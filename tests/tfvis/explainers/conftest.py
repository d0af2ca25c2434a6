"""Small Keras networks that take images of any size, and options that are quick."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.guided_inversion.presets import PRESETS, InversionOptions
from tfvis.explainers.options import (
    AttributionOptions,
    ChannelOptions,
    FeatureGroupOptions,
    GradCamOptions,
    PerturbationOptions,
)
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.labels import Labels

QUICK = (
    AttributionOptions(layer="first", attribution_steps=3),
    ChannelOptions(layer="first", attribution_steps=3),
    FeatureGroupOptions(layer="first", attribution_steps=3),
    GradCamOptions(layer="first"),
    InversionOptions(
        base_layer=("first",), inversion_layer="second",
        preset=replace(PRESETS["tfvis"], iterations=(3, 4)),
    ),
    PerturbationOptions(iterations=3, step=4, sigma=6.0),
)  # fmt: skip


class HeadRuns:
    """Preprocessing that changes nothing and counts how often, and on how many images, it runs."""

    def __init__(self):
        self.calls = self.images = 0

    def __call__(self, images):
        with tf.control_dependencies(
            [tf.numpy_function(self._count, [tf.shape(images)[0]], tf.int32)]
        ):
            return tf.identity(images)

    def _count(self, n):
        self.calls += 1
        self.images += int(n)
        return np.int32(n)


def small_network(*, seed=1, preprocess=None, n_layers=2):
    keras.utils.set_random_seed(seed)
    x = inputs = keras.Input((None, None, 3))
    names = ("first", "second", *(f"layer{k}" for k in range(3, n_layers + 1)))
    for k, name in enumerate(names[:n_layers]):
        x = keras.layers.Conv2D(12 - k, 3, 2 if k == 0 else 1, padding="same", activation="relu",
                                name=name)(x)  # fmt: skip
    x = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(
        keras.Model(inputs, x), input_size=(24, 24), preprocess=preprocess, name=f"small {seed}",
        labels=Labels((("cat",), ("dog",), ("bird",))),
    )  # fmt: skip


@pytest.fixture(scope="session")
def quick():
    """Options of every kind."""
    return QUICK


@pytest.fixture(scope="session")
def network_of():
    """Makes a network of its own, to which nothing is compiled yet."""
    return small_network


@pytest.fixture(scope="session")
def head_runs():
    return HeadRuns


@pytest.fixture(scope="module")
def net():
    return small_network()


@pytest.fixture(scope="module")
def pictures():
    """Two of one size, and one of another between them."""
    rng = np.random.default_rng(0)
    return [rng.random((*size, 3), np.float32) for size in ((24, 24), (20, 28), (24, 24))]


@pytest.fixture
def changed(image):
    """The image, in other colours."""
    return np.ascontiguousarray(image[..., ::-1] ** 3)


@pytest.fixture
def weights():
    return np.float32(np.random.default_rng(1).standard_normal((6, 3)))


@pytest.fixture
def linear(closed_form, mix, weights):
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 3)
