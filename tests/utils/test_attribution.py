"""Estimators against exact answers, their axioms, and the real network."""

import math

import numpy as np
import pytest
import tensorflow as tf
from closed_forms import channel_means, relu_tail

from tfvis.utils import images
from tfvis.utils.attribution import (
    aumann_shapley,
    shapley_sampling,
    with_directions,
)
from tfvis.utils.errors import InputError
from tfvis.utils.quadrature import RULES

ALL_RULES = sorted(RULES)


@pytest.mark.parametrize("rule", ALL_RULES)
def test_aumann_shapley_is_exact_for_a_linear_tail(closed_form, image, mix, rule):
    weights = np.float32(np.arange(6)[:, np.newaxis] - 2.5)
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 1)
    (found,) = aumann_shapley(net, image, "features", classes=[0], steps=8, rule=rule)
    np.testing.assert_allclose(
        found.values, channel_means(image, mix) * weights[:, 0], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize(
    ("rule", "factor"),
    [
        # ∂t/∂A at αA is linear in α: 2α(Qm)_i, of which the rules make 2·Σ wα instead of 1.
        ("left", lambda n: (n - 1) / n),
        ("midpoint", lambda n: 1.0),
        ("gauss_legendre", lambda n: 1.0),
        # Σ 4u³/n at midpoints u: 1 − 1/(2n²).
        ("graded", lambda n: 1 - 1 / (2 * n**2)),
    ],
)
def test_aumann_shapley_of_a_quadratic_tail(pairs_net, image, mix, symmetric, rule, factor):
    means = channel_means(image, mix)
    for steps in (4, 10):
        found = aumann_shapley(pairs_net, image, "features", classes=[0, 1], steps=steps, rule=rule)
        for k, attribution in enumerate(found):
            exact = means * (symmetric[k] @ means)
            np.testing.assert_allclose(attribution.values, exact * factor(steps), rtol=2e-4)
            assert attribution.total == pytest.approx(exact.sum(), rel=1e-4)
            assert attribution.completeness_gap == pytest.approx(
                exact.sum() * (factor(steps) - 1), abs=2e-4 * np.abs(exact).sum()
            )


@pytest.mark.parametrize("rule", ALL_RULES)
def test_rules_are_quadratures(rule):
    for n in (1, 2, 64):
        nodes, weights = RULES[rule](n)
        assert nodes.shape == weights.shape == (n,)
        assert ((nodes >= 0) & (nodes < 1)).all()
        assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("rule", ["graded", "midpoint", "gauss_legendre"])
def test_completeness_is_reached_in_the_limit(relu_net, image, rule):
    (found,) = aumann_shapley(relu_net, image, "features", classes=[0], steps=2000, rule=rule)
    assert found.relative_gap < 2e-3


def test_smooth_path_scales_channels_at_random(closed_form, pairs_net, image, mix, symmetric):
    # The expected factor of a channel is 1/1.5, and channels are independent; a channel's own
    # square does not enter the gradient twice, so E[φ_i] = m_i (Q m)_i / 1.5.
    means = channel_means(image, mix)
    exact = means * (symmetric[0] @ means) / 1.5
    (found,) = aumann_shapley(
        pairs_net, image, "features", classes=[0], steps=4000, smooth=True, batch_size=500
    )
    np.testing.assert_allclose(found.values, exact, atol=0.03 * np.abs(exact).max())
    # The factors' variance is that of a sum of two uniform numbers over 1.5, (2/12)/1.5².
    linear = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) ** 2, 6)
    samples = [
        aumann_shapley(linear, image, "features", classes=[0], steps=1, rule="midpoint",
                       smooth=True, seed=seed)[0].values[0]
        for seed in range(300)
    ]  # fmt: skip
    factors = np.array(samples) / means[0] ** 2
    assert factors.mean() == pytest.approx(1 / 1.5, rel=0.1)
    assert factors.var() == pytest.approx(2 / 12 / 1.5**2, rel=0.2)
    again, other = (
        aumann_shapley(pairs_net, image, "features", classes=[0], steps=4, smooth=True, seed=seed)[
            0
        ].values
        for seed in (0, 1)
    )
    assert np.abs(again - other).max() > 1e-6


def test_another_image_does_not_retrace(closed_form, mix):
    traces = []

    def tail(activations):
        traces.append(activations.shape)
        return tf.reduce_mean(activations, [1, 2])

    net = closed_form(mix, tail, 6)
    image = np.random.default_rng(0).random((8, 8, 3), np.float32)
    (first,) = aumann_shapley(net, image, "features", classes=[0])
    aumann_shapley(net, image, "features", classes=[0, 1])  # so many classes are compiled, too
    once = traces.copy()
    aumann_shapley(net, np.zeros((6, 12, 3)), "features", classes=[1, 2], steps=3)
    (again,) = aumann_shapley(net, image, "features", classes=[0])
    assert traces == once
    np.testing.assert_array_equal(again.values, first.values)


@pytest.mark.parametrize("n_classes", [2, 4, 5, 9])
def test_classes_together_have_the_values_that_each_has_alone(closed_form, image, n_classes):
    weights = np.random.default_rng(4).standard_normal((4, n_classes)).astype(np.float32)
    net = closed_form(
        np.random.default_rng(3).random((3, 4)),
        lambda a: tf.reduce_mean(a, [1, 2]) ** 2 @ tf.constant(weights),
        n_classes,
    )
    together = aumann_shapley(net, image, "features", classes=range(n_classes), steps=5)
    for index, found in enumerate(together):
        (alone,) = aumann_shapley(net, image, "features", classes=[index], steps=5)
        assert found.class_index == index
        np.testing.assert_allclose(found.values, alone.values, rtol=1e-5, atol=1e-7)


def test_batches_of_gradients_do_not_change_the_result(relu_net, image):
    whole, parts = (
        aumann_shapley(relu_net, image, "features", classes=[1], steps=10, batch_size=size)[0]
        for size in (10, 3)
    )
    np.testing.assert_allclose(whole.values, parts.values, rtol=1e-5)


@pytest.mark.parametrize("rather_than", [None, 2])
def test_classes_share_their_logits_and_nothing_else(closed_form, image, mix, rather_than):
    rng = np.random.default_rng(4)
    first, second = rng.standard_normal((6, 5)), rng.standard_normal((5, 3))
    runs = []

    def tail(a):
        tf.py_function(lambda: runs.append(1), [], [])
        return relu_tail(np.float32(first), np.float32(second))(a)

    net = closed_form(mix, tail, 3)

    def found(classes):
        return aumann_shapley(
            net, image, "features", classes=classes, rather_than=rather_than, batch_size=16
        )

    together = found([1, 0])
    assert len(runs) == 1 + 64 // 16  # the two ends, and four batches of the path
    for both, (alone,) in zip(together, (found([1]), found([0])), strict=True):
        np.testing.assert_allclose(both.maps, alone.maps, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(both.values, alone.values, rtol=1e-6, atol=1e-7)
        assert both.total == alone.total


def test_a_tolerance_ends_the_path_early(pairs_net, image, mix, symmetric):
    def found(**options):
        return aumann_shapley(pairs_net, image, "features", classes=[0, 1], **options)

    seen, means = [], channel_means(image, mix)
    never = found(tolerance=1e-12, progress=lambda *counts: seen.append(counts))
    early = found(tolerance=0.01)
    assert [own.evaluations for own in (*never, *early)] == [64, 64, 16, 16]
    assert seen[-1] == (128, 128)
    # ∂t/∂A at αA is 2α(Qm)_i, of which the trapezoids in u make Σ 4u³/n = 1 + 1/n² instead of 1.
    for own, n in ((never, 64), (early, 16)):
        for attribution, matrix in zip(own, symmetric, strict=True):
            exact = means * (matrix @ means) * (1 + 1 / n**2)
            np.testing.assert_allclose(attribution.values, exact, rtol=2e-4)
    assert early[0].provenance.options["tolerance"] == 0.01
    assert [own.evaluations for own in found(steps=3, tolerance=0.5)] == [3, 3]


@pytest.mark.parametrize("estimator", [shapley_sampling, aumann_shapley])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": []}, "Expected a list of at least one class"),
        ({"classes": "class 0"}, "Expected a list of at least one class, received 'class 0'"),
        ({"classes": [9]}, "from 0 to 1, received 9"),
        ({"batch_size": 0}, "Expected batch_size to be a whole number >= 1"),
    ],
)
def test_input_that_cannot_be_used(relu_net, image, estimator, options, message):
    with pytest.raises(InputError, match=message):
        estimator(relu_net, image, "features", **{"classes": [0], **options})


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (shapley_sampling, {"permutations": 0}, "Expected permutations to be"),
        (shapley_sampling, {"tolerance": 0}, "Expected tolerance to be > 0"),
        (aumann_shapley, {"steps": 0}, "Expected steps to be"),
        (aumann_shapley, {"rule": "mid"}, "Unknown rule 'mid'"),
        (aumann_shapley, {"tolerance": 0.0}, "Expected tolerance to be > 0"),
        (aumann_shapley, {"tolerance": 0.1, "smooth": True}, "Expected no tolerance with smooth"),
        (aumann_shapley, {"tolerance": 0.1, "rule": "left"}, "no rule but 'graded'"),
    ],
)
def test_options_of_one_estimator(relu_net, image, estimator, options, message):
    with pytest.raises(InputError, match=message):
        estimator(relu_net, image, "features", classes=[0], **options)


def test_a_network_that_gives_nan_is_refused(closed_form, image, mix):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) * math.nan, 6)
    with pytest.raises(InputError, match="Expected finite activations and logits"):
        aumann_shapley(net, image, "features", classes=[0])


@pytest.fixture
def photograph(photographs):
    return images.load(photographs / "dog_cat224.jpg", (224, 224))


@pytest.mark.slow
def test_googlenet_is_complete_within_one_percent(googlenet_real, photograph):
    classes = ["tiger cat", "golden retriever", "Egyptian cat", "Chihuahua"]
    for found in aumann_shapley(googlenet_real, photograph, "mixed4d", classes=classes):
        assert found.evaluations <= 64
        assert found.relative_gap < 0.01


def test_googlenet_agrees_with_an_independent_prototype(googlenet_real, photograph):
    (found,) = aumann_shapley(
        googlenet_real, photograph, "mixed4d", classes=["Egyptian cat"], steps=100, rule="left"
    )
    assert found.total == pytest.approx(4.1045, abs=2e-3)
    assert found.values.sum() == pytest.approx(4.068, abs=2e-3)


@pytest.mark.slow
def test_googlenet_sampled_values_are_efficient(googlenet_real, photograph):
    for found in shapley_sampling(
        googlenet_real, photograph, "mixed4d", classes=[282, 207], permutations=2
    ):
        assert abs(found.completeness_gap) < 1e-3


def test_positions_have_their_own_share_of_a_quadratic_class(pairs_net, image, mix, symmetric):
    # t = m·Q·m and m the mean over n positions, so I = A_xy,i (Q m)_i / n.
    activations = pairs_net.activations(image[np.newaxis], "features")[0].astype(np.float64)
    means = activations.mean(axis=(0, 1))
    found = aumann_shapley(pairs_net, image, "features", classes=[0, 1], steps=5, rule="midpoint")
    for k, attribution in enumerate(found):
        expected = activations * (symmetric[k] @ means) / np.prod(activations.shape[:2])
        np.testing.assert_allclose(attribution.maps, expected, rtol=1e-4, atol=1e-6)
        assert attribution.maps.dtype == np.float32


@pytest.fixture
def signed_mix(mix):
    """The fourth channel is negative, and so are parts of the fifth."""
    signs = np.ones_like(mix)
    signs[:, 3] = -1
    signs[0, 4] = -1.5
    return mix * signs


@pytest.mark.parametrize("smooth", [False, True])
def test_maps_sum_to_the_values(closed_form, image, signed_mix, relu_weights, smooth):
    net = closed_form(signed_mix, relu_tail(*relu_weights), 2)
    for attribution in aumann_shapley(net, image, "features", classes=[0, 1], smooth=smooth):
        sums = attribution.maps.sum(axis=(0, 1), dtype=np.float64)
        np.testing.assert_allclose(sums, attribution.values, rtol=1e-5, atol=1e-6)


def test_maps_can_be_left_out(relu_net, image):
    (kept,) = aumann_shapley(relu_net, image, "features", classes=[1])
    (left_out,) = aumann_shapley(relu_net, image, "features", classes=[1], maps=False)
    assert left_out.maps is None
    np.testing.assert_array_equal(left_out.values, kept.values)
    np.testing.assert_array_equal(left_out.directions, kept.directions)


def linear(weights):
    return lambda a: tf.reduce_mean(a, [1, 2]) @ np.float32(weights)


def test_a_channel_that_speaks_by_being_negative_points_down(closed_form, image, signed_mix):
    weights = np.float32([[1], [1], [-1], [-2], [0], [3]])
    net = closed_form(signed_mix, linear(weights), 1)
    (found,) = aumann_shapley(net, image, "features", classes=[0])
    activations = net.activations(image[np.newaxis], "features")[0]
    assert activations[..., 3].max() < 0
    expected = np.abs(activations).mean(axis=(0, 1)) * weights[:, 0]
    np.testing.assert_allclose(found.directions, expected, rtol=1e-4)
    assert found.values[3] > 0 > found.directions[3]
    np.testing.assert_array_equal(np.sign(found.directions), np.sign(weights[:, 0]))


def test_where_nothing_is_negative_directions_are_the_values(relu_net, image):
    for found in aumann_shapley(relu_net, image, "features", classes=[0, 1]):
        np.testing.assert_array_equal(found.directions, found.values)


def test_a_channel_whose_gradient_changes_its_sign_is_ambiguous(closed_form, image, mix):
    # The left half of every channel raises the logit; the right half of the first two lowers it,
    # the first by as much, the second by a tenth.
    side = np.zeros((1, 4, 4, 6), np.float32)
    side[..., :2, :] = 1
    side[..., 2:, 0], side[..., 2:, 1], side[..., 2:, 2:] = -1, -0.1, 1
    net = closed_form(mix, lambda a: tf.reduce_sum(a * side, [1, 2, 3])[:, tf.newaxis], 1)
    constant = np.full_like(image, 0.5)
    (found,) = aumann_shapley(net, constant, "features", classes=[0])
    assert found.ambiguous.tolist() == [True, False, False, False, False, False]


def test_directions_are_added_where_activations_are_negative(closed_form, image, mix, signed_mix):
    weights = np.float32([[1], [1], [-1], [-2], [0], [3]])
    for colours, needed in ((mix, False), (signed_mix, True)):
        net = closed_form(colours, linear(weights), 1)
        (sampled,) = shapley_sampling(net, image, "features", classes=[0], permutations=4)
        assert sampled.maps is None
        assert sampled.directions is None
        found = with_directions(net, image, sampled)
        np.testing.assert_array_equal(found.values, sampled.values)
        if needed:
            (exact,) = aumann_shapley(net, image, "features", classes=[0])
            np.testing.assert_array_equal(np.sign(found.directions), np.sign(exact.directions))
            np.testing.assert_array_equal(np.abs(found.directions), np.abs(sampled.values))
        else:
            assert found is sampled
        assert with_directions(net, image, found) is found


def test_directions_are_computed_once_for_an_image(closed_form, image, signed_mix, monkeypatch):
    weights = np.float32(np.arange(12).reshape(6, 2) - 5.5)
    net = closed_form(signed_mix, linear(weights), 2)
    computed = []

    def counted(*given, classes, **named):
        computed.append(classes)
        return aumann_shapley(*given, classes=classes, **named)

    monkeypatch.setattr("tfvis.utils.attribution.aumann_shapley", counted)
    sampled = shapley_sampling(net, image, "features", classes=[0, 1], permutations=4)
    found = [with_directions(net, image.copy(), own) for own in (*sampled, *sampled)]
    assert computed == [[0], [1]]
    for one, other in zip(found[:2], found[2:], strict=True):
        np.testing.assert_array_equal(one.directions, other.directions)
        np.testing.assert_array_equal(one.ambiguous, other.ambiguous)
    with_directions(net, 1 - image, sampled[0])
    assert computed == [[0], [1], [0]]


def test_a_channel_that_is_never_negative_keeps_its_value_as_direction(closed_form, image, mix):
    # A tail for which Shapley and Aumann-Shapley values differ.
    colours = mix.copy()
    colours[:, 3] *= -1

    def tail(a):
        m = tf.reduce_mean(a, [1, 2])
        return (tf.nn.relu(m[:, :1] - m[:, 1:2] * m[:, :1]) ** 2 * m[:, 3:4] ** 3) + m[:, 4:5]

    net = closed_form(colours, tail, 1)
    (sampled,) = shapley_sampling(net, image, "features", classes=[0], permutations=40)
    found = with_directions(net, image, sampled)
    others = np.arange(6) != 3
    (path,) = aumann_shapley(net, image, "features", classes=[0])
    assert np.abs(path.directions - sampled.values)[:2].min() > 1e-3 * np.abs(sampled.values).max()
    np.testing.assert_array_equal(found.directions[others], sampled.values[others])


@pytest.mark.parametrize("method", [aumann_shapley, shapley_sampling])
def test_a_layers_other_name_is_the_same_layer(method, random_net):
    image = np.random.default_rng(0).random((224, 224, 3), np.float32)
    steps = {"steps": 1} if method is aumann_shapley else {"permutations": 1}
    (found,) = method(random_net, image, "inception_5b_output", classes=[1], **steps)
    assert found.layer == found.provenance.layer == "mixed5b"
