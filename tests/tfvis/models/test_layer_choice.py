"""Which layer of an undescribed network is explained, and which guided inversion takes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis import load_model
from tfvis.models.graph_layer_facts import GraphFacts
from tfvis.models.keras_network import KerasNetwork
from tfvis.models.layer_choice import choose_layers

layers = keras.layers


def chosen(images, x, side, **options):
    x = layers.GlobalAveragePooling2D(name="mean", keepdims=True)(x)
    x = layers.Flatten()(x)
    model = keras.Model(images, layers.Dense(3, name="logits")(x))
    return choose_layers(KerasNetwork(model, input_size=(side, side), **options))


def convolution(x, name, *, stride=1, activation="relu"):
    return layers.Conv2D(
        4, 3, stride, padding="same", activation=activation, name=name, bias_initializer="ones"
    )(x)


def stack(side, strides, activations=None):
    """Convolutions c0, c1, …, each with its stride and activation."""
    keras.utils.set_random_seed(0)
    x = images = keras.Input((side, side, 3))
    activations = activations or ["relu"] * len(strides)
    for k, (stride, activation) in enumerate(zip(strides, activations, strict=True)):
        x = convolution(x, f"c{k}", stride=stride, activation=activation)
    return images, x, side


@pytest.mark.parametrize(
    ("side", "strides", "default", "last"),
    [
        (224, (2, 2, 2, 2, 1, 2), "c4", "c5"),  # 112, 56, 28, 14, 14, 7: the last of stride 16
        (299, (2, 2, 2, 2, 2), "c3", "c4"),  # 150, 75, 38, 19, 10
        (96, (2, 2, 2, 2), "c2", "c3"),  # 48, 24, 12, 6
        (512, (4, 4, 2), "c2", "c2"),  # 128, 32, 16: no more than 28
        (48, (1, 8), "c1", "c1"),  # 48, 6: none has 7 to 28, so the deeper one
        (4, (1, 4), "c0", "c0"),  # 4, 1: never a single position
    ],
)
def test_the_last_layer_of_good_resolution(side, strides, default, last):
    found = chosen(*stack(side, strides))
    assert found.default == default
    assert found.inversion == (default, last)


def test_layers_that_never_are_negative_come_first():
    found = chosen(*stack(28, (1, 1, 1, 1), ["relu", "relu", "relu", "tanh"]))
    assert found.default == "c2"
    assert "never is negative" in found.reason
    signed = chosen(*stack(28, (1, 1, 1, 1), ["gelu", "gelu", "gelu", None]))
    assert signed.default == "c2"
    assert "never is negative" not in signed.reason


def test_the_first_half_of_a_network_is_not_explained():
    # The only layers without negative values see edges at best.
    found = chosen(*stack(28, (1, 1, 1, 1, 1, 1), ["relu", "relu", "tanh", "tanh", "tanh", "tanh"]))
    assert found.default == "c5"


def test_layers_whose_maps_mean_nothing_by_themselves_are_left_out():
    images, x, side = stack(28, (1, 1))
    x = layers.ZeroPadding2D(1, name="padding")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    found = chosen(images, x, side)
    assert found.default == "c1"
    assert found.inversion == ("c1", "pool")


@pytest.mark.parametrize("kind", [layers.Add, layers.Concatenate])
@pytest.mark.parametrize("activation", ["relu", None])
def test_sums_and_concatenations_count_if_photographs_do_not_make_them_negative(kind, activation):
    images, x, side = stack(28, (1, 1))
    other = layers.Conv2D(4, 1, activation=activation, name="branch")(x)
    x = kind(name="joined")([x, other])
    found = chosen(images, x, side)
    assert found.default == ("joined" if activation == "relu" else "c1")


def test_a_network_without_activations_has_a_layer_all_the_same():
    images = keras.Input((28, 28, 3))
    found = chosen(images, layers.Conv2D(4, 3, name="only")(images), 28)
    assert found.default == "only"


def test_a_loaded_network_has_both_and_says_why():
    images, x, _ = stack(28, (1, 1, 4))
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    net = load_model(keras.Model(images, x), value_range=(0, 1))
    assert net.default_layers == ("c2",)
    assert net.inversion_layers == ("c2", "c2")
    assert net.layer_reasons[0].startswith("the last layer that is an activation")
    given = load_model(keras.Model(images, x), value_range=(0, 1), default_layers=["c0"])
    assert given.default_layers == ("c0",)
    assert given.inversion_layers == ("c0", "c2")
    assert given.layer_reasons is None


def assert_the_graph_has_the_same_choice(model, tmp_path):
    model.export(tmp_path / "exported", verbose=False)
    net = load_model(model, value_range=(0, 1))
    graph = load_model(tmp_path / "exported", value_range=(0, 1))
    assert graph.layer_reasons[0] == net.layer_reasons[0]
    batch = np.random.default_rng(0).random((2, 28, 28, 3), np.float32)
    np.testing.assert_allclose(
        graph.activations(batch, graph.default_layers[0]),
        net.activations(batch, net.default_layers[0]),
        atol=1e-5,
    )
    return graph


def test_a_graph_has_the_same_choice_as_its_model(tmp_path):
    images, x, _ = stack(28, (1, 1, 1), ["relu", "relu", "silu"])
    other = layers.Conv2D(4, 1, activation="relu", name="branch")(x)
    x = layers.Add(name="joined")([x, other])
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, x)
    model.export(tmp_path / "exported", verbose=False)
    net = load_model(model, value_range=(0, 1))
    graph = load_model(tmp_path / "exported", value_range=(0, 1))
    batch = np.random.default_rng(0).random((2, 28, 28, 3), np.float32)
    assert graph.layer_reasons[0] == net.layer_reasons[0]
    np.testing.assert_allclose(
        graph.activations(batch, graph.default_layers[0]),
        net.activations(batch, net.default_layers[0]),
        atol=1e-5,
    )
    facts = {graph.layer_facts(layer).kind for layer in graph.layers}
    assert facts == {"activation", "sum", "other"}


@pytest.mark.parametrize(
    "activation", ["relu", "relu6", "silu", "gelu", "hard_silu", "elu", "mish"]
)
def test_activations_are_found_in_graphs(tmp_path, activation):
    images, x, _ = stack(28, (1, 1, 1), ["relu", "relu", None])
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Activation(activation, name="act")(x)
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, x)
    assert_the_graph_has_the_same_choice(model, tmp_path)


def test_scaling_gates_and_biases_are_no_activations_of_a_graph():
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 4])
        convolved = tf.nn.conv2d(x, np.ones((1, 1, 4, 4), np.float32), 1, "SAME")
        gate = tf.sigmoid(tf.reduce_mean(convolved, [1, 2], keepdims=True))
        scale = tf.math.rsqrt(tf.constant(np.ones(4, np.float32)) + 1e-3)
        normalised = x * scale + (0.5 - 0.1 * scale)
        kinds = {
            "other": (normalised, x * gate, tf.nn.bias_add(x, np.ones(4, np.float32))),
            "activation": (tf.tanh(x), normalised * tf.sigmoid(1.5 * normalised), tf.abs(x) + x),
            "sum": (x + x * gate, convolved + x),
            "concatenation": (tf.concat([x, convolved], -1),),
        }
        facts = GraphFacts(graph.get_operations())
        for kind, tensors in kinds.items():
            for tensor in tensors:
                assert facts(tensor).kind == kind, tensor
        assert facts(x).depth == 0
        assert facts(convolved).depth == 1


@keras.saving.register_keras_serializable("test_layer_choice")
class Block(layers.Layer):
    """A residual block with an activation inside, whose output is signed."""

    activation = staticmethod(tf.nn.relu)

    def call(self, x):
        return x - 3 * self.activation(x)


def test_a_layer_of_ones_own_need_not_end_in_its_activation():
    images, x, side = stack(28, (1, 1))
    assert chosen(images, Block(name="block")(x), side).default == "c1"


def test_a_layer_of_truth_values_is_no_reason_to_stop():
    class Above(layers.Layer):
        def call(self, x):
            return tf.greater(x, 0.5)

    images, x, side = stack(28, (1,))
    x = layers.Lambda(lambda x: tf.cast(x, tf.float32), name="cast")(Above(name="above")(x))
    assert chosen(images, convolution(x, "last"), side).default == "last"


def test_a_layer_with_nan_is_not_taken_for_non_negative():
    images, x, side = stack(28, (1, 1))
    broken = layers.Conv2D(
        4, 1, name="broken", bias_initializer=keras.initializers.Constant(np.nan)
    )
    x = layers.Concatenate(name="joined")([x, broken(x)])
    assert chosen(images, x, side).default == "c1"


FAMILIES = {
    "VGG16": ("block5_conv3", "block5_pool", 14, True),
    "MobileNet": ("conv_pw_11_relu", "conv_pw_13_relu", 14, True),
    "MobileNetV2": ("block_13_expand_relu", "out_relu", 14, True),
    "MobileNetV3Large": ("activation_13", "activation_19", 14, False),
    "EfficientNetB0": ("block6a_expand_activation", "top_activation", 14, False),
    "EfficientNetV2B0": ("block6a_expand_activation", "top_activation", 14, False),
    "ResNet50V2": ("post_relu", "post_relu", 7, True),
    "DenseNet121": ("pool4_relu", "relu", 14, True),
    "ConvNeXtTiny": ("add_14", "add_17", 14, False),
    "Xception": ("block14_sepconv2_act", "block14_sepconv2_act", 10, True),
    "InceptionV3": ("mixed7", "mixed10", 17, True),
    "InceptionResNetV2": ("block17_20_ac", "conv_7b_ac", 17, True),
    "NASNetMobile": ("activation_187", "activation_187", 7, True),
}
"""The layer to explain, the one that guided inversion keeps, positions a side, never negative."""


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_families_of_keras_applications(family):
    default, last, side, non_negative = FAMILIES[family]
    keras.backend.clear_session()  # layers without a name of their own are numbered
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, family)(weights=None)
    size = 299 if family in ("Xception", "InceptionV3", "InceptionResNetV2") else 224
    net = load_model(model, value_range=(0, 1), input_size=(size, size))
    assert net.default_layers == (default,)
    assert net.inversion_layers == (default, last)
    head = net.head(default, last)
    found, kept = head(tf.random.stateless_uniform([1, size, size, 3], (0, 1)))
    assert found.shape[1:3] == (side, side)
    assert kept.shape[1] > 1
    assert not non_negative or float(tf.reduce_min(found)) >= 0
