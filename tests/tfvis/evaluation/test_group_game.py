"""The exact game of groups, against orders counted one by one and against formulas."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from known_networks import PLANTED, named_groups, other_channels, planted_network, planted_scene

from tfvis.evaluation.group_game import (
    group_shapley,
    interactions_of,
    shapley_values_of,
    too_many_players,
)
from tfvis.explainers.group_worths import GroupWorths
from tfvis.utils import ChannelAttribution, aumann_shapley
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

C = 6


def values_by_orders(worths):
    """Shapley values by their definition: mean contributions over all n! orders."""
    n = int(math.log2(len(worths)))
    values = np.zeros(n)
    for order in itertools.permutations(range(n)):
        coalition = 0
        for player in order:
            values[player] += worths[coalition | 1 << player] - worths[coalition]
            coalition |= 1 << player
    return values / math.factorial(n)


def interactions_by_orders(worths):
    """The value of a pair as one player, less the values of each without the other.

    That is the recursive property by which Grabisch and Roubens (1999) define the index:
    I(ij) = φ_ij of the game in which i and j are one player, less φ_i of the game without j, less
    φ_j of the game without i.
    """
    n = int(math.log2(len(worths)))
    found = np.zeros((n, n))
    for i, j in itertools.combinations(range(n), 2):
        rest = [k for k in range(n) if k not in (i, j)]

        def game(*players):
            """The worths of a game whose players are these sets of players."""
            return np.array(
                [
                    worths[sum(1 << k for p, own in enumerate(players) if s >> p & 1 for k in own)]
                    for s in range(2 ** len(players))
                ]
            )

        others = [[k] for k in rest]
        pair = values_by_orders(game([i, j], *others))[0]
        alone = [values_by_orders(game([k], *others))[0] for k in (i, j)]
        found[i, j] = found[j, i] = pair - sum(alone)
    return found


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_values_are_those_of_all_orders(n):
    worths = np.random.default_rng(n).standard_normal(2**n)
    np.testing.assert_allclose(shapley_values_of(worths), values_by_orders(worths), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_interactions_are_those_of_reduced_games(n):
    worths = np.random.default_rng(n).standard_normal(2**n)
    np.testing.assert_allclose(interactions_of(worths), interactions_by_orders(worths), atol=1e-12)


def test_a_game_without_interactions():
    parts = np.array([1.0, -2.0, 0.5, 3.0])
    worths = np.array([sum(parts[k] for k in range(4) if s >> k & 1) for s in range(16)])
    np.testing.assert_allclose(shapley_values_of(worths), parts)
    np.testing.assert_allclose(interactions_of(worths), 0, atol=1e-12)


@pytest.mark.parametrize("worths", [[], [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_all_coalitions_are_needed(worths):
    for call in (shapley_values_of, interactions_of):
        with pytest.raises(InputError, match="worths of all 2ⁿ coalitions"):
            call(np.array(worths))


def groups_of(values, *channels, **of):
    attribution = ChannelAttribution("by hand", "features", 1, np.asarray(values, float), **of)
    own = tuple(FeatureGroup(np.array(c), attribution.values[c]) for c in map(list, channels))
    return FeatureGroups(own, attribution, "pos", np.empty(0, int))


@pytest.fixture
def image():
    return np.random.default_rng(0).random((8, 8, 3), np.float32)


@pytest.fixture
def net(closed_form):
    """Class 1: Σ b_i m_i + Σ_ij Q_ij m_i m_j of the channels' means m."""
    rng = np.random.default_rng(1)
    q = tf.constant(rng.standard_normal((C, C)), tf.float32)
    b = tf.constant(rng.standard_normal(C), tf.float32)

    def tail(a):
        m = tf.reduce_mean(a, [1, 2])
        score = tf.reduce_sum(m * b, 1) + tf.reduce_sum((m @ q) * m, 1)
        return tf.stack([0 * score, score, 2 * score], 1)

    found = closed_form(rng.random((3, C)), tail, 3)
    found.q, found.b = q.numpy(), b.numpy()
    return found


def test_groups_of_a_quadratic_class_have_its_own_terms(net, image):
    groups = groups_of(np.ones(C), [1, 2], [0, 4])
    game = group_shapley(net, image, groups)
    assert [own.tolist() for own in game.players] == [[1, 2], [0, 4], [3, 5]]
    m = image.mean(axis=(0, 1), dtype=np.float64) @ np.float64(net.mix)
    terms = net.q * np.outer(m, m)
    both = terms + terms.T
    for i, own in enumerate(game.players):
        pairs = [both[np.ix_(own, other)].sum() for j, other in enumerate(game.players) if i != j]
        expected = net.b[own] @ m[own] + terms[np.ix_(own, own)].sum() + sum(pairs) / 2
        assert game.values[i] == pytest.approx(expected, rel=1e-4)
        for j, other in enumerate(game.players):
            wanted = 0 if i == j else both[np.ix_(own, other)].sum()
            assert game.interactions[i, j] == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def test_values_are_efficient(net, image):
    game = group_shapley(net, image, groups_of(np.ones(C), [1], [0, 4], [2]))
    logits = net.logits(image[np.newaxis])[0, 1]
    assert game.worths[0] == 0
    assert game.total == pytest.approx(float(logits), rel=1e-4)
    assert game.values.sum() == pytest.approx(game.total, abs=1e-9)


def test_of_a_quadratic_class_the_channels_attributions_sum_to_the_groups_values(net, image):
    # Aumann–Shapley values of a quadratic form share each product equally, as Shapley values do.
    (attribution,) = aumann_shapley(net, image, "features", classes=[1], steps=256)
    groups = groups_of(attribution.values, [1, 2], [0, 4])
    game = group_shapley(net, image, groups)
    np.testing.assert_allclose(game.difference, 0, atol=2e-3 * np.abs(game.values).max())
    assert game.attributed.sum() == pytest.approx(attribution.values.sum())


def test_two_contrasted_classes_play_for_their_difference(net, image):
    game = group_shapley(net, image, groups_of(np.ones(C), [1, 2], rather_than=2))
    alone = group_shapley(net, image, groups_of(np.ones(C), [1, 2]))
    np.testing.assert_allclose(game.values, -alone.values, rtol=1e-5)  # class 2 is twice class 1


def test_means_may_stand_for_absent_channels(net, image):
    means = np.full(C, 0.3)
    game = group_shapley(net, image, groups_of(np.ones(C), [1, 2]), absent=means)
    assert game.worths[0] == pytest.approx(net.b @ means + means @ net.q @ means, rel=1e-4)


def test_planted_channels_are_worth_the_whole_class_and_random_ones_nothing():
    net, (scene, _) = planted_network(), planted_scene()
    rng = np.random.default_rng(0)
    for _ in range(5):
        game = group_shapley(net, scene, named_groups(PLANTED, other_channels(rng)))
        # The logit is 16 times the share of red, which is 1/16; neither needs the other.
        np.testing.assert_allclose(game.values, [1, 0, 0], atol=1e-6)
        np.testing.assert_allclose(game.interactions, 0, atol=1e-6)


def test_channels_without_a_group_are_one_player_also_if_there_are_none(net, image):
    game = group_shapley(net, image, groups_of(np.ones(C), range(3), range(3, 6)))
    assert [len(own) for own in game.players] == [3, 3, 0]
    assert game.values[2] == 0


def test_too_many_players_are_an_error_before_anything_is_computed(net, image):
    groups = groups_of(np.ones(C), [1], [0, 4], [2])
    with pytest.raises(
        InputError,
        match=r"at most 3 players, received 4, 3 groups and the channels in none: form fewer groups"
        r" \(n_groups=2\), or set max_players=4 for 16 coalitions",
    ):
        group_shapley(net, image, groups, max_players=3)


def test_without_coalitions_the_rest_is_the_same(net, image):
    game = group_shapley(net, image, groups_of(np.ones(C), [1], [0, 4]))
    kept = game.without_coalitions()
    assert type(kept) is GroupWorths
    for name in ("values", "interactions", "attributed", "difference"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(game, name))
    assert kept.total == game.total


def test_the_number_of_groups_is_refused_in_a_sentence():
    few = groups_of(np.ones(C), *([k] for k in range(C)))
    assert too_many_players(few) is None
    many = groups_of(np.ones(13), *([k] for k in range(12)))
    assert too_many_players(many) == (
        "The exact values are computed for at most 12 players, and here are 13: "
        "12 groups and the channels in none."
    )


def test_progress_counts_coalitions(net, image):
    told = []
    group_shapley(
        net, image, groups_of(np.ones(C), [1], [0, 4], [2]),
        batch_size=10, progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [(10, 16), (16, 16)]
