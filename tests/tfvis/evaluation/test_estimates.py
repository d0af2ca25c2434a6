"""Intervals of means."""

import numpy as np
import pytest
from scipy import stats

from tfvis.evaluation.estimates import estimate_of_images, estimate_of_mean
from tfvis.utils.errors import InputError


def test_the_interval_is_that_of_the_normal_approximation_for_many_values():
    values = np.random.default_rng(0).normal(3.0, 2.0, 2000)
    found = estimate_of_mean(values)
    half = stats.norm.ppf(0.975) * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    np.testing.assert_allclose(
        [found.low, found.high], values.mean() + half * np.array([-1, 1]), atol=0.05 * half
    )


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(1).random(20)
    assert estimate_of_mean(values, seed=3) == estimate_of_mean(values, seed=3)
    assert estimate_of_mean(values, seed=3) != estimate_of_mean(values, seed=4)


def test_one_value_has_no_interval():
    found = estimate_of_mean(np.array([2.0]))
    assert found.mean == 2.0
    assert np.isnan([found.low, found.high]).all()


def test_values_of_an_image_are_resampled_together():
    values, images = np.array([1.0, 3.0, np.nan, 5.0, np.nan]), [0, 0, 0, 4, 7]
    assert estimate_of_images(values, images, seed=2) == estimate_of_mean([2.0, 5.0], seed=2)


@pytest.mark.parametrize("confidence", [0, 1, -0.5])
def test_confidence_is_between_0_and_1(confidence):
    with pytest.raises(InputError, match="confidence between 0 and 1"):
        estimate_of_mean(np.ones(3), confidence=confidence)


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]]])
def test_without_values_there_is_no_mean(values):
    with pytest.raises(InputError, match="at least one value"):
        estimate_of_mean(np.array(values))


def test_means_of_images_are_those_of_their_known_values():
    values, images = np.array([1.0, 3.0, np.nan, 5.0, np.nan]), np.array([7, 7, 2, 2, 1])
    expected = estimate_of_mean([5.0, 2.0])
    assert estimate_of_images(values, images) == expected
