"""Outlines of parts, in the units of the figure that they belong to (x to the right, y down)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = Sequence[tuple[float, float]] | np.ndarray

_AROUND = np.arange(28) * (2 * np.pi / 28)
_CIRCLE = np.stack([np.cos(_AROUND), np.sin(_AROUND)], axis=1)
_PIECES = 6
"""Pieces into which a curve is cut between two of its points."""


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> np.ndarray:
    """An ellipse around (x, y), turned clockwise by `angle` degrees: (28, 2)."""
    points = _CIRCLE * (rx, ry)
    return (turned(points, angle) if angle else points) + (x, y)


def ring(x: float, y: float, outer: float, inner: float) -> np.ndarray:
    """What lies between two circles around (x, y): (58, 2).

    One outline: round the outer circle, across to the inner one, back round it, and across again.
    """
    circle = np.concatenate([_CIRCLE, _CIRCLE[:1]])
    return np.concatenate([circle * outer, circle[::-1] * inner]) + np.array((x, y))


def turned(points: Points, angle: float, centre: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Points turned clockwise around `centre` by `angle` degrees: (n, 2)."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (np.asarray(points, float) - centre) @ [[cos, sin], [-sin, cos]] + centre


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """A rectangle's corners: (4, 2)."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def blob(points: Points) -> np.ndarray:
    """The closed smooth curve (a Catmull–Rom spline) through n points: (6 n, 2)."""
    points = np.asarray(points, float)
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    return _spline(before, points, after, np.roll(points, -2, axis=0))


def curve(points: Points) -> np.ndarray:
    """The open smooth curve through n points, its ends among them: (6 n - 5, 2)."""
    points = np.asarray(points, float)
    ends = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    inner = _spline(ends[:-3], ends[1:-2], ends[2:-1], ends[3:])
    return np.concatenate([inner, points[-1:]])


def _spline(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """From each of b to its c, which lie between their a and d, (n, 2) all: (6 n, 2)."""
    t = np.arange(_PIECES)[:, np.newaxis, np.newaxis] / _PIECES
    curves = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return curves.transpose(1, 0, 2).reshape(-1, 2)


def limb(points: Points, widths: Sequence[float]) -> np.ndarray:
    """A smooth line through n points, as wide as `widths` say from end to end, with round ends.

    Args:
        points: two or more.
        widths: at even steps along the line, whatever the number of points.

    Returns:
        (12 n, 2).
    """
    line = curve(points)
    position = np.linspace(0, 1, len(line))
    radius = np.interp(position, np.linspace(0, 1, len(widths)), widths)[:, np.newaxis] / 2
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, np.newaxis]
    across = along[:, ::-1] * (-1, 1)

    def cap(end: int, sign: int) -> np.ndarray:
        t = np.linspace(0, np.pi, 7)[1:-1, np.newaxis]
        side = sign * across[end]
        return line[end] + radius[end] * (np.cos(t) * side + np.sin(t) * sign * along[end])

    # From the left side round the end, back on the right side, round the start.
    left, right = line + radius * across, line - radius * across
    return np.concatenate([left, cap(-1, 1), right[::-1], cap(0, -1)])


def star(x: float, y: float, inner: float, outer: float, n: int, angle: float = 0.0) -> np.ndarray:
    """A rounded star around (x, y) with `n` rays.

    Args:
        x, y: its centre.
        inner: radius between rays.
        outer: radius at their tips.
        n: rays.
        angle: turned clockwise, in degrees.

    Returns:
        (12 n, 2).
    """
    around = np.radians(angle) + np.arange(2 * n) * np.pi / n
    radius = np.where(np.arange(2 * n) % 2, inner, outer)
    return blob(np.stack([x + radius * np.cos(around), y + radius * np.sin(around)], axis=1))
