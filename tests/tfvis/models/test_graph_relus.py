"""Graphs whose ReLUs have another gradient."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.graph_network import GraphNetwork
from tfvis.models.graph_relus import redirect_relus
from tfvis.utils.labels import Labels

KERNEL = np.float32([[[[1, 0], [0, 1], [0, -1]]]])


def definition(activation):
    """A 1 x 1 convolution, silent on every image, and a mean."""

    def compute(x):
        found = activation(tf.nn.conv2d(x, KERNEL, 1, "SAME") - 2.0)
        return tf.nn.softmax(tf.matmul(tf.reduce_mean(found, [1, 2]), np.eye(2, dtype=np.float32)))

    spec = tf.TensorSpec([None, 4, 4, 3], tf.float32)
    return tf.function(compute).get_concrete_function(spec).graph.as_graph_def()


def gradient(net, image):
    image = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        (values,) = net.head(net.layers[-1])(image)
        loss = -tf.reduce_sum(values)
    return values.numpy(), tape.gradient(loss, image).numpy()


@pytest.mark.parametrize("activation", [tf.nn.relu, tf.nn.relu6])
def test_silent_images_get_a_gradient_and_others_keep_theirs(activation):
    net = GraphNetwork(definition(activation))
    grey, bright = np.full((1, 4, 4, 3), 0.5, np.float32), np.full((1, 4, 4, 3), 9, np.float32)
    both = np.concatenate([grey, bright * [0.6, 0.5, 0.1]]).astype(np.float32)
    changed = net.with_redirected_relus()
    assert changed.with_redirected_relus() is not net
    assert net.with_redirected_relus() is changed  # imported once
    (values, plain), (same, found) = gradient(net, both), gradient(changed, both)
    np.testing.assert_array_equal(same, values)
    assert not plain[0].any()
    np.testing.assert_array_equal(found[0], np.broadcast_to(np.float32([-1, -1, 1]), (4, 4, 3)))
    assert plain[1].any()
    np.testing.assert_array_equal(found[1], plain[1])
    both = tf.constant(both)
    np.testing.assert_array_equal(changed.classifier()(both), net.classifier()(both))


def test_all_relus_are_counted_and_other_nodes_stay():
    graph = definition(tf.nn.relu)
    before = {node.name: node.SerializeToString() for node in graph.node}
    assert redirect_relus(graph) == 1
    after = {node.name: node.SerializeToString() for node in graph.node}
    changed = {name for name in before if before[name] != after[name]}
    assert {node.op for node in graph.node if node.name in changed} == {"Relu"}


def test_a_graph_without_relus_is_itself():
    net = GraphNetwork(definition(tf.nn.leaky_relu))
    assert net.with_redirected_relus() is net


def test_a_copy_makes_its_own():
    net = GraphNetwork(definition(tf.nn.relu))
    net.with_redirected_relus()
    named = net.with_labels(Labels([("a",), ("b",)])).with_redirected_relus()
    assert list(named.labels) == ["a", "b"]
