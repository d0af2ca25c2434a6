import numpy as np
import tensorflow as tf

from tfvis.utils.adam import apply_adam


def test_the_steps_are_those_of_the_paper():
    """Kingma, Ba 2015, algorithm 1, written out in NumPy."""
    gradients = np.random.default_rng(0).normal(size=(3, 4))
    variable = tf.Variable(np.zeros(4, np.float32))
    moments = [(tf.Variable(tf.zeros(4)), tf.Variable(tf.zeros(4)))]
    x, m, v = np.zeros(4), np.zeros(4), np.zeros(4)
    for t, gradient in enumerate(gradients, 1):
        apply_adam(
            [variable], moments, [tf.constant(gradient, tf.float32)], tf.constant(t - 1), 0.1
        )
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        x -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(variable.numpy(), x, rtol=1e-4)
