"""The real GoogLeNet, got in several ways, is one network."""

import numpy as np
import pytest
import slim_graphs
import tensorflow as tf

from tfvis import load_model
from tfvis.models.graph_network import GraphNetwork
from tfvis.utils import aumann_shapley, images

BVLC = {"value_range": (0, 255), "channel_order": "BGR", "mean": (123, 117, 104)}
MIXED4D = {
    "frozen graph": "inception_4d_output",
    "SavedModel": "mixed4d",
    "TF1 module": "mixed4d",
}


def exported(weights, folder):
    """The Keras port as a SavedModel; it takes images in [0, 1]."""
    from tfvis.models import architectures, googlenet

    model = googlenet.build(architectures.BVLC)
    for layer, arrays in googlenet.read_weights(weights / "bvlc_googlenet.npz").items():
        model.get_layer(layer).set_weights(arrays)
    model.export(folder / "exported", verbose=False)
    return folder / "exported"


def hub_module(saved_model, folder):
    """The same as a TF1 module, its large constants made variables again."""
    from tfvis.models.saved_model import freeze

    frozen = freeze(saved_model)

    def build(placeholder, layers):
        variables = {}
        for node in frozen.graph.node:
            if node.op == "Const" and np.prod(tf.make_ndarray(node.attr["value"].tensor).shape) > 9:
                array = tf.make_ndarray(node.attr["value"].tensor)
                if array.dtype == np.float32:
                    weight = layers.weight(node.name, array.shape, None)
                    variables[f"{node.name}:0"] = tf.convert_to_tensor(weight)
        (logits,) = tf.import_graph_def(
            frozen.graph, {frozen.images: placeholder, **variables},
            [frozen.logits()], name="googlenet",
        )  # fmt: skip
        return tf.nn.softmax(logits)

    weights = {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in frozen.graph.node
        if node.op == "Const"
    }
    slim_graphs.hub_module(str(folder / "module"), build, weights)
    return folder / "module"


@pytest.fixture(scope="module")
def ways(real_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    saved_model = exported(real_weights, folder)
    return {
        "frozen graph": load_model(real_weights / "InceptionV1_caffe.pb", **BVLC,
                                   input_size=(224, 224)),
        "SavedModel": load_model(saved_model, value_range=(0, 1), input_size=(224, 224)),
        "TF1 module": load_model(hub_module(saved_model, folder), value_range=(0, 1)),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("way", MIXED4D)
def test_attributions_are_the_same(ways, googlenet_real, photographs, way):
    net = ways[way]
    assert isinstance(net, GraphNetwork)
    image = images.load(photographs / "dog_cat224.jpg", (224, 224))
    np.testing.assert_allclose(
        net.logits(image[np.newaxis]), googlenet_real.logits(image[np.newaxis]), atol=1e-3
    )
    classes = [282, 207]
    expected = aumann_shapley(googlenet_real, image, "mixed4d", classes=classes, steps=16)
    layer = net.require_layer(MIXED4D[way])
    found = aumann_shapley(net, image, layer, classes=classes, steps=16)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            one.values, other.values, rtol=1e-3, atol=1e-3 * np.abs(other.values).max()
        )
