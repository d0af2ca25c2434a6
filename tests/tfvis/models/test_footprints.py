"""Footprints of networks whose tensors can be counted by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.models.footprints import footprint
from tfvis.models.graph_network import GraphNetwork
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils import network
from tfvis.utils.image_sources import read_image
from tfvis.utils.memory_bounds import CLASSIFIER, HEAD, TAIL, batch_size_within, memory_bound

layers = keras.layers

FLOAT = 4
IMAGE, A, B = 8 * 8 * 3, 8 * 8 * 16, 8 * 8 * 2


@pytest.fixture(scope="module")
def net():
    """Images (8, 8, 3), a (8, 8, 16), b (8, 8, 2), three logits; without biases."""
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="a")(images)
    x = layers.Conv2D(2, 1, use_bias=False, name="b")(x)
    x = layers.Dense(3, use_bias=False)(layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(keras.Model(images, x), layers=["a", "b"])


def test_a_pass_holds_what_an_operation_reads_and_what_it_makes(net):
    assert footprint(net, HEAD, "a", gradient=False).image == FLOAT * (IMAGE + A)
    # The images are read by nothing but the first convolution.
    assert footprint(net, HEAD, "b", gradient=False).image == FLOAT * (IMAGE + A)
    assert footprint(net, TAIL, "a", gradient=False).image == FLOAT * (A + B)
    assert footprint(net, CLASSIFIER, None, gradient=False).image == FLOAT * (IMAGE + A)


def test_weights_of_the_part_alone_count(net):
    first, second, last = (FLOAT * n for n in (3 * 3 * 3 * 16, 16 * 2, 2 * 3))
    assert footprint(net, HEAD, "a", gradient=False).weights == pytest.approx(first, abs=64)
    assert footprint(net, TAIL, "a", gradient=False).weights == pytest.approx(second + last, abs=64)


def test_a_gradient_holds_more(net):
    for part in (HEAD, TAIL, CLASSIFIER):
        plain = footprint(net, part, "a", gradient=False).image
        assert footprint(net, part, "a", gradient=True).image >= plain
    # All of it is linear: the gradient needs no activation, but one of its own as large.
    assert footprint(net, CLASSIFIER, None, gradient=True).image < 2 * FLOAT * (IMAGE + A)


def test_it_is_traced_once(net):
    assert footprint(net, HEAD, "a", gradient=True) is footprint(net, HEAD, "a", gradient=True)
    assert net.footprint(HEAD, "a") is footprint(net, HEAD, "a", gradient=True)


def test_a_graph_has_the_same_footprint():
    graph = tf.Graph()
    with graph.as_default():
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        a = tf.nn.conv2d(images, tf.ones([3, 3, 3, 16]), 1, "SAME", name="a")
        b = tf.nn.conv2d(a, tf.ones([1, 1, 16, 2]), 1, "SAME", name="b")
        tf.matmul(tf.reduce_mean(b, [1, 2]), tf.ones([2, 3]), name="logits")
    net = GraphNetwork(graph.as_graph_def(), logits="logits", layers=["a", "b"])
    assert net.footprint(HEAD, "a", gradient=False).image == FLOAT * (IMAGE + A)
    assert net.footprint(TAIL, "a", gradient=False).image == FLOAT * (A + B)


@pytest.fixture(scope="module")
def wide():
    """A network whose images take 40 MB each on their way."""
    images = keras.Input((256, 256, 3))
    x = keras.layers.Conv2D(64, 3, padding="same", activation="relu", name="wide")(images)
    x = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(keras.Model(images, x))


def test_logits_keep_within_a_bound(wide, monkeypatch):
    sizes = []
    build = network._COMPILED[CLASSIFIER]

    def watched(net, layer):
        run = build(net, layer)
        return lambda images: sizes.append(len(images)) or run(images)

    monkeypatch.setitem(network._COMPILED, CLASSIFIER, watched)
    pictures = np.zeros((7, 256, 256, 3), np.float32)
    with memory_bound("1.2GB"):
        at_once = batch_size_within(wide, CLASSIFIER, most=7, gradient=False)
        bounded = wide.logits(pictures)
    assert 1 <= at_once < 7
    assert sum(sizes) == 7
    assert max(sizes) == at_once
    sizes.clear()
    np.testing.assert_allclose(wide.logits(pictures), bounded, rtol=1e-6)
    assert sizes == [7]


@pytest.mark.parametrize("explainer", [ExtremalPerturbation, GuidedFeatureInversion])
def test_masks_keep_within_the_bound_at_their_time(wide, explainer):
    own = explainer(wide, batch_size=7, **_layers_of(explainer))
    source = read_image(np.zeros((256, 256, 3)))
    asked = source if explainer is ExtremalPerturbation else [source]
    assert own._at_once(asked) == 7
    with memory_bound("2GB"):
        assert 1 <= own._at_once(asked) < 7
    assert own._at_once(asked) == 7
    assert own.options.batch_size == 7


def _layers_of(explainer):
    if explainer is ExtremalPerturbation:
        return {}
    return {"base_layer": "wide", "inversion_layer": "wide"}
