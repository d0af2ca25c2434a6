from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers import feature_groups as experiments
from tfvis.utils import images
from tfvis.utils.activation_maps import heat_map, resize, shown
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import group_channels
from tfvis.utils.plots import overlay


@pytest.fixture(scope="module")
def attribution(random_net):
    values = np.zeros(528)
    values[:20] = np.linspace(1, 3, 20)
    values[20:40] = -np.linspace(1, 3, 20)
    return ChannelAttribution("IGSG", "mixed4d", 7, values)


@pytest.fixture(scope="module")
def image64():
    return np.random.default_rng(0).random((64, 64, 3), np.float32)


@pytest.mark.parametrize("method", ["IGSG", "Shap"])
def test_both_methods_attribute(relu_free_net, image, method):
    (found,) = experiments.attribute(
        relu_free_net, image, "features", classes=[0], method=method, iterations=4
    )
    assert found.method == method
    assert found.values.sum() == pytest.approx(found.total, rel=1e-3)


@pytest.fixture
def relu_free_net(closed_form, mix):
    import tensorflow as tf

    weights = np.ones((6, 1), np.float32)
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 1)


def test_an_unknown_method(relu_free_net, image):
    with pytest.raises(InputError, match="Unknown attribution 'LIME'"):
        experiments.attribute(relu_free_net, image, "features", classes=[0], method="LIME")


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_an_explanation_has_a_map_an_icon_and_a_score_for_each_group(
    random_net, image64, attribution, sign
):
    stages = []

    def progress(stage):
        return lambda done, total: stages.append((stage, done, total))

    found = experiments.explain(
        random_net, image64, attribution, sign=sign, n_groups=3, steps=2, side=32,
        progress=progress,
    )  # fmt: skip
    n = len(found.groups)
    assert 1 <= n <= 3
    assert found.heat_maps.shape == (n, 64, 64)
    assert found.icons.shape == (n, 32, 32, 3)
    assert (found.heat_maps >= 0).all()
    assert found.label == random_net.labels[7]
    assert (found.sign, found.layer) == (sign, "mixed4d")
    assert stages == [("icons", 1, 2), ("icons", 2, 2)]
    # Each group's objective on the image, by its definition.
    activations = random_net.activations(image64[np.newaxis], "mixed4d")[0]
    for group, value in zip(found.groups, found.image_objectives, strict=True):
        expected = activations[..., group.channels].mean(axis=(0, 1)) @ group.strengths
        assert value == pytest.approx(expected, rel=1e-5)


def test_a_grouper_of_ones_own(random_net, image64, attribution):
    class Halves:
        def fit_predict(self, X):
            return np.arange(X.shape[1]) % 2

    found = experiments.explain(
        random_net, image64, attribution, grouping=Halves(), steps=1, side=16
    )
    assert len(found.groups) == 2


OBJECTS = (
    ("dog_cat224", "golden retriever", ((0, 18, 165, 160),)),
    ("dog_cat224", "tiger cat", ((155, 15, 224, 95),)),
    ("elephants", "African elephant", ((10, 20, 130, 185), (145, 20, 212, 165))),
    ("eagle", "kite", ((45, 12, 122, 202),)),
    ("lorikeet", "lorikeet", ((15, 72, 98, 190),)),
)
"""Photographs, classes, and the boxes (left, top, right, bottom) that show them."""


@pytest.mark.parametrize(("photograph", "label", "boxes"), OBJECTS)
@pytest.mark.parametrize("maps_of", ["attribution", "activation"])
@pytest.mark.slow
def test_the_heat_maps_find_the_right_object(
    googlenet_real, photographs, photograph, label, boxes, maps_of
):
    image = images.load(photographs / f"{photograph}.jpg", (224, 224))
    activations = googlenet_real.activations(image[np.newaxis], "mixed4d")[0]
    (attribution,) = experiments.attribute(googlenet_real, image, "mixed4d", classes=[label])
    groups = group_channels(activations, attribution)
    _, maps = experiments.group_maps(activations, groups, maps_of)
    best, all_groups = shown(maps[0], (224, 224)), shown(maps.sum(axis=0), (224, 224))
    for a_map in (best, all_groups):
        y, x = np.unravel_index(a_map.argmax(), a_map.shape)
        assert any(left <= x < right and top <= y < bottom for left, top, right, bottom in boxes)


@pytest.fixture
def signed_net(closed_form):
    """Eight channels at 4 × 4 positions, half of them negative somewhere."""
    import tensorflow as tf

    rng = np.random.default_rng(11)
    weights = np.float32(rng.standard_normal((8, 3)))
    tail = lambda a: tf.reduce_sum(tf.nn.softplus(a) ** 2, [1, 2]) @ weights  # noqa: E731
    return closed_form(rng.standard_normal((3, 8)), tail, 3)


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_maps_sum_to_the_groups_scores(signed_net, image, sign):
    (attribution,) = experiments.attribute(signed_net, image, "features", classes=[1])
    found = experiments.explain(signed_net, image, attribution, sign=sign, steps=1, side=16)
    assert found.maps_of == "attribution"
    assert found.cut == 0
    assert found.maps.shape == (len(found.groups), 4, 4)
    for a_map, group in zip(found.maps, found.groups, strict=True):
        assert a_map.sum(dtype=np.float64) == pytest.approx(group.score, rel=1e-4)
    # The pictures show each sign by itself.
    small = [np.maximum(found.maps, 0), np.maximum(-found.maps, 0)]
    for large, maps in zip([found.heat_maps, found.against], small, strict=True):
        assert large.shape == (len(found.groups), 8, 8)
        np.testing.assert_array_equal(large, [resize(a_map, (8, 8)) for a_map in maps])


def test_maps_of_activations_are_the_papers(relu_free_net, image):
    (attribution,) = experiments.attribute(relu_free_net, image, "features", classes=[0])
    activations = relu_free_net.activations(image[np.newaxis], "features")[0]
    found = experiments.explain(
        relu_free_net, image, attribution, heat_maps="activation", steps=1, side=16
    )
    assert (found.maps_of, found.cut) == ("activation", 0.85)
    for heat_map_, group in zip(found.heat_maps, found.groups, strict=True):
        expected = heat_map(activations, group.channels, group.strengths, (8, 8))
        np.testing.assert_array_equal(heat_map_, expected)
    uncut = experiments.explain(
        relu_free_net, image, attribution, heat_maps="activation", cut=0, steps=1, side=16
    )
    assert (uncut.heat_maps > 0).sum() > (found.heat_maps > 0).sum()


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_maps_of_activations_are_turned_where_channels_speak_by_being_negative(
    closed_form, image, sign
):
    import tensorflow as tf

    flip = 1 if sign == "pos" else -1
    net = closed_form(-np.ones((3, 2)) * [1, 0.1], lambda a: -flip * tf.reduce_mean(a, [1, 2]), 2)
    (attribution,) = experiments.attribute(net, image, "features", classes=[0])
    attribution = replace(attribution, values=attribution.values + np.array([0, flip * 1e-3]))
    activations = net.activations(image[np.newaxis], "features")[0]
    groups = group_channels(activations, attribution, sign=sign)
    _, (a_map,) = experiments.group_maps(activations, groups, "activation")
    expected = np.abs(activations[..., 0]) * groups[0].score
    np.testing.assert_allclose(a_map, expected, rtol=1e-5)


def test_signs_of_activations_do_not_tell_what_speaks_against(signed_net, image):
    (attribution,) = experiments.attribute(signed_net, image, "features", classes=[1])
    found = experiments.explain(
        signed_net, image, attribution, heat_maps="activation", steps=1, side=16
    )
    assert not found.against.any()


def test_overlays_have_one_scale(signed_net, image):
    (attribution,) = experiments.attribute(signed_net, image, "features", classes=[1])
    found = experiments.explain(signed_net, image, attribution, steps=1, side=16)
    assert found.largest() == found.heat_maps.max()
    assert found.largest(show_against=True) == max(found.heat_maps.max(), found.against.max())
    for picture, a_map in zip(found.overlays(), found.heat_maps, strict=True):
        expected = overlay(image, a_map, largest=found.heat_maps.max(), exponent=0.5)
        np.testing.assert_array_equal(picture, expected)


def test_where_positions_are_unknown_maps_are_of_activations(signed_net, image):
    (attribution,) = experiments.attribute(
        signed_net, image, "features", classes=[1], method="Shap", iterations=4
    )
    found = experiments.explain(signed_net, image, attribution, steps=1, side=16)
    assert (found.maps_of, found.cut) == ("activation", 0.85)
    # Directions are not a method's own: gradients are computed for them.
    assert found.groups.attribution.directions is not None
    assert (found.groups.weights != 0).sum() == found.groups.n_selected


def test_attributions_of_another_size_are_refused(signed_net, image):
    (attribution,) = experiments.attribute(signed_net, image, "features", classes=[1])
    with pytest.raises(
        InputError, match=r"\(2, 2\) positions, as the image has, received \(4, 4\)"
    ):
        experiments.explain(signed_net, image[:4, :4], attribution, steps=1, side=16)


def test_an_unknown_kind_of_heat_maps(signed_net, image):
    (attribution,) = experiments.attribute(signed_net, image, "features", classes=[1])
    with pytest.raises(InputError, match="Unknown heat_maps 'activations'. Closest: activation"):
        experiments.explain(signed_net, image, attribution, heat_maps="activations")


def test_the_icon_climbs_what_raises_the_class(closed_form, image):
    # One channel, always negative, with a negative weight: φ > 0, but raising it lowers the class.
    import tensorflow as tf

    mix = -np.ones((3, 2)) * [1, 0.1]
    net = closed_form(mix, lambda a: -tf.reduce_mean(a, [1, 2])[:, :1], 1)
    (attribution,) = experiments.attribute(net, image, "features", classes=[0])
    attribution = replace(attribution, values=attribution.values + np.array([0, 1e-3]))
    assert attribution.values[0] > 0
    found = experiments.explain(net, image, attribution, steps=40, side=16)
    (logit,) = net.logits(found.icons[:1])[0]
    assert logit > net.logits(np.full((1, 16, 16, 3), 0.5, np.float32))[0, 0]
