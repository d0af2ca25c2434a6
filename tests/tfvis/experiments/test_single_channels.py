"""Groups beside their strongest single channels."""

import numpy as np
import pytest

from tfvis.experiments import single_channels


@pytest.fixture
def outcome(subject):
    return single_channels.run(subject)


def test_each_channel_is_a_group_of_its_own(outcome, subject):
    (_, groups), (_, alone) = outcome.results
    expected = [
        int(channel) for group in groups.groups.groups[:3] for channel in group.channels[:3]
    ]
    assert [group.channels.tolist() for group in alone.groups] == [[each] for each in expected]
    phi = groups.groups.attribution.values
    assert [group.score for group in alone.groups] == [phi[each] for each in expected]
    assert alone.grouping == "single channels"
    for group, a_map in zip(alone.groups, alone.signed_maps, strict=True):
        assert a_map.sum() == pytest.approx(group.score, rel=1e-3, abs=1e-6)


def test_a_section_shows_a_group_and_then_its_channels(outcome):
    (_, groups), _ = outcome.results
    for number, (section, group) in enumerate(
        zip(outcome.sections, groups.groups.groups[:3], strict=True)
    ):
        assert section.panels[0].caption.startswith(f"group {number}: ")
        named = [panel.caption.split(":")[0] for panel in section.panels[1:]]
        assert named == [f"channel {channel}" for channel in group.channels[:3]]


def test_the_channels_of_a_group_are_its_strongest(outcome):
    (_, groups), _ = outcome.results
    for group in groups.groups:
        assert (np.diff(group.strengths) <= 0).all()
