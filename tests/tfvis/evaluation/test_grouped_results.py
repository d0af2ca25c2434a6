import numpy as np
import pytest

from tfvis.evaluation.grouped_results import groups_of
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

OWN = {
    "map": np.ones((8, 8)), "image": np.zeros((8, 8, 3)), "class_index": 0, "label": "cat",
    "method": "mine",
}  # fmt: skip


def test_anyones_result_may_have_groups():
    attribution = ChannelAttribution("by hand", "features", 0, np.ones(3))
    groups = FeatureGroups(
        (FeatureGroup(np.array([1]), np.ones(1)),), attribution, "pos", np.empty(0, int)
    )
    result = ClassMap(**OWN)
    object.__setattr__(result, "groups", groups)
    assert groups_of(result, "mine") is groups


def test_where_nothing_was_selected_there_are_none():
    assert groups_of(NothingSelected(**OWN, problem="nothing stands out"), "mine") is None


def test_a_map_alone_has_none():
    with pytest.raises(InputError, match="groups of channels from 'mine', received a ClassMap"):
        groups_of(ClassMap(**OWN), "mine")
