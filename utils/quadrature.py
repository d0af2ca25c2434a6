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
