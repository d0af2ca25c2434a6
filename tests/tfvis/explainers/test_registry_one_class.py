"""Networks with one logit, as for "dog or not": every method explains their only class."""

import keras
import numpy as np
import pytest

from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.explainers.registry import methods
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels


def one_class_model():
    keras.utils.set_random_seed(3)
    images = keras.Input((24, 24, 3))
    x = keras.layers.Conv2D(12, 3, 2, padding="same", activation="relu", name="first")(images)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="second")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, keras.layers.Dense(1, activation="sigmoid")(x), name="dog or not")


@pytest.fixture(scope="module")
def dog_or_not():
    return KerasNetwork(one_class_model(), labels=Labels([("dog",)]))


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_the_only_class_is_explained(dog_or_not, method, quick, pictures):
    explainer = method.build(dog_or_not, method.options_from(quick))
    (found,) = explainer.explain(pictures[:1], ["dog"])
    assert np.isfinite(found.map).all()
    assert found.map.shape == pictures[0].shape[:2]
    assert found.class_index in (0, None)


def test_guided_inversion_raises_the_logit_and_its_result_says_so(dog_or_not, pictures):
    explainer = GuidedFeatureInversion(dog_or_not, "first", "second", iterations=(2, 9))
    (found,) = explainer.explain(pictures[:1], [0])
    assert found.losses[-1] < found.losses[0]
    assert found.provenance.options["preset"]["score"] == "logit"


def test_a_network_of_several_classes_has_the_probability(net):
    assert GuidedFeatureInversion(net).preset.score == "probability"


@pytest.mark.parametrize("score", ["probability", "cross-entropy"])
def test_a_score_that_one_logit_cannot_have_is_refused_before_step_1(dog_or_not, score):
    with pytest.raises(InputError, match=f"Expected score to be logit or auto .*'{score}'"):
        GuidedFeatureInversion(dog_or_not, score=score)


def test_two_names_for_one_logit_are_refused_with_the_reason(dog_or_not):
    with pytest.raises(InputError, match="Expected one label, received 2: the network has one log"):
        dog_or_not.with_labels(Labels([("cat",), ("dog",)]))
