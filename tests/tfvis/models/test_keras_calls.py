"""A model's calls, made one after the other, are the model."""

import keras
import numpy as np
import pytest

from tfvis.models.keras_calls import calls_of
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError

layers = keras.layers


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((3, 8, 8, 3), np.float32)


def sequential():
    return keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="a"), layers.Conv2D(5, 3, name="b"),
         layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )  # fmt: skip


def nested():
    """A backbone with its own preprocessing inside a model, and another of the same names."""

    def backbone(name):
        images = keras.Input((8, 8, 3))
        x = layers.Conv2D(3, 3, padding="same", name="a")(layers.Rescaling(2.0)(images))
        return keras.Model(images, layers.Conv2D(3, 3, padding="same", name="b")(x), name=name)

    images = keras.Input((8, 8, 3))
    x = backbone("second")(backbone("first")(images))
    x = layers.Conv2D(4, 3, name="c")(x)
    return keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)), name="outer")


def reused():
    """One layer called twice."""
    images = keras.Input((8, 8, 3))
    twice = layers.Conv2D(3, 3, padding="same", name="twice")
    x = twice(twice(images))
    return keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def operations():
    """Arithmetic between tensors, and arguments that are no tensors."""
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="a")(images * 2.0 - 1.0)
    x = keras.ops.concatenate([x, keras.ops.relu(x)], axis=-1)
    x = layers.Dropout(0.5)(x, training=False) / 3.0
    return keras.Model(images, keras.ops.mean(x, axis=(1, 2)))


@pytest.mark.parametrize("build", [sequential, nested, reused, operations])
def test_the_calls_are_the_model(build, batch):
    keras.utils.set_random_seed(0)
    model = build()
    calls = calls_of(model)
    (found,) = calls.run({calls.input: batch}, [calls.output])
    np.testing.assert_allclose(found, model(batch), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", [sequential, nested, reused, operations])
def test_every_cut_is_the_model(build, batch):
    keras.utils.set_random_seed(0)
    model = build()
    net = KerasNetwork(model)
    for layer in net.layers:
        again = net.logits_from(layer, net.activations(batch, layer))
        np.testing.assert_allclose(again, model(batch), rtol=1e-4, atol=1e-6)


def test_layers_of_nested_models_are_named():
    names = KerasNetwork(nested()).layers
    assert [name for name in names if "rescaling" not in name] == [
        "first/a", "first/b", "second/a", "second/b", "c",
    ]  # fmt: skip


def test_calls_of_one_layer_are_numbered():
    assert KerasNetwork(reused()).layers == ("twice", "twice:1")


def test_only_what_is_needed_is_called(batch, monkeypatch):
    model = sequential()
    net = KerasNetwork(model)
    activations = net.activations(batch, "a")
    monkeypatch.setattr(model.get_layer("a"), "call", lambda x: pytest.fail("called"))
    net.tail("a")(activations)


def test_a_layer_that_is_called_twice_is_changed_once():
    calls = calls_of(reused())
    seen = []
    changed = calls.with_operations(lambda operation: seen.append(operation) or operation)
    assert len(seen) == len({id(operation) for operation in seen}) == 3
    assert len(changed.calls) == 4
    assert len(calls.layers) == 3


def test_sequential_models_in_sequential_models_are_opened(batch):
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="deep")])
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.GlobalAveragePooling2D()])
    net = KerasNetwork(model)
    assert "deep" in net.layers
    np.testing.assert_allclose(net.logits(batch), model(batch), rtol=1e-5)


def test_layers_that_augment_images_do_not(batch):
    images = keras.Input((8, 8, 3))
    x = layers.RandomFlip(seed=0)(images)
    x = layers.GaussianNoise(1.0)(layers.Conv2D(4, 3, name="a")(x))
    model = keras.Model(images, layers.GlobalAveragePooling2D()(x))
    net = KerasNetwork(model)
    np.testing.assert_allclose(net.logits(batch), model.predict(batch, verbose=0), rtol=1e-5)


def test_dropout_and_batch_normalisation_are_those_of_predict(batch):
    """Also where a nested model was called with training=True, which Keras overrides too."""
    inner_images = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inner_images))
    inner = keras.Model(inner_images, layers.Dropout(0.5)(x))
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, layers.GlobalAveragePooling2D()(inner(images, training=True)))
    expected = model.predict(batch, verbose=0)
    np.testing.assert_allclose(KerasNetwork(model).logits(batch), expected, rtol=1e-5)


def test_a_model_of_several_outputs_names_their_layers_and_a_way_out():
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(images)
    flat = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, [keras.layers.Dense(2, name=name)(flat) for name in ("a", "b")])
    with pytest.raises(InputError) as error:
        calls_of(model)
    assert str(error.value) == (
        "Expected a model with one output, received 2, of the layers a, b. Pass a model with "
        "one output, for example keras.Model(model.input, model.outputs[0])."
    )
    assert calls_of(keras.Model(model.input, model.outputs[0])).calls[-1].name == "a"


def test_a_keras_with_other_names_within_is_told_plainly(monkeypatch):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    monkeypatch.delattr(model.outputs[0], "_keras_history")
    with pytest.raises(InputError, match=r"records the calls of a model in another way.*keras<4"):
        calls_of(model)
