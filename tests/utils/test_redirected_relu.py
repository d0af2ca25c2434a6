"""The redirected gradient, derived again slowly, and what a step down it does."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.redirected_relu import UNCAPPED, redirected, redirected_gradient

CAPS = (UNCAPPED, 6.0)


def slowly(inputs, slopes, cap):
    """The rule, number by number."""
    found = np.zeros_like(slopes)
    for image in range(len(inputs)):
        numbers = list(np.ndindex(inputs.shape[1:]))
        own = {k: slopes[image][k] for k in numbers if 0 < inputs[image][k] < cap}
        if any(own.values()):
            for k, slope in own.items():
                found[image][k] = slope
            continue
        for k in numbers:
            x, slope = inputs[image][k], slopes[image][k]
            # A step down the loss moves x by -slope.
            away = (x <= 0 and -slope < 0) or (x >= cap and -slope > 0)
            found[image][k] = 0 if away else slope
    return found


@pytest.mark.parametrize("cap", CAPS)
def test_it_is_the_rule(cap):
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-9, 9, (6, 3, 2, 4)).astype(np.float32)
    slopes = rng.standard_normal(inputs.shape).astype(np.float32)
    inputs[1] = -np.abs(inputs[1])  # silent
    inputs[2] = np.abs(inputs[2]) + 6  # at the cap, where there is one
    slopes[3][inputs[3] > 0] = 0  # active, but nothing arrives there
    slopes[4] = 0  # nothing arrives at all
    inputs[5] = -np.abs(inputs[5])
    inputs[5, 0, 0, 0], slopes[5, 0, 0, 0] = 1, 1e-3  # active in one place
    expected = slowly(inputs, slopes, cap)
    np.testing.assert_array_equal(redirected_gradient(inputs, slopes, cap), expected)
    assert expected[1].any()
    assert expected[2].any()
    assert expected[3].any()
    assert np.count_nonzero(expected[5]) == 1


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(("cap", "relu"), [(UNCAPPED, tf.nn.relu), (6.0, tf.nn.relu6)])
def test_values_stay_and_images_with_a_gradient_keep_theirs(cap, relu, dtype):
    rng = np.random.default_rng(1)
    inputs = tf.cast(rng.uniform(-9, 9, (3, 5, 4)), dtype)
    factors = tf.cast(rng.standard_normal((3, 5, 4)), dtype)

    def gradient(function):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            values = function(inputs)
            loss = tf.reduce_sum(factors * values)
        return values, tape.gradient(loss, inputs)

    for found, expected in zip(gradient(redirected(relu, cap)), gradient(relu), strict=True):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)


def test_a_silent_unit_gets_the_slope_that_it_had_without_its_relu():
    """Of w·x + b < 0, which is to grow: the linear unit's gradient, by differences."""
    w, b, x = np.array([0.5, -2.0, 1.0]), -3.0, np.array([0.2, 0.1, -0.3])

    def loss(x):
        return -(w @ x + b)

    differences = [(loss(x + 1e-3 * e) - loss(x - 1e-3 * e)) / 2e-3 for e in np.eye(3)]
    variable = tf.Variable(x[np.newaxis])
    with tf.GradientTape() as tape:
        unit = redirected(tf.nn.relu)(variable @ w[:, np.newaxis] + b)
        minimised = -tf.reduce_sum(unit)
    gradient = tape.gradient(minimised, variable)[0]
    assert minimised == 0
    np.testing.assert_allclose(gradient, differences, rtol=1e-6)
    # Enough of these steps wake it, as the plain gradient, which is zero, never would.
    assert w @ (x - gradient.numpy()) + b > w @ x + b
    assert w @ (x - gradient.numpy()) + b == pytest.approx(w @ x + b + w @ w)


def test_a_silent_unit_that_is_to_fall_is_left_alone():
    variable = tf.Variable([[-1.0, -2.0]])
    with tf.GradientTape() as tape:
        minimised = tf.reduce_sum(redirected(tf.nn.relu)(variable))
    np.testing.assert_array_equal(tape.gradient(minimised, variable), [[0, 0]])
