"""Boxes around regions, and how they meet, on masks small enough to count."""

import numpy as np
import pytest
from known_networks import (
    PLANTED,
    map_of_channels,
    other_channels,
    planted_network,
    planted_scene,
)

from tfvis.evaluation.box_metrics import ALPHAS, intersection_over_union, largest_region
from tfvis.utils.errors import InputError


def test_alphas_are_the_papers():
    assert ALPHAS == (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)


def test_the_box_is_around_the_largest_region():
    mask = np.zeros((8, 10))
    mask[1:3, 1:3] = 0.9  # 4 pixels
    mask[4:7, 5:9] = 0.5  # 12 pixels
    np.testing.assert_array_equal(largest_region(mask, 1), [5, 4, 9, 7])
    # mean = (4 · 0.9 + 12 · 0.5) / 80 = 0.12: above 4.5 times that only the small one is left.
    np.testing.assert_array_equal(largest_region(mask, 4.5), [1, 1, 3, 3])
    assert largest_region(mask, 8) is None


def test_where_the_mask_is_zero_there_is_no_region():
    mask = np.zeros((4, 4))
    assert largest_region(mask, 0) is None
    mask[2, 3] = 1e-6
    np.testing.assert_array_equal(largest_region(mask, 0), [3, 2, 4, 3])


def test_a_constant_mask_is_its_whole_image():
    mask = np.full((4, 6), 0.3, np.float32)
    np.testing.assert_array_equal(largest_region(mask, 1), [0, 0, 6, 4])


def test_corners_connect():
    mask = np.eye(5)
    np.testing.assert_array_equal(largest_region(mask, 0), [0, 0, 5, 5])


@pytest.mark.parametrize(
    ("box", "other", "expected"),
    [
        ([0, 0, 4, 4], [0, 0, 4, 4], 1.0),
        ([0, 0, 4, 4], [2, 2, 6, 6], 4 / 28),
        ([0, 0, 4, 4], [1, 1, 3, 3], 4 / 16),
        ([0, 0, 4, 4], [4, 0, 8, 4], 0.0),
        ([0, 0, 4, 4], [9, 9, 10, 10], 0.0),
    ],
)
def test_intersection_over_union(box, other, expected):
    assert intersection_over_union(np.array(box), np.array([other])) == pytest.approx([expected])
    assert intersection_over_union(np.array(other), np.array([box])) == pytest.approx([expected])


def test_sides_may_have_units_of_their_own():
    rng = np.random.default_rng(0)
    corners = np.sort(rng.random((2, 6, 2)), axis=0)
    boxes = np.concatenate(corners, axis=1)
    scale = np.array([3.0, 0.2, 3.0, 0.2])
    np.testing.assert_allclose(
        intersection_over_union(boxes[0], boxes),
        intersection_over_union(boxes[0] * scale, boxes * scale),
    )


def test_planted_channels_have_the_box_of_their_colour_and_random_ones_do_not():
    net, (scene, masks) = planted_network(), planted_scene()
    rows, columns = np.nonzero(masks["red"])
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]])

    def overlap(channels):
        region = largest_region(map_of_channels(net, scene, channels), 1)
        return intersection_over_union(region, box)[0]

    rng = np.random.default_rng(0)
    assert overlap(PLANTED) == 1
    assert [overlap(other_channels(rng)) for _ in range(5)] == pytest.approx([0] * 5, abs=0.3)


def test_what_cannot_be_used():
    for mask, message in [
        (np.zeros(3), r"shape \(H, W\)"),
        (np.zeros((0, 3)), r"shape \(H, W\)"),
        (-np.ones((2, 2)), "finite values >= 0"),
        (np.full((2, 2), np.nan), "finite values >= 0"),
    ]:
        with pytest.raises(InputError, match=message):
            largest_region(mask, 1)
    with pytest.raises(InputError, match="Expected alpha of at least 0, received -1"):
        largest_region(np.ones((2, 2)), -1)
    with pytest.raises(InputError, match=r"received shapes \(4,\) and \(4,\)"):
        intersection_over_union(np.ones(4), np.ones(4))
