import numpy as np
import tensorflow as tf

from tfvis.explainers.guided_inversion.minimize import minimize


def test_damped_updates_do_not_depend_on_the_size_of_the_loss():
    """And move a weight whose slope is small by less than Adam does."""

    @tf.function
    def descend(damping, scale):
        slopes = scale * tf.constant([[-1.0, -0.01]])

        def loss_of(weights, places):
            loss = tf.reduce_sum(slopes * weights, axis=1)
            return loss, loss

        rates = np.full(4, 0.1, np.float32)
        return minimize(loss_of, tf.ones([1, 2]), rates=rates, damping=damping, epsilon=1e-30)[0]

    large, small = (descend(1.0, scale).numpy() for scale in (1.0, 1e-6))
    np.testing.assert_allclose(large, small, rtol=1e-5)
    # All slopes are constant, so each update is g / (|g| + rms): rms = sqrt((1 + 1e-4) / 2).
    root = np.sqrt((1 + 1e-4) / 2)
    expected = [1 + 0.4 / (1 + root), 1 + 0.4 * 0.01 / (0.01 + root)]
    np.testing.assert_allclose(large[0], expected, rtol=1e-4)
    np.testing.assert_allclose(descend(0.0, 1.0)[0], [1.4, 1.4], rtol=1e-4)


def test_minimising_ends_when_the_report_says_so():
    @tf.function
    def descend(last):
        def loss_of(weights, places):
            loss = tf.reduce_sum((weights - 1) ** 2, axis=1)
            return loss, loss

        return minimize(
            loss_of,
            tf.zeros([2, 5]),
            rates=np.full(1_000_000, 0.1, np.float32),
            report=lambda done, weights: done < last,
        )

    for last in (3, 7):
        weights, losses, updates = descend(tf.constant(last))
        assert updates.numpy().tolist() == [last, last]
        assert losses.shape == (last + 1, 2)
        np.testing.assert_allclose(weights, 0.1 * last, rtol=0.2)
