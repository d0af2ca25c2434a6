"""What guided inversion cannot do, and that it says so."""

import keras
import numpy as np
import pytest
from small_inversions import SIDE, finite

from tfvis.explainers.guided_inversion import PRESETS, GuidedFeatureInversion
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError

layers = keras.layers


@pytest.mark.slow
def test_a_silent_base_layer_and_weights_that_fall_to_zero_are_told(batch):
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(3, 3, activation="relu", bias_initializer=keras.initializers.Constant(-99),
                      name="base")(images)  # fmt: skip
    x = layers.Conv2D(3, 3, name="deep")(x)
    silent = KerasNetwork(keras.Model(images, layers.GlobalAveragePooling2D()(x)))
    for preset in PRESETS:
        inversion = GuidedFeatureInversion(silent, "base", "deep", preset=preset)
        (found,) = inversion.discriminate(batch[:1], [0])
        assert finite(found)
        assert found.problem == "the base layer is silent on this image"
        assert not found.mask.any()


def test_a_penalty_that_outweighs_all_is_told(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", preset="authors", penalties=(1e6, 1e6))
    (found,) = inversion.discriminate(batch[:1], [0])
    assert finite(found)
    assert found.problem == "all weights fell to zero: the penalty outweighs the rest"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"base_layer": "deep", "inversion_layer": "base"}, "'deep' comes after 'base'"),
        ({"base_layer": "bass"}, "Unknown layer 'bass'. Closest: base"),
        ({"base_layer": []}, "Expected at least one base layer"),
        ({"preset": "author"}, "Unknown preset 'author'. Closest: authors"),
        ({"background": "blurr"}, "Unknown background 'blurr'. Closest: blur"),
        ({"rate": 1}, "Unknown term 'rate'. Closest:"),
        ({"distance": "far"}, "Unknown distance 'far'"),
        ({"penalty_power": 3}, "Expected penalty_power 1 or 2, received 3"),
        ({"iterations": (5,)}, "Expected two numbers of iterations"),
        ({"iterations": (0, 1)}, "Expected iterations to be a whole number >= 1"),
        ({"learning_rate": 0}, "Expected learning_rate above 0"),
        ({"penalties": (1, -1)}, "Expected two penalties of at least 0"),
        ({"area": float("nan")}, "Expected area to be at least 0"),
        ({"iterations": 10}, "Expected iterations to be two numbers, received 10"),
        ({"sigma": "11"}, "Expected sigma to be a number, received '11'"),
        ({"keep": "first"}, "Unknown keep 'first'"),
        ({"epsilon": 0}, "Expected epsilon above 0"),
        ({"betas": (0.9, 1.0)}, "Expected two betas from 0 to below 1"),
        ({"damping": -1}, "Expected damping to be at least 0, received -1"),
        ({"damping": "a"}, "Expected damping to be a number, received 'a'"),
        ({"restart": -0.1}, "Expected restart to be at least 0, received -0.1"),
        ({"restart": "a"}, "Expected restart to be a number, received 'a'"),
        ({"batch_size": 0}, "Expected batch_size"),
        ({"dtype": "float16"}, "Unknown dtype 'float16'. Closest: bfloat16"),
    ],
)
def test_what_cannot_be_used(net, arguments, message):
    given = {"base_layer": "base", "inversion_layer": "deep", **arguments}
    with pytest.raises(InputError, match=message):
        GuidedFeatureInversion(net, **given)


def test_a_mask_needs_a_layer_with_positions(batch):
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(3, 3, name="base")(images)
    x = layers.GlobalAveragePooling2D(keepdims=True, name="pooled")(x)
    net = KerasNetwork(keras.Model(images, layers.Flatten()(layers.Conv2D(2, 1, name="last")(x))))
    GuidedFeatureInversion(net, "base", "pooled", iterations=(1, 1)).saliency(batch)
    with pytest.raises(InputError, match="several positions: 'pooled' has one"):
        GuidedFeatureInversion(net, "pooled", "last").saliency(batch)


def test_layers_that_a_network_does_not_list_have_a_place_too(batch):
    images = keras.Input((SIDE, SIDE, 3))
    x = images
    for name in ("first", "second", "third"):
        x = layers.Conv2D(3, 3, 2, activation="relu", name=name)(x)
    model = keras.Model(images, layers.GlobalAveragePooling2D()(x))
    net = KerasNetwork(model, layers=["second"])
    assert net.inversion_layers == ("second", "second")
    GuidedFeatureInversion(net, "first", "third")
    GuidedFeatureInversion(net)
    with pytest.raises(InputError, match="'third' comes after 'first'"):
        GuidedFeatureInversion(net, "third", "first")


def test_a_class_that_is_not_seen_is_told(batch):
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(3, 3, activation="relu", name="base")(images)
    x = layers.GlobalAveragePooling2D()(x)
    blind = layers.Dense(2, kernel_initializer="zeros")(x)
    net = KerasNetwork(keras.Model(images, blind))
    for preset in PRESETS:
        inversion = GuidedFeatureInversion(net, "base", "base", preset=preset, start=2.0)
        (found,) = inversion.discriminate(batch[:1], [1])
        assert finite(found)
        assert found.problem is not None and "speaks no more for the class" in found.problem


def test_images_and_classes_must_fit(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", iterations=(1, 1))
    with pytest.raises(InputError, match="received 1 class for 2 images"):
        inversion.discriminate(batch, [0])
    with pytest.raises(InputError, match="Unknown class 'dog'"):
        inversion.discriminate(batch[:1], ["dog"])
    with pytest.raises(
        InputError, match=r"one image of shape \(H, W, 3\), received shape \(24, 3\)"
    ):
        inversion.saliency(batch[0])
    other = GuidedFeatureInversion(net, "base", "deep", background=np.zeros((8, 8, 3)))
    with pytest.raises(InputError, match=r"Expected a background of shape \(24, 24, 3\)"):
        other.saliency(batch)


def test_step_1s_results_must_fit(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", iterations=(1, 1))
    saliency = inversion.saliency(batch)
    other = GuidedFeatureInversion(net, "deep", "deep", iterations=(1, 1)).saliency(batch)
    for start in (saliency[:1], (*saliency, saliency[0]), other):
        with pytest.raises(InputError, match="Expected step 1's result of each of 2 images, with"):
            inversion.discriminate(batch, [0, 1], start=start)
    assert inversion.discriminate(batch[:0], []) == ()
