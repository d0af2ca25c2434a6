"""What a layer's channels carry, on a network whose attributions are known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.attributions import attributions_of
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.layer_evidence import layer_evidence, pooled
from tfvis.explainers.options import LayerSurveyOptions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage

# φ of fourteen channels: twelve speak for the class, which sum to 78, two against it.
PHI = np.array([*range(12, 0, -1), -3, -5], np.float32)
STEPS = 4


class InPairs:
    """Groups of two, two, one and one of the six channels that are selected."""

    def fit_predict(self, X):
        assert X.shape[1] == 6  # those above 6.5, the mean of the positive ones
        return np.array([0, 0, 1, 1, 2, 3])


@pytest.fixture
def net(closed_form):
    """All channels are the image's brightness, and the logit weighs their means by φ."""
    tail = lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant(PHI[:, np.newaxis])  # noqa: E731
    return closed_form(np.full((3, len(PHI)), 1 / 3), tail, 1)


def evidence(net, image, **changes):
    options = LayerSurveyOptions(**{"grouping": InPairs(), "attribution_steps": STEPS} | changes)
    source = SourceImage(np.float32(image))
    (attribution,) = attributions_of(net, source, [0], options.of_groups("features"))
    return layer_evidence(net, source, attribution, options)


def test_shares_are_of_the_sum_of_all_that_speaks_for_the_class(net):
    found = evidence(net, np.ones((8, 8, 3)))
    assert found.channels == pytest.approx((78 - 2 - 1) / 78)
    assert (found.n_selected, found.n_groups) == (6, 4)
    assert found.groups == pytest.approx((12 + 11 + 10 + 9 + 8) / 78)  # and not the last, 7
    assert found.total == pytest.approx(78 - 8)
    assert found.gap == pytest.approx(0, abs=1e-4)
    assert found.relative_gap == pytest.approx(0, abs=1e-5)
    assert found.problem is None


def test_a_constant_map_has_half_of_its_sum_in_half_of_the_image(net):
    found = evidence(net, np.ones((8, 8, 3)))
    assert found.area == found.group_area == 0.5
    np.testing.assert_allclose(found.signed_map, np.full((4, 4), (12 + 11 + 10 + 9 + 8 + 7) / 16))


def test_a_map_of_one_position_is_compact(net):
    image = np.zeros((8, 8, 3))
    image[:2, :2] = 1  # the first of 4 × 4 positions
    found = evidence(net, image)
    # Twice as large it is 1, 3/4 and 1/4 along either side, whose products sum to 4. The three
    # largest of these, 1, 3/4 and 3/4, are the fewest that make up 2.
    assert found.area == found.group_area == 3 / 64
    shown = np.outer(*[[1, 0.75, 0.25, 0, 0, 0, 0, 0]] * 2)
    np.testing.assert_allclose(found.heat_map((8, 8)), shown * 57 / 16, rtol=1e-5)


def test_without_a_channel_that_stands_out_there_are_no_groups(closed_form):
    tail = lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant([[-1.0], [-2.0]])  # noqa: E731
    found = evidence(closed_form(np.ones((3, 2)), tail, 1), np.ones((8, 8, 3)))
    assert (found.channels, found.groups, found.group_area) == (0, None, None)
    assert (found.n_selected, found.n_groups, found.area) == (0, 0, 0.5)
    assert "No positive channel in features stands out" in found.problem
    assert not found.signed_map.any()


@pytest.mark.parametrize("name", [DEFAULT_GROUPING, "FactorAnalysis"])
def test_a_grouping_that_does_not_suit_the_layer_is_told(net, name):
    found = evidence(net, np.ones((8, 8, 3)), grouping=name)
    assert found.groups is None
    assert "without a group" in found.problem  # constant channels have no variance to explain
    assert found.channels == pytest.approx(75 / 78)


def test_a_logit_that_does_not_change_has_no_relative_gap(closed_form):
    tail = lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant([[1.0], [-1.0]])  # noqa: E731
    found = evidence(closed_form(np.ones((3, 2)), tail, 1), np.ones((8, 8, 3)))
    assert found.total == 0
    assert np.isnan(found.relative_gap)


def test_groups_and_maps_are_those_of_the_explainer_of_groups(network_of, pictures):
    net, image = network_of(seed=2), SourceImage(pictures[0])
    options = LayerSurveyOptions(attribution_steps=STEPS)
    (attribution,) = attributions_of(net, image, ["dog"], options.of_groups("second"))
    found = layer_evidence(net, image, attribution, options)
    explainer = FeatureGroupExplainer(net, layer="second", attribution_steps=STEPS)
    (expected,) = explainer.explain([image], ["dog"])
    positive = attribution.values[attribution.values > 0].sum()
    assert found.n_groups == len(expected.groups) == 3
    score = sum(group.score for group in expected.groups[:3])
    assert found.groups == pytest.approx(score / positive)
    np.testing.assert_allclose(found.heat_map(image.size), expected.map, rtol=1e-5, atol=1e-9)


def test_many_positions_are_averaged_over_squares():
    activations = np.arange(5 * 6, dtype=np.float32).reshape(5, 6, 1)
    found = pooled(activations, 3)
    assert found.shape == (3, 3, 1)
    assert found[0, 0] == np.mean([0, 1, 6, 7])
    assert found[2, 2] == np.mean([28, 29])  # the last row has no other below it
    assert pooled(activations, 6) is activations


def test_attributions_without_maps_are_refused(net):
    plain = ChannelAttribution("IGSG", "features", 0, PHI)
    with pytest.raises(InputError, match="Expected attributions with maps and a total"):
        layer_evidence(net, SourceImage(np.zeros((8, 8, 3), np.float32)), plain)
