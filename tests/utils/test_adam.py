import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.adam import Adam
from tfvis.utils.errors import InputError


@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.0, 0.9)])
def test_the_steps_are_those_of_the_paper(beta_1, beta_2):
    """Kingma, Ba 2015, algorithm 1, written out in NumPy."""
    gradients = np.random.default_rng(0).normal(size=(3, 4))
    variable = tf.Variable(np.zeros(4, np.float32))
    moments = [(tf.Variable(tf.zeros(4)), tf.Variable(tf.zeros(4)))]
    x, m, v = np.zeros(4), np.zeros(4), np.zeros(4)
    for t, gradient in enumerate(gradients, 1):
        Adam(0.1, beta_1, beta_2).apply(
            [variable], moments, [tf.constant(gradient, tf.float32)], tf.constant(t - 1)
        )
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        x -= 0.1 * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + 1e-8)
    np.testing.assert_allclose(variable.numpy(), x, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0}, "Expected learning_rate to be > 0, received 0"),
        ({"beta_1": 1.0}, "Expected beta_1 from 0 to below 1, received 1.0"),
        ({"beta_2": -0.1}, "Expected beta_2 from 0 to below 1, received -0.1"),
    ],
)
def test_what_cannot_be_used(changes, message):
    with pytest.raises(InputError, match=message):
        Adam(**{"learning_rate": 0.1, **changes})
