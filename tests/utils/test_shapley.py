"""Sampled Shapley values against their definition, their axioms, and their errors."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from closed_forms import channel_means, relu_tail
from own_models import network

from tfvis.models import KerasNetwork
from tfvis.utils import shapley
from tfvis.utils.attribution import aumann_shapley
from tfvis.utils.errors import InputError
from tfvis.utils.shapley import _stratified_keys, shapley_sampling


def brute_force(worth, n):
    """Shapley values by their definition, over all coalitions of n players."""
    values = np.zeros(n)
    for player in range(n):
        others = [other for other in range(n) if other != player]
        for size in range(n):
            share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for coalition in itertools.combinations(others, size):
                values[player] += share * (worth({*coalition, player}) - worth(set(coalition)))
    return values


def test_one_antithetic_pair_is_exact_for_pairwise_interactions(pairs_net, image, mix, symmetric):
    # In an order and its reverse every pair of players meets once each way round.
    means = channel_means(image, mix)

    def worth(k):
        return lambda coalition: sum(
            symmetric[k, i, j] * means[i] * means[j] for i in coalition for j in coalition
        )

    found = shapley_sampling(pairs_net, image, "features", classes=[0, 1], permutations=2)
    for k, attribution in enumerate(found):
        np.testing.assert_allclose(attribution.values, brute_force(worth(k), 6), rtol=1e-4)


def test_sampling_meets_brute_force_within_its_own_error(relu_net, image, mix, relu_weights):
    means = channel_means(image, mix)
    first, second = relu_weights

    def worth(coalition):
        present = np.array([i in coalition for i in range(6)])
        return np.maximum((means * present) @ first - 0.3, 0) @ second[:, 1]

    (found,) = shapley_sampling(relu_net, image, "features", classes=[1], permutations=2000)
    exact = brute_force(worth, 6)
    assert np.abs(found.values - exact).max() < 0.02 * np.abs(exact).max()
    assert (np.abs(found.values - exact) < 4 * found.standard_error + 1e-5).all()


def test_every_order_gives_the_same_for_a_linear_tail(closed_form, image, mix):
    weights = np.float32([[1, 2], [3, -4], [0, 1], [2, 2], [-1, 0], [5, 1]])
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights + 7.0, 2)
    found = shapley_sampling(net, image, "features", classes=[0, 1], permutations=6)
    for k, attribution in enumerate(found):
        np.testing.assert_allclose(
            attribution.values, channel_means(image, mix) * weights[:, k], rtol=1e-4
        )
        np.testing.assert_allclose(attribution.standard_error, 0, atol=1e-5)


@pytest.mark.parametrize("permutations", [1, 2, 7])
@pytest.mark.parametrize("antithetic", [True, False])
def test_efficiency_holds_for_any_number_of_orders(relu_net, image, permutations, antithetic):
    for attribution in shapley_sampling(
        relu_net, image, "features", classes=[0, 1], permutations=permutations,
        antithetic=antithetic,
    ):  # fmt: skip
        assert attribution.values.sum() == pytest.approx(attribution.total, abs=1e-5)
        assert abs(attribution.completeness_gap) < 1e-5


def test_the_reported_error_is_the_error_over_seeds(relu_net, image):
    runs = [
        shapley_sampling(relu_net, image, "features", classes=[0], permutations=20, seed=seed)[0]
        for seed in range(60)
    ]
    spread = np.std([run.values for run in runs], axis=0, ddof=1)
    reported = np.sqrt(np.mean([run.standard_error**2 for run in runs], axis=0))
    uncertain = spread > 1e-6
    assert uncertain.any()
    np.testing.assert_allclose(reported[uncertain], spread[uncertain], rtol=0.35)


@pytest.mark.parametrize("antithetic", [True, False])
@pytest.mark.parametrize("n", [1, 7, 10])
def test_keys_are_a_latin_hypercube(antithetic, n):
    keys = _stratified_keys(np.random.default_rng(0), n, 400, antithetic)
    assert keys.shape == (n, 400)
    place = 2 * np.abs(keys - 0.5) if antithetic else keys
    strata = np.sort(np.floor(place * n), axis=0)
    np.testing.assert_array_equal(strata, np.repeat(np.arange(n)[:, np.newaxis], 400, axis=1))
    # Uniform and independent within a row: every order is as likely.
    many = np.concatenate(
        [_stratified_keys(np.random.default_rng(s), n, 3, antithetic) for s in range(3000 // n)]
    )
    orders, counts = np.unique(np.argsort(many, axis=1), axis=0, return_counts=True)
    assert len(orders) == 6
    np.testing.assert_allclose(counts / len(many), 1 / 6, atol=0.03)


def test_strata_lower_the_error(closed_form, image, monkeypatch):
    """In the cube of a sum, what a channel adds depends on its place above all."""
    mix = np.random.default_rng(2).random((3, 24)) + 0.2
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2, 3])[:, tf.newaxis] ** 3, 1)

    def spread():
        runs = [
            shapley_sampling(net, image, "features", classes=[0], permutations=20, seed=seed)[0]
            for seed in range(30)
        ]
        found = np.sqrt(np.var([run.values for run in runs], axis=0, ddof=1).mean())
        reported = np.sqrt(np.mean([run.standard_error**2 for run in runs]))
        return found, reported

    stratified, reported = spread()
    assert reported == pytest.approx(stratified, rel=0.4)
    monkeypatch.setattr(shapley, "_BLOCK", 1)
    plain, _ = spread()
    assert stratified < 0.5 * plain


@pytest.mark.parametrize("size", [1, 3, 64])
def test_memory_is_bounded_by_the_batch(closed_form, image, mix, size):
    seen = []

    def tail(a):
        tf.py_function(lambda n: seen.append(int(n)), [tf.shape(a)[0]], [])
        return tf.reduce_mean(a, [1, 2])

    net = closed_form(mix, tail, 6)
    shapley_sampling(net, image, "features", classes=[0], permutations=2, batch_size=size)
    aumann_shapley(net, image, "features", classes=[0], steps=9, batch_size=size)
    # The two ends, t(A) and t(0), go together; there are 5 coalitions and 9 steps.
    assert max(seen) == max(2, min(size, 9))


def test_the_head_runs_once_and_one_run_serves_all_classes(closed_form, image, mix):
    calls = {"head": 0, "tail": 0}

    class Counting(closed_form):
        def head(self, *layers):
            inner = super().head(*layers)

            def run(images):
                tf.py_function(lambda: calls.update(head=calls["head"] + 1), [], [])
                return inner(images)

            return run

    def tail(a):
        tf.py_function(lambda: calls.update(tail=calls["tail"] + 1), [], [])
        return tf.reduce_mean(a, [1, 2])

    net = Counting(mix, tail, 6)
    shapley_sampling(net, image, "features", classes=[0], permutations=4)
    assert calls["head"] == 1
    once = calls["tail"]
    shapley_sampling(net, image, "features", classes=[0, 1, 2, 3], permutations=4)
    assert calls == {"head": 1, "tail": 2 * once}  # the activations are remembered


def test_antithetic_pairs_lower_the_error(relu_net, image):
    def error(antithetic):
        (found,) = shapley_sampling(
            relu_net, image, "features", classes=[0], permutations=200, antithetic=antithetic
        )
        return found.standard_error.mean()

    assert error(True) < 0.8 * error(False)


def test_batches_do_not_change_the_result(relu_net, image):
    whole, parts = (
        shapley_sampling(relu_net, image, "features", classes=[1], permutations=4, batch_size=size)[
            0
        ].values
        for size in (64, 2)
    )
    np.testing.assert_allclose(whole, parts, rtol=1e-5)


def test_sampling_is_reproduced_by_its_seed_alone(relu_net, image):
    def values(seed):
        return shapley_sampling(
            relu_net, image, "features", classes=[0], permutations=4, seed=seed
        )[0].values

    np.testing.assert_array_equal(values(1), values(1))
    assert np.abs(values(1) - values(2)).max() > 0


def test_sampling_stops_at_the_tolerance(relu_net, image):
    seen = []
    (found,) = shapley_sampling(
        relu_net, image, "features", classes=[0], permutations=2000, tolerance=0.02,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert found.standard_error.mean() < 0.02
    assert seen[-1][0] < 2000
    assert found.evaluations == seen[-1][0] * 5 + 2
    assert all(total == 2000 for _, total in seen)


def test_a_single_channel_gets_everything(closed_form, image):
    net = closed_form(np.ones((3, 1)), lambda a: tf.reduce_mean(a, [1, 2]) ** 2, 1)
    (shap,) = shapley_sampling(net, image, "features", classes=[0], permutations=2)
    assert shap.values == pytest.approx([shap.total])


def test_a_channel_that_is_zero_everywhere_costs_nothing(closed_form, image, mix, relu_weights):
    silent = mix.copy()
    silent[:, [1, 4]] = 0
    counted = []

    def tail(a):
        tf.py_function(lambda n: counted.append(int(n)), [tf.shape(a)[0]], [])
        return relu_tail(*relu_weights)(a)

    net = closed_form(silent, tail, 2)
    (found,) = shapley_sampling(net, image, "features", classes=[0], permutations=4)
    assert sum(counted) == 2 * 2 + 4 * 3  # both ends, twice; four players have three coalitions
    assert found.evaluations == 2 + 4 * 3
    np.testing.assert_array_equal(found.values[[1, 4]], 0)
    np.testing.assert_array_equal(found.standard_error[[1, 4]], 0)

    # The same orders with these two in them.
    keys = _stratified_keys(np.random.default_rng(0), 2, 6, True)
    means, (first, second) = channel_means(image, silent), relu_weights

    def marginal(order, player):
        before = np.isin(np.arange(6), order[: list(order).index(player)])
        after = before | (np.arange(6) == player)
        worths = [np.maximum((means * s) @ first - 0.3, 0) @ second[:, 0] for s in (before, after)]
        return worths[1] - worths[0]

    orders = [order for key in keys for order in (np.argsort(key), np.argsort(key)[::-1])]
    expected = [np.mean([marginal(order, i) for order in orders]) for i in range(6)]
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("channels", [[], [2]])
def test_one_player_or_none(closed_form, image, channels):
    mix = np.zeros((3, 4))
    mix[:, channels] = 1
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) ** 2 + 1, 4)
    (found,) = shapley_sampling(net, image, "features", classes=[2], permutations=2)
    assert found.values.sum() == pytest.approx(found.total)
    assert np.flatnonzero(found.values).tolist() == channels


def test_sums_of_channels_and_the_whole_tail_give_the_same(monkeypatch):
    net = KerasNetwork(network())
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)

    def values():
        found = shapley_sampling(
            net, image, "fine", classes=[0, 2], permutations=3, batch_size=2, seed=5
        )
        return [own.values for own in found]

    by_sums = values()
    monkeypatch.setattr(KerasNetwork, "linear_start", lambda *_: None)
    net = KerasNetwork(network())
    np.testing.assert_allclose(by_sums, values(), rtol=1e-4, atol=1e-6)


def test_another_number_format_is_near_and_sums_to_its_own_total():
    net = KerasNetwork(network())
    image = np.random.default_rng(0).random((16, 16, 3), np.float32)

    def found(dtype):
        (own,) = shapley_sampling(net, image, "fine", classes=[1], permutations=4, dtype=dtype)
        return own

    own, same, half = found(None), found("float32"), found("bfloat16")
    np.testing.assert_array_equal(own.values, same.values)
    assert np.abs(half.values - own.values).max() > 0
    np.testing.assert_allclose(half.values, own.values, atol=0.02 * np.abs(own.values).max())
    assert half.relative_gap < 0.02
    assert half.provenance.options["dtype"] == "bfloat16"
    with pytest.raises(InputError, match="float8"):
        found("float8")
