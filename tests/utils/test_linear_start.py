"""Networks of which nothing is known begin nowhere linearly."""

import pytest
import tensorflow as tf

from tfvis.utils.errors import InputError


def test_nothing_is_known_of_a_network_that_does_not_say(closed_form, mix):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]), 6)
    assert net.linear_start("features") is None
    with pytest.raises(InputError, match="features"):
        net.linear_start("feature")
