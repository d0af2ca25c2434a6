"""Both steps against the equations, written out slowly; and what must be true of any mask."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.guided_inversion import PRESETS, GuidedFeatureInversion
from utils.keras_network import KerasNetwork

layers = keras.layers
SIDE = 24
SIGMA = 3.0  # a Gaussian of four sigma must fit into the image for the slow form
START = 0.4  # with fewer weights than a real layer has, 0.1 falls to zero


@pytest.fixture(scope="module")
def net():
    """Two smooth convolutions: maps of 12 and 6 positions a side."""
    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(5, 3, 2, padding="same", activation="softplus", name="base")(images)
    x = layers.Conv2D(7, 3, 2, padding="same", activation="softplus", name="deep")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, layers.Dense(4)(x))
    for weight in model.weights:
        weight.assign(3 * weight)
    return KerasNetwork(model)


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)


def interpolation(n, size):
    """The matrix of bilinear interpolation from n to `size` positions, centres aligned."""
    at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    low = np.minimum(at.astype(int), n - 2)
    matrix = np.zeros((size, n), np.float32)
    matrix[np.arange(size), low] = 1 - (at - low)
    matrix[np.arange(size), low + 1] += at - low
    return matrix


def blurred(image, sigma, radius):
    """A Gaussian window moved over the image, its border mirrored."""
    offsets = np.arange(-radius, radius + 1)
    window = np.exp(-(offsets**2) / (2 * sigma**2))
    window /= window.sum()
    out = image.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(
            out, [(radius, radius) if a == axis else (0, 0) for a in range(3)], "reflect"
        )
        out = sum(
            w * np.take(padded, range(k, k + image.shape[axis]), axis) for k, w in enumerate(window)
        )
    return out


def slowly(net, image, preset, *, label=None, weights=None):
    """One image, one step, one line an equation; returns the weights of every iteration, losses."""
    a = tf.constant(net.activations(image[np.newaxis], "base")[0])
    target = tf.constant(net.activations(image[np.newaxis], "deep"))
    radius = 12 if preset.blur_radius is None else preset.blur_radius
    p = tf.constant(np.float32(blurred(image, SIGMA, radius)))
    x = tf.constant(image)
    resize = tf.constant(interpolation(a.shape[0], SIDE))
    step = 0 if label is None else 1
    w = np.full(a.shape[-1], START) if weights is None else weights.astype(np.float64)
    first, second = np.zeros_like(w), np.zeros_like(w)
    trace, losses = [w], []
    head, classify = net.head("deep"), net.classifier()
    for t in range(preset.iterations[step] + 1):
        v = tf.Variable(w.astype(np.float32))
        with tf.GradientTape() as tape:
            s = tf.reduce_sum(a * v, axis=-1)
            low = tf.reduce_min(s) if preset.scaling == "minmax" else 0.0
            m = (s - low) / (tf.reduce_max(s) - low)
            m = (resize @ m @ tf.transpose(resize))[..., None]
            phi = (x * m + p * (1 - m))[None]
            if label is None:
                loss = tf.reduce_sum((head(phi)[0] - target) ** 2)
                if preset.distance == "relative":
                    loss /= tf.reduce_sum(target**2)
            else:
                kept, hidden = classify(phi)[0], classify((x * (1 - m) + p * m)[None])[0]
                if preset.score == "probability":
                    kept, hidden = tf.nn.softmax(kept), tf.nn.softmax(hidden)
                loss = hidden[label] - kept[label]
            loss += preset.penalties[step] * tf.reduce_sum(v**preset.penalty_power)
        losses.append(float(loss))
        g = tape.gradient(loss, v).numpy().astype(np.float64)
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        rate = 0.01 * 0.5 ** (t // 10)
        w = w - rate * (first / (1 - 0.9 ** (t + 1))) / (
            np.sqrt(second / (1 - 0.999 ** (t + 1))) + 1e-8
        )
        w = np.maximum(w, 0)
        trace.append(w)
    return trace[-2], np.array(losses)


@pytest.mark.parametrize("preset", PRESETS)
def test_both_steps_are_the_equations(net, batch, preset):
    inversion = GuidedFeatureInversion(net, "base", "deep", preset=preset, sigma=SIGMA, start=START)
    saliency = inversion.saliency(batch)
    found = inversion.discriminate(batch, [1, 3], start=saliency)
    for k, label in enumerate((1, 3)):
        weights, losses = slowly(net, batch[k], PRESETS[preset])
        np.testing.assert_allclose(saliency[k].losses, losses, rtol=1e-4)
        np.testing.assert_allclose(saliency[k].weights, weights, atol=1e-4)
        weights, losses = slowly(
            net, batch[k], PRESETS[preset], label=label, weights=saliency[k].weights
        )
        np.testing.assert_allclose(found[k].losses, losses, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found[k].weights, weights, atol=1e-4)
        assert found[k].class_index == label
