"""Rules against integrals that are known."""

import numpy as np
import pytest

from tfvis.utils.quadrature import NESTED, RULES, refined


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


@pytest.mark.parametrize("rule", NESTED)
def test_rounds_of_a_refined_rule_are_the_rule_of_ever_more_nodes(rule):
    total, seen = 0.0, np.empty(0)
    for round_, n in zip(refined(rule, 80), (8, 24, 72), strict=True):
        nodes, weights, kept = round_
        seen = np.append(seen, nodes)
        total = total * kept + weights @ np.exp(nodes)
        plain, plain_weights = RULES[rule](n)
        np.testing.assert_allclose(np.sort(seen), plain, rtol=1e-12)
        assert total == pytest.approx(plain_weights @ np.exp(plain), rel=1e-12)


def test_few_nodes_are_one_round():
    ((nodes, weights, _),) = refined("graded", 8)
    np.testing.assert_array_equal((nodes, weights), RULES["graded"](8))
