"""A network as a graph whose operations can be seen."""

import keras
import numpy as np
import tensorflow as tf

from tfvis.models.graph_network import GraphNetwork
from tfvis.models.keras_network import KerasNetwork
from tfvis.models.operations import CALLS, body_of, dependent, traced

layers = keras.layers


def keras_network():
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, 2, padding="same", name="plain")(images)
    x = layers.Conv2D(4, 3, groups=2, padding="same", name="grouped")(x)
    return KerasNetwork(keras.Model(images, layers.Dense(2)(layers.GlobalMaxPooling2D()(x))))


def test_tensors_have_the_shapes_that_one_image_gives_them():
    trace = traced(keras_network(), ["grouped", "plain"])
    assert trace.images.shape == (1, 8, 8, 3)
    assert [tensor.shape for tensor in trace.layers] == [(1, 4, 4, 4)] * 2
    assert trace.logits.shape == (1, 2)


def test_the_body_of_a_called_function_is_seen():
    # Keras calls a function for grouped convolutions.
    trace = traced(keras_network(), ["grouped"])
    calls = [op for op in trace.operations if op.type in CALLS]
    assert calls
    for call in calls:
        body = body_of(call)
        assert "Conv2D" in [op.type for op in body.get_operations()]
        assert len(body.inputs) == len(call.inputs)


def test_what_depends_on_the_image_is_told_from_what_does_not():
    graph = tf.Graph()
    with graph.as_default():
        image = tf.compat.v1.placeholder(tf.float32, [1, 3])
        weights = tf.constant([1.0, 2.0, 3.0]) * 2
        made = tf.identity(image * weights)
    found = dependent(graph.get_operations(), [image])
    assert {image.name, made.name} <= found
    assert weights.name not in found


def test_a_graph_shows_its_operations_too():
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        kernel = tf.constant(np.ones((3, 3, 3, 4), np.float32))
        maps = tf.nn.relu(tf.nn.conv2d(images, kernel, 2, "SAME"), name="maps")
        tf.identity(tf.reduce_mean(maps, [1, 2])[:, :2], name="logits")
    net = GraphNetwork(graph.as_graph_def(), logits="logits", layers=["maps"])
    trace = traced(net, ["maps"])
    types = [op.type for op in trace.operations]
    assert "Conv2D" in types
    assert not {*types} & {*CALLS}
    assert trace.layers[0].shape == (1, 4, 4, 4)
