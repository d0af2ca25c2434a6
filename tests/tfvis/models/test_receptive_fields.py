"""What a unit sees: by the arithmetic of kernels and strides, and by gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_network import KerasNetwork
from tfvis.models.operations import traced
from tfvis.models.receptive_fields import measured_field, receptive_fields

layers = keras.layers


def positive(model):
    """The same model of positive weights: no path cancels another, no ReLU is silent."""
    for layer in model.layers:
        layer.set_weights([np.abs(array) + 0.1 for array in layer.get_weights()])
    return model


def network(build, side=49):
    keras.utils.set_random_seed(0)
    images = keras.Input((side, side, 3))
    x = layers.GlobalAveragePooling2D()(build(images))
    return KerasNetwork(positive(keras.Model(images, layers.Dense(2)(x))))


def computed(net):
    return dict(zip(net.layers, receptive_fields(traced(net, net.layers)), strict=True))


def strides(x):
    x = layers.Conv2D(2, 7, 2, padding="same", name="seven")(x)
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool")(x)
    x = layers.Conv2D(2, (3, 5), padding="valid", activation="relu", name="oblong")(x)
    return layers.Conv2D(2, 1, 2, name="one")(x)


def test_kernels_and_strides_add_up():
    # r + (k − 1) j with j the product of the strides before: 7; 7 + 2·2; 11 + 2·4 and 11 + 4·4.
    assert computed(network(strides)) == {
        "seven": (7, 7), "pool": (11, 11), "oblong": (19, 27), "one": (19, 27),
    }  # fmt: skip


def kinds(x):
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", name="dilated")(x)  # 1 + 2·2
    x = layers.Conv2D(4, 3, groups=2, padding="same", name="grouped")(x)  # + 2
    x = layers.DepthwiseConv2D(3, 2, name="depthwise")(x)  # + 2, then steps of 2
    x = layers.SeparableConv2D(4, 3, name="separable")(x)  # + 2·2
    x = layers.BatchNormalization(name="normalised")(x)
    x = layers.Activation("gelu", name="activation")(x)
    x = layers.ZeroPadding2D(1, name="padded")(x)
    x = layers.AveragePooling2D(3, 1, padding="same", name="mean")(x)  # + 2·2
    x = layers.Cropping2D(1, name="cropped")(x)
    return layers.Dense(4, name="dense")(x)


def test_each_kind_of_layer_is_known():
    found = computed(network(kinds))
    assert list(found.values()) == [(n, n) for n in (5, 7, 9, 13, 13, 13, 13, 17, 17, 17)]


def branches(x):
    wide, narrow = layers.Conv2D(4, 5, padding="same")(x), layers.Conv2D(4, 1)(x)
    x = layers.Add(name="sum")([wide, narrow])
    left, right = layers.Conv2D(2, 3, padding="same")(x), layers.MaxPooling2D(5, 1, "same")(x)
    x = layers.Concatenate(name="joined")([left, right])
    scale = layers.GlobalAveragePooling2D(keepdims=True)(x)
    scale = layers.Conv2D(6, 1, activation="sigmoid")(scale)
    return layers.Multiply(name="scaled")([x, scale])


def test_of_branches_the_union_counts_and_a_mean_over_all_sees_the_image():
    assert computed(network(branches)) == {"sum": (5, 5), "joined": (9, 9), "scaled": (49, 49)}


def test_branches_that_are_shifted_see_both_ends():
    def build(x):
        # Without padding an even kernel sees p … p + 1; cut off at the start, p + 3 alone.
        ahead = layers.Cropping2D(((3, 0), (3, 0)))(x)
        here = layers.Cropping2D(((0, 2), (0, 2)))(layers.Conv2D(3, 2)(x))
        return layers.Add(name="sum")([ahead, here])

    assert computed(network(build, 16)) == {"sum": (4, 4)}


@pytest.mark.parametrize("build", [strides, kinds], ids=["strides", "kinds"])
def test_gradients_of_positive_networks_say_the_same(build):
    """An independent computation: nothing cancels, so each pixel that is seen has a gradient."""
    net = network(build)
    # A maximum has a gradient for one of its pixels alone: several images show them all.
    last = net.layers[-1]
    assert measured_field(net, last) == computed(net)[last]


def test_swish_is_known_though_it_has_a_gradient_of_its_own():
    def build(x):
        x = layers.Conv2D(4, 3, activation="silu", padding="same", name="swish")(x)
        return layers.Conv2D(4, 3, padding="same", name="after")(x)

    assert computed(network(build, 12)) == {"swish": (3, 3), "after": (5, 5)}


def test_a_softmax_over_positions_is_not_computed_and_one_over_channels_is():
    def build(x):
        x = layers.Conv2D(4, 3, padding="same", activation="softmax", name="channels")(x)
        weight = layers.Lambda(
            lambda x: tf.reshape(tf.nn.softmax(tf.reduce_mean(x, -1)), [-1, 12, 12, 1]),
            output_shape=(12, 12, 1),
        )(x)
        return layers.Multiply(name="rows")([x, weight])

    assert computed(network(build, 12)) == {"channels": (3, 3), "rows": None}


def test_what_lies_behind_an_unknown_operation_is_not_computed():
    def build(x):
        x = layers.Conv2D(2, 3, padding="same", name="before")(x)
        x = layers.UpSampling2D(2, name="enlarged")(x)
        return layers.Conv2D(2, 3, padding="same", name="after")(x)

    net = network(build, 12)
    assert computed(net) == {"before": (3, 3), "enlarged": None, "after": None}
    # Three of the large pixels are of two of the small ones, each of which sees 3.
    assert measured_field(net, "after") == (4, 4)


def test_a_layer_without_a_gradient_cannot_be_measured():
    def build(x):
        return layers.Lambda(lambda x: tf.round(x), name="rounded", output_shape=(12, 12, 3))(x)

    assert measured_field(network(build, 12), "rounded") is None


def test_the_closed_form_network_sees_what_it_pools(closed_form, mix):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2])[:, :2], 2)
    assert computed(net) == {"features": (2, 2)}
    assert measured_field(net, "features") == (2, 2)
