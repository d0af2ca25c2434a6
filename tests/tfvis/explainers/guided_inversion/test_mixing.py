import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.guided_inversion.mixing import (
    backgrounds,
    joined,
    mask_of,
    mixtures,
    restarted,
)
from tfvis.utils.errors import InputError


@pytest.fixture
def maps():
    return tf.constant(np.random.default_rng(0).random((2, 3, 4, 5), np.float32))


@pytest.mark.parametrize("scaling", ["minmax", "max"])
def test_a_mask_is_the_weighted_sum_scaled(maps, scaling):
    weights = np.random.default_rng(1).random((2, 5), np.float32)
    found = mask_of(maps, tf.constant(weights), (3, 4), scaling).numpy()
    for k in range(2):
        s = maps[k].numpy() @ weights[k]
        scale = s.max() - s.min() if scaling == "minmax" else s.max()
        np.testing.assert_allclose(found[k], (s - s.min()) / scale, rtol=1e-4, atol=1e-6)


def test_a_constant_sum_has_no_mask(maps):
    assert not mask_of(tf.ones_like(maps), tf.ones([2, 5]), (6, 8), "max").numpy().any()


def test_sums_below_zero_stay_within_a_mask(maps):
    found = mask_of(maps - 9, tf.ones([2, 5]), (3, 4), "max").numpy()
    assert found.min() == 0
    assert found.max() == pytest.approx(1)


def test_layers_are_joined_on_one_scale_at_the_first_ones_resolution(maps):
    other = tf.fill([2, 1, 1, 2], -4.0)
    found = joined([3 * maps, other]).numpy()
    assert found.shape == (2, 3, 4, 7)
    largest = maps.numpy().max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(found[..., :5], maps.numpy() / largest, rtol=1e-5)
    np.testing.assert_allclose(found[..., 5:], -1)
    assert joined([maps]) is maps


def test_what_a_mask_keeps_and_hides_is_all():
    x, p, m = np.random.default_rng(2).random((3, 1, 4, 4, 3), np.float32)
    kept, hidden = mixtures(tf.constant(x), tf.constant(p), tf.constant(m[..., 0]))
    np.testing.assert_allclose(kept + hidden, x + p, rtol=1e-5)
    np.testing.assert_allclose(kept, p + m[..., :1] * (x - p), rtol=1e-4, atol=1e-6)


def test_backgrounds_tell_nothing_of_places():
    images = np.random.default_rng(3).random((2, 6, 6, 3), np.float32)
    terms = {"sigma": 1.0, "radius": 4, "seed": 0}
    mean = backgrounds(images, "mean", **terms)
    np.testing.assert_allclose(mean[:, 0, 0], images.mean(axis=(1, 2)), rtol=1e-5)
    one, other = backgrounds(images, "noise", **terms)
    np.testing.assert_array_equal(one, other)
    assert (backgrounds(images, "noise", **{**terms, "seed": 1})[0] != one).any()
    with pytest.raises(InputError, match=r"Expected a background of shape \(6, 6, 3\)"):
        backgrounds(images, np.zeros((8, 8, 3)), **terms)


@pytest.mark.parametrize("scaling", ["minmax", "max"])
def test_restarted_weights_have_the_same_mask(maps, scaling):
    weights = np.random.default_rng(1).random((2, 5), np.float32)
    again = restarted(weights, 0.25)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again.mean(axis=1), 0.25, rtol=1e-6)
    one, other = (mask_of(maps, tf.constant(w), (6, 8), scaling) for w in (weights, again))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_without_a_restart_weights_stay_and_zeros_always_do():
    weights = np.float32([[0, 0], [1, 3]])
    assert restarted(weights, 0.0) is weights
    assert restarted(weights, 0.5).tolist() == [[0, 0], [0.25, 0.75]]
