import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis import attribute, icon
from tfvis.models import load_model
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils import network
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels


@pytest.fixture(scope="module")
def model():
    """Two convolutions, a pool and a dense layer with random weights."""
    keras.utils.set_random_seed(0)
    images = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(2.0, offset=-1.0)(images)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="a")(x)
    x = keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="b")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, keras.layers.Dense(3)(x), name="small")


@pytest.fixture(scope="module")
def small(model):
    return KerasNetwork(model, layers=["a", "b"], input_size=(8, 8))


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((5, 8, 8, 3), np.float32)


@pytest.mark.parametrize("layer", ["a", "b"])
def test_the_tail_of_the_head_is_the_network(small, model, batch, layer):
    activations = small.activations(batch, layer)
    assert activations.shape == (5, 8, 8, small.n_channels(layer))
    np.testing.assert_allclose(
        small.logits_from(layer, activations), model(batch), rtol=1e-5, atol=1e-6
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


def test_layers_may_have_names_of_their_own(small, model, batch):
    renamed = KerasNetwork(model, layers={"first": "a"}, input_size=(8, 8))
    np.testing.assert_allclose(renamed.activations(batch, "first"), small.activations(batch, "a"))


def test_an_unknown_layer_lists_all(small, batch):
    with pytest.raises(InputError, match=r"Unknown layer 'c'.*Expected one of: a, b"):
        small.activations(batch, "c")


def test_labels_must_fit_the_logits(model):
    with pytest.raises(InputError, match="received 2 labels for 3 classes"):
        KerasNetwork(model, layers=["a"], input_size=(8, 8), labels=Labels([("x",), ("y",)]))


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


def classifier(*, top=None, name="whole"):
    """Convolutions, then a head that `top` makes of the pooled features."""
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="a")(images)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, top(x), name=name)


def dense(activation=None):
    return keras.layers.Dense(3, activation=activation, name="dense")


@pytest.mark.parametrize(
    "top",
    [
        lambda x: dense("softmax")(x),
        lambda x: dense("sigmoid")(x),
        lambda x: keras.layers.Softmax()(dense()(x)),
        lambda x: keras.layers.Activation("softmax", dtype="float32")(dense()(x)),
        lambda x: keras.ops.softmax(dense()(x)),
        lambda x: keras.layers.Activation("linear")(dense("log_softmax")(x)),
        lambda x: dense(tf.nn.softmax)(x),
        lambda x: dense(keras.layers.Softmax())(x),
        lambda x: dense(lambda z: tf.exp(z) / tf.reduce_sum(tf.exp(z), -1, keepdims=True))(x),
        lambda x: keras.layers.Dropout(0.5)(dense()(x)),
        lambda x: dense()(x),
    ],
)
def test_logits_are_found_before_a_final_softmax(top, batch):
    keras.utils.set_random_seed(1)
    model = classifier(top=top)
    bare = keras.Model(model.input, model.get_layer("a").output)
    kernel, bias = model.get_layer("dense").get_weights()
    expected = np.asarray(bare(batch)).mean(axis=(1, 2)) @ kernel + bias
    np.testing.assert_allclose(KerasNetwork(model).logits(batch), expected, rtol=1e-4, atol=1e-6)


def test_the_users_model_stays_as_it_is(batch):
    model = classifier(top=dense("softmax"))
    before = [len(layer._inbound_nodes) for layer in model.layers]
    probabilities = np.asarray(model(batch))
    net = KerasNetwork(model)
    net.logits(batch)
    net.astype("bfloat16").logits(batch)
    assert [len(layer._inbound_nodes) for layer in model.layers] == before
    assert model.get_layer("dense").activation is keras.activations.softmax
    np.testing.assert_array_equal(model(batch), probabilities)


def test_sizes_and_names_are_the_models_own():
    net = KerasNetwork(classifier(top=dense()))
    assert net.input_size == (8, 8)
    assert net.name == "whole"
    assert net.layers == ("a",) == net.default_layers
    assert list(net.labels) == ["class 0", "class 1", "class 2"]
    with pytest.raises(InputError, match=r"Expected input_size \(8, 8\), which 'whole' is built"):
        KerasNetwork(classifier(top=dense()), input_size=(16, 16))


def test_the_input_size_of_a_model_of_any_size_is_asked_for(model):
    with pytest.raises(InputError, match=r"Expected input_size \(height, width\)"):
        KerasNetwork(model)


def test_a_network_can_be_preprocessed_otherwise(small, batch):
    brighter = small.with_preprocess(lambda images: images * 0.5)
    np.testing.assert_allclose(brighter.logits(batch), small.logits(batch / 2), rtol=1e-5)
    assert (brighter.logits(batch) != small.logits(batch)).any()
    half = brighter.astype("bfloat16")
    np.testing.assert_allclose(half.logits(batch), small.logits(batch / 2), atol=0.03)


def test_classes_can_be_called_otherwise(small):
    named = small.with_labels(Labels([("x",), ("y",), ("z",)]))
    assert named.class_index("y") == 1
    assert small.labels[1] == "class 1"
    with pytest.raises(InputError, match="received 1 labels for 3 classes"):
        small.with_labels(Labels([("x",)]))


class Linear(keras.layers.Layer):
    """Not Keras's: it does something."""

    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1], 2), name="weight")

    def call(self, x):
        return x @ self.weight


def test_layers_of_ones_own_are_no_activations_whatever_their_names(batch):
    model = classifier(top=lambda x: Linear()(dense("sigmoid")(x)))
    np.testing.assert_allclose(KerasNetwork(model).logits(batch), model(batch), rtol=1e-5)


def test_variations_share_nothing_that_was_compiled(small, batch):
    small.astype("bfloat16")
    named = small.with_labels(Labels([("x",), ("y",), ("z",)]))
    assert list(named.astype("bfloat16").labels) == ["x", "y", "z"]


def test_images_of_another_size_than_the_logits_need():
    images = keras.Input((8, 8, 3))
    x = keras.layers.Flatten()(keras.layers.Conv2D(4, 3, name="a")(images))
    net = KerasNetwork(keras.Model(images, keras.layers.Dense(2)(x), name="fixed"))
    assert net.activations(np.zeros((1, 20, 20, 3)), "a").shape == (1, 18, 18, 4)
    with pytest.raises(InputError, match=r"Expected images of \(8, 8\) for the logits of 'fixed'"):
        net.logits(np.zeros((1, 20, 20, 3)))


def test_the_digest_tells_preprocessing_without_a_name_apart():
    images = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(2, 3, name="first")(images)
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))
    one, other, again = (
        KerasNetwork(model, preprocess=preprocess).digest
        for preprocess in (lambda x: x * 2 - 1, lambda x: x * 255, lambda x: x * 2 - 1)
    )
    assert one == again != other


def test_a_model_that_is_trained_further_is_seen_anew():
    """What is remembered of an image, and the digest, are of the weights of now."""
    keras.utils.set_random_seed(0)
    images = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="first")(images)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, keras.layers.Dense(2, name="dense")(x))
    net = load_model(model, value_range=(0, 1), labels=["cat", "dog"])
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)

    def seen(own):
        half = own.astype("bfloat16").logits(image[np.newaxis])
        (found,) = attribute(own, image, "dog", layer="first", attribution_steps=3)
        return found.values, half, own.digest

    before = seen(net)
    assert seen(net)[2] == before[2]
    # The last layer alone, as in fine-tuning.
    model.get_layer("dense").kernel.assign_add(np.full((4, 2), 0.5, np.float32) * [[1, -1]])
    after = seen(net)
    fresh = seen(load_model(model, value_range=(0, 1), labels=["cat", "dog"]))
    for now, new, old in zip(after[:2], fresh[:2], before[:2], strict=True):
        np.testing.assert_allclose(now, new, rtol=1e-6)
        assert not np.allclose(now, old)
    assert after[2] == fresh[2] != before[2]


def test_icons_in_half_precision_are_of_the_weights_of_now():
    keras.utils.set_random_seed(0)
    images = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, name="first")(images)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, keras.layers.Dense(2)(x))

    def seen(net):
        return icon(net, "first", 0, dtype="bfloat16", size=16, steps=4, transforms="none")

    net = load_model(model, value_range=(0, 1))
    before = seen(net)
    for weight in model.weights:
        weight.assign(-weight)
    after = seen(net)
    np.testing.assert_array_equal(after, seen(load_model(model, value_range=(0, 1))))
    assert np.abs(after - before).max() > 0.01
