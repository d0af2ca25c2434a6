"""Which Keras models go on linearly behind a layer."""

import keras
import numpy as np
import pytest

from tfvis.models import KerasNetwork
from tfvis.models.keras_layers import LocalResponseNormalization

layers = keras.layers


class OwnConvolution(layers.Conv2D):
    """It may do anything in its `call`."""


def network(*behind):
    """A network whose layer `cut` has 4 channels, the layers `behind` it, and a dense layer."""
    keras.utils.set_random_seed(1)
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="cut")(images)
    for layer in behind:
        x = layer([x, x]) if isinstance(layer, layers.Add) else layer(x)
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D()(x)
    return KerasNetwork(keras.Model(images, layers.Dense(2)(x)))


@pytest.mark.parametrize(
    "behind",
    [
        (),
        (layers.Conv2D(3, 3, dilation_rate=2), layers.BatchNormalization()),
        (layers.MaxPooling2D(), layers.ReLU(), layers.Dropout(0.5), layers.Conv2D(2, 1)),
        (layers.Activation("relu"), layers.ZeroPadding2D(), layers.Conv2D(2, 3, 2, use_bias=False)),
        (layers.AveragePooling2D(2), layers.Dense(3, activation="relu")),
    ],
)
def test_operations_and_the_rest_are_the_tail(behind):
    net = network(*[type(layer).from_config(layer.get_config()) for layer in behind])
    start = net.linear_start("cut")
    activations = np.random.default_rng(0).standard_normal((2, 8, 8, 4)).astype(np.float32)
    sources = start.sources(activations)
    outputs = []
    for operation in start.operations:
        source, kernel = sources[operation.source], operation.kernel()
        parts = [
            operation.apply(source[..., part], kernel[..., part, :])
            for part in (slice(0, 1), slice(1, 4))
        ]
        outputs.append(operation.finish(sum(parts)))
    found = start.rest(outputs)
    np.testing.assert_allclose(found, net.logits_from("cut", activations), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "between",
    [
        layers.BatchNormalization(),
        layers.Activation("sigmoid"),
        layers.Conv2D(4, 1, groups=2),
        layers.DepthwiseConv2D(3),
        layers.Add(),
        LocalResponseNormalization(),
        OwnConvolution(3, 1),
    ],
    ids=lambda layer: layer.name,
)
def test_what_is_not_known_to_be_linear_in_the_channels_is_left_alone(between):
    layer = type(between).from_config(between.get_config())
    assert network(layer).linear_start("cut") is None


def test_a_quantised_layer_is_left_alone():
    # Its kernel holds whole numbers, and their scale is elsewhere.
    images = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="cut")(images))
    model = keras.Model(images, layers.Dense(2)(x))
    assert KerasNetwork(model).linear_start("cut") is not None
    model.layers[-1].quantize("int8")
    assert KerasNetwork(model).linear_start("cut") is None


def test_a_residual_block_is_left_alone():
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="cut")(images)
    x = layers.Add()([x, layers.Conv2D(4, 1)(x)])
    x = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    assert KerasNetwork(keras.Model(images, x)).linear_start("cut") is None
