"""Graphs as networks: what they refuse."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.graph_defs import before_squashing
from tfvis.models.graph_network import GraphNetwork
from tfvis.utils.errors import InputError

tf1 = tf.compat.v1


def graph(data_format="NHWC", *, sequence_bias=False, beside=False):
    """A convolution, a mean and a dense layer."""
    rng = np.random.default_rng(0)
    with tf.Graph().as_default() as found:
        x = tf1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        kernel = tf.constant(rng.standard_normal((3, 3, 3, 4), np.float32))
        if beside:
            planes = tf.transpose(x, [0, 3, 1, 2])
            tf.nn.conv2d(planes, kernel, 1, "SAME", data_format="NCHW", name="beside")
        first = data_format == "NCHW"
        if first:
            x = tf.transpose(x, [0, 3, 1, 2])
        x = tf.nn.conv2d(x, kernel, 1, "SAME", data_format=data_format, name="conv")
        x = tf.nn.relu(x, name="relu")
        x = tf.reduce_mean(x, [2, 3] if first else [1, 2])
        x = tf.matmul(x, tf.constant(rng.standard_normal((4, 2), np.float32)))
        if sequence_bias:  # of (N, C, 1)
            x = tf.raw_ops.BiasAdd(value=x[..., tf.newaxis], bias=tf.zeros(2), data_format="NCHW")
            x = x[..., 0]
        tf.nn.softmax(x)
    return found.as_graph_def()


def test_nodes_that_take_channels_first_are_refused_by_name():
    with pytest.raises(InputError, match=r"NHWC, received NCHW in 'conv' of 'own'") as error:
        GraphNetwork(graph("NCHW"), name="own")
    assert "Export the model with channels last" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("options", [{}, {"beside": True}, {"sequence_bias": True}])
def test_channels_first_is_accepted_where_no_map_between_images_and_logits_has_them(options):
    net = GraphNetwork(graph(**options))
    assert net.layers == ("conv", "relu")
    batch = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    expected = GraphNetwork(graph()).logits(batch)
    np.testing.assert_allclose(net.logits(batch), expected, rtol=1e-6)


@pytest.mark.parametrize("squeeze", [False, True])
def test_logits_before_a_softmax_over_one_position_are_rows(squeeze):
    """The softmax may be squeezed afterwards: what it takes are the logits all the same."""
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 5)).astype(np.float32)

    def compute(x):
        hidden = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME"))
        found = tf.nn.softmax(tf.reduce_mean(hidden, [1, 2], keepdims=True))
        return tf.squeeze(found, [1, 2]) if squeeze else found

    spec = tf.TensorSpec([None, 8, 8, 3], tf.float32)
    concrete = tf.function(compute).get_concrete_function(spec)
    definition = concrete.graph.as_graph_def()
    end = before_squashing(definition, concrete.outputs[0].name)
    net = GraphNetwork(definition, logits=end)
    image = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    relu = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "SAME"))
    np.testing.assert_allclose(net.logits(image), tf.reduce_mean(relu, [1, 2]), rtol=1e-5)
    layer = net.layers[0]
    np.testing.assert_allclose(
        net.logits_from(layer, net.activations(image, layer)), net.logits(image), rtol=1e-5
    )


def test_logits_that_do_not_depend_on_the_images_are_one_line():
    def compute(x):
        return tf.nn.relu(x), tf.constant([[1.0, 2.0]])

    spec = tf.TensorSpec([None, 8, 8, 3], tf.float32)
    concrete = tf.function(compute).get_concrete_function(spec)
    with pytest.raises(InputError, match="Cannot cut"):
        GraphNetwork(concrete.graph.as_graph_def(), logits=concrete.outputs[1].name)
