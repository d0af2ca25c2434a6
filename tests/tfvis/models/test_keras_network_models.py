"""Which Keras models can be cut: those that cannot be, that stay closed, and channels first."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((5, 8, 8, 3), np.float32)


def two_inputs():
    a, b = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([a, b]))
    return keras.Model([a, b], keras.layers.Dense(3)(x))


def two_outputs():
    images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(images)
    return keras.Model(images, [keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)])


def plain(images, *layers):
    x = images
    for layer in layers:
        x = layer(x)
    return keras.Model(images, x, name="plain")


class Subclassed(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (two_inputs, "Expected a model with one input, received 2, of the layers left, right"),
        (two_outputs, "Expected a model with one output, received 2"),
        (
            lambda: plain(keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)),
            "Expected a network with convolutions: 'plain' has no layer of shape",
        ),
        (
            lambda: plain(
                keras.Input((8, 8, 3), dtype="uint8"), keras.layers.Rescaling(1.0),
                keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D(),
            ),
            "Expected a model of float images, received uint8 input",
        ),
        (
            lambda: plain(
                keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3),
                keras.layers.GlobalAveragePooling2D(),
            ),
            r"Expected a model of images \(N, H, W, 3\), received input of shape \(None, 8, 8, 1\)",
        ),
        (
            lambda: plain(keras.Input((8, 8, None)), keras.layers.GlobalAveragePooling2D()),
            r"received input of shape \(None, 8, 8, None\)",
        ),
        (
            lambda: plain(keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3)),
            r"Expected logits of shape \(N, classes\), received shape \(None, 6, 6, 2\)",
        ),
        (lambda: Subclassed(), "Expected a functional model.*received Subclassed.*can be exported"),
        (lambda: keras.Sequential([keras.layers.Dense(3)]), "has been built, received Sequential"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_used(build, message):
    with pytest.raises(InputError, match=message) as error:
        KerasNetwork(build())
    assert "\n" not in str(error.value)


class Secretive(keras.layers.Layer):
    """Does not tell what it was made with."""

    def __init__(self, gain):
        super().__init__(name="secretive")
        self.gain = gain

    def call(self, x):
        return x * self.gain


def test_layers_that_cannot_be_copied_are_named():
    images = keras.Input((8, 8, 3))
    x = Secretive(2.0)(keras.layers.Conv2D(4, 3)(images))
    x = keras.layers.GlobalAveragePooling2D()(x)
    net = KerasNetwork(keras.Model(images, keras.layers.Dense(2)(x)))
    assert net.logits(np.zeros((1, 8, 8, 3))).shape == (1, 2)
    with pytest.raises(InputError, match="Cannot copy the layer 'secretive'.*get_config"):
        net.astype("bfloat16")


class Backbone(keras.Model):
    """A functional model with a call of its own."""

    def call(self, inputs, training=None):
        return 10 * super().call(inputs, training=training)


class Derived(Backbone):
    """Has it from its parent."""


@pytest.mark.parametrize("kind", [Backbone, Derived])
def test_models_with_a_call_of_their_own_stay_closed(kind, batch):
    images = keras.Input((8, 8, 3))
    inner = kind(images, keras.layers.Conv2D(4, 3, name="inside")(images))
    outer = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="behind")(inner(outer))
    model = keras.Model(outer, keras.layers.GlobalAveragePooling2D()(x))
    net = KerasNetwork(model)
    assert "inside" not in net.layers
    np.testing.assert_allclose(net.logits(batch), model.predict(batch, verbose=0), rtol=1e-4)


def test_models_of_several_inputs_inside_stay_closed(batch):
    a, b = keras.Input((8, 8, 4), name="p"), keras.Input((8, 8, 4), name="q")
    inner = keras.Model([b, a], keras.layers.Subtract()([b, a]), name="inner")
    images = keras.Input((8, 8, 3))
    c, d = (keras.layers.Conv2D(4, 3, padding="same")(images) for _ in range(2))
    x = keras.layers.Conv2D(4, 3, name="behind")(inner({"p": c, "q": d}))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))
    np.testing.assert_allclose(
        KerasNetwork(model).logits(batch), model.predict(batch, verbose=0), rtol=1e-4
    )


class Augmented(keras.layers.Layer):
    """Augments images without a training argument of its own."""

    def __init__(self):
        super().__init__()
        self.flip = keras.layers.RandomFlip(seed=0)

    def call(self, x):
        return self.flip(x)


def test_layers_inside_layers_learn_that_nothing_is_trained(batch):
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="a")(Augmented()(images))
    model = keras.Model(
        images, keras.layers.GlobalMaxPooling2D()(keras.layers.Permute((2, 1, 3))(x))
    )
    sloped = batch * np.linspace(0, 1, 8, dtype=np.float32)[:, np.newaxis]
    np.testing.assert_allclose(
        KerasNetwork(model).logits(sloped), model.predict(sloped, verbose=0), rtol=1e-4
    )


FIRST = {"data_format": "channels_first"}


def channels_first(*layers, name="first"):
    """Images are turned to (N, 3, 8, 8), as for a model that was ported."""
    x = images = keras.Input((8, 8, 3))
    for layer in (keras.layers.Permute((3, 1, 2)), *layers):
        x = layer(x)
    if len(x.shape) == 4:
        x = keras.layers.Flatten(**FIRST)(x)
    return keras.Model(images, keras.layers.Dense(2)(x), name=name)


def nested_channels_first():
    maps = keras.Input((3, 8, 8))
    inner = keras.Model(maps, keras.layers.Conv2D(4, 3, name="conv", **FIRST)(maps), name="inner")
    return channels_first(inner, keras.layers.Conv2D(2, 3, name="conv", **FIRST))


def closed_channels_first():
    maps = keras.Input((3, 8, 8))
    return channels_first(
        Backbone(maps, keras.layers.Conv2D(4, 3, name="conv", **FIRST)(maps), name="inner")
    )


@keras.saving.register_keras_serializable("test_keras_network")
class Block(keras.layers.Layer):
    """A layer of someone's own that holds others."""

    def __init__(self, *inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


def globally_channels_first():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        return channels_first(keras.layers.Conv2D(4, 3, name="conv"))
    finally:
        keras.config.set_image_data_format(before)


@pytest.mark.parametrize(
    ("build", "layer"),
    [
        (lambda: channels_first(keras.layers.Conv2D(4, 3, name="conv", **FIRST)), "conv"),
        (lambda: channels_first(keras.layers.MaxPooling2D(name="pool", **FIRST)), "pool"),
        (lambda: channels_first(keras.layers.ZeroPadding2D(name="pad", **FIRST)), "pad"),
        (lambda: channels_first(keras.layers.GlobalMaxPooling2D(name="top", **FIRST)), "top"),
        (lambda: channels_first(lambda x: keras.ops.max_pool(x, 2, **FIRST)), "max_pool"),
        (
            lambda: channels_first(
                keras.layers.SpectralNormalization(
                    keras.layers.Conv2D(6, 3, name="conv", **FIRST), name="sn"
                )
            ),
            "sn/conv",
        ),
        (
            lambda: channels_first(
                Block(Block(keras.layers.Conv2D(4, 3, name="conv", **FIRST)), name="block")
            ),
            "block/conv",
        ),
        (nested_channels_first, "inner/conv"),
        (closed_channels_first, "inner/conv"),
        (globally_channels_first, "conv"),
    ],
)
def test_layers_that_take_channels_first_are_refused_by_name(build, layer):
    expected = f"'channels_last', received 'channels_first' in layer '{layer}[^ ]*' of 'first'"
    with pytest.raises(InputError, match=expected) as error:
        KerasNetwork(build())
    assert "Build the model with channels_last" in str(error.value)
    assert "\n" not in str(error.value)


NORMALISING = ("BatchNormalization", "LayerNormalization", "UnitNormalization")


@pytest.mark.parametrize("kind", NORMALISING)
@pytest.mark.parametrize("axis", [1, -3])
def test_normalisation_of_channels_first_is_refused_by_name(kind, axis):
    layer = getattr(keras.layers, kind)(axis=axis, name="norm")
    said = r"axis=-1, received axis=(1|-3)"  # Keras may count from the front
    for model, place in (
        (channels_first(layer), "norm"),
        (channels_first(Block(type(layer)(axis=axis, name="norm"), name="block")), "block/norm"),
    ):
        with pytest.raises(InputError, match=f"{said} in layer '{place}' of 'first'") as error:
            KerasNetwork(model)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "inner",
    [
        lambda: [keras.layers.BatchNormalization()],
        lambda: [keras.layers.UnitNormalization(axis=(1, 2, 3))],
        lambda: [
            keras.layers.Reshape((36, 4)),
            keras.layers.BatchNormalization(axis=1),
            keras.layers.Conv1D(36, 1, **FIRST),
            keras.layers.AveragePooling1D(1, **FIRST),
            keras.layers.Reshape((6, 6, 4)),
        ],
    ],
)
def test_layers_inside_others_are_accepted_where_no_map_has_channels_first(inner, batch):
    images = keras.Input((8, 8, 3))
    maps = Block(*inner(), name="block")(keras.layers.Conv2D(4, 3, name="a")(images))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(maps)))
    try:
        model(batch)
    except tf.errors.UnimplementedError:
        pytest.skip("TensorFlow has no convolution with channels first on this processor")
    net = KerasNetwork(model)
    np.testing.assert_allclose(net.logits(batch), model(batch), rtol=1e-5, atol=1e-6)


def test_channels_first_is_accepted_where_no_map_has_them_first(batch):
    """Not of maps (N, h, w, C) but of sequences, and of the order in which maps are flattened."""
    images = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(4, 3, name="a")(images)
    flat = keras.layers.Flatten(**FIRST)(maps)
    pooled = keras.layers.GlobalAveragePooling1D(**FIRST)(keras.layers.Reshape((36, 4))(maps))
    logits = keras.layers.Dense(2)(keras.layers.Concatenate()([flat, pooled]))
    model = keras.Model(images, logits)
    net = KerasNetwork(model)
    assert net.layers == ("a",)
    np.testing.assert_allclose(net.logits(batch), model(batch), rtol=1e-5, atol=1e-6)
