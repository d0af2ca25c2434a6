import numpy as np
import pytest

from tfvis.attacks.places import RandomPlace, half_extent


def corners(place, n, seed):
    """Where the patch's corners lie, (n, 4, 2) as (x, y) from the image's centre."""
    to_input = place.matrices(n, [seed, 0]).numpy().astype(np.float64)
    half = place.side / 2
    square = np.array([[x, y, 1] for x in (-half, half) for y in (-half, half)])
    return np.einsum("nij,kj->nki", np.linalg.inv(to_input), square)[..., :2]


@pytest.mark.parametrize(
    ("size", "side", "scales", "degrees"),
    [((40, 60), 9, (0.9, 1.1), 20.0), ((30, 30), 10, (0.5, 2.0), 45.0), ((16, 20), 16, (1, 1), 0)],
)
def test_the_patch_lies_inside_and_reaches_the_edges(size, side, scales, degrees):
    place = RandomPlace(size, side, scales, degrees)
    assert place.free >= 0
    found = np.abs(corners(place, 2000, 0))
    edges = np.array(size[::-1]) / 2
    assert (found <= edges + 0.01).all()
    assert (found.max(axis=(0, 1)) > edges - 1).all()


def test_places_are_whole_pixels_and_all_equally_frequent():
    columns = RandomPlace((8, 8), 4, (1.0, 1.0), 0.0).matrices(5000, [3, 0]).numpy()[:, 0, 2]
    values, counts = np.unique(columns, return_counts=True)
    np.testing.assert_array_equal(values, [-2, -1, 0, 1, 2])
    # Five standard deviations of a binomial count.
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(5000 * 0.2 * 0.8)


def test_magnification_and_rotation_are_within_their_bounds():
    place = RandomPlace((50, 50), 10, (0.8, 1.25), 30.0)
    parts = place.matrices(2000, [0, 0]).numpy()[:, :2, :2]
    scales = 1 / np.sqrt(np.linalg.det(parts))
    degrees = np.degrees(np.arctan2(-parts[:, 0, 1], parts[:, 0, 0]))
    np.testing.assert_allclose([scales.min(), scales.max()], [0.8, 1.25], rtol=1e-4)
    np.testing.assert_allclose([degrees.min(), degrees.max()], [-30, 30], rtol=1e-4)


def test_a_seed_reproduces():
    place = RandomPlace((20, 20), 4, (0.9, 1.1), 20.0)
    first, again, other = (place.matrices(3, [seed, 1]).numpy() for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_square_that_is_turned_by_45_degrees_is_as_high_as_its_diagonal():
    assert half_extent(2, 3, np.pi / 4) == pytest.approx(3 * np.sqrt(2))
    assert RandomPlace((8, 20), 4, (1, 2.0), 90.0).free == pytest.approx(8 - 8 * np.sqrt(2))
