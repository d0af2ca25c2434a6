"""Networks laid out as lucid's model zoo and TensorFlow Hub hold them, with random weights."""

import functools
import hashlib
import sys
import tarfile
from dataclasses import replace

import keras
import numpy as np
import pytest
import slim_graphs
import tensorflow as tf

from tfvis import load_model
from tfvis.models import SPECS, hub
from tfvis.models.graph_network import GraphNetwork
from tfvis.utils.errors import InputError

SLIM = {
    "inception_v1_slim": slim_graphs.inception_v1,
    "resnet_v1_50_slim": slim_graphs.resnet_v1_50,
}
CLASSES = {"inception_v1_slim": 1001, "resnet_v1_50_slim": 1000, "inception_v1": 1008}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """A folder of weights: eighths of the networks of lucid's model zoo, and lucid's labels."""
    folder = tmp_path_factory.mktemp("zoo")
    for name, build in {**SLIM, "inception_v1": slim_graphs.lucid_inception_v1}.items():
        data = slim_graphs.frozen(build, width=8, n_classes=CLASSES[name])
        (folder / SPECS[name].weights[0]).write_bytes(data)
    lines = ["dummy", *(f"thing {k}" for k in range(1, 1008))]
    (folder / "ImageNet_alternate.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((2, 64, 64, 3), np.float32)


@pytest.fixture(scope="module")
def of_zoo(zoo):
    """A network of the folder by its name, loaded once."""
    return functools.cache(lambda name: load_model(name, weights=zoo))


@pytest.fixture(scope="module", params=CLASSES)
def net(request, of_zoo):
    return of_zoo(request.param)


def test_the_registry_knows_layers_classes_and_size(net):
    spec = SPECS[net.name]
    assert net.layers == spec.layers
    assert net.default_layers == spec.default_layers
    assert net.input_size == (224, 224)
    assert len(net.labels) == CLASSES[net.name]


def test_labels_fit_the_number_of_logits(of_zoo):
    slim = of_zoo("inception_v1_slim")
    assert slim.labels[0] == "background"
    assert slim.class_index("Egyptian cat") == 286
    assert slim.class_index("n02124075") == 286
    assert of_zoo("resnet_v1_50_slim").class_index("Egyptian cat") == 285
    assert of_zoo("inception_v1").class_index("thing 7") == 7


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 5, -1])
def test_every_cut_is_the_network(net, batch, n):
    layer = net.layers[n]
    whole = net.logits(batch)
    again = net.logits_from(layer, net.activations(batch, layer))
    np.testing.assert_allclose(again, whole, rtol=1e-4, atol=1e-4 * np.abs(whole).max())


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("inception_v1_slim", -1, 1), ("resnet_v1_50_slim", -117, 138), ("inception_v1", -117, 138)],
)
def test_value_ranges_are_those_of_lucids_metadata(zoo, of_zoo, batch, name, low, high):
    """The graph itself, run by a session."""
    with tf.Graph().as_default() as graph:
        definition = tf.compat.v1.GraphDef()
        definition.ParseFromString((zoo / SPECS[name].weights[0]).read_bytes())
        tf.import_graph_def(definition, name="")
        tensor = {"inception_v1": "softmax2_pre_activation:0",
                  "inception_v1_slim": "InceptionV1/Logits/Predictions/Reshape:0",
                  "resnet_v1_50_slim": "resnet_v1_50/predictions/Reshape:0"}[name]  # fmt: skip
        with tf.compat.v1.Session(graph=graph) as session:
            expected = session.run(tensor, {"input:0": low + (high - low) * batch})
    found = of_zoo(name).logits(batch)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("name", "asked", "layer"),
    [
        ("inception_v1", "mixed4d", "mixed4d"),
        ("inception_v1_slim", "mixed4d", "InceptionV1/InceptionV1/Mixed_4e/concat"),
        ("inception_v1_slim", "Mixed_4e", "InceptionV1/InceptionV1/Mixed_4e/concat"),
        ("resnet_v1_50_slim", "resnet_v1_50/block4/unit_1/bottleneck_v1/Relu",
         "resnet_v1_50/block4/unit_1/bottleneck_v1/Relu"),
        ("resnet_v1_50_slim", "block4/unit_1", "resnet_v1_50/block4/unit_1/bottleneck_v1/Relu"),
    ],
)  # fmt: skip
def test_lucids_names_and_shorter_ones_are_known(of_zoo, name, asked, layer):
    assert of_zoo(name).require_layer(asked) == layer


def test_a_name_means_the_same_whatever_was_asked_for_before(zoo):
    net = load_model("resnet_v1_50_slim", weights=zoo)
    relu = net.require_layer("block4/unit_1")
    add = net.require_layer("block4/unit_1/bottleneck_v1/add")
    assert add.endswith("/add") and add not in net.layers
    assert net.require_layer("block4/unit_1") == relu
    assert net.require_layer(add) == add


def test_layers_inside_a_branch_cannot_be_cut(zoo):
    file = zoo / SPECS["resnet_v1_50_slim"].weights[0]
    with pytest.raises(
        InputError,
        match=r"block1/unit_2/bottleneck_v1/conv1/Relu' cannot be cut: paths go round it\. "
        r"Nearest that can: resnet_v1_50/block1/unit_1/bottleneck_v1/Relu and "
        r"resnet_v1_50/block1/unit_2/bottleneck_v1/add\.",
    ):
        load_model(
            file, value_range=(0, 1), input_size=(64, 64),
            layers=["block1/unit_2/bottleneck_v1/conv1/Relu"],
        )  # fmt: skip
    with pytest.raises(InputError, match="through .*shortcut"):
        load_model(
            file, value_range=(0, 1), input_size=(64, 64),
            layers=["block1/unit_1/bottleneck_v1/conv1/Relu"],
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SLIM)
def test_a_module_of_tensorflow_hub_is_the_frozen_graph(name, batch, tmp_path, monkeypatch):
    """The same weights as a TF1 module in the library's cache and as a frozen graph."""
    weights = {}
    data = slim_graphs.frozen(SLIM[name], weights, width=4, n_classes=CLASSES[name])
    (tmp_path / SPECS[name].weights[0]).write_bytes(data)
    handle = SPECS[name].handle
    folder = tmp_path / "hub" / hashlib.sha1(handle.encode()).hexdigest()
    folder.parent.mkdir()
    slim_graphs.hub_module(str(folder), SLIM[name], weights, width=4, n_classes=CLASSES[name])
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    monkeypatch.delenv("TFVIS_WEIGHTS_DIR", raising=False)
    module = load_model(name)
    assert isinstance(module, GraphNetwork)
    graph = load_model(name, weights=tmp_path)
    # A Hub module takes images in [0, 1].
    graph = graph.with_preprocess(module.preprocess)
    np.testing.assert_allclose(module.logits(batch), graph.logits(batch), rtol=1e-4, atol=1e-5)
    layer = module.default_layers[-1]
    np.testing.assert_allclose(
        module.activations(batch, layer), graph.activations(batch, layer), rtol=1e-4, atol=1e-5
    )
    if name == "inception_v1_slim":
        for place in (handle, folder):
            again = load_model(name, weights=place)
            np.testing.assert_array_equal(again.logits(batch), module.logits(batch))


def test_the_library_finds_what_we_find(tmp_path, monkeypatch):
    """Our look into the cache is the library's."""
    handle = "https://tfhub.dev/google/imagenet/x/1"
    folder = tmp_path / hashlib.sha1(handle.encode()).hexdigest()
    folder.mkdir()
    (folder / "saved_model.pb").touch()
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert str(hub.cached(handle)) == hub._library().resolve(handle)


def test_a_module_is_fetched_once(tmp_path, server, monkeypatch):
    """By the library, from an address, in the archive that TensorFlow Hub sends."""

    def small(images, layers):
        x = layers.convolution(images, 4, 3, "maps")
        return tf.nn.softmax(tf.reduce_mean(x, [1, 2]))

    folder = tmp_path / "module"
    slim_graphs.hub_module(str(folder), small)
    with tarfile.open(tmp_path / "module.tar.gz", "w:gz") as archive:
        archive.add(folder, arcname=".")
    data = (tmp_path / "module.tar.gz").read_bytes()
    server.answers["/module/1?tf-hub-format=compressed"] = (200, len(data), data)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    net = load_model(f"{server.url}/module/1", value_range=(0, 1))
    image = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    local = load_model(folder, value_range=(0, 1))
    np.testing.assert_array_equal(net.logits(image), local.logits(image))
    server.answers.clear()
    again = load_model(f"{server.url}/module/1", value_range=(0, 1))
    np.testing.assert_array_equal(again.logits(image), local.logits(image))


def test_a_library_that_is_missing_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    with pytest.raises(InputError, match=r"Install tfvis\[hub\].*setuptools below 82"):
        load_model("https://tfhub.dev/google/imagenet/x/1", value_range=(0, 1))


def test_an_address_that_cannot_be_reached(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    with pytest.raises(InputError, match="TensorFlow Hub") as error:
        load_model("resnet_v1_50_slim", weights="https://127.0.0.1:9/module")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", CLASSES)
def test_weights_that_are_not_there(name, tmp_path, clean, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(SPECS, name, replace(SPECS[name], url="http://127.0.0.1:9/x"))
    with pytest.raises(InputError, match="Cannot download 'http://127.0.0.1:9/x'"):
        load_model(name)


def test_labels_that_are_not_there(zoo, tmp_path, clean, monkeypatch):
    monkeypatch.setitem(
        SPECS, "inception_v1", replace(SPECS["inception_v1"], labels_url="http://127.0.0.1:9/x")
    )
    file = tmp_path / "InceptionV1_lucid.pb"
    file.write_bytes((zoo / "InceptionV1_lucid.pb").read_bytes())
    with pytest.raises(InputError, match="classes are not on this machine.*ImageNet_alternate.txt"):
        load_model("inception_v1", weights=file)


def test_another_network_is_refused(zoo):
    with pytest.raises(InputError, match=r"Expected ResNet-50 .*in '.*InceptionV1_slim.pb'"):
        load_model("resnet_v1_50_slim", weights=zoo / "InceptionV1_slim.pb")


@pytest.mark.slow
def test_slims_resnet_is_kerass_with_its_strides_elsewhere():
    """Keras strides in the first convolution of a stage, TF-Slim in the last unit before it.

    So the same weights give the same network: TF-Slim computes the last unit of a block at every
    second position only, and Keras throws away the others a layer later. Outputs of all other units
    are equal, those of last units are every second position of Keras's. Padding differs where a
    map has an even number of rows: TF-Slim's first pool pads below only. Here all are odd.
    """
    side, width = 65, 64
    weights = {}
    slim = GraphNetwork(
        _parsed(slim_graphs.frozen(slim_graphs.resnet_v1_50, weights, width=width, n_classes=10)),
        input_size=(side, side),
    )
    keras_net = keras.applications.ResNet50(
        weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None
    )
    for theirs, ours in _slim_to_keras().items():
        convolution, norm = keras_net.get_layer(f"{ours}_conv"), keras_net.get_layer(f"{ours}_bn")
        kernel = weights[f"resnet_v1_50/{theirs}/weights"]
        convolution.set_weights([kernel, np.zeros(kernel.shape[-1], np.float32)])
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        norm.set_weights([weights[f"resnet_v1_50/{theirs}/BatchNorm/{name}"] for name in names])
    kernel, bias = (weights[f"resnet_v1_50/logits/{name}"] for name in ("weights", "biases"))
    keras_net.get_layer("predictions").set_weights([kernel[0, 0], bias])
    net = load_model(keras_net, value_range=(0, 1))
    image = np.random.default_rng(0).random((1, side, side, 3), np.float32)

    def close(a, b):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())

    close(slim.logits(image), net.logits(image))
    registered = SPECS["resnet_v1_50_slim"].channels
    assert {layer: slim.n_channels(layer) for layer in registered} == registered
    units = [
        (b, u, u == n and b < 4) for b, n in enumerate((3, 4, 6, 3), 1) for u in range(1, n + 1)
    ]
    theirs = slim.head(*(slim.require_layer(f"block{b}/unit_{u}") for b, u, _ in units))(
        tf.constant(image)
    )
    ours = net.head(*(f"conv{b + 1}_block{u}_out" for b, u, _ in units))(tf.constant(image))
    for (_, _, last), one, other in zip(units, theirs, ours, strict=True):
        close(one.numpy(), other.numpy()[:, ::2, ::2] if last else other.numpy())


def _parsed(data):
    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(data)
    return definition


def _slim_to_keras():
    names = {"conv1": "conv1"}
    for block, units in enumerate((3, 4, 6, 3), start=1):
        for unit in range(1, units + 1):
            above = f"block{block}/unit_{unit}/bottleneck_v1"
            parts = {f"conv{k}": k for k in (1, 2, 3)} | ({"shortcut": 0} if unit == 1 else {})
            for part, k in parts.items():
                names[f"{above}/{part}"] = f"conv{block + 1}_block{unit}_{k}"
    return names
