"""Deletion and insertion of pixels, against sums by hand."""

import numpy as np
import pytest
import tensorflow as tf
from known_networks import (
    PLANTED,
    RED,
    map_of_channels,
    other_channels,
    planted_network,
    planted_scene,
)
from scipy.special import softmax

from tfvis.evaluation.pixel_deletion import confidence_change, delete_pixels, insert_pixels
from tfvis.utils.errors import InputError


@pytest.fixture
def net(closed_form):
    """Class 1: 16 times the mean of red; class 0: 0."""
    return closed_form(
        np.eye(3),
        lambda a: tf.stack(
            [tf.zeros_like(a[:, 0, 0, 0]), 16 * tf.reduce_mean(a[..., 0], [1, 2])], 1
        ),
        2,
    )


@pytest.fixture
def image():
    """Red is 1 in the left half and 0 in the right one; no other colour."""
    found = np.zeros((8, 8, 3), np.float32)
    found[:, :4, 0] = 1
    return found


def left():
    a_map = np.zeros((8, 8))
    a_map[:, :4] = 1
    return a_map


def test_the_strongest_pixels_go_first(net, image):
    # With the mean, 1/2, in their place: from 8 by 8 · (1 − ½) ⋅ share of the left half, and back.
    found = delete_pixels(net, image, left(), 1, background="mean", steps=4)
    np.testing.assert_allclose(found.shares, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.scores["logit"], [8, 6, 4, 6, 8], rtol=1e-5)
    expected = softmax(np.stack([np.zeros(5), found.scores["logit"]], 1), axis=1)[:, 1]
    np.testing.assert_allclose(found.scores["probability"], expected, rtol=1e-6)
    assert found.auc("logit") == pytest.approx(6)


def test_pixels_come_into_the_background(net, image):
    found = insert_pixels(net, image, left(), 1, background="mean", steps=4)
    np.testing.assert_allclose(found.scores["logit"], [8, 10, 12, 10, 8], rtol=1e-5)
    assert found.auc("logit") == pytest.approx(10)


def test_a_map_that_prefers_no_pixel_is_chance(net, image):
    areas = [
        delete_pixels(net, image, np.ones((8, 8)), 1, background="mean", steps=8, seed=seed).auc(
            "logit"
        )
        for seed in range(40)
    ]
    assert np.std(areas) > 0.01  # drawn anew
    assert np.mean(areas) == pytest.approx(8, abs=0.2)


def test_a_right_map_beats_a_wrong_one(net, image):
    right, wrong = (
        delete_pixels(net, image, a_map, 1, background="mean").auc()
        for a_map in (left(), 1 - left())
    )
    assert right < wrong


@pytest.fixture(scope="module")
def planted():
    return planted_network()


def maps_of(net, scene):
    """Where the planted channels are, and where others are, five times."""
    rng = np.random.default_rng(0)
    others = [map_of_channels(net, scene, other_channels(rng)) for _ in range(5)]
    return map_of_channels(net, scene, PLANTED), others


def test_a_map_of_planted_channels_wins_and_of_random_ones_does_not(planted):
    scene, _ = planted_scene()
    right, others = maps_of(planted, scene)
    given = {"background": "mean", "steps": 32}
    # Red, 1/16 of the image, is gone after two of 32 steps: the logit is 1, 1/2, 0, 0 …
    gone = delete_pixels(planted, scene, right, RED, **given)
    assert gone.auc("logit") == pytest.approx((1 / 2 + 1 / 2) / 32, rel=1e-4)
    come = insert_pixels(planted, scene, right, RED, **given)
    assert come.auc("logit") == pytest.approx(1 - 1 / 32, rel=1e-4)
    for wrong in others:
        # Two squares go first, and of the other pixels any: half of red is left on the way.
        left = (2 + 14 / 2) / 16
        gone = delete_pixels(planted, scene, wrong, RED, **given)
        come = insert_pixels(planted, scene, wrong, RED, **given)
        assert gone.auc("logit") == pytest.approx(left, abs=0.06)
        assert come.auc("logit") == pytest.approx(1 - left, abs=0.06)


def test_a_mask_of_planted_channels_raises_the_probability_and_of_random_ones_lowers_it(planted):
    scene, _ = planted_scene()
    right, others = maps_of(planted, scene)
    found = confidence_change(planted, scene, right, RED)
    # Nothing else is left: the logits of the other classes were 1/2, and are 0.
    assert (found.drop, found.increased) == (0, True)
    for wrong in others:
        found = confidence_change(planted, scene, wrong, RED)
        assert not found.increased
        assert found.drop > 0.15
    # Of green and blue those two are left: 1/2, 0, 1/2, 0 after 1/2, 1, 1/2, 1/2.
    found = confidence_change(planted, scene, map_of_channels(planted, scene, (0, 1)), RED)
    before, after = softmax([0.5, 1, 0.5, 0.5])[1], softmax([0.5, 0, 0.5, 0])[1]
    assert found.drop == pytest.approx((before - after) / before, rel=1e-4)


@pytest.mark.parametrize("background", ["blur", "mean", "noise"])
def test_all_pixels_gone_leave_the_background(net, image, background):
    gone = delete_pixels(net, image, left(), 1, background=background, steps=3)
    come = insert_pixels(net, image, left(), 1, background=background, steps=3)
    for score in ("logit", "probability"):
        assert gone.scores[score][-1] == pytest.approx(come.scores[score][0], rel=1e-5)
        assert come.scores[score][-1] == pytest.approx(gone.scores[score][0], rel=1e-5)


def test_batches_change_nothing(net, image):
    whole, parts = (
        delete_pixels(net, image, left(), 1, steps=9, batch_size=size) for size in (32, 4)
    )
    np.testing.assert_allclose(parts.scores["logit"], whole.scores["logit"], rtol=1e-6)


def test_a_map_that_keeps_what_counts_raises_the_probability(net, image):
    kept = confidence_change(net, image, left(), 1)
    assert kept.increased  # the mean, 1/2, is redder than the black right half
    assert kept.drop == 0
    lost = confidence_change(net, image, 1 - left(), 1)
    before, after = softmax([0, 8])[1], softmax([0, 4])[1]
    assert not lost.increased
    assert lost.drop == pytest.approx((before - after) / before, rel=1e-5)


def test_a_probability_of_zero_cannot_drop(closed_form, image):
    red = 2000 * np.eye(3)[0].astype(np.float32)
    net = closed_form(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]) * red, 3)
    found = confidence_change(net, image, left(), 1)
    assert (found.drop, found.increased) == (0, False)


def test_a_map_of_zeros_hides_nothing(net, image):
    found = confidence_change(net, image, np.zeros((8, 8)), 1)
    assert (found.drop, found.increased) == (0, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a_map": np.ones((8, 4))}, r"map of the image's size \(8, 8\), received \(8, 4\)"),
        ({"a_map": np.full((8, 8), np.nan)}, "map of finite values"),
        ({"background": "blurr"}, "blurr.*blur"),
        ({"class_index": 7}, "7"),
        ({"seed": -1, "background": "noise"}, "seed to be a whole number >= 0, received -1"),
    ],
)
@pytest.mark.parametrize("call", [delete_pixels, insert_pixels, confidence_change])
def test_what_does_not_fit_is_an_error(net, image, call, change, message):
    given = {"a_map": left(), "class_index": 1, **change}
    with pytest.raises(InputError, match=message):
        call(net, image, **given)


def test_a_mask_is_not_negative(net, image):
    with pytest.raises(InputError, match="values >= 0"):
        confidence_change(net, image, -left(), 1)
