"""Bicycles: a figure that belongs to no class, drawn as the things are."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, LAMPLIGHT, STEEL, WOODS, Sketch
from .surfaces import Surface, courses, dimmed, flat

Point = tuple[float, float]


def bicycle(s: Sketch) -> None:
    """Two wheels with spokes, a frame of tubes, a saddle, handlebars, pedals."""
    r, y = s.between(0.5, 0.57), 0.4
    back, front, pedals = (-0.72, y), (0.72, y), (-0.12, y + 0.02)
    head = (s.between(0.4, 0.46), -0.34)
    for wheel in (back, front):
        _wheel(s, *wheel, r)
    if s.chance(0.5):
        guard = flat(s.colours.accent if s.chance(0.5) else s.darker(s.colours.second, 0.3))
        for (x, _), low, high in ((back, 185, 320), (front, 200, 335)):
            around = np.radians(np.linspace(low, high, 7))
            arc = np.stack([x + 1.06 * r * np.cos(around), y + 1.06 * r * np.sin(around)], 1)
            s.add(shapes.limb(arc, (0.05, 0.08, 0.05)), guard, 0.6)
    _frame(s, back, front, pedals, head)
    for x, _ in (back, front):
        s.add(shapes.ellipse(x, y, 0.07, 0.07), flat(STEEL), 0.7)
    _crank(s, pedals, back)
    leather = flat(s.darker(s.one_of(WOODS), s.between(0.2, 0.8)))
    saddle = [(-0.62, -0.6), (-0.4, -0.59), (-0.12, -0.56), (-0.1, -0.51), (-0.32, -0.48),
              (-0.52, -0.44), (-0.64, -0.5)]  # fmt: skip
    s.add(shapes.blob(saddle), leather, 0.9)
    _handlebars(s, head, leather)
    if s.chance(0.4):
        wicker = courses(flat(s.one_of(WOODS)), 0.1, 0.07, 0.4)
        x = head[0] + 0.12
        basket = [(x, -0.62), (x + 0.5, -0.62), (x + 0.42, -0.26), (x + 0.06, -0.26)]
        s.add(np.array(basket), wicker, 0.7)
    if s.chance(0.5):
        s.add(shapes.ellipse(head[0] + 0.16, -0.2, 0.08, 0.09), flat(LAMPLIGHT), 0.6)


def _frame(s: Sketch, back: Point, front: Point, pedals: Point, head: Point) -> None:
    """Tubes between the hubs, the pedals, the saddle and the handlebars."""
    thick, step_through = s.between(0.085, 0.115), s.chance(0.35)
    seat = (-0.3, -0.3)
    s.line([seat, (-0.35, -0.5)], 0.07, STEEL)
    for end, point, width in ((pedals, back, 0.7), (seat, back, 0.7), (seat, pedals, 1.0)):
        tube = shapes.limb([point, end], (width * thick, width * thick))
        s.add(tube, dimmed(s.coat, 0.88), 0.8)
    s.add(shapes.limb([head, (0.54, 0.05), front], (thick, 0.6 * thick)), None, 0.8)
    s.add(shapes.limb([pedals, (head[0] + 0.02, -0.2)], (thick, thick)), None, 0.9)
    top = [(-0.2, 0.1), (0.1, 0.05), head] if step_through else [(-0.29, -0.25), head]
    s.add(shapes.limb(top, (thick, thick)), None, 0.9)


def _handlebars(s: Sketch, head: Point, leather: Surface) -> None:
    """A bar with a grip: bent down as a racer's, or towards the saddle."""
    x, y = head[0] - 0.05, head[1] - s.between(0.14, 0.22)
    s.add(shapes.limb([head, (x, y)], (0.1, 0.08)), flat(STEEL), 0.7)
    if s.chance(0.5):
        bar = [(x, y), (x + 0.24, y), (x + 0.34, y + 0.14), (x + 0.16, y + 0.26)]
    else:
        bar = [(x + 0.06, y - 0.02), (x - 0.1, y - 0.08), (x - 0.3, y)]
    s.add(shapes.limb(bar, (0.06, 0.06)), flat(STEEL), 0.7)
    s.add(shapes.limb(bar[-2:], (0.1, 0.1)), leather, 0.7)


def _wheel(s: Sketch, x: float, y: float, r: float) -> None:
    """A tyre on a rim with spokes; what lies behind shows between these."""
    n, turn = s.rng.randint(7, 11), s.between(0, np.pi)
    for k in range(n):
        angle = turn + np.pi * k / n
        dx, dy = 0.84 * r * np.cos(angle), 0.84 * r * np.sin(angle)
        s.add(shapes.limb([(x - dx, y - dy), (x + dx, y + dy)], (0.02, 0.02)), flat(STEEL), 0)
    s.add(shapes.ring(x, y, r, 0.84 * r), flat(DARK), 0.9)
    s.add(shapes.ring(x, y, 0.86 * r, 0.78 * r), flat(STEEL), 0.7)


def _crank(s: Sketch, at: Point, back: Point) -> None:
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
