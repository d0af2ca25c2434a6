"""Agreement of two groupings, against pairs counted one by one and cosines by hand."""

import itertools

import numpy as np
import pytest

from tfvis.evaluation.group_agreement import adjusted_rand_index, matched_cosine
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups


def groups_of(*channels, n=8, weights=None, layer="features"):
    values = np.ones(n) if weights is None else np.asarray(weights, float)
    attribution = ChannelAttribution("by hand", layer, 0, values)
    own = tuple(FeatureGroup(np.array(c), values[list(c)]) for c in channels)
    return FeatureGroups(own, attribution, "pos", np.empty(0, int))


def rand_index_by_pairs(first, second):
    """Hubert, Arabie (1985): agreeing pairs less those expected, over the most there could be."""
    pairs = list(itertools.combinations(range(len(first)), 2))
    one, other = ([own[i] == own[j] for i, j in pairs] for own in (first, second))
    both = sum(a and b for a, b in zip(one, other, strict=True))
    expected = sum(one) * sum(other) / len(pairs)
    return (both - expected) / ((sum(one) + sum(other)) / 2 - expected)


def test_the_index_is_that_of_counted_pairs():
    first, second = groups_of([0, 1, 2], [3, 4]), groups_of([0, 1], [2, 3, 5])
    # Of channels 0 … 5; 6 and 7 are in no group of either.
    expected = rand_index_by_pairs([0, 0, 0, 1, 1, -1], [0, 0, 1, 1, -1, 1])
    assert adjusted_rand_index(first, second) == pytest.approx(expected)
    assert adjusted_rand_index(second, first) == pytest.approx(expected)


def test_channels_without_a_group_share_none():
    first, second = groups_of([2, 5, 6]), groups_of([2, 5], [0, 1])
    expected = rand_index_by_pairs([-1, -2, 0, 0, 0], [1, 1, 0, 0, -1])  # of 0, 1, 2, 5 and 6
    assert adjusted_rand_index(first, second) == pytest.approx(expected)
    # Other channels altogether: of six pairs each has one, and none is the same.
    assert adjusted_rand_index(groups_of([2, 5]), groups_of([0, 1])) == pytest.approx(
        (0 - 1 / 6) / (1 - 1 / 6)
    )


def test_groups_of_one_channel_agree_if_they_are_of_the_same_channels():
    assert adjusted_rand_index(groups_of([2], [5]), groups_of([5], [2])) == 1
    assert adjusted_rand_index(groups_of([2]), groups_of([5])) == 0


def test_the_planted_channels_are_like_themselves_and_not_like_random_ones():
    planted, rng = groups_of([2, 5], n=64), np.random.default_rng(0)
    drawn = [groups_of(rng.permutation(64)[:2], n=64) for _ in range(50)]
    for agreement in (adjusted_rand_index, matched_cosine):
        assert agreement(planted, planted) == pytest.approx(1)
        assert np.mean([agreement(planted, own) for own in drawn]) < 0.1


def test_the_order_of_groups_does_not_matter():
    first, second = groups_of([0, 1], [2, 5], [7]), groups_of([7], [1, 0], [5, 2])
    assert adjusted_rand_index(first, second) == 1
    assert matched_cosine(first, second) == pytest.approx(1)


def test_chance_is_zero_on_average():
    rng = np.random.default_rng(0)

    def drawn():
        return groups_of(*np.split(rng.permutation(24), [6, 12, 18]), n=24)

    found = [adjusted_rand_index(drawn(), drawn()) for _ in range(200)]
    assert abs(np.mean(found)) < 0.02


def test_cosines_weigh_channels():
    first = groups_of([0, 1], weights=[3, 4, 0, 0, 0, 0, 0, 0])
    second = groups_of([0, 2], weights=[5, 0, 12, 0, 0, 0, 0, 0])
    assert matched_cosine(first, second) == pytest.approx(3 * 5 / (5 * 13))


def test_groups_are_matched_for_the_largest_sum():
    # Taken greedily, the first group would have the first of the second, and leave 0 to the other.
    first = groups_of([0, 1], [0], weights=np.ones(8))
    second = groups_of([0], [1], weights=np.ones(8))
    assert matched_cosine(first, second) == pytest.approx((np.sqrt(0.5) + 1) / 2)


def test_a_group_without_a_partner_counts_nothing():
    assert matched_cosine(groups_of([0], [1]), groups_of([0])) == 0.5
    assert matched_cosine(groups_of([0]), groups_of([0], [1])) == 0.5


@pytest.mark.parametrize("agreement", [adjusted_rand_index, matched_cosine])
@pytest.mark.parametrize("change", [{"n": 9}, {"layer": "other"}])
def test_groups_must_be_of_one_layer(agreement, change):
    with pytest.raises(InputError, match="groups of one layer"):
        agreement(groups_of([0]), groups_of([0], **change))
