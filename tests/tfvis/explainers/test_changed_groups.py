"""Groups of two images: which of the two attributions counts for a channel."""

import numpy as np

from tfvis.explainers.changed_groups import stronger
from tfvis.utils.channel_attribution import ChannelAttribution


def test_a_channel_weighs_what_it_weighs_in_the_image_that_shows_it_more():
    before = ChannelAttribution("IGSG", "features", 0, np.array([3.0, -1.0, 1.0]))
    after = ChannelAttribution("IGSG", "features", 0, np.array([1.0, 2.0, -4.0]))
    np.testing.assert_array_equal(stronger(before, after, 1).values, [3, 2, 1])
    np.testing.assert_array_equal(stronger(before, after, -1).values, [1, -1, -4])


def test_directions_come_from_the_same_image_as_values():
    before = ChannelAttribution("IGSG", "features", 0, np.ones(2), directions=np.array([-1.0, 1]))
    after = ChannelAttribution("IGSG", "features", 0, np.array([0.5, 2.0]))
    np.testing.assert_array_equal(stronger(before, after, 1).icon_weights, [-1, 2])
