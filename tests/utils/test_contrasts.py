"""What a group says of two contrasted classes, and which groups come first."""

import numpy as np
import pytest

from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.contrasts import GroupContrast
from tfvis.utils.feature_groups import group_channels, select_channels


@pytest.mark.parametrize(
    ("of_a", "of_b", "kind", "words"),
    [
        (3.0, 2.0, "shared", "shared"),
        (1.0, 3.0, "shared", "shared"),
        (3.0, 0.5, "only a", "only dog"),
        (3.0, -2.0, "only a", "only dog"),
        (2.0, -3.0, "against b", "against cat"),
        (0.1, 2.0, "only b", "only cat"),
        (-0.4, -2.0, "against b", "against cat"),
        (-0.5, -2.0, "against both", "against both"),
        (-1.0, -1.0, "against both", "against both"),
        (-3.0, 0.0, "against a", "against dog"),
    ],
)
def test_the_kind_of_a_group(of_a, of_b, kind, words):
    found = GroupContrast(of_a, of_b)
    assert found.kind == kind
    assert found.words("dog", "cat") == words


def contrasted(a, b):
    """Attributions of a rather than b, of which both are known."""
    a, b = np.float64(a), np.float64(b)
    return ChannelAttribution("IGSG", "layer", 0, a - b, rather_than=1, of_both=np.stack([a, b]))


def test_channels_for_either_class_are_selected():
    phi = contrasted([4, 1, 0.2, 0.1, -1], [0.1, 5, 0.2, -9, 0.1])
    # Above the mean are channel 0 for a and channel 1 for b. Channel 3 only speaks against b.
    assert select_channels(phi).tolist() == [0]
    assert select_channels(phi, "neg").tolist() == [1]


def test_what_only_speaks_against_the_other_class_comes_last():
    class ByHand:
        def fit_predict(self, X):
            return np.array([0, 1])

    phi = contrasted([2.0, 2.1, 0.1], [1.0, -9.0, 0.5])
    groups = group_channels(np.ones((2, 2, 3)), phi, grouper=ByHand())
    assert [group.channels.tolist() for group in groups] == [[0], [1]]
    assert [own.kind for own in groups.contrasts] == ["shared", "against b"]
    assert [group.score for group in groups] == pytest.approx([1.0, 11.1])


def test_groups_of_a_class_alone_have_no_contrasts():
    phi = ChannelAttribution("IGSG", "layer", 0, np.array([3.0, 1.0, 5.0]))
    assert group_channels(np.random.default_rng(0).random((2, 2, 3)), phi).contrasts == ()
