import gc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils import ascent, losses, network, rendering
from tfvis.utils.compiling import trace_count
from tfvis.utils.errors import InputError
from tfvis.utils.preconditioning import aligned_images, fourier_images
from tfvis.utils.transforms import Jitter


@pytest.fixture
def fresh(closed_form):
    """Makes a network: channel 0 is red less green, channel 1 blue; each may be negative."""
    mix = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    return lambda: closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]), 2)


@pytest.fixture
def net(fresh):
    return fresh()


def objective():
    return losses.channel_mean("features", np.eye(2), name="red and blue")


def test_each_image_maximises_its_own_objective(net):
    parameters = aligned_images(2, 16)
    start = parameters.images(parameters.initial(0)).numpy()
    found = rendering.render(net, objective(), parameters, steps=30, transforms=())
    before = rendering.evaluate(net, objective(), start)
    after = rendering.evaluate(net, objective(), found.images)
    assert (after > before + 0.3).all()
    red, blue = found.images.mean(axis=(1, 2))
    assert red[0] > red[1] + 0.5
    assert blue[2] == pytest.approx(1, abs=0.2)
    assert found.trace.shape == (30, 2)
    np.testing.assert_allclose(found.trace[0], before, atol=1e-5)


def test_a_start_is_found_on_which_no_objective_is_silent(closed_form):
    """Channel 0 is always active; channel 1 where red exceeds green by 0.05."""

    class Threshold(closed_form):
        def head(self, *layers):
            run = super().head(*layers)
            return lambda images: tuple(tf.nn.relu(a - [0.0, 0.05]) for a in run(images))

    net = Threshold(np.array([[1, 1], [1, -1], [1, 0]]), lambda a: tf.reduce_mean(a, [1, 2]), 2)
    objective = losses.channel_mean("features", np.eye(2))
    made = rendering.responsive_init(
        net, objective, lambda sd: fourier_images(2, 16, sd=sd), seed=3
    )
    deviation = made.parts[0].sd
    assert deviation > rendering.DEVIATIONS[0]
    for sd in rendering.DEVIATIONS:
        start = fourier_images(2, 16, sd=sd)
        found = rendering.evaluate(net, objective, start.images(start.initial(3)).numpy())
        assert (found != 0).all() == (sd >= deviation)
    only_first = losses.channel_mean("features", [[1.0, 0.0]])
    made = rendering.responsive_init(net, only_first, lambda sd: fourier_images(1, 16, sd=sd))
    assert made.parts[0].sd == rendering.DEVIATIONS[0]
    nothing = losses.channel_mean("features", [[0.0, 0.0]])
    made = rendering.responsive_init(net, nothing, lambda sd: fourier_images(1, 16, sd=sd))
    assert made.parts[0].sd == rendering.DEVIATIONS[0]


def test_a_difference_of_objectives_is_a_difference(net):
    one, other = (losses.channel("features", k) for k in (0, 1))
    found = rendering.render(net, one - other, fourier_images(1, 16), steps=30)
    red, green, blue = found.images[0].mean(axis=(0, 1))
    assert red > green
    assert red > blue


def test_the_steps_are_adams(net):
    parameters = fourier_images(2, 16)
    found = rendering.render(net, objective(), parameters, steps=4, transforms=())

    (start,) = parameters.initial(0)
    variables = [tf.Variable(array) for array in start]
    adam = keras.optimizers.Adam(0.05, beta_1=0.0, beta_2=0.9, epsilon=1e-8)
    for _ in range(4):
        with tf.GradientTape() as tape:
            (activations,) = net.head("features")(parameters.images([variables]))
            values = objective()({"features": activations}, tf.range(2))
            loss = -tf.reduce_sum(values)
        adam.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    np.testing.assert_allclose(found.images, parameters.images([variables]), atol=1e-4)


def test_rendering_ends_when_the_objectives_have_settled(net):
    """Red and blue can be 1 at most, and are after some steps."""
    told = []

    def render(**options):
        return rendering.render(
            net, objective(), fourier_images(2, 16), transforms=(), learning_rate=0.5,
            progress=lambda *done: told.append(done), **options,
        )  # fmt: skip

    found = render(steps=200, tolerance=0.01, patience=8)
    assert 16 <= found.steps < 200
    assert found.steps % 8 == 0
    assert found.trace.shape == (found.steps, 2)
    assert told[-1] == (found.steps, 200)
    last, before = found.trace[-8:].mean(axis=0), found.trace[-16:-8].mean(axis=0)
    assert (last / before - 1).mean() <= 0.01
    # What was made is what as many steps make, and without a tolerance all are made.
    np.testing.assert_array_equal(found.images, render(steps=found.steps).images)
    assert render(steps=found.steps + 8).steps == found.steps + 8


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ([10, 10, 11, 11], False),  # 10 / 11 of the way
        ([10, 10, 10.4, 10.4], True),
        ([10, 10, 8, 8], True),
        ([-10, -10, -9, -9], False),  # a rise towards 0
        ([0, 0, 0, 0], True),
        ([0, 0, 1, 1], False),
        ([10, 10, 10.4, 10.4, 10.4], False),  # in the middle of a window
        ([10, 10], False),
    ],
)
def test_objectives_have_settled_where_a_windows_mean_rises_no_more(trace, expected):
    assert rendering.settled(np.float32(trace)[:, np.newaxis], 0.05, 2) is expected


def test_one_that_falls_or_stays_silent_does_not_end_the_others():
    """Nine rise by a fifth; relative to its size the tenth falls far."""
    rising = [10, 10, 12, 12]
    for other in ([0.1, 0.1, -0.1, -0.1], [1, 1, 0, 0], [0, 0, 0, 0]):
        assert not rendering.settled(np.float32([rising] * 9 + [other]).T, 0.1, 2)


def test_rendering_does_not_end_while_relus_are_redirected(net):
    """Nothing rises without a gradient."""
    silent = losses.channel_mean("features", np.zeros((1, 2)))
    options = {"transforms": (), "tolerance": 0.1, "patience": 2, "steps": 30}
    for redirected, expected in ((0, 4), (9, 14), (30, 30)):
        found = rendering.render(
            net, silent, fourier_images(1, 16), redirected_relu_steps=redirected, **options
        )
        assert found.steps == expected


def test_they_settle_on_average_over_the_images():
    one, other = [10, 10, 10, 10], [10, 10, 20, 20]
    assert not rendering.settled(np.float32([one, other]).T, 0.05, 2)
    assert rendering.settled(np.float32([one] * 19 + [other]).T, 0.05, 2)
    assert not rendering.settled(np.float32([one, one]).T, 0.0, 2)


@pytest.mark.slow
def test_the_same_seed_reproduces(net):
    def images(seed):
        return rendering.render(net, objective(), aligned_images(2, 16), steps=5, seed=seed).images

    np.testing.assert_allclose(images(1), images(1), atol=1e-6)
    assert np.abs(images(1) - images(2)).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 4])
def test_parts_of_a_batch_give_the_same(net, size):
    """Of five images: five batches, two and a rest, one and a rest."""
    wanted = losses.channel_mean("features", np.random.default_rng(0).standard_normal((5, 2)))
    whole, parts = (
        rendering.render(net, wanted, aligned_images(5, 16), steps=8, batch_size=size)
        for size in (5, size)
    )
    np.testing.assert_allclose(whole.images, parts.images, atol=1e-5)
    np.testing.assert_allclose(whole.trace, parts.trace, atol=1e-5)


def test_images_are_made_without_the_transforms(net):
    """A transform's shift must not show in the result: each step starts from the parameters."""
    found = rendering.render(
        net, objective(), fourier_images(2, 16), steps=1, transforms=(Jitter(16),),
        learning_rate=1e-9,
    )  # fmt: skip
    parameters = fourier_images(2, 16)
    np.testing.assert_allclose(found.images, parameters.images(parameters.initial(0)), atol=1e-5)


def test_zero_gradients_are_told(net, caplog):
    dead = losses.channel_mean("features", [[1.0, 0.0], [0.0, 0.0]], name="half dead")
    found = rendering.render(net, dead, fourier_images(2, 16), steps=3)
    assert found.zero_gradient == (1,)
    assert (
        "Rendered image 1 of 'half dead' stayed noise: the gradient was zero at each of 3 steps."
        in caplog.text
    )


def test_a_step_is_traced_once_whatever_the_draws(net, monkeypatch):
    traced = []
    original = ascent.warp
    monkeypatch.setattr(ascent, "warp", lambda *arguments: traced.append(1) or original(*arguments))
    rendering.render(net, objective(), aligned_images(2, 16), steps=20)
    assert len(traced) == 1


@pytest.mark.slow
def test_twenty_renders_leave_nothing_behind(net):
    def objects():
        gc.collect()
        return sum(isinstance(o, tf.Variable | tf.Graph) for o in gc.get_objects())

    def render(times):
        for _ in range(times):
            rendering.render(net, objective(), fourier_images(2, 16), steps=1, transforms=())

    render(2)
    before = objects()
    render(20)
    assert objects() == before


# What is compiled


def images_of(net, parameters, **options):
    weights = np.resize(np.eye(2), (parameters.n_images, 2))
    goal = losses.channel_mean("features", weights)
    return rendering.render(net, goal, parameters, steps=3, **options).images


@pytest.mark.slow
def test_a_second_round_over_other_numbers_of_images_traces_nothing(net):
    def round_of(deviations):
        for n, sd in zip((2, 5, 3, 4), deviations, strict=True):
            images_of(net, fourier_images(n, 16, sd=sd))
        return trace_count()

    before = round_of((0.01, 0.3, 0.1, 0.01))
    assert round_of((0.1, 0.01, 0.3, 0.3)) == before


@pytest.mark.slow
def test_images_start_from_their_own_deviation_whatever_was_rendered_before(net, fresh):
    for sd in (0.3, 0.01, 1.0, 0.3):
        parameters = aligned_images(2, 16, sd=sd)
        np.testing.assert_array_equal(
            images_of(net, parameters), images_of(fresh(), parameters), strict=True
        )


@pytest.mark.slow
def test_variables_beyond_a_limit_are_not_kept(net, monkeypatch):
    small, large = fourier_images(1, 16), fourier_images(1, 64)
    # Real and imaginary parts, Adam's two moments of each, the pixels' importance: float32.
    size = (3 * (2 * 3 * 16 * 9) + 16 * 16) * 4
    monkeypatch.setattr(network, "_COMPILED_LIMIT", size)
    images_of(net, small)
    images_of(net, large)
    before = trace_count()
    images_of(net, small)
    assert trace_count() == before
    images_of(net, large)
    assert trace_count() > before
    monkeypatch.setattr(network, "_COMPILED_LIMIT", size - 1)
    images_of(net, small)
    before = trace_count()
    images_of(net, small)
    assert trace_count() > before


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2, 3), (3,)])
def test_weights_that_do_not_fit_spoil_nothing(net, shape):
    wrong, right = (
        losses.channel_mean("features", np.ones((*shape[:-1], n))) for n in (shape[-1], 2)
    )
    for _ in range(2):
        with pytest.raises(InputError, match="Expected 2 weights"):
            rendering.evaluate(net, wrong, np.ones((2, 8, 8, 3)))
        with pytest.raises(InputError, match="Expected 2 weights"):
            rendering.render(net, wrong, fourier_images(2, 16), steps=1)
    np.testing.assert_allclose(rendering.evaluate(net, right, np.ones((2, 8, 8, 3))), [1, 1])
    assert rendering.render(net, right, fourier_images(2, 16), steps=1).images.shape[0] == 2


@pytest.mark.slow
def test_threads_do_not_share_variables(net, fresh):
    def images(seed):
        return images_of(net, aligned_images(2, 16), seed=seed)

    images(0)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(images, range(8)))
    alone = fresh()
    for seed, found in enumerate(together):
        expected = images_of(alone, aligned_images(2, 16), seed=seed)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_images_may_be_rendered_while_others_are(net, fresh):
    parameters, inner = fourier_images(2, 16), []
    outer = images_of(
        net, parameters,
        progress=lambda done, total: inner.append(images_of(net, parameters, seed=done)),
    )  # fmt: skip
    alone = fresh()
    np.testing.assert_array_equal(outer, images_of(alone, parameters))
    np.testing.assert_array_equal(inner[1], images_of(alone, parameters, seed=2))


def test_objectives_of_many_kinds_are_not_all_kept(closed_form):
    def graphs():
        gc.collect()
        return sum(isinstance(o, tf.Graph) for o in gc.get_objects())

    net = closed_form(np.ones((3, 30)), lambda a: tf.reduce_mean(a, [1, 2]), 30)
    before = graphs()
    for k in range(30):
        rendering.evaluate(net, losses.channel("features", k), np.ones((1, 8, 8, 3)))
    assert graphs() - before <= ascent.MOST


def test_progress_counts_the_steps(net):
    seen = []
    rendering.render(
        net, objective(), fourier_images(2, 16), steps=3,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "Expected steps to be a whole number >= 1, received 0"),
        ({"batch_size": 0}, "Expected batch_size"),
        ({"learning_rate": 0}, "Expected learning_rate to be > 0"),
        ({"parameters": fourier_images(3, 16)}, "for 3 images, received 'red and blue' for 2"),
        ({"objective": losses.channel("missing", 0)}, "Unknown layer 'missing'"),
    ],
)
def test_input_that_cannot_be_used(net, options, message):
    arguments = {"objective": objective(), "parameters": fourier_images(2, 16), **options}
    with pytest.raises(InputError, match=message):
        rendering.render(net, arguments.pop("objective"), arguments.pop("parameters"), **arguments)


def test_an_objective_that_becomes_nan_is_refused(net):
    with pytest.raises(InputError, match="became NaN or infinite by step 1"):
        rendering.render(net, objective() * float("nan"), fourier_images(2, 16), steps=2)


def test_the_last_step_is_checked_too(net):
    with pytest.raises(InputError, match="became NaN or infinite by step 1: weights or learning"):
        rendering.render(
            net, objective(), fourier_images(2, 16), steps=1, learning_rate=float("inf")
        )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((3, 8, 8, 3)), "an objective for 3 images, received 'red and blue' for 2"),
        (np.full((2, 8, 8, 3), 255.0), "values in"),
    ],
)
def test_what_cannot_be_evaluated(net, images, message):
    with pytest.raises(InputError, match=message):
        rendering.evaluate(net, objective(), images)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_climbs_like_float32(random_net, dtype):
    weights = np.zeros((2, 256))  # of mixed3a, behind both local response normalisations
    weights[0, :8], weights[1, 8:16] = 1.0, 1.0
    goal = losses.channel_mean("mixed3a", weights)

    def reached(dtype):
        found = rendering.render(random_net, goal, fourier_images(2, 32), steps=12, dtype=dtype)
        return found.trace[0], rendering.evaluate(random_net, goal, found.images)

    (half_start, half_end), (start, end) = reached(dtype), reached("float32")
    np.testing.assert_allclose(half_start, start, rtol=0.05)
    np.testing.assert_allclose(half_end, end, rtol=0.15)
    assert not np.array_equal(half_start, start)  # it did compute in another format
