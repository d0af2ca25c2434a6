"""Steps with redirected ReLUs: what is silent on the start wakes, all else stays as it was."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_network import KerasNetwork
from tfvis.utils import ascent, losses, rendering
from tfvis.utils.adam import Adam
from tfvis.utils.compiling import trace_count
from tfvis.utils.errors import InputError
from tfvis.utils.preconditioning import aligned_images, fourier_images

SILENT, ACTIVE, FAR = 0, 1, 2


@pytest.fixture
def net():
    """Channel 0 is red above 0.52, which no start is; channel 1 above 0.2, channel 2 above 0.9."""
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(3, 1, activation="relu", name="features")(images)
    logits = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, logits)
    kernel = np.zeros((1, 1, 3, 3), np.float32)
    kernel[..., 0, :] = 1
    model.get_layer("features").set_weights([kernel, np.float32([-0.52, -0.2, -0.9])])
    return KerasNetwork(model, input_size=(16, 16))


def render(net, channels, *, steps=20, made=fourier_images, **options):
    objective = losses.channel_mean("features", np.float32(channels))
    parameters = made(len(channels), 16)
    return rendering.render(net, objective, parameters, steps=steps, transforms=(), **options)


def of(channel, weight=1.0):
    return np.eye(3)[channel] * weight


def test_a_silent_channel_wakes_and_stays_noise_without(net, caplog):
    without = render(net, [of(SILENT)], redirected_relu_steps=0)
    assert without.zero_gradient == (0,)
    assert not without.trace.any()
    assert "Rendered image 0 of " in caplog.text
    found = render(net, [of(SILENT)])
    assert found.zero_gradient == ()
    assert found.trace[0] == 0
    # Once it is awake its own gradient takes it up.
    red = found.images[0, ..., 0]
    assert np.maximum(red - 0.52, 0).mean() > 0.03
    awake, others = red > 0.52, found.images[0, ..., 1:].mean(axis=-1)
    assert (red - others)[awake].mean() > 0.05


def test_a_redirected_step_is_adams_on_the_network_without_its_relu(net):
    """The start is silent everywhere, so that the rule passes the whole incoming gradient."""
    found = render(net, [of(SILENT)], steps=1)
    parameters = fourier_images(1, 16)
    (start,) = parameters.initial(0)
    variables = [tf.Variable(array) for array in start]
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(parameters.images([variables])[..., 0] - 0.52)
    adam = keras.optimizers.Adam(0.05, beta_1=0.0, beta_2=0.9, epsilon=1e-8)
    adam.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    np.testing.assert_allclose(found.images, parameters.images([variables]), atol=1e-5)


def test_redirection_ends_after_its_steps(net):
    one, two, all_ = (
        render(net, [of(FAR)], steps=8, redirected_relu_steps=n).images[..., 0].mean()
        for n in (1, 2, 8)
    )
    assert 0.5 < one < two < all_
    found = render(net, [of(FAR)], steps=8)
    assert found.images[..., 0].mean() == all_
    assert found.zero_gradient == (0,)  # redirected, it has no gradient of its own yet


def test_images_with_a_gradient_are_the_same_bytes_beside_a_silent_one(net):
    channels = [of(ACTIVE), of(SILENT), of(ACTIVE, 2.0)]
    found, without = (render(net, channels, redirected_relu_steps=n) for n in (16, 0))
    for k in (0, 2):
        np.testing.assert_array_equal(found.images[k], without.images[k])
    assert found.zero_gradient == ()
    assert without.zero_gradient == (1,)


def test_nothing_changes_where_no_image_is_silent(net):
    channels = [of(ACTIVE), of(ACTIVE, 2.0)]
    found, without = (
        render(net, channels, steps=8, made=aligned_images, redirected_relu_steps=n)
        for n in (16, 0)
    )
    np.testing.assert_array_equal(found.images, without.images)
    np.testing.assert_array_equal(found.trace, without.trace)


def test_a_silent_channel_that_is_to_fall_is_left_alone(net):
    found = render(net, [of(SILENT, -1.0), of(ACTIVE)])
    assert found.zero_gradient == (0,)
    start = fourier_images(2, 16)
    expected = start.images(start.initial(0)).numpy()[0]
    np.testing.assert_allclose(found.images[0], expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_half_precision_too(net, dtype):
    found = render(net, [of(SILENT)], dtype=dtype)
    assert found.zero_gradient == ()
    assert found.trace[-1] > 0.01


def test_a_second_run_traces_nothing(net):
    render(net, [of(SILENT)], steps=3)
    before = trace_count()
    render(net, [of(SILENT)], steps=5, seed=1)
    render(net, [of(SILENT, 2.0)], steps=2, redirected_relu_steps=1)
    render(net, [of(ACTIVE)], steps=2, redirected_relu_steps=0)
    assert trace_count() == before


def test_redirection_is_compiled_only_where_something_is_silent(net, monkeypatch):
    made = []
    redirecting = KerasNetwork.with_redirected_relus
    monkeypatch.setattr(
        KerasNetwork, "with_redirected_relus", lambda net: made.append(1) or redirecting(net)
    )
    render(net, [of(ACTIVE)], steps=3)
    assert made == []
    render(net, [of(SILENT)], steps=3)
    assert made == [1]


def test_a_network_without_known_relus_steps_on_as_before(closed_form):
    net = closed_form(np.eye(3)[:, :2], lambda a: tf.reduce_mean(a, [1, 2]), 2)
    channels = [[1, 0], [0, 0]]  # no weight: no gradient
    found, without = (render(net, channels, redirected_relu_steps=n) for n in (16, 0))
    np.testing.assert_array_equal(found.images, without.images)
    assert found.zero_gradient == without.zero_gradient == (1,)


def test_the_variables_bytes_are_known(net):
    plan = ascent.Plan(
        None, (), fourier_images(2, 16), (), 0.05, "float32", 2, losses.channel("features", 0)
    )
    # Real and imaginary parts, Adam's two moments of each, the pixels' importance: float32.
    assert ascent.Ascent(net, plan).nbytes == (3 * (2 * 2 * 3 * 16 * 9) + 2 * 16 * 16) * 4


def test_steps_below_zero_are_refused(net):
    with pytest.raises(InputError, match="Expected redirected_relu_steps to be .* >= 0"):
        render(net, [of(ACTIVE)], redirected_relu_steps=-1)


def test_what_is_compiled_does_not_grow_with_the_batches(net):
    """Each batch of its own would take its time to compile, and its memory."""

    def operations(n):
        objective = losses.channel_mean("features", np.ones((n, 3), np.float32))
        plan = ascent.Plan(
            objective.kind, ascent.specs_of(objective), fourier_images(n, 16), (), Adam(0.05),
            "float32", 2, objective,
        )  # fmt: skip
        graph = ascent.Ascent(net, plan)._advance.get_concrete_function().graph.as_graph_def()
        inner = sum(len(function.node_def) for function in graph.library.function)
        return len(graph.node) + inner

    assert operations(16) == operations(8) > operations(2)
