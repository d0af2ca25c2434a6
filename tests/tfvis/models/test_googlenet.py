import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models import SPECS, architectures, googlenet, load_model
from tfvis.utils import images
from tfvis.utils.errors import InputError

# images/README.md beside the photographs.
PUBLISHED = {
    "dog_cat224": {"Egyptian cat": 6.52, "Chihuahua": 6.36, "quilt": 6.31, "golden retriever": 5.96,
                   "tiger cat": 5.91},
    "doghead224": {"Chihuahua": 11.01, "Labrador retriever": 9.35},
    "cathead224": {"tiger cat": 11.22, "tabby": 10.97, "Egyptian cat": 10.45},
    "elephants": {"African elephant": 19.02, "tusker": 17.24},
    "eagle": {"kite": 18.92, "bald eagle": 17.11},
    "lorikeet": {"lorikeet": 22.84},
    "adversarial/dog_cat224_fgsm": {"Chihuahua": 7.70, "Egyptian cat": 7.12},
}  # fmt: skip


def write_graph(file, arrays):
    """A frozen graph of constants named as lucid's model zoo names them."""
    graph = tf.compat.v1.GraphDef()
    for name, array in arrays.items():
        layer, kind = name.rsplit("/", 1)
        node = graph.node.add(
            name=f"{layer.replace('/', '_')}/{ {'kernel': 'weights', 'bias': 'biases'}[kind] }",
            op="Const",
        )
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
    file.write_bytes(graph.SerializeToString())


def test_the_network_has_the_published_number_of_parameters(random_net):
    assert random_net.count_params() == 6_998_552


def test_the_registry_knows_the_layers_and_their_channels(random_net):
    spec = SPECS["googlenet"]
    assert spec.layers == random_net.layers
    assert {layer: random_net.n_channels(layer) for layer in random_net.layers} == spec.channels
    assert (spec.channels["conv2d0"], spec.channels["mixed4d"]) == (64, 528)


def test_lucids_variant_is_another_table():
    model = googlenet.build(architectures.LUCID)
    assert model.get_layer("mixed4a").output.shape[-1] == 508
    assert model.output.shape[-1] == 1008
    assert [*architectures.layer_channels(architectures.LUCID)] == [*SPECS["googlenet"].layers]
    shapes = googlenet.weight_shapes(architectures.LUCID)
    assert {layer: model.get_layer(layer).kernel.shape for layer in shapes} == shapes


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["conv2d0", "maxpool1", "mixed3a", "mixed4d", "mixed5b"])
def test_a_cut_network_is_the_network(random_net, layer):
    batch = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    activations = random_net.activations(batch, layer)
    whole = random_net.logits(batch)
    np.testing.assert_allclose(
        random_net.logits_from(layer, activations), whole, atol=1e-4 * np.abs(whole).max()
    )


def test_the_convolutional_part_takes_any_size(random_net):
    for size, expected in (((224, 224), 14), ((96, 160), 6)):
        activations = random_net.activations(np.zeros((1, *size, 3)), "mixed4d")
        assert activations.shape[1] == expected


def test_preprocessing_is_inside(random_net):
    """conv2d0 by hand: BGR, 0 … 255, less the mean, three pixels of zeros around."""
    image = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    kernel, bias = random_net.keras_layers["conv2d0"].get_weights()
    blue_first = image[..., ::-1].astype(np.float64) * 255 - [104, 117, 123]
    padded = np.pad(blue_first, ((0, 0), (3, 3), (3, 3), (0, 0)))
    expected = np.empty((8, 8, 64))
    for row in range(8):
        for column in range(8):
            window = padded[0, 2 * row : 2 * row + 7, 2 * column : 2 * column + 7]
            expected[row, column] = np.einsum("ijc,ijcf->f", window, kernel[:, :, ::-1]) + bias
    found = random_net.activations(image, "conv2d0")[0]
    np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-3, atol=1e-2)


def test_local_response_normalization_is_its_formula():
    x = 30 * np.random.default_rng(0).standard_normal((1, 2, 2, 9))
    squares = np.pad(x**2, ((0, 0), (0, 0), (0, 0), (2, 2)))
    window = sum(squares[..., k : k + 9] for k in range(5))
    expected = x / (1 + 1e-4 / 5 * window) ** 0.75
    layer = googlenet.LocalResponseNormalization()
    np.testing.assert_allclose(layer(np.float32(x)), expected, rtol=1e-4, atol=1e-4)


def test_the_model_saves_and_loads_in_safe_mode(tmp_path):
    model = googlenet.build(architectures.BVLC)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    batch = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    np.testing.assert_allclose(again(batch), model(batch), rtol=1e-5)


def test_both_kinds_of_weights_give_the_same(random_net, random_weights, tmp_path):
    with np.load(random_weights) as archive:
        write_graph(tmp_path / "InceptionV1_caffe.pb", dict(archive))
    batch = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    other = load_model("googlenet", weights=tmp_path)
    np.testing.assert_allclose(other.logits(batch), random_net.logits(batch), atol=1e-4)


def damaged(source, target, **changes):
    """A copy of an archive with some arrays changed, or left out where the change is None."""
    with np.load(source) as archive:
        arrays = dict(archive)
    for name, change in changes.items():
        key = name.replace("__", "/")
        if change is None:
            del arrays[key]
        else:
            arrays[key] = change(arrays[key])
    np.savez(target, **arrays)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv1/7x7_s2/bias": lambda a: a * np.nan}, "Expected finite weights.*conv1/7x7_s2/bias"),
        ({"loss3/classifier/bias": lambda a: a[:10]}, r"shape \(1000,\), received \(10,\)"),
        ({"inception_4d/1x1/kernel": None}, "Expected the array 'inception_4d/1x1/kernel'"),
    ],
)
def test_wrong_weights_are_named(random_weights, tmp_path, changes, message):
    damaged(random_weights, tmp_path / "wrong.npz", **changes)
    with pytest.raises(InputError, match=message) as error:
        load_model("googlenet", weights=tmp_path / "wrong.npz")
    assert "wrong.npz" in str(error.value)


@pytest.mark.parametrize("suffix", ["npz", "pb"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_truncated_weights_are_named(random_weights, tmp_path, suffix, share):
    if suffix == "pb":
        whole = tmp_path / "whole.pb"
        with np.load(random_weights) as archive:
            write_graph(whole, dict(archive))
    else:
        whole = random_weights
    data = whole.read_bytes()
    file = tmp_path / f"part.{suffix}"
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=rf"part\.{suffix}") as error:
        load_model("googlenet", weights=file)
    assert "\n" not in str(error.value)


def test_the_real_network_gives_the_published_logits(googlenet_real, photographs):
    for stem, classes in PUBLISHED.items():
        image = images.load(photographs / f"{stem}.jpg", googlenet_real.input_size)
        logits = googlenet_real.logits(image[np.newaxis])[0]
        for label, expected in classes.items():
            assert logits[googlenet_real.class_index(label)] == pytest.approx(expected, abs=0.02)


@pytest.mark.slow
def test_the_real_networks_two_files_agree(googlenet_real, real_weights, photographs):
    files = [real_weights / name for name in SPECS["googlenet"].weights]
    if not all(file.is_file() for file in files):
        pytest.skip("only one of the two files is here")
    nets = [load_model("googlenet", weights=file) for file in files]
    image = images.load(photographs / "elephants.jpg", (224, 224))[np.newaxis]
    np.testing.assert_allclose(nets[0].logits(image), nets[1].logits(image), atol=1e-4)
