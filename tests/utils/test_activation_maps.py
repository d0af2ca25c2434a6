import numpy as np
import pytest

from tfvis.utils.activation_maps import (
    above_quantile,
    area_of_half,
    heat_map,
    resize,
    shown,
    summed_map,
    weighted_map,
)
from tfvis.utils.errors import InputError


def test_channels_are_weighed_and_summed():
    activations = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_allclose(
        weighted_map(activations, [0, 2], np.array([2.0, -1.0])), [[-2, 1], [4, 7]]
    )


def test_only_what_exceeds_the_quantile_is_kept():
    a_map = np.arange(100.0).reshape(10, 10)
    kept = above_quantile(a_map, 0.85)
    assert (kept > 0).sum() == 15
    np.testing.assert_array_equal(kept[kept > 0], np.arange(85, 100))


def test_nothing_below_zero_is_kept():
    assert above_quantile(-np.ones((3, 3))).max() == 0
    assert above_quantile(np.full((3, 3), -1.0), 0.0).min() == 0


def test_a_map_is_stretched_bilinearly():
    row = resize(np.array([[0.0, 1.0]]), (2, 4))
    np.testing.assert_allclose(row, [[0, 0.25, 0.75, 1]] * 2, atol=1e-6)


def test_a_heat_map_peaks_where_the_group_is_active():
    activations = np.zeros((7, 7, 4))
    activations[5, 1, 2] = 3.0
    found = heat_map(activations, [2], np.array([1.0]), (70, 70))
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (row // 10, column // 10) == (5, 1)
    assert found.min() == 0


def test_a_map_of_zeros_stays_zero():
    assert heat_map(np.zeros((7, 7, 4)), [0, 1], np.ones(2), (14, 14)).max() == 0


def test_the_quantile_is_a_share():
    with pytest.raises(InputError, match=r"Expected a quantile in \[0, 1\], received 85"):
        above_quantile(np.ones((2, 2)), 85)


def test_some_channels_maps_are_summed():
    maps = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(summed_map(maps, [0, 2]), maps[..., 0] + maps[..., 2])


def test_a_picture_shows_what_is_positive():
    a_map = np.array([[1.0, -2.0], [0.0, 3.0]])
    np.testing.assert_array_equal(shown(a_map, (2, 2)), [[1, 0], [0, 3]])
    np.testing.assert_array_equal(shown(-a_map, (2, 2)), [[0, 2], [0, 0]])
    assert shown(a_map, (6, 4)).shape == (6, 4)


def test_a_picture_may_be_cut_at_a_quantile():
    a_map = np.arange(-50.0, 50.0).reshape(10, 10)
    assert np.count_nonzero(shown(a_map, (10, 10))) == 49
    assert np.count_nonzero(shown(a_map, (10, 10), 0.85)) == 15


def test_the_area_is_that_of_the_fewest_pixels_with_half_of_the_sum():
    assert area_of_half(np.array([[5.0, 3.0], [1.0, 1.0]])) == 1 / 4  # 5 of 10
    assert area_of_half(np.array([[4.0, 3.0], [2.0, 1.0]])) == 2 / 4  # 4 of 10 do not do
    assert area_of_half(np.eye(10)) == 5 / 100
    assert area_of_half(np.full((4, 6), 0.1)) == 12 / 24


def test_a_map_of_zeros_is_as_wide_as_a_constant_one():
    assert area_of_half(np.zeros((4, 6))) == area_of_half(np.ones((4, 6))) == 0.5


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_an_area_needs_finite_values_above_zero(value):
    with pytest.raises(InputError, match="Expected a map of finite values >= 0"):
        area_of_half(np.array([[1.0, value]]))
