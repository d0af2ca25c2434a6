"""Bicycles: a figure that belongs to no class, drawn as the things are."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, LAMPLIGHT, STEEL, WOODS, Sketch
from .surfaces import courses, dimmed, flat


def bicycle(s: Sketch) -> None:
    """Two wheels with spokes, a frame of tubes, a saddle, handlebars, pedals."""
    r, y = s.between(0.5, 0.57), 0.4
    back, front = (-0.72, y), (0.72, y)
    _wheel(s, *back, r)
    _wheel(s, *front, r)
    guard = flat(s.colours.accent if s.chance(0.5) else s.darker(s.colours.second, 0.3))
    if s.chance(0.5):
        for (x, _), low, high in ((back, 185, 320), (front, 200, 335)):
            around = np.radians(np.linspace(low, high, 7))
            arc = np.stack([x + 1.06 * r * np.cos(around), y + 1.06 * r * np.sin(around)], 1)
            s.add(shapes.limb(arc, (0.05, 0.08, 0.05)), guard, 0.6)
    thick = s.between(0.085, 0.115)
    pedals, seat = (-0.12, y + 0.02), (-0.3, -0.3)
    stem = (s.between(0.4, 0.46), -0.34)
    step_through = s.chance(0.35)
    steel = flat(STEEL)
    s.line([seat, (-0.35, -0.5)], 0.07, STEEL)
    for tube, width in (
        ((back, pedals), 0.7), ((back, (-0.28, -0.22)), 0.7), ((pedals, seat), 1.0),
    ):  # fmt: skip
        s.add(shapes.limb(tube, (width * thick,) * 2), dimmed(s.coat, 0.88), 0.8)
    s.add(shapes.limb([stem, (0.54, 0.05), front], (thick, 0.6 * thick)), s.coat, 0.8)
    s.add(shapes.limb([pedals, (stem[0] + 0.02, -0.2)], (thick, thick)), s.coat, 0.9)
    if step_through:
        s.add(shapes.limb([(-0.2, 0.1), (0.1, 0.05), (stem[0], -0.27)], (thick,) * 2), s.coat, 0.9)
    else:
        s.add(shapes.limb([(-0.29, -0.25), (stem[0], -0.29)], (thick,) * 2), s.coat, 0.9)
    for point, radius in ((back, 0.07), (front, 0.07)):
        s.add(shapes.ellipse(*point, radius, radius), steel, 0.7)
    _crank(s, pedals, back)
    leather = flat(s.darker(s.one_of(WOODS), s.between(0.2, 0.8)))
    saddle = [(-0.62, -0.6), (-0.4, -0.59), (-0.12, -0.56), (-0.1, -0.51), (-0.32, -0.48),
              (-0.52, -0.44), (-0.64, -0.5)]  # fmt: skip
    s.add(shapes.blob(saddle), leather, 0.9)
    top = (stem[0] - 0.05, stem[1] - s.between(0.14, 0.22))
    s.add(shapes.limb([stem, top], (0.9 * thick, 0.08)), steel, 0.7)
    if s.chance(0.5):  # of a racer
        bar = [
            top,
            (top[0] + 0.24, top[1]),
            (top[0] + 0.34, top[1] + 0.14),
            (top[0] + 0.16, top[1] + 0.26),
        ]
    else:
        bar = [
            (top[0] + 0.06, top[1] - 0.02),
            (top[0] - 0.1, top[1] - 0.08),
            (top[0] - 0.3, top[1]),
        ]
    s.add(shapes.limb(bar, (0.06, 0.06)), steel, 0.7)
    s.add(shapes.limb(bar[-2:] if len(bar) == 3 else bar[-1:-3:-1], (0.1, 0.1)), leather, 0.7)
    if s.chance(0.4):
        wicker = courses(flat(s.one_of(WOODS)), 0.1, 0.07, 0.4)
        x = stem[0] + 0.12
        s.add(
            np.array([(x, -0.62), (x + 0.5, -0.62), (x + 0.42, -0.26), (x + 0.06, -0.26)]),
            wicker,
            0.7,
        )
    if s.chance(0.5):
        s.add(shapes.ellipse(stem[0] + 0.16, -0.2, 0.08, 0.09), flat(LAMPLIGHT), 0.6)


def _wheel(s: Sketch, x: float, y: float, r: float) -> None:
    """A tyre on a rim with spokes; what lies behind shows between these."""
    n, turn = s.rng.randint(7, 11), s.between(0, np.pi)
    for k in range(n):
        angle = turn + np.pi * k / n
        dx, dy = 0.84 * r * np.cos(angle), 0.84 * r * np.sin(angle)
        s.add(shapes.limb([(x - dx, y - dy), (x + dx, y + dy)], (0.02, 0.02)), flat(STEEL), 0)
    s.add(shapes.ring(x, y, r, 0.84 * r), flat(DARK), 0.9)
    s.add(shapes.ring(x, y, 0.86 * r, 0.78 * r), flat(STEEL), 0.7)


def _crank(s: Sketch, at: tuple[float, float], back: tuple[float, float]) -> None:
    """A chain round a toothed disc, and two pedals."""
    x, y = at
    for dy in (-0.1, 0.1):
        s.line([(back[0], back[1] + 0.45 * dy), (x, y + 1.2 * dy)], 0.035, s.darker(STEEL, 0.7))
    s.add(shapes.star(x, y, 0.13, 0.16, 12), flat(s.darker(STEEL, 0.45)), 0.6)
    s.add(shapes.ellipse(x, y, 0.07, 0.07), flat(STEEL), 0.6)
    angle = s.between(0, np.pi)
    for sign in (-1, 1):
        end = (x + sign * 0.24 * np.cos(angle), y + sign * 0.24 * np.sin(angle))
        s.add(shapes.limb([at, end], (0.06, 0.05)), flat(STEEL), 0.5)
        s.add(
            shapes.box(end[0] - 0.1, end[1] - 0.035, end[0] + 0.1, end[1] + 0.035), flat(DARK), 0.5
        )
