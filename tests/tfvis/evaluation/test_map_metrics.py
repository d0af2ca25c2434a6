import numpy as np
import pytest
from known_networks import (
    CHANNELS,
    PLANTED,
    map_of_channels,
    other_channels,
    planted_network,
    planted_scene,
)

from tfvis.evaluation.map_metrics import (
    THRESHOLDS,
    energy_ratio,
    overlaps,
    pointing_game,
    right_over_other,
)
from tfvis.utils.errors import InputError


@pytest.fixture
def mask():
    """A rectangle of 3 × 5 in 10 × 20 pixels."""
    mask = np.zeros((10, 20), bool)
    mask[2:5, 3:8] = True
    return mask


SHARE = 15 / 200


def test_the_mask_as_a_map_is_perfect(mask):
    a_map = np.float32(mask) * 0.3
    assert pointing_game(a_map, mask) == 1
    assert energy_ratio(a_map, mask) == pytest.approx(1 / SHARE)
    assert (overlaps(a_map, mask) == 1).all()
    assert right_over_other(a_map, mask, ~mask) == 1


def test_the_background_as_a_map_finds_nothing(mask):
    a_map = np.float32(~mask)
    assert pointing_game(a_map, mask) == energy_ratio(a_map, mask) == 0
    assert (overlaps(a_map, mask) == 0).all()
    assert right_over_other(a_map, mask, ~mask) == 0


@pytest.mark.parametrize("value", [0, 1, 0.7])
def test_a_constant_map_is_chance(mask, value):
    a_map = np.full(mask.shape, value, np.float32)
    assert pointing_game(a_map, mask) == SHARE
    assert energy_ratio(a_map, mask) == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(overlaps(a_map, mask), SHARE, rtol=1e-12)
    assert right_over_other(a_map, mask, np.roll(mask, 8, axis=1)) == 0.5
    if value != 0.7:
        assert energy_ratio(a_map, mask) == 1


def test_random_maps_are_chance_on_average(mask):
    rng = np.random.default_rng(0)
    maps = rng.random((2000, *mask.shape))
    other = np.roll(mask, 8, axis=1)
    found = [
        (pointing_game(m, mask), energy_ratio(m, mask), right_over_other(m, mask, other))
        for m in maps
    ]
    error = np.std(found, axis=0) / np.sqrt(len(maps))
    assert (np.abs(np.mean(found, axis=0) - [SHARE, 1, 0.5]) < 4 * error).all()


def test_planted_channels_find_their_colour_and_random_ones_do_not():
    net, (scene, masks) = planted_network(), planted_scene()
    red, rng = masks["red"], np.random.default_rng(0)
    right = map_of_channels(net, scene, PLANTED)
    assert pointing_game(right, red) == 1
    assert energy_ratio(right, red) == pytest.approx(16)  # red is 1/16 of the image
    np.testing.assert_allclose(overlaps(right, red), 1)
    for _ in range(5):
        channels = other_channels(rng)
        wrong = map_of_channels(net, scene, channels)
        assert pointing_game(wrong, red) == energy_ratio(wrong, red) == overlaps(wrong, red).max()
        assert pointing_game(wrong, red) == 0
        other = masks[CHANNELS[channels[0]]]
        assert right_over_other(right, red, other) == 1
        assert right_over_other(wrong, red, other) == 0


def test_one_of_several_maxima_is_drawn(mask):
    a_map = np.zeros(mask.shape)
    a_map[2, 3] = a_map[9, 19] = a_map[0, 0] = a_map[4, 7] = 2
    assert pointing_game(a_map, mask) == 0.5
    a_map[9, 0] = 3
    assert pointing_game(a_map, mask) == 0


def test_overlaps_at_each_threshold(mask):
    # 1 on the mask, 0.5 on as many pixels beside it, 0.2 on the rest.
    a_map = np.where(mask, 1.0, np.where(np.roll(mask, 8, axis=1), 0.5, 0.2))
    expected = np.select([THRESHOLDS <= 0.2, THRESHOLDS <= 0.5], [SHARE, 0.5], 1)
    np.testing.assert_allclose(overlaps(a_map, mask), expected)
    np.testing.assert_allclose(overlaps(7 * a_map, mask), expected)
    np.testing.assert_allclose(overlaps(a_map, mask, [0.3, 0.9]), [0.5, 1])


@pytest.mark.parametrize(
    ("a_map", "mask", "message"),
    [
        (np.ones((4, 4)), np.ones((4, 5), bool), r"same shape .*\(4, 4\) and \(4, 5\)"),
        (np.ones(4), np.ones(4, bool), r"same shape \(H, W\)"),
        (-np.ones((4, 4)), np.ones((4, 4), bool), "finite values >= 0"),
        (np.full((4, 4), np.nan), np.ones((4, 4), bool), "finite values >= 0"),
        (np.full((4, 4), np.inf), np.ones((4, 4), bool), "finite values >= 0"),
        (np.ones((4, 4)), np.zeros((4, 4), bool), "received an empty one"),
    ],
)
@pytest.mark.parametrize(
    "metric", [pointing_game, energy_ratio, overlaps, lambda m, k: right_over_other(m, k, k)]
)
def test_input_that_cannot_be_used(metric, a_map, mask, message):
    with pytest.raises(InputError, match=message) as error:
        metric(a_map, mask)
    assert "\n" not in str(error.value)
