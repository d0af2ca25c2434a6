"""Maps of several images at once are those of each alone."""

import keras
import numpy as np
import pytest

from tfvis.explainers.channel_maps import Explainer
from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.explainers.registry import METHODS, OPTIMISED, method_name
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(12, 3, 2, activation="relu", name="first")(inputs)
    x = keras.layers.Conv2D(9, 3, activation="relu", name="second")(x)
    x = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(keras.Model(inputs, x), input_size=(24, 24))


@pytest.fixture(scope="module")
def explainer(net):
    return Explainer(
        net,
        "first",
        steps=3,
        inversion=GuidedFeatureInversion(net, "first", "second", iterations=(3, 4)),
        perturbation=ExtremalPerturbation(net, iterations=3, step=4, sigma=6),
    )


@pytest.fixture(scope="module")
def pictures():
    """Two of one size, and one of another between them."""
    rng = np.random.default_rng(0)
    return [rng.random((*size, 3), np.float32) for size in ((24, 24), (20, 28), (24, 24))]


@pytest.mark.parametrize("method", METHODS)
def test_images_of_all_sizes_are_explained_together(explainer, pictures, method):
    classes = [[0], [1, 2], [2, 0]]
    found = explainer.maps(pictures, classes, [method])
    for picture, own, maps, problems in zip(
        pictures, classes, found.maps[method], found.problems[method], strict=True
    ):
        alone = explainer.maps([picture], [own], [method]).maps[method][0]
        assert len(maps) == len(own) == len(problems)
        for together, apart in zip(maps, alone, strict=True):
            assert len(together) == len(apart) >= 1
            for one, other in zip(together, apart, strict=True):
                assert one.shape == picture.shape[:2]
                assert one.min() >= 0
                np.testing.assert_allclose(one, other, atol=1e-3)


def test_masks_are_those_of_their_method(net, explainer, pictures):
    found = explainer.maps(pictures[:1], [[1]], OPTIMISED)
    batch = pictures[0][np.newaxis]
    (saliency,) = explainer.inversion.saliency(batch)
    (inverted,) = explainer.inversion.discriminate(batch, [1])
    (perturbed,) = explainer.perturbation.explain(batch, [1])
    for name, own in zip(OPTIMISED, (saliency, inverted, perturbed), strict=True):
        np.testing.assert_allclose(found.maps[name][0][0][0], own.mask, atol=1e-5)
        assert found.problems[name][0][0] == own.problem


def test_what_is_not_given_is_the_networks_own(net):
    explainer = Explainer(net, "first")
    assert explainer.inversion.base_layers == net.inversion_layers[:-1]
    assert explainer.perturbation.area == 0.1


def test_methods_are_found_whatever_way_they_are_written():
    assert method_name("grad_cam") == "Grad-CAM"
    assert method_name("Guided-Inversion step 1") == "guided inversion, step 1"
    assert method_name("ALL GROUPS") == "all groups"
    assert {method_name(name) for name in METHODS} == set(METHODS)
    with pytest.raises(InputError, match="Unknown method 'grad'. Closest: Grad-CAM"):
        method_name("grad")


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ("third", {}, "Unknown layer 'third'"),
        ("first", {"steps": 0}, "Expected steps"),
        ("first", {"seed": -1}, "Expected seed"),
    ],
)
def test_what_cannot_be_used(net, layer, options, message):
    with pytest.raises(InputError, match=message):
        Explainer(net, layer, **options)


def test_a_method_must_be_known(explainer, pictures):
    with pytest.raises(InputError, match="Unknown method 'grad'"):
        explainer.maps(pictures[:1], [[0]], ["grad"])
