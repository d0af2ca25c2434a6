"""Protocols of parts: hand-computed cases, and a network that needs one part alone."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tfvis.critters import PARTS
from tfvis.evaluation.part_interventions import (
    check_parts,
    important_parts,
    part_masses,
    rank_agreement,
    sufficient_sets,
)
from tfvis.utils.errors import InputError


def sets(*names):
    return [frozenset(own) for own in names]


def test_the_mass_is_the_sum_on_each_part():
    a_map = np.arange(6.0).reshape(2, 3)
    parts = {"ear": a_map > 3, "tail": a_map < 2, "eye": np.zeros((2, 3), bool)}
    np.testing.assert_array_equal(part_masses(a_map, parts), [9, 1, 0])


def test_the_rank_agreement_is_spearmans():
    rng = np.random.default_rng(0)
    for n in (3, 5, 8):
        masses, drops = rng.integers(0, 4, n) + 0.0, rng.standard_normal(n)
        masses[0] += 1
        expected = spearmanr(masses, drops).statistic
        assert rank_agreement(masses, drops) == pytest.approx(expected)


def test_a_map_that_follows_the_drops_scores_one_and_the_opposite_minus_one():
    drops = np.array([3.0, 0.5, 1.0, -0.2])
    assert rank_agreement(drops - drops.min(), drops) == pytest.approx(1)
    assert rank_agreement(drops.max() - drops, drops) == pytest.approx(-1)


def test_a_map_that_prefers_no_part_scores_chance():
    assert rank_agreement([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]) == 0


def test_where_nothing_can_be_ranked_there_is_no_score():
    assert np.isnan(rank_agreement([1.0, 2.0], [1.0, 2.0]))
    assert np.isnan(rank_agreement([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]))


def test_parts_are_important_from_their_share_of_the_mass_on():
    found = important_parts([5.0, 3.0, 2.0, 0.0], ["a", "b", "c", "d"], [0.0, 0.2, 0.3, 0.5, 0.6])
    assert found == tuple(sets("abc", "abc", "ab", "a", ""))


def test_a_map_that_shows_no_part_names_none():
    assert important_parts([0.0, 0.0], ["a", "b"], [0.0, 0.5]) == tuple(sets("", ""))


def test_sufficient_sets_tell_the_class_and_lack_nothing_they_need():
    for label, names in PARTS.items():
        found = sufficient_sets(label, names)
        for own in found:
            assert not any(own <= set(PARTS[other]) for other in PARTS if other != label)
            for part in own:
                rest = own - {part}
                assert any(rest <= set(PARTS[other]) for other in PARTS if other != label)


def test_sufficient_sets_of_an_owl():
    """A beak, or tufts, are had by no other; wings also by butterflies, feet by none."""
    found = sufficient_sets("owl", ["eye", "beak", "wing", "foot"])
    assert set(found) == set(sets(["beak"], ["foot"], ["wing", "eye"]))


def test_what_is_seen_may_not_tell_the_class():
    assert sufficient_sets("dog", ["ear", "eye", "muzzle", "nose"]) == ()


def answers_of(needed, visible):
    """Class 1 while the needed parts are there, else class 0."""
    from itertools import combinations

    every = [frozenset(own) for n in range(len(visible) + 1) for own in combinations(visible, n)]
    return {gone: int(not (gone & needed)) for gone in every}


def test_the_parts_that_the_class_needs_pass_every_check():
    """An elephant that is told by its trunk: what keeps it, what loses it, what is asked of it."""
    visible = ("ear", "eye", "trunk", "leg")
    answers = answers_of({"trunk"}, visible)
    found = check_parts(sets(["trunk"], ["ear"], [], visible), answers, visible, 1, "elephant")
    np.testing.assert_array_equal(found.preservation, [1, 0, 0, 1])
    np.testing.assert_array_equal(found.deletion, [1, 0, 0, 1])
    np.testing.assert_array_equal(found.controlled, [1, 0, 0, 1])


def test_half_of_a_sufficient_set_counts_one_half():
    """A butterfly's wing also is an owl's; with a feeler it is no owl's."""
    visible = ("wing", "eye", "leg")
    answers = answers_of(set(), visible)
    found = check_parts(sets(["eye"]), answers, visible, 1, "owl")
    np.testing.assert_array_equal(found.controlled, [0.5])  # of {eye, wing}


def test_without_a_sufficient_set_the_controlled_check_says_nothing():
    visible = ("ear", "eye")
    found = check_parts(sets(["ear"]), answers_of(set(), visible), visible, 1, "dog")
    assert np.isnan(found.controlled).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: part_masses(-np.ones((2, 2)), {}), "finite values >= 0"),
        (lambda: part_masses(np.ones((2, 2)), {"ear": np.ones((3, 2), bool)}), "mask of 'ear'"),
        (lambda: rank_agreement([1.0], [1.0, 2.0]), "as many masses as drops"),
        (lambda: sufficient_sets("bicycle", ["wheel"]), "class with named parts"),
    ],
)
def test_what_cannot_be_used_is_an_error(call, message):
    with pytest.raises(InputError, match=message):
        call()
