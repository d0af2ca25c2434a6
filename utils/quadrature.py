"""Quadrature rules on [0, 1], for integrals along a path."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def _left(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(n) / n, np.full(n, 1 / n)


def _midpoint(n: int) -> tuple[np.ndarray, np.ndarray]:
    return (np.arange(n) + 0.5) / n, np.full(n, 1 / n)


def _graded(n: int) -> tuple[np.ndarray, np.ndarray]:
    u = (np.arange(n) + 0.5) / n
    return u**2, 2 * u / n


def _gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1) / 2, weights / 2


RULES: dict[str, Callable[[int], tuple[np.ndarray, np.ndarray]]] = {
    "graded": _graded,
    "midpoint": _midpoint,
    "gauss_legendre": _gauss_legendre,
    "left": _left,
}
"""Quadrature rules on [0, 1]: from a count to nodes and weights."""

NESTED = ("graded", "midpoint")
"""The rules of midpoints: those of n intervals are among those of 3n."""


def refined(rule: str, most: int) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """A rule of few nodes, and what makes one of three times as many of it, twice over.

    Args:
        rule: one of `NESTED`.
        most: nodes in all, at most; a multiple of 9 uses them up.

    Returns:
        Nodes, their weights, and the factor of what was summed before them, a round each. The
        rounds have a ninth of `most` nodes, two ninths and six; with fewer than 9 nodes in all
        there is one round.

    Example:
        >>> [len(nodes) for nodes, _, _ in refined("midpoint", 64)]
        [7, 14, 42]
    """
    if most < 9:
        return [(*RULES[rule](most), 0.0)]
    rounds = []
    for n in (most // 9, 3 * (most // 9), 9 * (most // 9)):
        nodes, weights = RULES[rule](n)
        new = np.arange(n) % 3 != 1 if rounds else np.ones(n, bool)
        rounds.append((nodes[new], weights[new], 1 / 3))
    return rounds
