import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.errors import InputError
from tfvis.utils.losses import channel, channel_mean, loss

ACTIVATIONS = {
    "a": tf.constant(np.arange(24.0).reshape(2, 2, 2, 3), tf.float32),
    "b": tf.ones([2, 1, 1, 2]),
}
POSITIONS = tf.range(2)
MEANS = np.arange(24.0).reshape(2, 4, 3).mean(axis=1)


def values(objective, positions=POSITIONS):
    return objective(ACTIVATIONS, positions).numpy()


def test_each_image_has_weights_of_its_own():
    weights = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, -1.0]])
    np.testing.assert_allclose(values(channel_mean("a", weights)), (MEANS * weights).sum(axis=1))


def test_positions_choose_the_weights_of_a_part_of_the_batch():
    weights = np.eye(3)[[0, 1, 2, 2]]
    found = values(channel_mean("a", weights), tf.constant([1, 3]))
    np.testing.assert_allclose(found, [MEANS[0, 1], MEANS[1, 2]])


def test_one_row_of_weights_serves_every_image():
    np.testing.assert_allclose(values(channel("a", 1)), MEANS[:, 1])


def test_objectives_are_values():
    a, b = channel("a", 0), channel("b", 1)
    before = values(a)
    combined = 2 * a - b / 4 + -a
    np.testing.assert_allclose(values(combined), MEANS[:, 0] - 0.25)
    np.testing.assert_array_equal(values(a), before)
    assert combined.layers == ("a", "b")
    assert combined.name == "2·(a:0) + -1·(0.25·(b:1)) + -1·(a:0)"


def test_a_difference_is_the_opposite_of_its_opposite():
    a, b = channel("a", 0), channel("a", 2)
    np.testing.assert_allclose(values(-(a - b)), values(b - a))


def test_only_objectives_can_be_added_and_only_numbers_scale():
    a = channel("a", 0)
    for operation in (lambda: a + 1, lambda: a - 1, lambda: a * a, lambda: 1 + a):
        with pytest.raises(TypeError):
            operation()


def test_objectives_for_different_batches_do_not_add():
    with pytest.raises(InputError, match="for 2 and 'a' for 3"):
        channel_mean("a", np.ones((2, 3))) + channel_mean("a", np.ones((3, 3)))


def test_the_loss_is_minus_the_sum():
    assert loss(tf.constant([1.0, 2.5])).numpy() == -3.5


def test_a_channel_must_exist():
    with pytest.raises(InputError, match="from 0 to 2, received 3"):
        values(channel("a", 3))


def test_weights_must_fit_the_layer():
    with pytest.raises(InputError, match="Expected 3 weights, one a channel of a, received 1"):
        values(channel_mean("a", np.ones(1)))
