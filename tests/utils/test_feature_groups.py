import numpy as np
import pytest
from sklearn.cluster import KMeans

from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import UNSUPPORTED
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import (
    FeatureGroup,
    NothingSelectedError,
    group_channels,
    grouper,
    select_channels,
)
from tfvis.utils.groupers import MatrixDecomposer


def attribution(values):
    return ChannelAttribution("IGSG", "features", 0, np.float64(values))


@pytest.fixture
def activations():
    """Activations of 7 × 7 positions and 12 channels, a row a position."""
    return np.random.default_rng(0).gamma(1.0, size=(49, 4))[:, np.arange(12) % 4]


def test_selection_takes_what_exceeds_the_mean_of_its_sign():
    phi = attribution([4.0, 1.0, 1.0, -1.0, -5.0, 0.0])
    assert select_channels(phi).tolist() == [0]  # mean of 4, 1, 1 is 2
    assert select_channels(phi, "neg").tolist() == [4]  # mean of −1, −5 is −3


def test_selection_may_be_empty():
    assert len(select_channels(attribution([-1.0, -2.0]))) == 0
    assert len(select_channels(attribution([1.0, 1.0]))) == 0  # none above the mean


def test_selection_needs_a_sign():
    with pytest.raises(InputError, match="Expected sign to be one of pos, neg, received 'plus'"):
        select_channels(attribution([1.0]), "plus")


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_cannot_group_channels_says_why(name):
    with pytest.raises(InputError, match=f"{name} cannot group channels: it "):
        grouper(name)


def test_an_unknown_grouping_offers_the_closest():
    with pytest.raises(InputError, match=r"Unknown grouping 'KMean'\. Closest: KMeans"):
        grouper("KMean")


def test_noise_is_dropped_and_reported(activations, caplog):
    X = activations
    phi = attribution(np.r_[np.arange(1.0, 13.0), -np.ones(0)])

    class Last:
        def fit_predict(self, X):
            return np.r_[np.zeros(X.shape[1] - 1, int), -1]

    groups = group_channels(X.reshape(7, 7, 12), phi, grouper=Last())
    assert groups.noise.tolist() == [11]
    assert groups.n_selected == 6
    assert "1 of 6 channels are in no group" in caplog.text


def test_groups_are_sorted_by_score_and_hold_each_channel_once(activations):
    X = activations
    values = np.r_[np.random.default_rng(1).uniform(1, 2, 12), np.full(12, 0.1)]
    doubled = np.concatenate([X, X], axis=1).reshape(7, 7, 24)
    groups = group_channels(doubled, attribution(values))
    scores = [group.score for group in groups]
    assert scores == sorted(scores, reverse=True)
    channels = np.concatenate([group.channels for group in groups])
    assert sorted(channels) == select_channels(attribution(values)).tolist()
    for group in groups:
        np.testing.assert_array_equal(group.strengths, values[group.channels])
        assert (np.diff(group.strengths) <= 0).all()
    np.testing.assert_allclose(groups.weights.sum(axis=0)[channels], values[channels])


def test_negative_features_count_as_positive_after_the_flip(activations):
    X = activations
    values = -np.random.default_rng(1).uniform(1, 2, 12)
    groups = group_channels(X.reshape(7, 7, 12), attribution(values), sign="neg")
    assert all(group.score > 0 for group in groups)
    np.testing.assert_array_equal(groups[0].strengths, -values[groups[0].channels])


def test_nothing_selected_is_said():
    with pytest.raises(NothingSelectedError, match="No positive channel in features stands out"):
        group_channels(np.zeros((2, 2, 3)), attribution([-1.0, -2.0, -3.0]))


def test_a_group_shows_its_score_and_strongest_channels():
    assert repr(FeatureGroup(np.array([5, 2]), np.array([1.5, 0.75]))) == (
        "FeatureGroup(score=2.25, n_channels=2, channels=[5, 2])"
    )
    assert repr(FeatureGroup(np.arange(20), np.ones(20))) == (
        "FeatureGroup(score=20, n_channels=20, channels=[0, 1, 2, 3, 4, 5, 6, 7, …])"
    )


def test_a_grouper_must_label_every_channel(activations):
    class Short:
        def fit_predict(self, X):
            return np.zeros(1, int)

    with pytest.raises(InputError, match=r"from Short\.fit_predict, received int64 \(1,\)"):
        group_channels(activations.reshape(7, 7, 12), attribution(np.arange(12.0)), grouper=Short())


def test_activations_must_fit_the_attribution():
    with pytest.raises(InputError, match=r"\(h, w, 3\), received \(2, 2, 4\)"):
        group_channels(np.zeros((2, 2, 4)), attribution([1.0, 2.0, 3.0]))


def test_a_result_does_not_change_when_its_grouper_is_used_again(activations):
    first_use = MatrixDecomposer("PCA")
    phi = attribution(np.arange(12.0))
    first = group_channels(activations.reshape(7, 7, 12), phi, grouper=first_use)
    before = first.grouper.explained_variance_
    other = np.random.default_rng(9).random((7, 7, 12))
    second = group_channels(other, phi, grouper=first_use)
    assert first.grouper.explained_variance_ == before
    assert second.grouper.explained_variance_ != before
    assert not hasattr(first_use, "labels_")


def test_a_bare_clustering_is_refused(activations):
    with pytest.raises(InputError, match=r"Wrap it: SklearnCluster\(KMeans"):
        group_channels(
            activations.reshape(7, 7, 12), attribution(np.arange(12.0)), grouper=KMeans(2)
        )


def test_a_class_in_place_of_a_grouper_is_refused(activations):
    with pytest.raises(InputError, match="received the class MatrixDecomposer: call it"):
        group_channels(
            activations.reshape(7, 7, 12), attribution(np.arange(12.0)), grouper=MatrixDecomposer
        )


@pytest.mark.parametrize("name", ["KMeans", "FactorAnalysis", "PCA"])
def test_the_seed_reaches_the_estimator(activations, name):
    fitted = grouper(name, n_groups=3, seed=7)
    fitted.fit_predict(activations)
    assert fitted.estimator_.random_state == 7


class Recording:
    """Puts all channels into one group, and keeps what it was given."""

    def fit_predict(self, X):
        self.X = X
        return np.zeros(X.shape[1], int)


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_channels_that_speak_by_being_negative_are_turned_upside_down(activations, sign):
    flip = 1 if sign == "pos" else -1
    values = flip * np.float64([5, 5, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1])
    directions = values * np.where(np.arange(12) == 2, -2, 3)
    maps = activations.reshape(7, 7, 12)
    found = group_channels(
        maps,
        ChannelAttribution("IGSG", "features", 0, values, directions=directions),
        sign=sign,
        grouper=Recording(),
    )
    turned = activations[:, :4] * [1, 1, -1, 1]
    np.testing.assert_array_equal(found.grouper.X, turned)
    (group,) = found
    assert group.score == 20  # of φ, not of the directions
    np.testing.assert_array_equal(group.weights, np.where(group.channels == 2, -10, 15))
    np.testing.assert_array_equal(found.weights[0, :5], [15, 15, -10, 15, 0])


def test_a_clustering_keeps_opposite_maps_apart_unless_one_is_turned(activations):
    X = np.column_stack([activations[:, :2], -activations[:, :2]])
    values = np.full(5, 1.0)
    values[4] = 0.1
    maps = np.column_stack([X, activations[:, 3]]).reshape(7, 7, 5)
    directions = values * [1, 1, -1, -1, 1]
    clusters = grouper("KMeans", n_groups=2)
    as_they_are = group_channels(
        maps, ChannelAttribution("IGSG", "features", 0, values), grouper=clusters
    )
    turned = group_channels(
        maps,
        ChannelAttribution("IGSG", "features", 0, values, directions=directions),
        grouper=clusters,
    )
    assert {frozenset(g.channels.tolist()) for g in turned} == {
        frozenset({0, 2}),
        frozenset({1, 3}),
    }
    assert {frozenset(g.channels.tolist()) for g in as_they_are} != {
        frozenset({0, 2}), frozenset({1, 3}),
    }  # fmt: skip


def test_ambiguous_channels_are_named(activations):
    values = np.float64([5, 5, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1])
    ambiguous = np.isin(np.arange(12), [3, 1, 9])
    found = group_channels(
        activations.reshape(7, 7, 12),
        ChannelAttribution("IGSG", "features", 0, values, ambiguous=ambiguous),
    )
    assert found.ambiguous.tolist() == [1, 3]
    unknown = group_channels(activations.reshape(7, 7, 12), attribution(values))
    assert unknown.ambiguous.tolist() == []
