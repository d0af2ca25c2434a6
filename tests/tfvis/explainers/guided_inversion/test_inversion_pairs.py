"""Step 1 of guided inversion asked for pairs of an image and a class; what is remembered of it."""

import keras
import numpy as np
import pytest
from small_inversions import SIDE

from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.memory import Memory

QUICK = {"iterations": (2, 1)}


def test_images_that_are_dropped_meanwhile_are_not_missed(net, batch, monkeypatch):
    inversion = GuidedFeatureInversion(net, "base", "deep", step=1, **QUICK)
    monkeypatch.setattr(net, "_memory", Memory())
    (first,) = inversion.explain(batch[:1], [0])
    # Room for one image: the second one's mask takes the place of the first one's.
    monkeypatch.setattr(net, "_memory", Memory(limit=int(1.5 * net.memory._size)))
    inversion.explain(batch[:1], [0])
    assert len(net.memory) == 1
    found = inversion.explain([batch[1], 1 - batch[1], batch[0]], [0, 1, 2])
    assert len(net.memory) == 1
    np.testing.assert_allclose(found[2].map, first.map, atol=1e-5)
    assert [own.class_index for own in found] == [0, 1, 2]


@pytest.fixture(scope="module")
def many_classes():
    """A network of more classes than answers are told."""
    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(5, 3, 2, activation="softplus", name="base")(images)
    x = keras.layers.Conv2D(7, 3, 2, activation="softplus", name="deep")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return KerasNetwork(keras.Model(images, keras.layers.Dense(9)(x)))


@pytest.mark.parametrize("step", [1, 2])
def test_a_mask_says_which_class_it_was_asked_for(many_classes, batch, step):
    inversion = GuidedFeatureInversion(many_classes, "base", "deep", step=step, **QUICK)
    last = int(many_classes.logits(batch[:1])[0].argmin())
    sources = [SourceImage(batch[0], name, None) for name in ("a", "b")]
    for own, name in zip(inversion.explain(sources, [last, last]), "ab", strict=True):
        assert own.label == own.provenance.class_name == many_classes.labels[last]
        assert own.provenance.image_name == name
        assert own.provenance.method == own.method
        assert own.provenance.options["step"] == step
        *top, asked = own.answers
        assert [answer.class_index for answer in top] == [
            index for index, _ in many_classes.top(batch[0])
        ]
        assert asked.class_index == last
        assert asked.logit == pytest.approx(float(own.logits[last]))
    # What is remembered is of no class.
    (alone,) = inversion.saliency(batch[:1])
    assert alone.class_index is alone.provenance.class_name is None
