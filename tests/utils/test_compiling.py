"""Functions are traced once, whichever layer and network they belong to."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.grad_cam import GradCAM
from tfvis.explainers.layer_integrated_gradients import LayerIntegratedGradients
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.compiling import compiled, trace_count


def test_a_function_with_a_signature_is_traced_once_for_all_shapes():
    before = trace_count()
    double = compiled(lambda x: 2 * x, [tf.TensorSpec([None, None])])
    assert trace_count() == before  # it is traced when it is called
    for shape in ((1, 2), (3, 4), (5, 6)):
        np.testing.assert_array_equal(double(tf.ones(shape)), 2 * np.ones(shape))
    assert trace_count() == before + 1


def test_a_function_without_one_is_traced_for_a_shape_and_once_more_for_all():
    before = trace_count()
    double = compiled(lambda x: 2 * x)
    for n in (1, 1, 2, 3, 4):
        double(tf.ones(n))
    assert trace_count() == before + 2


def test_pythons_if_is_not_converted():
    choose = compiled(lambda x: x if x.shape[0] == 1 else -x)
    assert choose(tf.ones(1)).numpy().tolist() == [1]


def network(seed):
    keras.utils.set_random_seed(seed)
    x = images = keras.Input((16, 16, 3))
    for k in range(6):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=f"layer{k}")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return KerasNetwork(keras.Model(images, keras.layers.Dense(2)(x)), name=f"net {seed}")


@pytest.mark.slow
def test_tensorflow_warns_of_no_retracing_over_many_layers_and_networks(caplog):
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        for seed in range(2):
            net = network(seed)
            for k in range(6):  # it warns from the fifth on
                for explainer in (
                    GradCAM(net, layer=f"layer{k}"),
                    LayerIntegratedGradients(net, layer=f"layer{k}", attribution_steps=2),
                ):
                    explainer.explain([image], [1])
            ExtremalPerturbation(net, iterations=1, step=4, sigma=6.0).explain([image], [1])
    assert [record.getMessage() for record in caplog.records if record.name == "tensorflow"] == []
