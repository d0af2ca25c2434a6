"""Networks of one's own: what is said of them, and what cannot be used."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from own_models import network

from tfvis import GuidedFeatureInversion, IconOptions, load_model
from tfvis.models import custom as own
from tfvis.models import is_name
from tfvis.models.preprocessing import (
    SIGNED,
    UNIT,
)
from tfvis.models.value_range_probe import Probe
from tfvis.utils.errors import InputError

layers = keras.layers


@pytest.fixture(scope="module")
def model():
    return network(activation="softmax")


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((2, 16, 16, 3), np.float32)


def test_what_is_said_of_a_model_is_so(model, batch):
    net = load_model(
        model, value_range=(0, 255), channel_order="BGR", mean=(3, 2, 1), std=(2, 2, 4),
        labels=["cat", "dog", "bird"], default_layers=["coarse"],
    )  # fmt: skip
    assert net.class_index("dog") == 1
    assert net.default_layers == ("coarse",)
    fed = ((255 * batch - [3, 2, 1]) / [2, 2, 4])[..., ::-1]
    probabilities = np.asarray(model(np.float32(fed)))
    logits = net.logits(batch)
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        softmax / softmax.sum(axis=1, keepdims=True), probabilities, rtol=1e-3, atol=1e-6
    )


def test_layers_may_be_renamed_and_chosen(model, batch):
    net = load_model(model, value_range=(0, 1), layers={"mine": "coarse"})
    assert net.layers == ("mine",)
    assert net.activations(batch, "mine").shape == (2, 2, 2, 4)


def three_layers():
    """The last one has a single position, so guided inversion cannot keep it."""
    keras.utils.set_random_seed(0)
    images = x = keras.Input((16, 16, 3))
    for name, options in (("a", {}), ("b", {}), ("one", {"strides": 16})):
        x = layers.Conv2D(4, 3, padding="same", activation="relu", name=name, **options)(x)
    return keras.Model(images, layers.Dense(3)(layers.Flatten()(x)), name="three")


@pytest.mark.parametrize(
    ("default", "inversion"), [("a", ("a", "b")), ("b", ("b", "b")), ("one", ("b", "b"))]
)
def test_guided_inversion_runs_whatever_the_default_layer_is(default, inversion):
    net = load_model(three_layers(), value_range=(0, 1), default_layers=[default])
    assert net.default_layers == (default,)
    assert net.inversion_layers == inversion
    explainer = GuidedFeatureInversion(net)
    assert (*explainer.base_layers, explainer.inversion_layer) == inversion


def test_icon_options_are_the_networks_own(model, tmp_path):
    """Of Keras models and graphs."""
    options = IconOptions(transforms="jitter", steps=3)
    said = {"value_range": (0, 1), "icon_options": options}
    assert load_model(model, **said).icon_options == options
    assert load_model(gating(tmp_path), logits="answer", **said).icon_options == options
    assert load_model(model, value_range=(0, 1)).icon_options == IconOptions()


def test_labels_come_from_a_file(model, tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("tabby, tabby cat\ndog\nbird\n", encoding="utf-8")
    net = load_model(model, value_range=(0, 1), labels=file)
    assert list(net.labels) == ["tabby", "dog", "bird"]
    assert net.class_index("tabby cat") == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("googlenet", True), ("googlenat", True), ("auto", True), ("a/b", False),
        ("model.keras", False), ("https://tfhub.dev/x/1", False),
    ],
)  # fmt: skip
def test_what_is_a_name(text, named):
    assert is_name(text) == named


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"value_range": (1, 0)}, r"Expected value_range \(low, high\), received \(1, 0\)"),
        ({"value_range": (0, float("nan"))}, "Expected value_range to be 2 finite numbers"),
        ({"value_range": 255}, "Expected value_range to be 2 finite numbers, received 255"),
        ({"mean": (1, 2, 3)}, "Expected value_range beside mean"),
        ({"value_range": (0, 1), "std": (1, 0, 1)}, "Expected std above 0"),
        ({"value_range": (0, 1), "channel_order": "GBR"}, "Unknown channel_order 'GBR'"),
        ({"value_range": (0, 1), "labels": ["a"]}, "received 1 labels for 3 classes"),
        ({"value_range": (0, 1), "labels": "nowhere.txt"}, "Cannot read the labels 'nowhere.txt'"),
        ({"value_range": (0, 1), "layers": ["fime"]}, "Unknown layer 'fime'. Closest: fine"),
        ({"value_range": (0, 1), "input_size": (8, 8)}, r"Expected input_size \(16, 16\)"),
        ({"value_range": (0, 1), "input_size": (0, 8)}, r"Expected input_size \(height, width\)"),
        ({"value_range": (0, 1), "logits": "x"}, "Expected no logits for a Keras model"),
        ({"value_range": (0, 1), "icon_options": "jitter"}, "Expected icon_options to be IconOpt"),
        ({"value_range": (0, 1), "labels": 5}, "Expected labels to be a list or a text file"),
        ({"value_range": (0, 1), "layers": "fine"}, "Expected a list of layers, received 'fine'"),
        ({"range": (0, 1)}, "Unknown keyword 'range'. Closest: value_range"),
    ],
)
def test_what_is_said_wrongly(model, said, message):
    with pytest.raises(InputError, match=message) as error:
        load_model(model, **said)
    assert "\n" not in str(error.value)


def test_names_and_models_of_ones_own_take_other_keywords(model, tmp_path):
    with pytest.raises(InputError, match="Expected value_range for a network of your own only"):
        load_model("critters", value_range=(0, 1))
    with pytest.raises(InputError, match="Expected weights for a network of the registry only"):
        load_model(model, weights=tmp_path)


def garbage(folder, name):
    file = folder / name
    file.write_bytes(b"this is no model")
    return file


def with_lambda(suffix):
    def build(folder):
        images = keras.Input((16, 16, 3))
        x = layers.Conv2D(4, 3)(layers.Lambda(lambda x: x * 2.0)(images))
        model = keras.Model(images, layers.GlobalAveragePooling2D()(x))
        model.save(folder / f"lambda{suffix}")
        return folder / f"lambda{suffix}"

    return build


def with_a_class_of_its_own(folder):
    class Unknown(layers.Layer):
        def call(self, x):
            return x

    images = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(Unknown()(layers.Conv2D(4, 3)(images)))
    keras.Model(images, x).save(folder / "own.keras")
    return folder / "own.keras"


def tokens(folder):
    """A SavedModel of something that takes no images."""

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4])] * 2)
        def __call__(self, a, b):
            return a + b

    module = Module()
    tf.saved_model.save(module, str(folder / "tokens"), signatures=module.__call__)
    return folder / "tokens"


def integers(folder):
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], tf.uint8)])
        def __call__(self, images):
            x = tf.nn.conv2d(tf.cast(images, tf.float32), tf.ones([1, 1, 3, 4]), 1, "SAME")
            return tf.reduce_mean(x, [1, 2])

    module = Module()
    tf.saved_model.save(module, str(folder / "integers"), signatures=module.__call__)
    return folder / "integers"


def one_image_only(folder):
    """A graph whose batch size is part of it."""
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [1, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        pooled = tf.reshape(tf.reduce_mean(x, [1, 2]), [4])
        tf.nn.softmax(tf.reshape(pooled + 1.0, [1, 4]), name="softmax")
    (folder / "one.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "one.pb"


def several_heads(folder):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        pooled = tf.reduce_mean(x, [1, 2])
        tf.nn.softmax(tf.identity(pooled, name="first"))
        tf.nn.softmax(tf.identity(2 * pooled, name="second"))
    (folder / "heads.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "heads.pb"


def no_softmax(folder):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        tf.reduce_mean(x, [1, 2], name="answer")
    (folder / "bare.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "bare.pb"


def gating(folder):
    """A softmax that is not the answer."""
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        gate = tf.nn.softmax(tf.reduce_mean(x, [1, 2], keepdims=True))
        tf.reduce_mean(x * gate, [1, 2], name="answer")
    (folder / "gating.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "gating.pb"


def training_too(folder):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        keep = tf.compat.v1.placeholder(tf.float32, [], name="keep_prob")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME") * keep
        tf.nn.softmax(tf.reduce_mean(x, [1, 2]))
    (folder / "training.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "training.pb"


def shape_goes_round(folder):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        x = tf.reshape(tf.reduce_mean(x, [1, 2]), [tf.shape(images)[0], 4])
        tf.nn.softmax(x)
    (folder / "reshaped.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "reshaped.pb"


def unknown_operation(folder):
    """A SavedModel with an operation that this TensorFlow does not have."""
    images = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="softplus")(images))
    keras.Model(images, x).export(folder / "custom", verbose=False)
    file = folder / "custom" / "saved_model.pb"
    file.write_bytes(file.read_bytes().replace(b"Softplus", b"Softplux"))
    return folder / "custom"


def inside_a_saved_model(folder):
    return unknown_operation(folder) / "saved_model.pb"


def variables(folder):
    with tf.Graph().as_default() as graph:
        tf.compat.v1.get_variable("kernel", shape=(3, 3), use_resource=False)
    (folder / "loose.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "loose.pb"


def empty_folder(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda folder: folder / "nowhere.keras", "No model at .*nowhere.keras"),
        (lambda folder: garbage(folder, "model.keras"), "with a Keras model.*is something else"),
        (lambda folder: garbage(folder, "model.h5"), "with a Keras model.*is something else"),
        (lambda folder: garbage(folder, "graph.pb"), "Expected a whole frozen TensorFlow graph"),
        (lambda folder: garbage(folder, "model.zip"), "model.zip': its kind is not known"),
        (lambda folder: garbage(folder, "model.onnx"), "it is ONNX's. Convert it to a SavedModel"),
        (lambda folder: garbage(folder, "model.tflite"), "Pass the model that it was converted"),
        (lambda folder: garbage(folder, "model.PT"), "it is PyTorch's. Build the network in Keras"),
        (lambda folder: garbage(folder, "model.safetensors"), "it is PyTorch's"),
        (empty_folder, "Expected a SavedModel, found no saved_model.pb"),
        (with_lambda(".keras"), "holds a Lambda layer, that is code, which is not run"),
        (with_lambda(".h5"), "holds a Lambda layer, that is code, which is not run"),
        (with_a_class_of_its_own, "needs the class 'Unknown', which is not known here"),
        (tokens, "Expected one input, received 2"),
        (integers, "Expected a graph of float32 images, received uint8 input"),
        (one_image_only, "Cannot run 'one' on 2 images"),
        (
            several_heads,
            "Expected logits to name .*since the graph has 2 softmaxes: one of first:0, second:0",
        ),
        (
            no_softmax,
            "Expected logits to name .*since the graph ends in no softmax. It ends in answer",
        ),
        (gating, "Expected logits to name .*since the graph ends in no softmax. It ends in answer"),
        (unknown_operation, "Cannot load the SavedModel.*Operations or classes of its own"),
        (training_too, r"found 2 placeholders \(images, keep_prob\)\. Freeze it for inference"),
        (shape_goes_round, "Cannot cut 'reshaped' anywhere.*paths go round it, through Shape"),
        (inside_a_saved_model, "Expected a whole frozen.*Name the folder of a SavedModel"),
        (lambda folder: 42, "Expected a keras.Model, received builtins.int"),
        (variables, "Expected a frozen graph, found the variable 'kernel'"),
        (lambda folder: "https://127.0.0.1:9/module", "127.0.0.1"),
    ],
)
def test_files_that_cannot_be_used(build, message, tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    with pytest.raises(InputError, match=message) as error:
        load_model(build(tmp_path), value_range=(0, 1))
    assert "\n" not in str(error.value)


def test_heads_are_chosen_by_name(tmp_path, batch):
    images = batch[:, :8, :8]
    file = several_heads(tmp_path)
    first, second = (load_model(file, value_range=(0, 1), logits=n) for n in ("first", "second"))
    np.testing.assert_allclose(2 * first.logits(images), second.logits(images), rtol=1e-5)
    bare = load_model(no_softmax(tmp_path), value_range=(0, 1), logits="answer")
    np.testing.assert_allclose(bare.logits(images), first.logits(images), rtol=1e-5)
    with pytest.raises(InputError, match="Unknown tensor 'third'"):
        load_model(file, value_range=(0, 1), logits="third")


def test_an_unknown_value_range_is_probed_and_shown(model, monkeypatch, caplog):
    found = Probe("mine", ((SIGNED, 4.0), (UNIT, 2.0)))
    monkeypatch.setattr(own, "probe", lambda net: found)
    net = load_model(model)
    assert net.preprocess == SIGNED
    assert "value_range=(-1, 1): 4.00; value_range=(0, 1): 2.00" in caplog.text
    assert "pass value_range to choose" in caplog.text


def test_a_doubtful_value_range_is_asked_for(model):
    """Three classes and random weights: nothing can be told."""
    with pytest.raises(InputError, match=r"Cannot tell what values 'mine' takes.*value_range,"):
        load_model(model)


def test_outputs_of_operations_are_told_apart(tmp_path, batch):
    """`heads:1` is not `heads`, and half of a split is no place to cut."""
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]) * [1.0, 2, 3, 4], 1, "SAME", name="maps")
        left, right = tf.split(x, 2, axis=-1, name="halves")
        x = tf.concat([right, left], -1, name="swapped")
        tf.split(tf.reduce_mean(x, [1, 2]), 2, axis=-1, name="heads")
    (tmp_path / "split.pb").write_bytes(graph.as_graph_def().SerializeToString())
    images = batch[:, :8, :8]
    nets = [
        load_model(tmp_path / "split.pb", value_range=(0, 1), logits=f"heads:{k}") for k in (0, 1)
    ]
    means = images.sum(axis=-1).mean(axis=(1, 2))[:, np.newaxis]
    np.testing.assert_allclose(nets[0].logits(images), means * [3, 4], rtol=1e-5)
    np.testing.assert_allclose(nets[1].logits(images), means * [1, 2], rtol=1e-5)
    assert nets[0].layers == ("maps", "swapped")
    with pytest.raises(InputError, match="Expected a tensor of 'heads', which has 2"):
        load_model(tmp_path / "split.pb", value_range=(0, 1), logits="heads:2")


def test_checks_of_the_input_are_no_part_of_the_tail(tmp_path, batch):
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], name="images")
        check = tf.compat.v1.assert_non_negative(images)
        x = tf.nn.conv2d(images, tf.ones([1, 1, 3, 4]), 1, "SAME", name="maps")
        with tf.control_dependencies([check]):
            x = tf.reduce_mean(x, [1, 2])
        tf.nn.softmax(x)
    (tmp_path / "checked.pb").write_bytes(graph.as_graph_def().SerializeToString())
    net = load_model(tmp_path / "checked.pb", value_range=(0, 1))
    images = batch[:, :8, :8]
    again = net.logits_from("maps", net.activations(images, "maps"))
    np.testing.assert_allclose(again, net.logits(images), rtol=1e-5)
