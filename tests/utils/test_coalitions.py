"""Logits of an order's coalitions, by the whole tail and by sums of channels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models import KerasNetwork
from tfvis.utils.coalitions import coalition_logits

layers = keras.layers


@pytest.fixture(scope="module")
def net():
    """An inception module behind `cut`, and layers that it may be cut at on the way."""
    keras.utils.set_random_seed(3)
    images = keras.Input((9, 9, 3))
    x = layers.Conv2D(7, 3, padding="same", activation="relu", name="cut")(images)
    pooled = layers.MaxPooling2D(3, 1, padding="same", name="pool")(x)
    branches = [
        layers.Conv2D(4, 1, activation="relu", bias_initializer="random_normal")(x),
        layers.Conv2D(3, 3, padding="same", use_bias=False)(x),
        layers.Conv2D(2, 1, activation="relu", bias_initializer="random_normal")(pooled),
    ]
    x = layers.Concatenate(name="concat")(branches)
    x = layers.Activation("relu", name="last")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return KerasNetwork(keras.Model(images, layers.Dense(5)(x)))


@pytest.mark.parametrize("layer", ["cut", "concat", "last"])
def test_logits_are_those_of_the_masked_activations(net, layer, monkeypatch):
    rng = np.random.default_rng(0)
    channels = net.n_channels(layer)
    # Negative ones too: a maximum of channels that are 0 is 0 all the same.
    activations = rng.standard_normal((9, 9, channels)).astype(np.float32)
    order = rng.permutation(channels).astype(np.int32)
    rank, before, joining = np.argsort(order).astype(np.int32), 2, order[2:5]
    expected = net.logits_from(
        layer, np.stack([activations * (rank <= before + j) for j in range(3)])
    )
    arguments = (
        tf.constant(activations), tf.constant([4, 0]), tf.constant(rank), tf.constant(joining),
        tf.constant(before),
    )  # fmt: skip
    by_sums = coalition_logits(net, layer)(*arguments)
    monkeypatch.setattr(KerasNetwork, "linear_start", lambda *_: None)
    whole = coalition_logits(net, layer)(*arguments)
    np.testing.assert_allclose(whole, expected[:, [4, 0]], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(by_sums, expected[:, [4, 0]], rtol=1e-5, atol=1e-6)


def test_only_the_rest_of_the_tail_sees_every_coalition(net, monkeypatch):
    """The 3 x 3 convolution reads one coalition with all channels, and those that join alone."""
    seen = []
    convolve = layers.Conv2D.convolution_op

    def noted(self, inputs, kernel):
        seen.append(int(kernel.shape[-2] or 0))
        return convolve(self, inputs, kernel)

    monkeypatch.setattr(layers.Conv2D, "convolution_op", noted)
    coalition_logits(net, "cut")(
        tf.ones([9, 9, 7]), tf.constant([0]), tf.range(7), tf.constant([1, 2]), tf.constant(1)
    )
    # How many channels join is known when it runs, not when it is traced: 0.
    assert sorted(seen) == [0, 0, 0, 7, 7, 7]
