import keras
import numpy as np
import pytest

from tfvis.evaluation.randomisation import is_learnt, randomised
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def trained():
    """Layers of several kinds, none with the weights that it began with."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(40, 3, padding="same", name="a")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.SeparableConv2D(50, 3, activation="relu", name="b")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(4, name="dense")(x), name="several")
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(w.shape) + 0.5 for w in model.get_weights()])
    return KerasNetwork(model, layers={"first": "a", "second": "b"}, input_size=(16, 16))


def test_fresh_weights_have_the_shapes_of_the_trained(trained):
    before = [array.copy() for array in trained.get_weights()]
    fresh = randomised(trained, 3)
    after = fresh.get_weights()
    assert [array.shape for array in after] == [array.shape for array in before]
    assert all((new != old).any() for new, old in zip(after, before, strict=True))
    for old, now in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    for name in ("name", "layers", "input_size", "dtype"):
        assert getattr(fresh, name) == getattr(trained, name)
    assert fresh.labels is trained.labels
    image = np.zeros((1, 16, 16, 3))
    assert fresh.activations(image, "second").shape == trained.activations(image, "second").shape


def test_kernels_are_he_normal_and_all_else_is_new(trained):
    layers = randomised(trained).keras_layers
    kernel, bias = layers["a"].get_weights()
    assert kernel.std() == pytest.approx(np.sqrt(2 / 27), rel=0.1)
    assert kernel.mean() == pytest.approx(0, abs=4 * np.sqrt(2 / 27 / kernel.size))
    assert not bias.any()
    gamma, beta, mean, variance = layers["norm"].get_weights()
    assert (gamma == 1).all()
    assert (variance == 1).all()
    assert not beta.any()
    assert not mean.any()


def test_the_seed_alone_decides(trained):
    first, again, other = (randomised(trained, seed).get_weights() for seed in (1, 1, 2))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any((one != another).any() for one, another in zip(first, other, strict=True))


def test_layers_of_one_shape_get_different_kernels():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(3, 3, padding="same", name="a")(inputs)
    x = keras.layers.Conv2D(3, 3, padding="same", name="b")(x)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    fresh = randomised(KerasNetwork(model, layers=["a", "b"], input_size=(8, 8)))
    a, b = (fresh.keras_layers[name].get_weights()[0] for name in "ab")
    assert (a != b).all()


@pytest.mark.slow
def test_googlenet_can_be_randomised(random_net):
    fresh = randomised(random_net)
    logits = fresh.logits(np.random.default_rng(0).random((1, 64, 64, 3)))
    assert np.isfinite(logits).all()


def test_only_keras_can_be_randomised(closed_form, mix):
    with pytest.raises(InputError, match="Expected a KerasNetwork, received a ClosedFormNetwork"):
        randomised(closed_form(mix, lambda a: a, 1))


def test_a_seed_that_cannot_be_used(trained):
    with pytest.raises(InputError, match="Expected seed to be a whole number >= 0, received -1"):
        randomised(trained, -1)


def test_named_layers_alone_get_the_weights_that_they_get_with_all(trained):
    every, some = randomised(trained, 5), randomised(trained, 5, layers=["b", "dense"])
    for name, layer in some.keras_layers.items():
        expected = (every if name in ("b", "dense") else trained).keras_layers[name]
        for new, wanted in zip(layer.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(new, wanted)


def test_an_unknown_layer_is_an_error(trained):
    with pytest.raises(InputError, match="dens.*dense"):
        randomised(trained, layers=["dens"])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (keras.layers.Rescaling(2.0), False),
        (keras.layers.Normalization(), False),
        (keras.layers.BatchNormalization(), True),
        (keras.layers.Dense(3), True),
    ],
)
def test_preprocessing_is_not_learnt(layer, expected):
    assert is_learnt(layer) is expected
