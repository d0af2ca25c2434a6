import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.errors import InputError
from tfvis.utils.losses import channel, channel_mean, cosine_mean, loss

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


def test_without_an_exponent_the_cosine_does_not_count():
    weights = np.random.default_rng(0).standard_normal((2, 3))
    found = values(cosine_mean("a", weights, 0))
    np.testing.assert_allclose(found, values(channel_mean("a", weights)), rtol=1e-5)


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_cosine_weighs_each_position(power):
    weights = np.array([[1.0, -2.0, 0.0], [0.5, 0.5, 3.0]])
    maps = ACTIVATIONS["a"].numpy()
    along = np.einsum("nhwc,nc->nhw", maps, weights)
    lengths = np.linalg.norm(maps, axis=-1) * np.linalg.norm(weights, axis=-1)[:, None, None]
    expected = (np.maximum(along / lengths, 0.1) ** power * along).mean(axis=(1, 2))
    found = values(cosine_mean("a", weights, power))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # It grows with the weights as the plain objective does.
    np.testing.assert_allclose(values(cosine_mean("a", 3 * weights, power)), 3 * found, rtol=1e-5)


def test_the_cosine_prefers_that_other_channels_are_silent():
    """Channel 0 is as active in both images; channel 1 in the second alone."""
    maps = {"a": tf.constant([[[[2.0, 0.0]]], [[[2.0, 2.0]]]])}
    found = cosine_mean("a", np.array([[1.0, 0.0]] * 2), 2)(maps, POSITIONS)
    np.testing.assert_allclose(found, [2, 1], rtol=1e-5)


def test_the_gradient_is_finite_where_all_channels_are_silent():
    maps = tf.zeros([2, 1, 1, 3])
    objective = cosine_mean("a", np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), 1)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        found = objective({"a": maps}, POSITIONS)
    assert found.numpy().tolist() == [0, 0]
    slopes = tape.gradient(found, maps).numpy()
    assert np.isfinite(slopes).all()
    # Where all are silent the least cosine counts: the group's own channel still rises.
    assert slopes[0, 0, 0].tolist() == pytest.approx([0.1, 0, 0])
    assert not slopes[1].any()


def test_a_cosine_needs_a_row_an_image():
    with pytest.raises(InputError, match=r"Expected weights of shape \(N, C\), received \(3,\)"):
        cosine_mean("a", np.ones(3), 1)
