"""Two logical devices of one processor stand for two GPUs, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils import devices

ROOT = Path(__file__).parents[2]

TWO_DEVICES = """
import keras, numpy as np, tensorflow as tf
from tfvis import load_model
from tfvis.utils import aumann_shapley, losses, rendering, shapley_sampling
from tfvis.utils.preconditioning import aligned_images

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def network():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    features = layers.Conv2D(6, 5, strides=2, activation="relu", name="features")(image)
    x = layers.Conv2D(8, 3, activation="relu", name="behind")(features)
    model = keras.Model(image, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))
    return load_model(model, value_range=(-1, 1), labels=list("abcd"))

with strategy.scope():
    split = network()
single = network()
assert split.strategy is strategy and single.strategy is None
images = np.random.default_rng(0).random((5, 32, 32, 3))
for some in (images, images[:1]):
    np.testing.assert_allclose(split.logits(some), single.logits(some), atol=1e-5)
    own = [net.activations(some, "features") for net in (split, single)]
    np.testing.assert_allclose(*own, atol=1e-5)

def rendered(net, n):
    objective = losses.channel_mean("features", np.eye(6)[:n])
    return rendering.render(net, objective, aligned_images(n, 32), steps=6, batch_size=2)

for n in (1, 5):
    one, other = rendered(split, n), rendered(single, n)
    np.testing.assert_allclose(one.images, other.images, atol=1e-5)
    np.testing.assert_allclose(one.trace, other.trace, atol=1e-5)

# Coalitions and points of the path, also fewer than devices.
for find, options in (
    (shapley_sampling, {"permutations": 4, "batch_size": 4}),
    (aumann_shapley, {"steps": 5, "batch_size": 3}),
):
    for one, other in zip(
        *(find(net, images[0], "features", classes=[0, 2], **options) for net in (split, single))
    ):
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)
        assert abs(one.values).max() > 0.01

# Whatever the second device computes is wrong if its weights are: it does its share.
kernel = split.keras_layers["features"].kernel.value
own = kernel.values[1].numpy()
kernel.values[1].assign(0 * own)
found = split.activations(images, "features")
busy = (np.abs(found).reshape(len(images), -1).max(axis=1) > 0.01).tolist()
assert busy == [True] * 2 + [False] * 3, busy
alone = single.activations(images, "features")
np.testing.assert_allclose(found[:2], alone[:2], atol=1e-5)
assert rendered(split, 4).zero_gradient, "the second device renders nothing"
kernel.values[1].assign(own)
tail = split.keras_layers["behind"].kernel.value
own = tail.values[1].numpy()
tail.values[1].assign(0 * own)
for find, options in (
    (shapley_sampling, {"permutations": 4, "batch_size": 4}),
    (aumann_shapley, {"steps": 5, "batch_size": 3}),
):
    one, other = (
        find(net, images[0], "features", classes=[0], **options)[0].values
        for net in (split, single)
    )
    assert np.abs(one - other).max() > 0.001, find
tail.values[1].assign(own)

half = split.astype("bfloat16")
assert half.strategy is strategy
np.testing.assert_allclose(half.logits(images), single.logits(images), atol=0.05)

try:
    with strategy.scope():
        rendered(split, 2)
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_a_strategy_nothing_is_split():
    one, two = tf.constant([1.0]), tf.constant([2.0])
    found = devices.joined(None, lambda a, b: (a + b, a), one, two)
    assert [part.numpy().tolist() for part in found] == [[3.0], [1.0]]
    assert devices.summed(None, lambda a, b: tf.tensordot(a, b, 1), one, two).numpy() == 2.0


def test_a_strategy_of_one_device_is_none():
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        variable = tf.Variable(np.float32(1))
    assert devices.strategy_of([variable]) is None
    assert devices.strategy_of([]) is None


@pytest.mark.slow
def test_two_devices_find_what_one_finds():
    # With the operations that commands switch on, which are particular about empty batches.
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("InputError Expected to render outside of a strategy's scope")
