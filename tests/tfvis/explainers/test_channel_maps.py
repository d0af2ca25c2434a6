"""A map a channel, without any grouping."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.base import NothingSelected
from tfvis.explainers.channel_maps import ChannelExplainer
from tfvis.utils.activation_maps import heat_map, resize
from tfvis.utils.errors import InputError

WEIGHTS = np.float32([[3, -3], [-1, 1], [2.5, 0], [0.1, -0.1], [-2, 2], [0.2, 0.3]])


def pooled(image, mix):
    """The activations of a closed-form network, in NumPy: (4, 4, C)."""
    return np.einsum("ywxvd,dc->yxc", image.reshape(4, 2, 4, 2, 3), mix) / 4


@pytest.fixture
def linear(closed_form):
    """Six channels, each a colour, whose weights are known."""
    mix = np.tile(np.eye(3), 2) + 0.1
    return closed_form(mix, lambda a: tf.reduce_sum(a, [1, 2]) @ WEIGHTS, 2)


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_channels_that_stand_out_are_shown_strongest_first(linear, image, sign):
    (found,) = ChannelExplainer(linear, sign=sign).explain([image], [0])
    flip = 1 if sign == "pos" else -1
    shares = flip * pooled(image, linear.mix) * WEIGHTS[:, 0]
    strengths = shares.sum(axis=(0, 1))
    chosen = np.flatnonzero(strengths > strengths[strengths > 0].mean())
    order = chosen[np.argsort(-strengths[chosen])]
    assert len(order) == {"pos": 2, "neg": 1}[sign]
    expected = [resize(np.maximum(shares[..., i], 0), (8, 8)) for i in order]
    np.testing.assert_allclose(found.parts, expected, rtol=1e-4, atol=1e-6)
    together = resize(np.maximum(shares[..., order].sum(axis=-1), 0), (8, 8))
    np.testing.assert_allclose(found.map, together, rtol=1e-4, atol=1e-6)
    assert found.method == "channels"
    assert found.provenance.options["sign"] == sign


def test_maps_of_activations_are_the_papers(linear, image):
    (found,) = ChannelExplainer(linear, heat_maps="activation").explain([image], [0])
    activations = pooled(image, linear.mix)
    values = (activations * WEIGHTS[:, 0]).sum(axis=(0, 1))
    chosen = np.flatnonzero(values > values[values > 0].mean())
    order = chosen[np.argsort(-values[chosen])]
    expected = [heat_map(activations, [i], values[[i]], (8, 8), 0.85) for i in order]
    np.testing.assert_allclose(found.parts, expected, rtol=1e-4, atol=1e-6)
    (uncut,) = ChannelExplainer(linear, heat_maps="activation", cut=0.0).explain([image], [0])
    assert (uncut.map > 0).sum() > (found.map > 0).sum()


def test_where_positions_are_unknown_maps_are_of_activations(linear, image):
    options = {"attribution": "Shap", "attribution_steps": 4}
    (sampled,) = ChannelExplainer(linear, **options).explain([image], [0])
    (exact,) = ChannelExplainer(linear, heat_maps="activation").explain([image], [0])
    # Of a linear tail both methods give the same values.
    np.testing.assert_allclose(sampled.parts, exact.parts, rtol=1e-3, atol=1e-5)


def test_channels_that_speak_by_being_negative_are_turned(closed_form, image):
    # Φ of the channel is positive though raising it lowers the class.
    net = closed_form(-np.ones((3, 2)) * [1, 0.1], lambda a: -tf.reduce_mean(a, [1, 2]), 2)
    (found,) = ChannelExplainer(net, heat_maps="activation", cut=0.0).explain([image], [0])
    activations = -pooled(image, net.mix)[..., 0]
    expected = resize(activations * activations.mean(), (8, 8))
    np.testing.assert_allclose(found.parts, [expected], rtol=1e-4)


def test_where_nothing_stands_out_the_map_is_uniform(closed_form, image):
    # All channels are equal: none is above their mean.
    net = closed_form(np.ones((3, 6)), lambda a: tf.reduce_mean(a, [1, 2, 3])[:, None], 1)
    (found,) = ChannelExplainer(net).explain([image], [0])
    assert isinstance(found, NothingSelected)
    np.testing.assert_array_equal(found.map, np.ones((8, 8)))
    assert found.problem == "No channel in features stands out for or against the class."
    assert found.provenance.layer == "features"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": "third"}, "Unknown layer 'third'"),
        ({"attribution_steps": 0}, "Expected attribution_steps"),
        ({"seed": -1}, "Expected seed"),
        ({"grouping": "NMF"}, "Unknown option 'grouping'"),
    ],
)
def test_what_cannot_be_used(linear, changes, message):
    with pytest.raises(InputError, match=message):
        ChannelExplainer(linear, **changes)
