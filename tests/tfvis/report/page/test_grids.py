"""Maps in cells."""

import numpy as np

from tfvis.report.page.grids import in_cells

MAPS = np.arange(2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)


def test_few_numbers_stay_as_they_are():
    found, cell = in_cells(MAPS, 60)
    assert cell == 1
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, MAPS)


def test_a_cell_has_the_sum_of_its_positions():
    found, cell = in_cells(MAPS, 59)
    assert (cell, found.shape) == (2, (2, 3, 3))
    np.testing.assert_array_equal(found[0, 1, 2], MAPS[0, 2:4, 4:6].sum())
    np.testing.assert_array_equal(found[0, 2, 0], MAPS[0, 4, :2].sum())  # the last row is alone
    np.testing.assert_array_equal(found.sum(axis=(1, 2)), MAPS.sum(axis=(1, 2)))


def test_cells_grow_until_the_numbers_are_few_enough():
    found, cell = in_cells(np.ones((1, 9, 9)), 4)
    assert (cell, found.shape) == (8, (1, 2, 2))
    np.testing.assert_array_equal(found, [[[64, 8], [8, 1]]])


def test_more_maps_than_numbers_become_one_cell_each():
    found, _ = in_cells(np.ones((3, 4, 4)), 2)
    assert found.shape == (3, 1, 1)
    np.testing.assert_array_equal(found, 16)
