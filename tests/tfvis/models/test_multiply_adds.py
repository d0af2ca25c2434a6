"""The work of a network, counted by hand."""

import keras
import tensorflow as tf

from tfvis.models.keras_network import KerasNetwork
from tfvis.models.multiply_adds import multiply_adds
from tfvis.models.operations import traced

layers = keras.layers


def counted(net):
    return multiply_adds(traced(net, net.layers))


def test_convolutions_and_dense_layers_are_counted():
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="a")(images)
    x = layers.MaxPooling2D(2, name="b")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="c")(x)
    x = layers.Conv2D(6, 1, groups=2, name="d")(x)
    x = layers.Dense(5, name="e")(x)
    x = layers.Flatten()(x)
    net = KerasNetwork(keras.Model(images, layers.Dense(2)(x)))
    a = 8 * 8 * 4 * 3 * 3 * 3
    c = 4 * 4 * 4 * 3 * 3
    d = 4 * 4 * 6 * 2  # of the four channels each group takes two
    e = 4 * 4 * 5 * 6
    assert counted(net) == ((a, a, a + c, a + c + d, a + c + d + e), a + c + d + e + 80 * 2)


def test_work_that_only_another_branch_needs_is_not_before_a_layer():
    images = keras.Input((4, 4, 3))
    first = layers.Conv2D(2, 1, name="first")(images)
    branch = layers.Conv2D(2, 3, padding="same")(first)
    both = layers.Add(name="both")([first, branch])
    net = KerasNetwork(keras.Model(images, layers.Dense(2)(layers.GlobalMaxPooling2D()(both))))
    first, branch, dense = 4 * 4 * 2 * 3, 4 * 4 * 2 * 2 * 9, 2 * 2
    assert counted(net) == ((first, first + branch), first + branch + dense)


def test_sums_of_products_are_counted(closed_form, mix):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ tf.ones((6, 2)), 2)
    assert counted(net) == ((4 * 4 * 3 * 6,), 4 * 4 * 3 * 6 + 6 * 2)


def test_work_that_is_hidden_in_a_loop_is_not_known(closed_form, mix):
    def tail(activations):
        mean = tf.reduce_mean(activations, [1, 2])[:, :2]
        loop = tf.while_loop(lambda k, x: k < 3, lambda k, x: (k + 1, x @ tf.eye(2)), (0, mean))
        return loop[1]

    assert counted(closed_form(mix, tail, 2)) is None


def test_what_is_computed_of_weights_alone_does_not_count(closed_form, mix):
    def tail(activations):
        return tf.reduce_mean(activations, [1, 2]) @ (tf.ones((6, 50)) @ tf.ones((50, 2)))

    assert counted(closed_form(mix, tail, 2))[1] == 4 * 4 * 3 * 6 + 6 * 2
