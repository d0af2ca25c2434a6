"""What the registry says of networks, compared with the networks."""

import keras
import pytest

from tfvis.models import KerasNetwork, load_model, spec_of
from tfvis.utils.errors import InputError


def built(name):
    """A network, with whatever weights."""
    if name == "resnet50":
        return KerasNetwork(keras.applications.ResNet50(weights=None))
    if name == "vgg19":
        # Without the dense layers, which have most of the weights.
        top = [keras.layers.Dense(2, name=name) for name in ("fc1", "fc2", "predictions")]
        convolutions = keras.applications.VGG19(
            weights=None, include_top=False, input_shape=(32, 32, 3)
        )
        flat = keras.layers.Flatten(name="flatten")
        return KerasNetwork(keras.Sequential([convolutions, *top, flat]))
    return load_model(name)


@pytest.mark.parametrize("name", ["critters", "critters_resnet", "resnet50", "vgg19"])
def test_every_layer_of_a_network_is_known_before_it_is_loaded(name):
    spec = spec_of(name)
    layers = built(name)._cuts.names.values()
    assert set(spec.layers) < set(layers)
    assert [layer for layer in layers if spec.layer(layer) != layer] == []


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("vgg19", "block5"),
        ("vgg19", "block5_conv5"),
        ("critters", "mixed4z"),
        ("critters", "mixed4"),
        ("resnet50", "conv4_block1"),
        ("resnet50", "mixed4d"),
    ],
)
def test_other_layers_are_unknown(name, layer):
    with pytest.raises(InputError, match=f"Unknown layer '{layer}'"):
        spec_of(name).layer(layer)


def test_nobody_knows_all_tensors_of_a_graph_before_it_is_loaded():
    assert spec_of("inception_v1").layer("mixed4d_pre_relu") == "mixed4d_pre_relu"


def test_layers_have_their_order():
    spec = spec_of("vgg19")
    assert spec.precedes("block1_conv1", "block5_pool") is True
    assert spec.precedes("block1_conv1", "block1_conv1") is True
    assert spec.precedes("block5_pool", "block1_conv1") is False
    assert spec.precedes("block5_pool", "fc1") is None
