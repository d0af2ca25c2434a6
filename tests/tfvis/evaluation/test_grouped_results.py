import numpy as np
import pytest
from known_networks import Says, named_groups

from tfvis.evaluation.grouped_results import groups_of, icons_of
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons

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


def result_with(icons):
    says = Says([(2, 5), (0,)], icons=None if icons is None else lambda index: icons)
    (result,) = says.explain([np.zeros((8, 8, 3))], [1])
    return result


def test_icons_of_the_result_are_taken_as_they_are(closed_form):
    own = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    net = closed_form(np.ones((3, 8)), lambda a: a[:, 0, 0], 8)
    result = result_with(own)
    np.testing.assert_array_equal(icons_of(net, result, result.groups), own)


def test_where_it_has_none_they_are_rendered(closed_form):
    net = closed_form(np.random.default_rng(0).random((3, 8)), lambda a: a[:, 0, 0], 8)
    result, options = result_with(None), IconOptions(steps=1, size=32)
    found = icons_of(net, result, result.groups, options, seed=4)
    expected = render_icons(net, "features", result.groups.weights, options, seed=4)
    np.testing.assert_array_equal(found, expected.images)


@pytest.mark.parametrize("shape", [(1, 8, 8, 3), (8, 8, 3)])
def test_there_is_an_icon_for_each_group(closed_form, shape):
    net = closed_form(np.ones((3, 8)), lambda a: a[:, 0, 0], 8)
    with pytest.raises(InputError, match=r"icons of shape \(2, H, W, 3\), one a group, received"):
        icons_of(net, result_with(np.zeros(shape)), named_groups([2, 5], [0]))
