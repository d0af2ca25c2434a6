"""What activations are taken for, and layers with redirected ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_activations import ending, redirecting, relu_cap, with_activation
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.redirected_relu import UNCAPPED

layers = keras.layers


@pytest.mark.parametrize(
    ("activation", "cap"),
    [
        (keras.activations.relu, UNCAPPED),
        (tf.nn.relu, UNCAPPED),
        (lambda x: tf.maximum(x, 0.0), UNCAPPED),
        (layers.ReLU(), UNCAPPED),
        (layers.ReLU(dtype="bfloat16"), UNCAPPED),
        (keras.activations.relu6, 6),
        (tf.nn.relu6, 6),
        (layers.ReLU(max_value=2.5), 2.5),
        (layers.ReLU(negative_slope=0.1), None),
        (layers.ReLU(threshold=0.5), None),
        (keras.activations.leaky_relu, None),
        (keras.activations.elu, None),
        (keras.activations.gelu, None),
        (keras.activations.silu, None),
        (keras.activations.softplus, None),
        (keras.activations.sigmoid, None),
        (keras.activations.hard_sigmoid, None),
        (keras.activations.tanh, None),
        (keras.activations.softmax, None),
        (keras.activations.linear, None),
        (lambda x: tf.nn.relu(x) ** 2, None),
        (lambda x: 0 * x, None),
        (lambda x: tf.concat([x, -x], -1), None),
        (lambda x: 1 / 0, None),
    ],
)
def test_a_relu_is_known_by_what_it_does(activation, cap):
    assert relu_cap(activation) == cap


def network_of(operation, bias=-2.0):
    """A network that ends in `operation` behind a 1 x 1 convolution, silent on every image."""
    images = keras.Input((4, 4, 3))
    x = layers.Conv2D(2, 1, bias_initializer=keras.initializers.Constant(bias), name="conv")(images)
    x = operation(x)
    logits = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, logits)
    model.get_layer("conv").kernel.assign(np.float32([[[[1, 0], [0, 1], [0, -1]]]]))
    return KerasNetwork(model)


def gradient(net):
    """Of −Σ of the last layer, by a grey image."""
    image = tf.fill([1, 4, 4, 3], 0.5)
    with tf.GradientTape() as tape:
        tape.watch(image)
        (values,) = net.head(net.layers[-1])(image)
        loss = -tf.reduce_sum(values)
    return values.numpy(), tape.gradient(loss, image).numpy()


def test_relus_are_found_wherever_keras_has_them():
    kinds = {
        "activation of a layer": layers.Conv2D(2, 1, activation="relu", name="second"),
        "activation layer": layers.Activation("relu"),
        "layer": layers.ReLU(),
        "capped layer": layers.ReLU(6),
        "operation": keras.ops.relu,
        "capped operation": keras.ops.relu6,
        "function": keras.activations.relu,
        "TensorFlow's": layers.Activation(tf.nn.relu),
    }
    for name, operation in kinds.items():
        net = network_of(operation)
        if name == "activation of a layer":
            net.keras_layers["second"].set_weights([np.eye(2)[None, None], np.full(2, -1)])
        values, slopes = gradient(net)
        assert not values.any(), name
        assert not slopes.any(), name
        changed = net.with_redirected_relus()
        assert changed is not net
        values, slopes = gradient(changed)
        assert not values.any(), name
        # Minus the sum of both rows of the kernel: red and green raise, blue lowers.
        np.testing.assert_allclose(slopes[0, 0, 0], [-1, -1, 1], err_msg=name)
        # The network that it was made of is as it was.
        assert not gradient(net)[1].any(), name


@pytest.mark.parametrize("kind", ["leaky_relu", "gelu", "elu", "sigmoid", "tanh"])
def test_other_activations_are_left_alone(kind):
    layer = layers.Activation(kind)
    assert redirecting(layer) is layer
    net = network_of(layer)
    assert net.with_redirected_relus() is net


def test_weights_are_shared_and_the_layer_stays_as_it_is():
    layer = layers.Dense(2, activation="relu")
    layer.build((None, 2))
    activation = layer.activation
    copy = redirecting(layer)
    assert copy is not layer
    assert layer.activation is activation
    assert copy.kernel is layer.kernel
    x = np.float32([[1, -2], [0.5, 3]])
    np.testing.assert_array_equal(copy(x), layer(x))
    linear = with_activation(layer, keras.activations.linear)
    np.testing.assert_allclose(linear(x), x @ layer.kernel.numpy(), rtol=1e-6)


def test_in_bfloat16_too():
    values, slopes = gradient(network_of(layers.ReLU()).astype("bfloat16").with_redirected_relus())
    assert not values.any()
    np.testing.assert_allclose(slopes[0, 0, 0], [-1, -1, 1])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (layers.Softmax(), "squashing"),
        (layers.Dense(2, activation="sigmoid"), "squashing"),
        (layers.Dense(2), "idle"),
        (layers.Dropout(0.5), "idle"),
        (layers.Dense(2, activation="relu"), None),
        (layers.Flatten(), None),
    ],
)
def test_how_an_operation_ends(operation, expected):
    assert ending(operation) == expected
