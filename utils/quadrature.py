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


def refined(most: int) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """A rule for the integrals that "graded" suits, whose nodes are doubled twice over.

    The trapezoidal rule in u with α = u²; at u = 0 it has no node, since its weight there is 0.

    Args:
        most: nodes in all, at most; a multiple of 4 uses them up.

    Returns:
        A round each: new nodes, their weights, and the factor of what was summed before them. The
        rounds have a quarter of `most` nodes, a quarter and a half; with fewer than 4 nodes in all
        there is one round, of "graded".

    Example:
        >>> [len(nodes) for nodes, _, _ in refined(64)]
        [16, 16, 32]
    """
    if most < 4:
        return [(*_graded(most), 1.0)]
    rounds = []
    for n in (most // 4, 2 * (most // 4), 4 * (most // 4)):
        u = np.arange(1, n + 1) / n
        weights = 2 * u / n
        weights[-1] /= 2
        new = slice(None, None, 2) if rounds else slice(None)
        rounds.append((u[new] ** 2, weights[new], 0.5))
    return rounds
