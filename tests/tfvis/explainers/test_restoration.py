"""Channels that are put back: shares against their closed form, and which channels are chosen."""

import numpy as np
import pytest
import tensorflow as tf
from closed_forms import channel_means

from tfvis.explainers.options import FeatureGroupOptions
from tfvis.explainers.restoration import restore, restored_shares
from tfvis.utils.errors import InputError
from tfvis.utils.groupers import SklearnCluster
from tfvis.utils.image_sources import read_image

OPTIONS = FeatureGroupOptions(layer="features", attribution_steps=4)


@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_shares_of_a_linear_tail_are_those_of_the_channels(
    linear, image, changed, mix, weights, batch_size
):
    a, b = 0, 2
    fall = (channel_means(image, mix) - channel_means(changed, mix)) * (
        weights[:, a] - weights[:, b]
    )
    sets = [np.array([1]), np.array([0, 4, 5]), np.arange(6), np.array([], int)]
    activations = [
        linear.activations_of(read_image(own, (8, 8)), "features") for own in (image, changed)
    ]
    shares, answers = restored_shares(
        linear, "features", *activations, sets, a=a, b=b, batch_size=batch_size
    )
    np.testing.assert_allclose(
        shares, [fall[own].sum() / fall.sum() for own in sets], rtol=1e-3, atol=1e-4
    )
    assert answers[2] == linear.top(image, 1)[0][0]
    assert answers[3] == linear.top(changed, 1)[0][0]


def test_a_margin_that_did_not_change_has_no_share(linear, image):
    activations = linear.activations_of(read_image(image, (8, 8)), "features")
    with pytest.raises(InputError, match="Expected a margin that changed"):
        restored_shares(linear, "features", activations, activations, [[0]], a=0, b=1)


def test_logits_that_are_not_finite_are_refused(closed_form, mix):
    """Either image has a logit; with one channel put back there is none."""
    net = closed_form(mix, lambda a: tf.math.log(a[:, 0, 0, :2] - a[:, 0, 0, 2:4]), 2)
    before, after = (np.float32([[[a, a + 1, b, b, 0, 0]]]) for a, b in ((2, 1), (5, 4.5)))
    with pytest.raises(InputError, match="Expected finite logits, received NaN or infinity"):
        restored_shares(net, "features", before, after, [[0]], a=0, b=1)


WANTED = np.array([5.0, 4.0, 0.1, -1.0, 0.2, -0.5])
"""What each channel gives the margin less in the second image than in the first."""


@pytest.fixture
def falling(closed_form, image, changed, mix):
    """A linear tail of two classes whose margin falls by known amounts, and the answer with it."""
    means = [channel_means(own, mix) for own in (image, changed)]
    weights = np.stack([WANTED / (means[0] - means[1]), np.zeros(6)], axis=1)
    bias = np.float32([-np.mean(means, axis=0) @ weights[:, 0], 0])
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ np.float32(weights) + bias, 2)


def test_the_channels_that_fell_most_are_put_back(falling, image, changed):
    sources = [read_image(own, (8, 8)) for own in (image, changed)]
    found = restore(falling, *sources, OPTIONS, SklearnCluster("KMeans", n_groups=2), n_groups=1)
    assert (found.a, found.b) == (0, 1)
    assert found.n_selected == 2  # channels 0 and 1 fell more than the mean of those that fell
    assert found.share == pytest.approx(WANTED[found.groups[0]].sum() / WANTED.sum(), rel=1e-3)
    assert found.selected_share == pytest.approx(9 / WANTED.sum(), rel=1e-3)
    assert found.n_restored == len(found.groups[0])
    assert f"({found.n_restored} of 6 channels) returns {found.share:.0%}" in found.sentence()
    assert found.answer == found.selected_answer == 0
    assert found.sentence().endswith("; the answer is class 0 again.")


def test_random_sets_are_as_large_and_reproduced(falling, image, changed):
    sources = [read_image(own, (8, 8)) for own in (image, changed)]
    grouper = SklearnCluster("KMeans", n_groups=2)
    one, two = (restore(falling, *sources, OPTIONS, grouper, n_random=5) for _ in range(2))
    np.testing.assert_array_equal(one.random_shares, two.random_shares)
    assert one.random_share == pytest.approx(one.random_shares.mean())
    # Two channels of six: each share is that of some pair.
    pairs = [WANTED[[i, j]].sum() / WANTED.sum() for i in range(6) for j in range(i)]
    assert one.n_restored == 2
    for share in one.random_shares:
        assert np.abs(share - np.array(pairs)).min() < 1e-3


def test_there_is_nothing_to_put_back_where_the_answer_is_the_same(falling, image):
    source = read_image(image, (8, 8))
    assert restore(falling, source, source, OPTIONS, SklearnCluster("KMeans", n_groups=2)) is None
