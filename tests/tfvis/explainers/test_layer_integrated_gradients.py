import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.layer_integrated_gradients import LayerIntegratedGradients
from tfvis.utils.activation_maps import resize
from tfvis.utils.errors import InputError


def pooled(image, mix):
    """The activations of a closed-form network, in NumPy: (4, 4, C)."""
    return np.einsum("ywxvd,dc->yxc", image.reshape(4, 2, 4, 2, 3), mix) / 4


@pytest.fixture
def weights():
    return np.float32(np.random.default_rng(3).standard_normal((6, 4)))


def test_a_linear_tails_map_is_activation_times_weight(closed_form, image, mix, weights):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 4)
    found = LayerIntegratedGradients(net).explain([image, image], [2, "class 0"])
    shares = pooled(image, mix) @ weights / 16
    for own, index in zip(found, (2, 0), strict=True):
        expected = resize(np.maximum(shares[..., index], 0), (8, 8))
        np.testing.assert_allclose(own.map, expected, rtol=1e-4, atol=1e-7)
        assert own.method == "layer integrated gradients"
        assert own.parts is None
        assert own.provenance.options["attribution"] == "IGSG"


def test_along_the_path_a_square_integrates_to_itself(closed_form, image, mix, weights):
    # ∫ A · 2 αA dα = A², at each position: Gauss's rule is exact for it.
    net = closed_form(mix, lambda a: tf.reduce_sum(a**2, [1, 2]) @ weights, 4)
    (own,) = LayerIntegratedGradients(net, attribution_steps=4).explain([image], [1])
    expected = resize(np.maximum(pooled(image, mix) ** 2 @ weights[:, 1], 0), (8, 8))
    np.testing.assert_allclose(own.map, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attribution": "Shap"}, "Expected attribution='IGSG', .*positions, received 'Shap'"),
        ({"layer": "third"}, "Unknown layer 'third'"),
        ({"attribution_step": 3}, "Unknown option 'attribution_step'. Closest: attribution_steps"),
    ],
)
def test_what_cannot_be_used(closed_form, mix, changes, message):
    with pytest.raises(InputError, match=message):
        LayerIntegratedGradients(closed_form(mix, lambda a: a, 1), **changes)
