"""Rules against integrals that are known."""

import numpy as np
import pytest

from tfvis.utils.quadrature import RULES, refined


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_weights_sum_to_the_length_of_the_path(rule, n):
    nodes, weights = RULES[rule](n)
    assert len(nodes) == len(weights) == n
    assert weights.sum() == pytest.approx(1)
    assert (nodes >= 0).all()
    assert (nodes <= 1).all()


@pytest.mark.parametrize(
    ("rule", "error"),
    [("left", 0.09), ("midpoint", 0.0005), ("graded", 0.002), ("gauss_legendre", 1e-12)],
)
def test_the_integral_of_a_square_is_a_third(rule, error):
    nodes, weights = RULES[rule](16)
    assert weights @ nodes**2 == pytest.approx(1 / 3, abs=error)


def test_the_graded_rule_has_its_nodes_near_the_start():
    nodes, _ = RULES["graded"](64)
    assert np.median(nodes) == pytest.approx(0.25, abs=0.01)


def test_rounds_of_the_refined_rule_are_trapezoids_of_ever_more_nodes():
    total, seen = 0.0, np.empty(0)
    for (nodes, weights, kept), n in zip(refined(83), (20, 40, 80), strict=True):
        seen = np.append(seen, nodes)
        total = total * kept + weights @ np.exp(nodes)
        u = np.arange(n + 1) / n
        np.testing.assert_allclose(np.sort(seen), u[1:] ** 2, rtol=1e-12)
        heights = 2 * u * np.exp(u**2)
        assert total == pytest.approx(np.mean((heights[1:] + heights[:-1]) / 2), rel=1e-12)
    assert total == pytest.approx(np.e - 1, rel=1e-3)


def test_few_nodes_are_one_round():
    ((nodes, weights, _),) = refined(3)
    np.testing.assert_array_equal((nodes, weights), RULES["graded"](3))
