"""Keras's own networks, from files laid out as Keras's downloads."""

from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from tfvis import load_model
from tfvis.models import SPECS, architectures, residual
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError

NAME = SPECS["resnet50"].weights[0]


@pytest.fixture(scope="module")
def whole():
    """Keras's ResNet50, all of it."""
    keras.utils.set_random_seed(0)
    return keras.applications.ResNet50(weights=None)


@pytest.fixture(scope="module")
def folder(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    with h5py.File(folder / NAME, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, whole)
    return folder


@pytest.mark.slow
def test_resnet50_is_kerass_with_its_preprocessing(whole, folder):
    net = load_model("resnet50", weights=folder)
    image = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    fed = keras.applications.resnet.preprocess_input(255 * image)
    expected = np.asarray(whole(fed))
    logits = net.logits(image)
    softmax = np.exp(logits - logits.max())
    np.testing.assert_allclose(softmax / softmax.sum(), expected, rtol=1e-3)
    spec = SPECS["resnet50"]
    assert net.layers == spec.layers
    assert {layer: net.n_channels(layer) for layer in net.layers} == spec.channels
    assert net.class_index("Labrador retriever") == 208


def test_kerass_cache_is_looked_into(folder, clean, monkeypatch, tmp_path):
    models = tmp_path / "keras" / "models"
    models.mkdir(parents=True)
    (models / NAME).symlink_to(folder / NAME)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert load_model("resnet50").name == "resnet50"


def test_all_layers_that_can_be_cut_can_be_asked_for(whole):
    """The registry lists those worth looking at; the model as one's own has all."""
    layers = KerasNetwork(whole).layers
    assert set(SPECS["resnet50"].layers) < set(layers)
    assert "conv1_relu" in layers
    assert "conv2_block1_1_conv" not in layers
    with pytest.raises(
        InputError,
        match="'conv2_block2_1_conv' cannot be cut: paths go round it.*"
        "Nearest that can: conv2_block1_out and conv2_block2_add",
    ):
        KerasNetwork(whole, layers=["conv2_block2_1_conv"])


def test_layers_beyond_the_registrys_are_found_or_refused_with_the_reason(folder):
    net = load_model("resnet50", weights=folder)
    assert net.n_channels("conv1_relu") == 64
    assert net.layers == SPECS["resnet50"].layers
    with pytest.raises(InputError, match="'conv4_block1_1_conv' cannot be cut: paths go round it"):
        net.activations(np.zeros((1, 224, 224, 3)), "conv4_block1_1_conv")
    with pytest.raises(
        InputError, match="Unknown layer 'conv4_blok1_out'. Closest: conv4_block1_out"
    ):
        net.require_layer("conv4_blok1_out")


def test_the_registry_knows_vgg19s_layers():
    model = keras.applications.VGG19(weights=None, include_top=False)
    channels = {layer.name: layer.output.shape[-1] for layer in model.layers[1:]}
    assert SPECS["vgg19"].channels == channels
    assert SPECS["vgg19"].default_layers == ("block5_conv4",)


def test_our_residual_networks_are_laid_out_as_kerass(whole):
    ours = residual.build(architectures.RESNET50, batch_normalization=True)
    for layer in ours.layers:
        if hasattr(layer, "kernel") and layer.name != "logits":
            assert layer.kernel.shape == whole.get_layer(layer.name).kernel.shape
    names = {layer.name for layer in ours.layers}
    assert set(SPECS["resnet50"].layers) <= names


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no HDF5 file", "Expected the weights of ResNet-50"),
        (None, "Expected the weights of ResNet-50"),
    ],
)
def test_damaged_weights_are_named(tmp_path, data, message):
    file = tmp_path / NAME
    if data is None:
        with h5py.File(file, "w") as archive:
            archive.attrs["layer_names"] = []
    else:
        file.write_bytes(data)
    with pytest.raises(InputError, match=message) as error:
        load_model("resnet50", weights=file)
    assert "\n" not in str(error.value)
    assert NAME in str(error.value)


def test_a_download_must_have_the_published_sum(clean, server, monkeypatch):
    server.answers["/weights"] = (200, 5, b"other")
    monkeypatch.setenv("KERAS_HOME", str(clean))
    spec = replace(SPECS["resnet50"], url=f"{server.url}/weights")
    monkeypatch.setitem(SPECS, "resnet50", spec)
    with pytest.raises(InputError, match="brought something else: expected MD5 2cb95161c4"):
        load_model("resnet50")
    assert not list((clean / "cache").iterdir())
