"""Functions are traced once, whichever layer and network they belong to."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.grad_cam import GradCAM
from tfvis.explainers.layer_integrated_gradients import LayerIntegratedGradients
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.compiling import compiled, compiled_apart, trace_count


def test_a_function_with_a_signature_is_traced_once_for_all_shapes():
    before = trace_count()
    double = compiled(lambda x: 2 * x, [tf.TensorSpec([None, None])])
    assert trace_count() == before  # it is traced when it is called
    for shape in ((1, 2), (3, 4), (5, 6)):
        np.testing.assert_array_equal(double(tf.ones(shape)), 2 * np.ones(shape))
    assert trace_count() == before + 1


def test_a_function_without_one_is_traced_for_a_shape_and_once_more_for_all():
    before = trace_count()
    double = compiled(lambda x: 2 * x)
    for n in (1, 1, 2, 3, 4):
        double(tf.ones(n))
    assert trace_count() == before + 2


def test_pythons_if_is_not_converted():
    choose = compiled(lambda x: x if x.shape[0] == 1 else -x)
    assert choose(tf.ones(1)).numpy().tolist() == [1]


def pooled(x, weights):
    """The gradient of a network with max pooling, by its input."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(tf.nn.conv2d(x, weights, 1, "SAME"), 3, 1, "SAME")
    return x + tape.gradient(y, x)


def in_a_loop(step):
    """Compiled: three steps in a loop."""

    def run(x, weights):
        return tf.while_loop(lambda x: True, lambda x: step(x, weights), [x], maximum_iterations=3)

    return compiled(run)


def test_what_is_compiled_apart_is_the_same_in_a_loop():
    rng = np.random.default_rng(0)
    x = tf.constant(rng.standard_normal((1, 6, 6, 2)), tf.float32)
    weights = tf.constant(rng.standard_normal((3, 3, 2, 2)), tf.float32)
    (found,), (expected,) = (
        in_a_loop(step)(x, weights) for step in (compiled_apart(pooled), pooled)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_what_is_compiled_apart_stays_a_function_of_its_own():
    # One that is merged into the loop's body loses oneDNN's gradient of pooling.
    x, weights = tf.ones((1, 6, 6, 2)), tf.ones((3, 3, 2, 2))
    loop = in_a_loop(compiled_apart(pooled)).get_concrete_function(x, weights)
    functions = loop.graph.as_graph_def().library.function
    (own,) = [f for f in functions if any(node.op == "MaxPoolGrad" for node in f.node_def)]
    assert own.attr["_noinline"].b


def network(seed):
    keras.utils.set_random_seed(seed)
    x = images = keras.Input((16, 16, 3))
    for k in range(6):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=f"layer{k}")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return KerasNetwork(keras.Model(images, keras.layers.Dense(2)(x)), name=f"net {seed}")


@pytest.mark.slow
def test_tensorflow_warns_of_no_retracing_over_many_layers_and_networks(caplog):
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        for seed in range(2):
            net = network(seed)
            for k in range(6):  # it warns from the fifth on
                for explainer in (
                    GradCAM(net, layer=f"layer{k}"),
                    LayerIntegratedGradients(net, layer=f"layer{k}", attribution_steps=2),
                ):
                    explainer.explain([image], [1])
            ExtremalPerturbation(net, iterations=1, step=4, sigma=6.0).explain([image], [1])
    assert [record.getMessage() for record in caplog.records if record.name == "tensorflow"] == []
