"""What is not an animal: each a function that draws one figure, about two units wide or high."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, WHITE, Sketch
from .surfaces import coat, courses, dimmed, flat, foliage, pulled, scallops

GLASS = np.float32([0.62, 0.78, 0.86])
LAMP = np.float32([1.0, 0.93, 0.6])


def _box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def car(s: Sketch) -> None:
    """Two wheels, a cabin with windows, lights."""
    van = s.chance(0.35)
    roof = s.between(-0.72, -0.55)
    if van:
        cabin = [(-1.0, 0.0), (-0.98, roof), (0.6, roof), (0.95, -0.05)]
        panes = [[(-0.88, -0.08), (-0.88, roof + 0.12), (-0.22, roof + 0.12), (-0.22, -0.08)],
                 [(-0.1, -0.08), (-0.1, roof + 0.12), (0.5, roof + 0.12), (0.74, -0.08)]]  # fmt: skip
    else:
        back = s.between(-0.85, -0.6)
        cabin = [(back - 0.15, 0.0), (back + 0.15, roof), (0.35, roof), (0.72, 0.0)]
        panes = [[(back + 0.05, -0.06), (back + 0.23, roof + 0.12), (-0.12, roof + 0.12), (-0.12, -0.06)],
                 [(0.0, -0.06), (0.0, roof + 0.12), (0.29, roof + 0.12), (0.54, -0.06)]]  # fmt: skip
    s.add(np.array(cabin), dimmed(s.coat, 0.9), 0.5)
    for pane in panes:
        s.add(np.array(pane), flat(GLASS * s.between(0.75, 1.1)), 0.4)
    s.add(shapes.blob([(-1.2, 0.35), (-1.2, 0.02), (-0.9, -0.08), (0.7, -0.06), (1.1, 0.05), (1.25, 0.3),
                       (1.2, 0.45), (-1.15, 0.46)]), s.coat, 0.8)  # fmt: skip
    s.add(_box(-1.18, 0.3, 1.2, 0.42), flat(s.darker(s.colours.base, 0.4)), 0.4)
    s.line([(-0.06, -0.05), (-0.08, 0.3)], 0.03, s.darker(s.colours.base, 0.55))
    s.line([(-0.3, 0.06), (-0.16, 0.06)], 0.05, s.darker(s.colours.base, 0.55))
    s.add(shapes.ellipse(1.12, 0.14, 0.1, 0.09), flat(LAMP), 0.5)
    s.add(shapes.ellipse(-1.15, 0.12, 0.07, 0.1), flat([0.85, 0.2, 0.15]), 0.5)
    r, hub = s.between(0.26, 0.34), s.colours.light
    for x in (-0.68, 0.7):
        s.add(shapes.ellipse(x, 0.45, r, r), flat(DARK), 0.9)
        s.add(shapes.ellipse(x, 0.45, 0.55 * r, 0.55 * r), flat(hub), 0.6)
        s.add(shapes.star(x, 0.45, 0.2 * r, 0.45 * r, 5, s.between(0, 72)), flat(s.darker(hub, 0.5)), 0)


def boat(s: Sketch) -> None:
    """A hull with planks; sails, or a funnel."""
    hull = courses(s.coat, 3.0, s.between(0.14, 0.2), 0.45)
    deck = s.between(0.1, 0.25)
    if s.chance(0.65):
        mast = s.between(-0.15, 0.1)
        cloth = pulled(coat(s.rng, s.colours), s.colours.light, 0.6)
        s.line([(mast, deck), (mast, -1.3)], 0.07, s.darker(s.colours.second, 0.4))
        s.add(shapes.blob([(mast + 0.06, -1.22), (mast + 0.5, -0.55), (mast + 0.95, 0.0),
                           (mast + 0.45, 0.05), (mast + 0.08, 0.0)]), cloth, 0.8)  # fmt: skip
        s.add(np.array([(mast - 0.07, -1.05), (mast - 0.07, 0.0), (mast - 0.75, 0.0)]), dimmed(cloth, 0.9), 0.6)
        s.add(np.array([(mast, -1.34), (mast - 0.3, -1.24), (mast, -1.14)]), flat(s.colours.accent), 0.2)
    else:
        for x in (-0.1, 0.3)[: s.rng.randint(1, 3)]:
            s.add(_box(x - 0.13, -0.85, x + 0.13, 0.0), flat(s.colours.accent), 0.7)
            s.add(_box(x - 0.13, -0.85, x + 0.13, -0.68), flat(DARK), 0.4)
        s.add(_box(-0.6, -0.4, 0.6, deck), s.pale, 0.5)
        for x in (-0.4, -0.13, 0.14, 0.4):
            s.add(shapes.ellipse(x, -0.16, 0.09, 0.09), flat(GLASS), 0.4)
    keel = s.between(0.62, 0.78)
    s.add(shapes.blob([(-1.2, deck - 0.05), (-0.5, deck + 0.02), (0.5, deck + 0.02), (1.3, deck - 0.15),
                       (0.95, 0.5), (0.6, keel), (-0.7, keel), (-1.02, 0.5)]), hull, 0.8)  # fmt: skip
    s.add(shapes.limb([(-1.18, deck), (0, deck + 0.06), (1.26, deck - 0.1)], (0.1, 0.1, 0.1)),
          flat(s.colours.light), 0.4)  # fmt: skip


def house(s: Sketch) -> None:
    """Walls of brick or boards, a gable roof with tiles, a door, windows."""
    walls = courses(s.coat, s.between(0.22, 0.34), s.between(0.11, 0.15), 0.35)
    if s.chance(0.35):
        walls = courses(s.coat, 5.0, s.between(0.14, 0.2), 0.3)
    wide, eaves, base = s.between(0.75, 0.95), s.between(-0.25, -0.05), 0.95
    top = eaves - s.between(0.6, 0.95)
    if s.chance(0.7):
        x = s.between(0.3, 0.5) * (1 if s.chance(0.5) else -1)
        s.add(_box(x - 0.12, top - 0.05, x + 0.12, eaves), courses(flat(s.colours.second), 0.16, 0.09, 0.4), 0.6)
    s.add(_box(-wide, eaves - 0.05, wide, base), walls, 0.4)
    tiles = scallops(flat(s.colours.accent if s.chance(0.5) else s.darker(s.colours.second, 0.3)),
                     s.between(0.16, 0.22), 0.45)  # fmt: skip
    over = s.between(0.12, 0.22)
    ridge = s.between(0.0, 0.35)
    s.add(np.array([(-wide - over, eaves + 0.05), (-ridge, top), (ridge, top), (wide + over, eaves + 0.05)]),
          tiles, 0.6)  # fmt: skip
    door = s.between(-0.25, 0.25)
    frame = s.colours.light
    s.add(_box(door - 0.19, 0.38, door + 0.19, base), flat(frame), 0.3)
    s.add(_box(door - 0.14, 0.43, door + 0.14, base), courses(flat(s.colours.second), 0.1, 3.0, 0.4), 0.4)
    s.add(shapes.ellipse(door + 0.09, 0.7, 0.03, 0.03), flat(LAMP), 0)
    pane = flat(LAMP if s.chance(0.3) else GLASS * 0.8)
    for x in (-0.58 * wide - 0.1, 0.58 * wide + 0.1):
        y = 0.35
        if abs(x - door) < 0.42:
            continue
        s.add(_box(x - 0.2, y - 0.21, x + 0.2, y + 0.21), flat(frame), 0.3)
        s.add(_box(x - 0.15, y - 0.16, x + 0.15, y + 0.16), pane, 0.3)
        s.add(_box(x - 0.02, y - 0.17, x + 0.02, y + 0.17), flat(frame), 0)
        s.add(_box(x - 0.16, y - 0.02, x + 0.16, y + 0.02), flat(frame), 0)
    if s.chance(0.5):
        s.add(shapes.ellipse(0, eaves - 0.25, 0.14, 0.14), flat(frame), 0.3)
        s.add(shapes.ellipse(0, eaves - 0.25, 0.1, 0.1), pane, 0.3)


def tree(s: Sketch) -> None:
    """A trunk with bark, a crown of leaves."""
    bark = courses(coat(s.rng, s.colours, "mottled"), 0.06, 0.5, 0.5)
    leaves = foliage(s.coat, tuple(s.rng.randint(0, 512, 2)))
    thick = s.between(0.22, 0.32)
    if s.chance(0.35):  # a conifer
        s.add(_box(-0.6 * thick, 0.5, 0.6 * thick, 1.1), bark, 0.7)
        tiers = s.rng.randint(3, 5)
        for k in reversed(range(tiers)):
            top, half = -1.25 + 0.42 * k, 0.32 + 0.17 * k
            bottom = top + 0.85
            edge = np.linspace(-half, half, 9)
            jag = np.stack([edge, bottom + 0.07 * (np.arange(9) % 2)], 1)
            s.add(np.concatenate([[(0, top)], jag[::-1]]), leaves, 0.8)
        return
    s.add(shapes.limb([(0, -0.3), (s.between(-0.06, 0.06), 0.5), (0, 1.1)], (0.6 * thick, thick, 1.5 * thick)),
          bark, 0.8)  # fmt: skip
    for side in (-1, 1):
        s.add(shapes.limb([(0, 0.35), (side * 0.35, -0.05), (side * 0.5, -0.3)], (0.7 * thick, 0.4 * thick)), bark, 0.7)
    n = s.rng.randint(5, 8)
    for k in range(n):
        angle = 2 * np.pi * k / n + s.between(-0.2, 0.2)
        x, y = 0.52 * np.cos(angle), -0.55 + 0.38 * np.sin(angle)
        r = s.between(0.36, 0.5)
        s.add(shapes.star(x, y, 0.85 * r, 1.05 * r, 9, s.between(0, 40)), dimmed(leaves, 0.85), 0.8)
    r = s.between(0.5, 0.6)
    s.add(shapes.star(0, -0.6, 0.9 * r, 1.05 * r, 10, s.between(0, 36)), leaves, 0.6)
    if s.chance(0.3):
        for _ in range(6):
            x, y = s.between(-0.7, 0.7), s.between(-1.0, -0.2)
            s.add(shapes.ellipse(x, y, 0.08, 0.08), flat(s.colours.accent), 0.8)


def mushroom(s: Sketch) -> None:
    """A cap with dots, gills, a stem."""
    wide, high = s.between(0.85, 1.1), s.between(0.6, 0.95)
    stem = pulled(s.coat, s.colours.light, 0.85)
    foot = s.between(0.3, 0.42)
    s.add(shapes.blob([(-0.22, -0.1), (0.22, -0.1), (0.25, 0.6), (foot, 1.05), (-foot, 1.05), (-0.25, 0.6)]),
          stem, 0.8)  # fmt: skip
    if s.chance(0.6):
        s.add(shapes.blob([(-0.26, 0.15), (0.26, 0.15), (0.38, 0.38), (0, 0.32), (-0.38, 0.38)]), s.pale, 0.6)
    s.add(shapes.ellipse(0, -0.05, 0.92 * wide, 0.2), courses(dimmed(stem, 0.85), 0.09, 3.0, 0.5), 0.3)
    s.add(shapes.blob([(-wide, -0.02), (-0.8 * wide, -0.55 * high), (-0.3 * wide, -high), (0.3 * wide, -high),
                       (0.8 * wide, -0.55 * high), (wide, -0.02), (0.4 * wide, -0.12), (-0.4 * wide, -0.12)]),
          s.coat, 1.0)  # fmt: skip
    dots = flat(s.colours.light if s.chance(0.7) else WHITE)
    for x, y, r in ((-0.6, -0.3, 0.11), (-0.28, -0.72, 0.13), (0.05, -0.36, 0.16), (0.36, -0.75, 0.11),
                    (0.62, -0.34, 0.13)):  # fmt: skip
        r *= s.between(0.8, 1.2)
        s.add(shapes.ellipse(x * wide, y * high, r, 0.85 * r), dots, 0.5)


def flower(s: Sketch) -> None:
    """Petals around a disc, a stem with leaves."""
    n = s.rng.randint(5, 10)
    x, y = 0.0, s.between(-0.5, -0.3)
    green = pulled(s.coat, s.darker(s.colours.second, 0.2), 0.7)
    bend = s.between(-0.25, 0.25)
    s.add(shapes.limb([(x, y), (bend, 0.5), (0.4 * bend, 1.25)], (0.1, 0.1, 0.12)), green, 0.6)
    for side in (-1, 1):
        low = s.between(0.55, 0.85)
        leaf = [(0.0, low + 0.25), (0.3, low - 0.1), (0.68, low - 0.22), (0.5, low + 0.12)]
        s.add(shapes.blob(np.array(leaf) * (side, 1) + (0.5 * bend, 0)), green, 0.6)
    length = s.between(0.5, 0.66)
    breadth = min(0.3, 1.9 * length / n) * s.between(0.9, 1.2)
    turn = s.between(0, 360)
    for ring, shade in ((1.0, 0.8), (0.82, 1.0)):
        for k in range(n):
            angle = turn + 360 / n * (k + (0.5 if ring < 1 else 0))
            petal = shapes.blob([(0.1, 0), (0.55 * length, -breadth), (1.25 * length, -0.35 * breadth),
                                 (1.25 * length, 0.35 * breadth), (0.55 * length, breadth)])  # fmt: skip
            s.add(shapes.turned(petal * ring, angle) + (x, y), dimmed(s.coat, shade), 0.6)
        if n > 6:
            break
    r = s.between(0.2, 0.27)
    s.add(shapes.ellipse(x, y, r, r), scallops(flat(s.colours.accent), 0.07, 0.6), 0.9)
