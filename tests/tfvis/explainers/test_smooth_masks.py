"""The parts of extremal perturbations against plain forms, whose slopes TensorFlow works out."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.smooth_masks import (
    area_penalty,
    blurred_where_hidden,
    cell_kernels,
    smooth_mask,
)

STEP, SIGMA, GRID, SIZE = 4, 6.0, 5, (18, 19)
rng = np.random.default_rng(0)


def with_slopes(function, given, upstream=None):
    given = tf.constant(np.float32(given))
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = function(given)
    return found, tape.gradient(found, given, upstream)


def same(function, plain, given, *, rtol=1e-4):
    """Values and slopes, those of a random weighting of the values."""
    upstream = tf.constant(rng.standard_normal(plain(tf.constant(given)).shape), tf.float32)
    (found, slopes), (expected, wanted) = (
        with_slopes(own, given, upstream) for own in (function, plain)
    )
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-5)
    np.testing.assert_allclose(slopes, wanted, rtol=rtol, atol=1e-4)


def test_a_smooth_mask_and_its_slopes():
    kernels = tf.constant(cell_kernels(STEP, SIGMA))
    side = int(np.sqrt(kernels.shape[1]))

    def plain(weights):
        reach = side // 2
        padded = tf.pad(weights, [[0, 0], [reach, reach], [reach, reach]])
        rows = []
        for y in range(SIZE[0]):
            row = []
            for x in range(SIZE[1]):
                i, j = y // STEP, x // STEP
                around = tf.reshape(padded[:, i : i + side, j : j + side], [-1, side**2])
                values = around * kernels[(y % STEP) * STEP + x % STEP]
                shares = tf.nn.softmax(20 * values)
                row.append(tf.reduce_sum(shares * values, axis=1))
            rows.append(tf.stack(row, axis=1))
        return tf.stack(rows, axis=1)

    weights = rng.uniform(0, 1, (2, GRID, GRID)).astype(np.float32)
    weights[0, :2] = 0
    weights[1, 3:] = 1
    same(lambda own: smooth_mask(own, kernels, SIZE), plain, weights)


def test_a_kernel_is_one_near_its_cell_and_falls_with_the_distance():
    kernels = cell_kernels(STEP, SIGMA)
    assert kernels.shape == (STEP**2, 7**2)
    centre = kernels.reshape(STEP, STEP, 7, 7)[:, :, 3, 3]
    np.testing.assert_array_equal(centre, 1)  # no pixel of a cell is further than sigma / 2
    distance = np.hypot(1.5 + 8, 1.5)  # of the first pixel from the centre two cells below
    expected = np.exp(-2 * (distance / SIGMA - 0.5) ** 2)
    assert kernels.reshape(STEP, STEP, 7, 7)[0, 0, 5, 3] == pytest.approx(expected)


def test_blurs_are_mixed_as_the_mask_says_and_slopes_are_those_of_the_mixture():
    levels = tf.constant(rng.random((2, 4, 5, 6, 3), np.float32))

    def plain(mask):
        place = 3 * mask[..., tf.newaxis]
        tents = [tf.nn.relu(1 - tf.abs(place - level)) for level in range(4)]
        return tf.add_n([tent * levels[:, level] for level, tent in enumerate(tents)])

    mask = rng.uniform(0.01, 0.99, (2, 5, 6)).astype(np.float32)
    same(lambda own: blurred_where_hidden(levels, own), plain, mask)


def test_at_its_ends_the_mask_shows_one_image_and_has_the_slope_of_the_last_pair():
    levels = tf.constant(rng.random((1, 3, 2, 2, 3), np.float32))
    for value, level, pair in ((0.0, 0, (0, 1)), (1.0, 2, (1, 2))):
        seen, slopes = with_slopes(
            lambda own: blurred_where_hidden(levels, own), np.full((1, 2, 2), value)
        )
        np.testing.assert_allclose(seen[0], levels[0, level], atol=1e-6)
        below, above = (levels[0, k].numpy() for k in pair)
        np.testing.assert_allclose(slopes[0], 2 * (above - below).sum(axis=-1), atol=1e-5)


@pytest.mark.parametrize("area", [0.1, 0.33, 0.9])
def test_the_penalty_is_that_of_the_sorted_mask(area):
    def plain(mask):
        flat = tf.reshape(mask, [2, -1])
        wanted = tf.cast(tf.range(30) >= round(30 * (1 - area)), tf.float32)
        return tf.reduce_mean((tf.sort(flat, axis=1) - wanted) ** 2, axis=1)

    same(lambda own: area_penalty(own, area), plain, rng.random((2, 5, 6), np.float32))


def test_equal_values_share_the_ones_and_the_penalty_is_that_of_any_order():
    mask = np.full((1, 4, 5), 0.5, np.float32)
    mask[0, 0] = 0.75
    penalty, slopes = with_slopes(lambda own: area_penalty(own, 0.5), mask)
    # Ten ones: for five of 0.75, and for five of the fifteen values of 0.5.
    assert float(penalty[0]) == pytest.approx((5 * 0.25**2 + 15 * 0.5**2) / 20)
    expected = np.where(mask > 0.5, 0.75 - 1, 0.5 - 1 / 3) * 2 / 20
    np.testing.assert_allclose(slopes, expected, rtol=1e-5)


def test_an_area_of_less_than_half_a_pixel_keeps_none():
    mask = rng.random((1, 3, 3), np.float32)
    penalty = area_penalty(tf.constant(mask), 0.01)
    assert float(penalty[0]) == pytest.approx(float((mask**2).mean()))
