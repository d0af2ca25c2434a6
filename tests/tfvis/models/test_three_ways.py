"""The real GoogLeNet, got in three ways, is one network.

A module of TensorFlow Hub is a frozen graph with its weights: see test_lucid_zoo.py.
"""

import numpy as np
import pytest

from tfvis import load_model
from tfvis.models.graph_network import GraphNetwork
from tfvis.utils import aumann_shapley, images

BVLC = {"value_range": (0, 255), "channel_order": "BGR", "mean": (123, 117, 104)}
MIXED4D = {
    "frozen graph": "inception_4d_output",
    "SavedModel": "mixed4d",
}


def exported(weights, folder):
    """The Keras port as a SavedModel; it takes images in [0, 1]."""
    from tfvis.models import architectures, googlenet

    model = googlenet.build(architectures.BVLC)
    for layer, arrays in googlenet.read_weights(weights / "bvlc_googlenet.npz").items():
        model.get_layer(layer).set_weights(arrays)
    model.export(folder / "exported", verbose=False)
    return folder / "exported"


@pytest.fixture(scope="module")
def ways(real_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    return {
        "frozen graph": load_model(real_weights / "InceptionV1_caffe.pb", **BVLC,
                                   input_size=(224, 224)),
        "SavedModel": load_model(exported(real_weights, folder), value_range=(0, 1),
                                 input_size=(224, 224)),
    }  # fmt: skip


OPTIONS = {"classes": [282, 207], "steps": 4}


@pytest.fixture(scope="module")
def image(photographs):
    return images.load(photographs / "dog_cat224.jpg", (224, 224))


@pytest.fixture(scope="module")
def expected(googlenet_real, image):
    return aumann_shapley(googlenet_real, image, "mixed4d", **OPTIONS)


@pytest.mark.slow
@pytest.mark.parametrize("way", MIXED4D)
def test_attributions_are_the_same(ways, googlenet_real, image, expected, way):
    net = ways[way]
    assert isinstance(net, GraphNetwork)
    np.testing.assert_allclose(
        net.logits(image[np.newaxis]), googlenet_real.logits(image[np.newaxis]), atol=1e-3
    )
    layer = net.require_layer(MIXED4D[way])
    found = aumann_shapley(net, image, layer, **OPTIONS)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            one.values, other.values, rtol=1e-3, atol=1e-3 * np.abs(other.values).max()
        )
