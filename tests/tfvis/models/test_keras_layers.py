"""Normalisation of local responses, beside TensorFlow's operation."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_layers import LocalResponseNormalization


def both_gradients(function, images, slopes):
    """A function's values, its gradient along `slopes`, and the gradient of that one's squares."""
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            values = function(images)
        first = inner.gradient(values, images, output_gradients=slopes)
        squares = tf.reduce_sum(first**2)
    return values, first, outer.gradient(squares, images)


@pytest.mark.parametrize(
    ("size", "alpha", "beta", "bias"), [(5, 1e-4, 0.75, 1.0), (3, 0.1, 0.5, 2.0), (7, 0.02, 1, 1)]
)
def test_values_and_gradients_are_those_of_tensorflows_operation(size, alpha, beta, bias):
    rng = np.random.default_rng(0)
    images = tf.constant(50 * rng.standard_normal((2, 3, 4, 12)), tf.float32)
    slopes = tf.constant(rng.standard_normal((2, 3, 4, 12)), tf.float32)
    layer = LocalResponseNormalization(size, alpha, beta, bias)
    found = both_gradients(layer, images, slopes)

    def plain(x):
        # The operation has no second gradient: written out.
        squares = tf.pad(x * x, [[0, 0], [0, 0], [0, 0], [size // 2, size // 2]])
        near = tf.add_n([squares[..., k : k + 12] for k in range(size)])
        return x / (bias + alpha / size * near) ** beta

    for mine, expected in zip(found, both_gradients(plain, images, slopes), strict=True):
        tolerance = 1e-5 * float(tf.reduce_max(tf.abs(expected)))
        np.testing.assert_allclose(mine, expected, atol=tolerance)
    operation = tf.nn.local_response_normalization(images, size // 2, bias, alpha / size, beta)
    np.testing.assert_allclose(found[0], operation, rtol=1e-5)


def test_in_half_precision_squares_do_not_overflow():
    images = tf.fill([1, 1, 1, 8], 1000.0)  # its square is beyond float16
    layer = LocalResponseNormalization(dtype="float16")
    expected = LocalResponseNormalization()(images)
    np.testing.assert_allclose(layer(images), expected, rtol=2e-3)


def test_an_exported_model_keeps_its_gradient():
    """One registered by this process would be unknown to another, and would keep the graph."""
    layer = LocalResponseNormalization()

    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            values = layer(images)
        return tape.gradient(values, images)

    for function in (layer, gradient):  # of any number of channels
        compiled = tf.function(function, autograph=False)
        graph = compiled.get_concrete_function(tf.TensorSpec([None, None, None, None])).graph
        kinds = {node.attr["_gradient_op_type"].s for node in graph.as_graph_def().node}
        assert kinds == {b""}
