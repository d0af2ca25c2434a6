"""Estimators of a group's importance, on classes whose answer is known."""

import numpy as np
import pytest
import tensorflow as tf
from known_networks import PLANTED, named_groups, other_channels, planted_network, planted_scene

from tfvis.evaluation.group_estimators import ESTIMATORS, group_importance, ordered_by
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

C = 6
WEIGHTS = np.array([1.0, -2.0, 3.0, 0.5, 4.0, -1.0])


def groups_of(*channels, sign="pos", class_index=1, **of):
    attribution = ChannelAttribution("by hand", "features", class_index, WEIGHTS, **of)
    own = tuple(FeatureGroup(np.array(c), WEIGHTS[list(c)]) for c in channels)
    return FeatureGroups(own, attribution, sign, np.empty(0, int))


def network(closed_form, score):
    return closed_form(
        np.full((3, C), 1 / 3),  # the activations of an image of ones are 1
        lambda a: tf.stack(
            [
                0 * a[:, 0, 0, 0],
                score(tf.reduce_mean(a, [1, 2])),
                -score(tf.reduce_mean(a, [1, 2])),
            ],
            1,
        ),
        3,
    )


@pytest.fixture
def image():
    return np.ones((8, 8, 3), np.float32)


@pytest.fixture
def linear(closed_form):
    """Class 1: the sum of WEIGHTS of the channels' means."""
    return network(closed_form, lambda m: tf.linalg.matvec(m, tf.constant(WEIGHTS, tf.float32)))


@pytest.fixture
def product(closed_form):
    """Class 1: m_0 m_2 + m_4."""
    return network(closed_form, lambda m: m[:, 0] * m[:, 2] + m[:, 4])


@pytest.mark.parametrize("estimator", [own for own in ESTIMATORS if own != "Sobol"])
def test_of_a_linear_class_all_say_the_sum_of_weights(linear, image, estimator):
    found = group_importance(linear, image, groups_of([0, 1], [2, 4]), estimator)
    np.testing.assert_allclose(found, [-1, 7], rtol=1e-4)
    against = group_importance(linear, image, groups_of([0, 1], [2, 4], sign="neg"), estimator)
    np.testing.assert_allclose(against, [1, -7], rtol=1e-4)


@pytest.mark.parametrize("estimator", [own for own in ESTIMATORS if own != "Sobol"])
def test_of_two_contrasted_classes_they_say_the_difference(linear, image, estimator):
    groups = groups_of([0, 1], [2, 4], rather_than=2)
    found = group_importance(linear, image, groups, estimator)
    np.testing.assert_allclose(found, [-2, 14], rtol=1e-4)


def test_of_a_linear_class_sobol_says_the_share_of_the_variance(linear, image):
    # Sizes are uniform and independent: the variance of a group's part is its sum² / 12.
    found = group_importance(linear, image, groups_of([2, 4], [0, 1], [5]), "Sobol")
    np.testing.assert_allclose(found, np.array([49, 1, 1]) / 51, atol=0.1)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        ("IGSG", [0.5, 0.5, 1]),
        ("Shap", [0.5, 0.5, 1]),
        ("game", [0.5, 0.5, 1]),
        ("gradient", [1, 1, 1]),
        ("occlusion", [1, 1, 1]),
    ],
)
def test_of_a_product_some_count_it_twice(product, image, estimator, expected):
    found = group_importance(product, image, groups_of([0], [2], [4]), estimator)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_planted_channels_matter_and_random_ones_do_not(estimator):
    net, (scene, _) = planted_network(), planted_scene()
    rng = np.random.default_rng(0)
    for _ in range(3):
        groups = named_groups(other_channels(rng), PLANTED)
        found = group_importance(net, scene, groups, estimator)
        # The logit is 16 times the share of red, which is 1/16; all of its variance is the group's.
        np.testing.assert_allclose(found, [0, 1], atol=0.25 if estimator == "Sobol" else 1e-5)
        assert ordered_by(groups, found)[0].channels.tolist() == list(PLANTED)


def test_sobol_of_a_class_that_nothing_moves(closed_form, image):
    still = network(closed_form, lambda m: 0 * m[:, 0])
    assert group_importance(still, image, groups_of([0], [2]), "Sobol").tolist() == [0, 0]


@pytest.mark.parametrize("estimator", ["Shap", "Sobol"])
def test_the_same_seed_gives_the_same_figures(product, image, estimator):
    def run(seed):
        return group_importance(product, image, groups_of([0], [2], [4]), estimator, seed=seed)

    np.testing.assert_array_equal(run(1), run(1))
    assert estimator == "Shap" or (run(1) != run(2)).any()


def test_groups_are_put_in_the_order_of_their_importance():
    groups = groups_of([0], [2], [4])
    found = ordered_by(groups, [1.0, 3.0, 2.0])
    assert [group.channels.tolist() for group in found] == [[2], [4], [0]]
    assert found.attribution is groups.attribution
    with pytest.raises(InputError, match="importance of 3 groups"):
        ordered_by(groups, [1.0])


def test_an_unknown_estimator_is_an_error(linear, image):
    with pytest.raises(InputError, match="oclusion.*occlusion"):
        group_importance(linear, image, groups_of([0]), "oclusion")
