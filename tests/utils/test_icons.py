"""Icons climb what they are asked to; options reach the loop."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import tfvis
from tfvis.utils import icons, rendering
from tfvis.utils.compiling import trace_count
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import channel_icons, icon, render_icons, transforms_of
from tfvis.utils.losses import channel_mean
from tfvis.utils.memory_bounds import memory_bound
from tfvis.utils.preconditioning import COLOUR_CORRELATION, scene_magnitudes
from tfvis.utils.transforms import ICON_TRANSFORMS, Jitter

COLOURS = np.eye(3)
# Icons that share nothing, so that each is free to climb.
QUICK = IconOptions(steps=30, size=16, transforms="none", parameterisation="fourier")


@pytest.fixture
def net(closed_form):
    """Three channels: how red, green and blue an image is."""
    return closed_form(COLOURS, lambda a: tf.reduce_mean(a, [1, 2]), 3)


def test_each_group_has_an_icon_of_what_it_weighs(net):
    weights = np.array([[1, -1, 0], [-1, 0, 1], [0, 1, -1]], np.float64)
    told = []
    found = render_icons(
        net, "features", weights, QUICK, progress=lambda *counts: told.append(counts)
    )
    assert found.images.shape == (3, 16, 16, 3)
    assert 0 <= found.images.min() <= found.images.max() <= 1
    means = found.images.mean(axis=(1, 2))
    # The objective is Σ w · mean channel, by definition; a group's own icon has the most of it.
    objectives = weights @ means.T
    np.testing.assert_allclose(found.objectives, np.diag(objectives), rtol=1e-3)
    assert objectives.argmax(axis=1).tolist() == [0, 1, 2]
    assert (found.objectives > 0).all()
    assert found.zero_gradient == ()
    assert told == [(k, 30) for k in range(1, 31)]


def test_an_icon_of_phases_climbs_and_keeps_its_magnitudes(closed_form):
    """The network sees the left half: what is red goes there, with as much of each frequency."""

    class Left(closed_form):
        def head(self, *layers):
            run = super().head(*layers)
            return lambda images: tuple(a[:, :, : tf.shape(a)[2] // 2] for a in run(images))

    net = Left(COLOURS, lambda a: tf.reduce_mean(a, [1, 2]), 3)
    options = replace(QUICK, size=32, steps=60, parameterisation="phases", learning_rate=0.1)
    found = render_icons(net, "features", COLOURS[:1], options)
    (first,) = render_icons(net, "features", COLOURS[:1], replace(options, steps=1)).images
    assert found.objectives[0] > first[:, :16, 0].mean() + 0.1
    pixels = np.log(found.images / (1 - found.images)) @ np.linalg.inv(COLOUR_CORRELATION).T
    sizes = np.abs(np.fft.rfft2(pixels[0], axes=(0, 1)))[:, 1:16] / 32**2
    expected = scene_magnitudes(32).transpose(1, 2, 0)[:, 1:16]
    np.testing.assert_allclose(sizes, expected, rtol=0.05)


def test_icons_of_phases_try_another_start_for_channels_that_are_silent(closed_form, monkeypatch):
    """As those of coefficients try larger ones."""
    net = closed_form(COLOURS, lambda a: tf.reduce_mean(a, [1, 2]), 3)
    tried, answers = [], iter([0.0, 0.0, 1.0])

    def pretended(net, objective):
        return lambda images, batch_size: tried.append(images) or np.full(1, next(answers))

    monkeypatch.setattr(rendering, "_evaluator", pretended)
    make = icons._parameters(replace(QUICK, parameterisation="phases"), 1)
    found = rendering.responsive_init(net, channel_mean("features", COLOURS[:1]), make)
    first, second, third = tried
    assert min(np.abs(first - second).max(), np.abs(second - third).max()) > 0.1
    np.testing.assert_array_equal(found.images(found.initial(0)), third)


def test_the_cosine_keeps_other_channels_silent(net):
    """Green and blue cost a red icon nothing but the cosine, and rise with red without it."""
    shares = []
    for power in (0.0, 1.0, 2.0):
        options = replace(QUICK, steps=60, cosine_power=power)
        found = render_icons(net, "features", COLOURS[:1], options)
        red, green, blue = found.images[0].mean(axis=(0, 1))
        shares.append((green + blue) / red)
        # Whatever was climbed, the objective is the one without the cosine.
        assert found.objectives[0] == pytest.approx(red, rel=1e-3)
    assert shares[0] > shares[1] + 0.1
    assert shares[1] > shares[2]


def test_what_matters_less_of_an_icon_fades_to_grey(closed_form):
    """The network looks at the upper half of an image alone."""

    class Upper(closed_form):
        def head(self, *layers):
            run = super().head(*layers)
            return lambda images: tuple(a[:, : tf.shape(a)[1] // 2] for a in run(images))

    net = Upper(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]), 3)
    (whole,) = render_icons(net, "features", COLOURS[:1], QUICK).images
    found = render_icons(net, "features", COLOURS[:1], replace(QUICK, area=0.5))
    assert (found.images[0, 10:] == 0.5).all()
    np.testing.assert_array_equal(found.images[0, :6], whole[:6])
    # It is the objective of what is shown.
    assert found.objectives[0] == pytest.approx(found.images[0, :8, :, 0].mean(), rel=1e-3)


def test_an_icon_without_a_gradient_is_told(closed_form, caplog):
    net = closed_form(np.eye(3)[:, :2], lambda a: tf.reduce_mean(a, [1, 2]), 2)
    found = render_icons(net, "features", np.array([[1, 0], [0, 0.0]]), QUICK)
    assert found.zero_gradient == (1,)
    assert "Rendered image 1 of " in caplog.text


def test_one_channel_or_a_weighted_group(net):
    red = icon(net, "features", 0, options=QUICK)
    assert red.shape == (16, 16, 3)
    np.testing.assert_array_equal(icon(net, "features", {0: 1.0}, options=QUICK), red)
    pair = icon(net, "features", {0: 1.0, 2: 1.0}, options=QUICK)
    np.testing.assert_array_equal(icon(net, "features", [0, 2], options=QUICK), pair)
    purple = tfvis.icon(net, "features", {0: 1.0, 2: 1.0, 1: -1.0}, options=QUICK)
    r, g, b = purple.mean(axis=(0, 1))
    assert min(r, b) > g
    reds = red.mean(axis=(0, 1))
    assert r + b - g > reds[0] + reds[2] - reds[1]


def test_single_channels_have_an_icon_each(net):
    told = []
    found = channel_icons(
        net, "features", (k for k in (2, 0)), options=QUICK, seed=1, steps=20,
        progress=lambda *counts: told.append(counts),
    )  # fmt: skip
    alone = render_icons(net, "features", COLOURS[[2, 0]], replace(QUICK, steps=20), seed=1)
    np.testing.assert_array_equal(found.images, alone.images)
    # A channel's objective is its mean activation: how blue and how red the icons are.
    means = found.images.mean(axis=(1, 2))
    np.testing.assert_allclose(found.objectives, [means[0, 2], means[1, 0]], rtol=1e-5)
    assert told[-1] == (20, 20)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ([], "Expected at least one channel of features, received none"),
        ([0, 3], "Expected a channel of features from 0 to 2, received 3"),
        ([0.5], "Expected a channel of features from 0 to 2, received 0.5"),
        ("01", "Expected a channel of features from 0 to 2, received '0'"),
    ],
)
def test_single_channels_that_are_not_there(net, channels, message):
    with pytest.raises(InputError, match=message):
        channel_icons(net, "features", channels, options=QUICK)


def test_the_seed_decides(net):
    first, again, other = (icon(net, "features", 0, options=QUICK, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_networks_own_options_are_used_and_changed(net, monkeypatch):
    seen = []
    render = rendering.render

    def spy(*given, **named):
        seen.append(named)
        return render(*given, **named)

    monkeypatch.setattr(rendering, "render", spy)
    net.icon_options = IconOptions(steps=2, size=32, learning_rate=0.1, transforms="jitter")
    assert icon(net, "features", 0).shape == (32, 32, 3)
    assert icon(net, "features", 0, steps=3, size=16, seed=4).shape == (16, 16, 3)
    own, changed = seen
    assert (own["steps"], changed["steps"]) == (2, 3)
    assert own["learning_rate"] == changed["learning_rate"] == 0.1
    assert own["transforms"] == (Jitter(8),)
    assert changed["seed"] == 4


def test_sets_of_transforms_have_names():
    assert transforms_of(IconOptions()) == ICON_TRANSFORMS
    assert transforms_of(IconOptions(transforms="none")) == ()
    assert transforms_of(IconOptions(transforms=[Jitter(2)])) == (Jitter(2),)


def test_icons_of_other_channels_are_not_compiled_again(net):
    icon(net, "features", 0, options=QUICK)
    before = trace_count()
    icon(net, "features", {1: 2.0, 2: -1.0}, options=QUICK, seed=3)
    icon(net, "features", 2, options=QUICK, steps=5)
    assert trace_count() == before


def test_as_many_groups_as_before_are_not_compiled_again(net):
    def round_of(sign):
        for n in (3, 1, 2, 4):
            render_icons(
                net, "features", sign * np.resize(COLOURS, (n, 3)), replace(QUICK, steps=2)
            )
        return trace_count()

    before = round_of(1)
    assert round_of(-1) == before


@pytest.mark.parametrize(
    ("layer", "channels", "changes", "message"),
    [
        ("feature", 0, {}, "Unknown layer 'feature'. Closest: features"),
        ("features", 3, {}, "Expected a channel of features from 0 to 2, received 3"),
        ("features", -1, {}, "Expected a channel of features from 0 to 2, received -1"),
        ("features", {0.5: 1}, {}, "Expected a channel of features from 0 to 2, received 0.5"),
        ("features", "0", {}, "Expected a channel of features from 0 to 2, received '0'"),
        ("features", True, {}, "Expected a channel of features from 0 to 2, received True"),
        ("features", {True: 1.0}, {}, "Expected a channel of features from 0 to 2, received True"),
        ("features", [True, False, True], {}, "Expected channels of features by index, received"),
        ("features", [[0, 1]], {}, "Expected channels of features by index, received"),
        ("features", {}, {}, "Expected at least one channel of features, received none"),
        ("features", {1: "a"}, {}, "Expected a number as the weight of 1, received 'a'"),
        ("features", {1: np.nan}, {}, "Expected a number as the weight of 1, received nan"),
        ("features", 0, {"step": 3}, "Unknown option 'step'. Closest: steps"),
        ("features", 0, {"size": 17}, "Expected icon_size to be even"),
    ],
)
def test_what_cannot_be_used(net, layer, channels, changes, message):
    with pytest.raises(InputError, match=message):
        icon(net, layer, channels, **changes)


def test_where_memory_runs_out_icons_are_those_of_a_smaller_batch(net, monkeypatch, caplog):
    weights, told = np.resize(COLOURS, (5, 3)), []
    options = replace(QUICK, steps=2, batch_size=4)
    expected = render_icons(net, "features", weights, replace(options, batch_size=2))
    real = rendering.render

    def scarce(*arguments, batch_size, progress, **named):
        def tell(done, total):
            progress(done, total)
            if batch_size > 2:
                raise MemoryError

        return real(*arguments, batch_size=batch_size, progress=tell, **named)

    monkeypatch.setattr(rendering, "render", scarce)
    found = render_icons(
        net, "features", weights, options, progress=lambda *counts: told.append(counts)
    )
    np.testing.assert_array_equal(found.images, expected.images)
    np.testing.assert_array_equal(found.objectives, expected.objectives)
    assert told == [(1, 2), (2, 2)]
    assert caplog.messages == ["There is not enough memory for 4 icons at once: going on with 2."]


def test_a_bound_of_memory_makes_batches_smaller(net, monkeypatch):
    given = []
    real = rendering.render
    monkeypatch.setattr(
        rendering,
        "render",
        lambda *own, **named: given.append(named["batch_size"]) or real(*own, **named),
    )
    with memory_bound("1GB"):  # of this network nothing is known: one at a time
        bounded = render_icons(net, "features", COLOURS, replace(QUICK, steps=1))
    free = render_icons(net, "features", COLOURS, replace(QUICK, steps=1))
    assert given == [1, 3]
    np.testing.assert_allclose(bounded.images, free.images, atol=1e-5)
