"""Channels that are divided among groups: whole ones are the groups of the package."""

import numpy as np
import pytest

from benchmarks import soft_groups
from tfvis.evaluation import delete_groups, scene_cases
from tfvis.evaluation.map_metrics import energy_ratio
from tfvis.explainers import FeatureGroupExplainer
from tfvis.models import load_model


@pytest.fixture(scope="module")
def explained():
    """A case, its network, and its explanation by three components."""
    net = load_model("critters")
    explainer = FeatureGroupExplainer(net, n_groups=3, attribution_steps=4)
    case = scene_cases(net, 1, kinds=["two objects"])[0]
    (found,) = explainer.explain([case.image], [case.class_index])
    return net, explainer, case, found


def test_whole_channels_make_the_same_groups(explained):
    groups = explained[-1].groups
    again = soft_groups._divided(groups, soft_groups.WHOLE)
    np.testing.assert_allclose(again.weights, groups.weights)


def test_whole_channels_fall_as_deletion_says(explained):
    net, _, case, found = explained
    wanted = delete_groups(net, case.image, found.groups, n_random=1).effect()
    own = soft_groups._divided(found.groups, soft_groups.WHOLE)
    assert soft_groups._fall(net, case.image, own) == pytest.approx(wanted, rel=1e-4)


def test_whole_channels_have_the_best_groups_map(explained):
    _, _, case, found = explained
    own = soft_groups._divided(found.groups, soft_groups.WHOLE)
    a_map = soft_groups._best_map(own, case.image.shape[:2])
    np.testing.assert_allclose(a_map, found.parts[0], atol=1e-5)


@pytest.mark.parametrize("way", [way for way in soft_groups.WAYS if way != soft_groups.WHOLE])
def test_shares_of_a_channel_add_up_to_it(explained, way):
    groups = explained[-1].groups
    again = soft_groups._divided(groups, way)
    np.testing.assert_allclose(again.weights.sum(axis=0), groups.weights.sum(axis=0), atol=1e-9)
    assert len(again) == 3
    assert (again.weights > 0).sum() > (groups.weights > 0).sum()


def test_scores_are_told_in_the_order_of_the_columns(explained):
    net, explainer, case, found = explained
    scores = soft_groups._scores(net, explainer, case, np.random.default_rng(0))
    own = dict(zip(soft_groups.COLUMNS, scores[soft_groups.WHOLE], strict=True))
    assert own["energy ratio"] == pytest.approx(energy_ratio(found.parts[0], case.mask), rel=1e-4)
    assert own["of one explanation"] == 0  # no channel is in two groups
    others = [scores[way][soft_groups.COLUMNS.index("of one explanation")] for way in scores]
    assert others[1] > others[2] > 0
