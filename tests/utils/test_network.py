import keras
import numpy as np
import pytest
import tensorflow as tf

from utils import network
from utils.errors import InputError
from utils.labels import Labels
from utils.network import KerasNetwork


@pytest.fixture(scope="module")
def small():
    """Two convolutions, a pool and a dense layer with random weights."""
    keras.utils.set_random_seed(0)
    images = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(2.0, offset=-1.0)(images)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="a")(x)
    x = keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="b")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, keras.layers.Dense(3)(x), name="small")
    return KerasNetwork(model, layers=["a", "b"], input_size=(8, 8))


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((5, 8, 8, 3), np.float32)


@pytest.mark.parametrize("layer", ["a", "b"])
def test_the_tail_of_the_head_is_the_network(small, batch, layer):
    activations = small.activations(batch, layer)
    assert activations.shape == (5, 8, 8, small.n_channels(layer))
    np.testing.assert_allclose(
        small.logits_from(layer, activations), small.model(batch), rtol=1e-5, atol=1e-6
    )


def test_any_batch_size_gives_the_same(small, batch):
    for size in (1, 2, 5, 32):
        np.testing.assert_allclose(
            small.logits(batch, batch_size=size), small.logits(batch), rtol=1e-5, atol=1e-6
        )


def test_no_image_is_refused(small):
    with pytest.raises(InputError, match="Expected at least one image"):
        small.logits(np.zeros((0, 8, 8, 3)))


def test_other_sizes_do_not_retrace(small, batch):
    small.activations(batch, "a")
    traces = small.compiled(network._compiled_head, "a").experimental_get_tracing_count()
    small.activations(np.zeros((2, 6, 12, 3)), "a")
    assert (
        small.compiled(network._compiled_head, "a").experimental_get_tracing_count() == traces == 1
    )


def test_a_head_can_have_several_outputs(small, batch):
    a, b = small.head("a", "b")(tf.constant(batch))
    np.testing.assert_allclose(a, small.activations(batch, "a"), rtol=1e-5)
    np.testing.assert_allclose(b, small.activations(batch, "b"), rtol=1e-5)


def test_top_sorts_by_logit(small, batch):
    logits = small.logits(batch[:1])[0]
    top = small.top(batch[0], 2)
    assert [index for index, _ in top] == list(np.argsort(-logits)[:2])
    assert top[0][1] == pytest.approx(logits.max())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_close_and_made_once(small, batch, dtype):
    half = small.astype(dtype)
    assert half.dtype == dtype
    assert half is small.astype(dtype)
    np.testing.assert_allclose(half.logits(batch), small.logits(batch), atol=0.03)


def test_float32_is_the_network_itself(small):
    assert small.astype("float32") is small


def test_an_unknown_dtype_is_refused(small):
    with pytest.raises(InputError, match=r"Unknown dtype 'float17'\. Closest: float1"):
        small.astype("float17")


def test_layers_may_have_names_of_their_own(small, batch):
    renamed = KerasNetwork(small.model, layers={"first": "a"}, input_size=(8, 8))
    np.testing.assert_allclose(renamed.activations(batch, "first"), small.activations(batch, "a"))


def test_an_unknown_layer_lists_all(small, batch):
    with pytest.raises(InputError, match=r"Unknown layer 'c'.*Expected one of: a, b"):
        small.activations(batch, "c")


def test_labels_must_fit_the_logits(small):
    with pytest.raises(InputError, match="received 2 labels for 3 classes"):
        KerasNetwork(small.model, layers=["a"], input_size=(8, 8), labels=Labels([("x",), ("y",)]))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((8, 8, 3)), r"shape \(N, H, W, 3\), received shape \(8, 8, 3\)"),
        (np.zeros((1, 8, 8, 4)), r"received shape \(1, 8, 8, 4\)"),
        (np.full((1, 8, 8, 3), 255.0), "values in \\[0, 1\\], received values from 0 to 255"),
        (np.full((1, 8, 8, 3), np.nan), "values in \\[0, 1\\]"),
    ],
)
def test_images_of_other_shapes_and_ranges_are_refused(small, images, message):
    with pytest.raises(InputError, match=message):
        small.logits(images)


def test_activations_of_another_layer_are_refused(small):
    with pytest.raises(InputError, match=r"\(N, h, w, 4\), received shape \(1, 8, 8, 5\)"):
        small.logits_from("a", np.zeros((1, 8, 8, 5)))
