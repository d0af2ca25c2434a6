import numpy as np
import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.icon_areas import faded

SIDE = 64


def importance(*middle):
    """A hill around a place."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / 200)[np.newaxis]


@pytest.mark.parametrize("area", [0.02, 0.25, 0.4, 0.97, 1.0])
def test_the_shown_area_is_what_was_asked_for(area):
    shown = faded(np.ones((1, SIDE, SIDE, 3)), importance(20, 40), area)
    assert (shown - 0.5).mean() / 0.5 == pytest.approx(area, abs=1e-3)


def test_what_matters_most_is_shown_and_what_matters_least_is_grey():
    images = np.random.default_rng(0).random((1, SIDE, SIDE, 3)).astype(np.float32)
    shown = faded(images, importance(20, 40), 0.25)
    np.testing.assert_array_equal(shown[0, 15:25, 35:45], images[0, 15:25, 35:45])
    np.testing.assert_array_equal(shown[0, 60:], 0.5)


def test_each_image_has_an_area_of_its_own():
    both = np.concatenate([importance(10, 10), importance(50, 50)])
    shown = faded(np.ones((2, SIDE, SIDE, 3)), both, 0.1)
    assert shown[:, 10, 10, 0].tolist() == [1, 0.5]
    assert shown[:, 50, 50, 0].tolist() == [0.5, 1]


def test_the_size_of_the_importance_does_not_matter():
    images = np.ones((1, SIDE, SIDE, 3))
    small = faded(images, 2.0**-30 * importance(20, 40), 0.3)
    np.testing.assert_array_equal(small, faded(images, importance(20, 40), 0.3))


@pytest.mark.parametrize("area", [0, -0.1, 1.1, float("nan")])
def test_an_area_out_of_range_is_refused(area):
    with pytest.raises(InputError, match="Expected area above 0 and at most 1"):
        faded(np.ones((1, 8, 8, 3)), np.ones((1, 8, 8)), area)


def test_the_importance_must_fit():
    with pytest.raises(InputError, match=r"importance of shape \(1, 8, 8\), received \(8, 8\)"):
        faded(np.ones((1, 8, 8, 3)), np.ones((8, 8)), 0.5)
