"""Curves of deletion and insertion, against sums by hand and on a network with planted channels."""

import numpy as np
import pytest
import tensorflow as tf
from known_networks import (
    PLANTED,
    named_groups,
    other_channels,
    planted_network,
    planted_scene,
)
from scipy.special import softmax

from tfvis.evaluation.group_deletion import (
    GROUPS,
    RANDOM,
    REVERSE,
    SINGLE,
    delete_groups,
    insert_groups,
)
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

C = 8
WEIGHTS = np.array([3.0, -1.0, 8.0, 1.0, 0.5, 4.0, 2.0, -2.0])


def groups_of(*channels, values=WEIGHTS, sign="pos", **of):
    flip = 1 if sign == "pos" else -1
    attribution = ChannelAttribution("by hand", "features", 1, np.asarray(values, float), **of)
    own = tuple(FeatureGroup(np.array(c), flip * attribution.values[list(c)]) for c in channels)
    return FeatureGroups(own, attribution, sign, np.empty(0, int))


@pytest.fixture
def image():
    """Of ones: each channel's activation is 1 everywhere."""
    return np.ones((8, 8, 3), np.float32)


def network(closed_form, weights):
    def tail(a):
        score = tf.linalg.matvec(tf.reduce_mean(a, [1, 2]), tf.constant(weights, tf.float32))
        return tf.stack([tf.zeros_like(score), score, -score], 1)

    return closed_form(np.full((3, C), 1 / 3), tail, 3)


@pytest.fixture
def net(closed_form):
    """Class 1: the sum of WEIGHTS of the channels that are there; class 2: less that."""
    return network(closed_form, WEIGHTS)


def test_deletion_takes_groups_out_one_after_the_other(net, image):
    found = delete_groups(net, image, groups_of([2, 5], [0], [3, 6, 4]))
    assert found.counts.tolist() == [0, 2, 3, 6]
    logits = found.scores["logit"]
    whole = WEIGHTS.sum()
    np.testing.assert_allclose(
        logits[GROUPS], [whole, whole - 12, whole - 15, whole - 18.5], rtol=1e-5
    )
    assert found.reverse_counts.tolist() == [0, 3, 4, 6]
    np.testing.assert_allclose(
        logits[REVERSE], [whole, whole - 3.5, whole - 6.5, whole - 18.5], rtol=1e-5
    )
    # 2, 5, 0, 6, 3, 4, by two, one and three.
    np.testing.assert_allclose(
        logits[SINGLE], [whole, whole - 12, whole - 15, whole - 18.5], rtol=1e-5
    )
    expected = softmax(np.stack([np.zeros(4), logits[GROUPS], -logits[GROUPS]], 1), axis=1)[:, 1]
    np.testing.assert_allclose(found.scores["probability"][GROUPS], expected, rtol=1e-6)


def test_areas_and_effects_are_trapezoids_over_the_share_of_channels(net, image):
    found = delete_groups(net, image, groups_of([2, 5], [0], [3, 6, 4]))
    whole = WEIGHTS.sum()
    # The fall is 0, 12, 15, 18.5 at 0, 2, 3, 6 of 6 channels.
    fall = (2 * (0 + 12) / 2 + 1 * (12 + 15) / 2 + 3 * (15 + 18.5) / 2) / 6
    assert found.effect() == pytest.approx(fall, rel=1e-5)
    assert found.auc() == pytest.approx(whole - fall, rel=1e-5)
    back = (3 * (0 + 3.5) / 2 + 1 * (3.5 + 6.5) / 2 + 2 * (6.5 + 18.5) / 2) / 6
    assert found.effect(REVERSE) == pytest.approx(back, rel=1e-5)


def test_insertion_begins_without_channels(net, image):
    found = insert_groups(net, image, groups_of([2, 5], [0]))
    np.testing.assert_allclose(found.scores["logit"][GROUPS], [0, 12, 15], atol=1e-5)
    rise = (2 * 12 / 2 + 1 * (12 + 15) / 2) / 3
    assert found.effect() == pytest.approx(rise, rel=1e-5)


def test_groups_against_a_class_move_it_the_other_way(net, image):
    groups = groups_of([7], [1], sign="neg")
    deleted, inserted = delete_groups(net, image, groups), insert_groups(net, image, groups)
    assert deleted.effect() == pytest.approx((2 / 2 + (2 + 3) / 2) / 2, rel=1e-5)
    assert inserted.effect() == pytest.approx(deleted.effect(), rel=1e-5)
    assert deleted.auc() == pytest.approx(WEIGHTS.sum() + deleted.effect(), rel=1e-5)


def test_two_contrasted_classes_move_by_their_difference(net, image):
    found = delete_groups(net, image, groups_of([2, 5], rather_than=2))
    whole = 2 * WEIGHTS.sum()
    np.testing.assert_allclose(found.scores["logit"][GROUPS], [whole, whole - 24], rtol=1e-5)


def test_means_may_stand_in_for_absent_channels(net, image):
    found = delete_groups(net, image, groups_of([2, 5]), absent=np.full(C, 0.5))
    whole = WEIGHTS.sum()
    np.testing.assert_allclose(found.scores["logit"][GROUPS], [whole, whole - 6], rtol=1e-5)


def test_random_groups_have_the_same_sizes_and_are_of_active_channels(closed_form, image):
    mix = np.full((3, C), 1 / 3)
    mix[:, [0, 1]] = 0  # never active
    place = 10.0 ** np.arange(C)  # a sum of these tells which channels are there
    net = closed_form(
        mix,
        lambda a: tf.stack(
            2 * [tf.linalg.matvec(tf.reduce_mean(a, [1, 2]), tf.constant(place, tf.float32))], 1
        ),
        2,
    )
    found = insert_groups(net, image, groups_of([2, 5], [3], values=np.ones(C)), n_random=50)
    drawn = found.scores["logit"][RANDOM]
    assert drawn.shape == (50, 3)
    there = np.round(drawn[..., np.newaxis] / place).astype(int) % 10
    assert (there.sum(axis=-1) == [0, 2, 3]).all()
    assert not there[..., :2].any()
    assert (np.diff(there, axis=1) >= 0).all()  # none goes again
    assert len(np.unique(drawn[:, -1])) > 10


def test_the_same_seed_draws_the_same_groups(net, image):
    one, same, other = (
        delete_groups(net, image, groups_of([2, 5]), n_random=9, seed=seed).scores["logit"][RANDOM]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("move", [delete_groups, insert_groups])
def test_planted_channels_beat_random_ones_and_others_do_not(move):
    net, (scene, _) = planted_network(), planted_scene()
    rng = np.random.default_rng(0)
    for _ in range(3):
        others = other_channels(rng)
        true = move(net, scene, named_groups(PLANTED, others))
        wrong = move(net, scene, named_groups(others))
        # The logit, 1, is there or gone after two of four channels.
        assert true.effect() == pytest.approx((1 / 2 + 1) / 2, abs=1e-6)
        assert true.rank() > 0.9
        assert true.effect() > 1.5 * true.effect(RANDOM)
        assert true.effect() > true.effect(REVERSE)
        assert wrong.effect() == pytest.approx(0, abs=1e-6)
        assert wrong.rank() < 0.4


def test_a_draw_of_the_same_effect_counts_one_half(closed_form, image):
    net = network(closed_form, np.ones(C))  # all channels are alike
    assert delete_groups(net, image, groups_of([2, 5], values=np.ones(C))).rank() == 0.5


def test_groups_of_another_image_are_an_error(closed_form):
    net = network(closed_form, WEIGHTS)
    with pytest.raises(InputError, match="at most 0 channels, those that are active in the image"):
        delete_groups(net, np.zeros((8, 8, 3)), groups_of([2, 5]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda found: found.effect("grops"), "grops.*groups"),
        (lambda found: found.auc(GROUPS, "logits"), "logits.*logit"),
    ],
)
def test_unknown_names_are_errors(net, image, call, message):
    with pytest.raises(InputError, match=message):
        call(delete_groups(net, image, groups_of([2, 5])))
