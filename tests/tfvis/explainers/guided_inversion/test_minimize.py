import numpy as np
import tensorflow as tf

from tfvis.explainers.guided_inversion.minimize import minimize


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
