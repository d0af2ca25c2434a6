"""What is not an animal: each a function that draws one figure, about two units wide or high."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, LAMPLIGHT, WHITE, Sketch
from .surfaces import (
    Surface,
    coat,
    courses,
    dimmed,
    flat,
    foliage,
    pulled,
    random_offset,
    scallops,
)

_GLASS = np.array([0.62, 0.78, 0.86], np.float32)


def car(s: Sketch) -> None:
    """Two wheels, a cabin with windows, lights."""
    van = s.chance(0.35)
    roof = s.between(-0.72, -0.55)
    top = roof + 0.12
    if van:
        cabin = [(-1.0, 0.0), (-0.98, roof), (0.6, roof), (0.95, -0.05)]
        panes = [
            [(-0.88, -0.08), (-0.88, top), (-0.22, top), (-0.22, -0.08)],
            [(-0.1, -0.08), (-0.1, top), (0.5, top), (0.74, -0.08)],
        ]
    else:
        back = s.between(-0.85, -0.6)
        cabin = [(back - 0.15, 0.0), (back + 0.15, roof), (0.35, roof), (0.72, 0.0)]
        panes = [
            [(back + 0.05, -0.06), (back + 0.23, top), (-0.12, top), (-0.12, -0.06)],
            [(0.0, -0.06), (0.0, top), (0.29, top), (0.54, -0.06)],
        ]
    s.add(np.array(cabin), dimmed(s.coat, 0.9), 0.5)
    with s.part("window"):
        for pane in panes:
            s.add(np.array(pane), flat(_GLASS * s.between(0.75, 1.1)), 0.4)
    body = [(-1.2, 0.35), (-1.2, 0.02), (-0.9, -0.08), (0.7, -0.06), (1.1, 0.05), (1.25, 0.3),
            (1.2, 0.45), (-1.15, 0.46)]  # fmt: skip
    s.add(shapes.blob(body), s.coat, 0.8)
    with s.part("bumper"):
        s.add(shapes.box(-1.18, 0.3, 1.2, 0.42), flat(s.darker(s.colours.base, 0.4)), 0.4)
    s.line([(-0.06, -0.05), (-0.08, 0.3)], 0.03, s.darker(s.colours.base, 0.55))
    s.line([(-0.3, 0.06), (-0.16, 0.06)], 0.05, s.darker(s.colours.base, 0.55))
    with s.part("light"):
        s.add(shapes.ellipse(1.12, 0.14, 0.1, 0.09), flat(LAMPLIGHT), 0.5)
        s.add(shapes.ellipse(-1.15, 0.12, 0.07, 0.1), flat([0.85, 0.2, 0.15]), 0.5)
    r, hub = s.between(0.26, 0.34), s.colours.light
    with s.part("wheel"):
        for x in (-0.68, 0.7):
            s.add(shapes.ellipse(x, 0.45, r, r), flat(DARK), 0.9)
            s.add(shapes.ellipse(x, 0.45, 0.55 * r, 0.55 * r), flat(hub), 0.6)
            spokes = shapes.star(x, 0.45, 0.2 * r, 0.45 * r, 5, s.between(0, 72))
            s.add(spokes, flat(s.darker(hub, 0.5)), 0)


def boat(s: Sketch) -> None:
    """A hull with planks; sails, or a funnel."""
    planks = courses(s.coat, 3.0, s.between(0.14, 0.2), 0.45)
    deck = s.between(0.1, 0.25)
    if s.chance(0.65):
        mast = s.between(-0.15, 0.1)
        cloth = pulled(coat(s.rng, s.colours), s.colours.light, 0.6)
        with s.part("mast"):
            s.line([(mast, deck), (mast, -1.3)], 0.07, s.darker(s.colours.second, 0.4))
        sail = [(mast + 0.06, -1.22), (mast + 0.5, -0.55), (mast + 0.95, 0.0), (mast + 0.45, 0.05),
                (mast + 0.08, 0.0)]  # fmt: skip
        with s.part("sail"):
            s.add(shapes.blob(sail), cloth, 0.8)
        jib = np.array([(mast - 0.07, -1.05), (mast - 0.07, 0.0), (mast - 0.75, 0.0)])
        with s.part("sail"):
            s.add(jib, dimmed(cloth, 0.9), 0.6)
        flag = np.array([(mast, -1.34), (mast - 0.3, -1.24), (mast, -1.14)])
        with s.part("flag"):
            s.add(flag, flat(s.colours.accent), 0.2)
    else:
        with s.part("funnel"):
            for x in (-0.1, 0.3)[: s.rng.randint(1, 3)]:
                s.add(shapes.box(x - 0.13, -0.85, x + 0.13, 0.0), flat(s.colours.accent), 0.7)
                s.add(shapes.box(x - 0.13, -0.85, x + 0.13, -0.68), flat(DARK), 0.4)
        s.add(shapes.box(-0.6, -0.4, 0.6, deck), s.pale, 0.5)
        with s.part("window"):
            for x in (-0.4, -0.13, 0.14, 0.4):
                s.add(shapes.ellipse(x, -0.16, 0.09, 0.09), flat(_GLASS), 0.4)
    keel = s.between(0.62, 0.78)
    hull = [(-1.2, deck - 0.05), (-0.5, deck + 0.02), (0.5, deck + 0.02), (1.3, deck - 0.15),
            (0.95, 0.5), (0.6, keel), (-0.7, keel), (-1.02, 0.5)]  # fmt: skip
    s.add(shapes.blob(hull), planks, 0.8)
    rail = [(-1.18, deck), (0, deck + 0.06), (1.26, deck - 0.1)]
    with s.part("rail"):
        s.add(shapes.limb(rail, (0.1, 0.1, 0.1)), flat(s.colours.light), 0.4)


def house(s: Sketch) -> None:
    """Walls of brick or boards, a gable roof with tiles, a door, windows."""
    walls = courses(s.coat, s.between(0.22, 0.34), s.between(0.11, 0.15), 0.35)
    if s.chance(0.35):
        walls = courses(s.coat, 5.0, s.between(0.14, 0.2), 0.3)
    wide, eaves, base = s.between(0.75, 0.95), s.between(-0.25, -0.05), 0.95
    top = eaves - s.between(0.6, 0.95)
    if s.chance(0.7):
        x = s.between(0.3, 0.5) * (1 if s.chance(0.5) else -1)
        bricks = courses(flat(s.colours.second), 0.16, 0.09, 0.4)
        with s.part("chimney"):
            s.add(shapes.box(x - 0.12, top - 0.05, x + 0.12, eaves), bricks, 0.6)
    s.add(shapes.box(-wide, eaves - 0.05, wide, base), walls, 0.4)
    clay = s.colours.accent if s.chance(0.5) else s.darker(s.colours.second, 0.3)
    tiles = scallops(flat(clay), s.between(0.16, 0.22), 0.45)
    half = wide + s.between(0.12, 0.22)
    ridge = s.between(0.0, 0.35)
    roof = [(-half, eaves + 0.05), (-ridge, top), (ridge, top), (half, eaves + 0.05)]
    with s.part("roof"):
        s.add(np.array(roof), tiles, 0.6)
    door = s.between(-0.25, 0.25)
    frame = flat(s.colours.light)
    with s.part("door"):
        s.add(shapes.box(door - 0.19, 0.38, door + 0.19, base), frame, 0.3)
    boards = courses(flat(s.colours.second), 0.1, 3.0, 0.4)
    with s.part("door"):
        s.add(shapes.box(door - 0.14, 0.43, door + 0.14, base), boards, 0.4)
        s.add(shapes.ellipse(door + 0.09, 0.7, 0.03, 0.03), flat(LAMPLIGHT), 0)
    pane = flat(LAMPLIGHT if s.chance(0.3) else _GLASS * 0.8)
    y = 0.35
    with s.part("window"):
        for x in (-0.58 * wide - 0.1, 0.58 * wide + 0.1):
            if abs(x - door) < 0.42:
                continue
            s.add(shapes.box(x - 0.2, y - 0.21, x + 0.2, y + 0.21), frame, 0.3)
            s.add(shapes.box(x - 0.15, y - 0.16, x + 0.15, y + 0.16), pane, 0.3)
            s.add(shapes.box(x - 0.02, y - 0.17, x + 0.02, y + 0.17), frame, 0)
            s.add(shapes.box(x - 0.16, y - 0.02, x + 0.16, y + 0.02), frame, 0)
    if s.chance(0.5):
        with s.part("roof"):
            s.add(shapes.ellipse(0, eaves - 0.25, 0.14, 0.14), frame, 0.3)
            s.add(shapes.ellipse(0, eaves - 0.25, 0.1, 0.1), pane, 0.3)


def tree(s: Sketch) -> None:
    """A trunk with bark, a crown of leaves; or a conifer."""
    bark = courses(coat(s.rng, s.colours, "mottled"), 0.06, 0.5, 0.5)
    leaves = foliage(s.coat, random_offset(s.rng))
    thick = s.between(0.22, 0.32)
    if s.chance(0.35):
        _conifer(s, thick, bark, leaves)
        return
    trunk = [(0, -0.3), (s.between(-0.06, 0.06), 0.5), (0, 1.1)]
    with s.part("stem"):
        s.add(shapes.limb(trunk, (0.6 * thick, thick, 1.5 * thick)), bark, 0.8)
    for side in (-1, 1):
        branch = [(0, 0.35), (side * 0.35, -0.05), (side * 0.5, -0.3)]
        with s.part("branch"):
            s.add(shapes.limb(branch, (0.7 * thick, 0.4 * thick)), bark, 0.7)
    n = s.rng.randint(5, 8)
    with s.part("crown"):
        for k in range(n):
            angle = 2 * np.pi * k / n + s.between(-0.2, 0.2)
            x, y = 0.52 * np.cos(angle), -0.55 + 0.38 * np.sin(angle)
            r = s.between(0.36, 0.5)
            crown = shapes.star(x, y, 0.85 * r, 1.05 * r, 9, s.between(0, 40))
            s.add(crown, dimmed(leaves, 0.85), 0.8)
    r = s.between(0.5, 0.6)
    with s.part("crown"):
        s.add(shapes.star(0, -0.6, 0.9 * r, 1.05 * r, 10, s.between(0, 36)), leaves, 0.6)
    if s.chance(0.3):
        with s.part("crown"):
            for _ in range(6):
                x, y = s.between(-0.7, 0.7), s.between(-1.0, -0.2)
                s.add(shapes.ellipse(x, y, 0.08, 0.08), flat(s.colours.accent), 0.8)


def _conifer(s: Sketch, thick: float, bark: Surface, leaves: Surface) -> None:
    with s.part("stem"):
        s.add(shapes.box(-0.6 * thick, 0.5, 0.6 * thick, 1.1), bark, 0.7)
    with s.part("crown"):
        for k in reversed(range(s.rng.randint(3, 5))):
            top, half = -1.25 + 0.42 * k, 0.32 + 0.17 * k
            bottom = top + 0.85
            edge = np.linspace(-half, half, 9)
            jag = np.stack([edge, bottom + 0.07 * (np.arange(9) % 2)], 1)
            s.add(np.concatenate([[(0, top)], jag[::-1]]), leaves, 0.8)


def mushroom(s: Sketch) -> None:
    """A cap with dots, gills, a stem."""
    wide, high = s.between(0.85, 1.1), s.between(0.6, 0.95)
    pulp = pulled(s.coat, s.colours.light, 0.85)
    foot = s.between(0.3, 0.42)
    stem = [(-0.22, -0.1), (0.22, -0.1), (0.25, 0.6), (foot, 1.05), (-foot, 1.05), (-0.25, 0.6)]
    with s.part("stem"):
        s.add(shapes.blob(stem), pulp, 0.8)
    if s.chance(0.6):
        ring = [(-0.26, 0.15), (0.26, 0.15), (0.38, 0.38), (0, 0.32), (-0.38, 0.38)]
        with s.part("ring"):
            s.add(shapes.blob(ring), s.pale, 0.6)
    gills = courses(dimmed(pulp, 0.85), 0.09, 3.0, 0.5)
    with s.part("gills"):
        s.add(shapes.ellipse(0, -0.05, 0.92 * wide, 0.2), gills, 0.3)
    cap = [(-wide, -0.02), (-0.8 * wide, -0.55 * high), (-0.3 * wide, -high), (0.3 * wide, -high),
           (0.8 * wide, -0.55 * high), (wide, -0.02), (0.4 * wide, -0.12),
           (-0.4 * wide, -0.12)]  # fmt: skip
    with s.part("cap"):
        s.add(shapes.blob(cap), s.coat, 1.0)
    white = flat(s.colours.light if s.chance(0.7) else WHITE)
    dots = ((-0.6, -0.3, 0.11), (-0.28, -0.72, 0.13), (0.05, -0.36, 0.16), (0.36, -0.75, 0.11),
            (0.62, -0.34, 0.13))  # fmt: skip
    for x, y, r in dots:
        r *= s.between(0.8, 1.2)
        with s.part("cap"):
            s.add(shapes.ellipse(x * wide, y * high, r, 0.85 * r), white, 0.5)


def flower(s: Sketch) -> None:
    """Petals around a disc, a stem with leaves."""
    n = s.rng.randint(5, 10)
    x, y = 0.0, s.between(-0.5, -0.3)
    green = pulled(s.coat, s.darker(s.colours.second, 0.2), 0.7)
    bend = s.between(-0.25, 0.25)
    with s.part("stem"):
        s.add(shapes.limb([(x, y), (bend, 0.5), (0.4 * bend, 1.25)], (0.1, 0.1, 0.12)), green, 0.6)
    for side in (-1, 1):
        low = s.between(0.55, 0.85)
        leaf = [(0.0, low + 0.25), (0.3, low - 0.1), (0.68, low - 0.22), (0.5, low + 0.12)]
        with s.part("leaf"):
            s.add(shapes.blob(np.array(leaf) * (side, 1) + (0.5 * bend, 0)), green, 0.6)
    length = s.between(0.5, 0.66)
    breadth = min(0.3, 1.9 * length / n) * s.between(0.9, 1.2)
    turn = s.between(0, 360)
    petal = shapes.blob([(0.1, 0), (0.55 * length, -breadth), (1.25 * length, -0.35 * breadth),
                         (1.25 * length, 0.35 * breadth), (0.55 * length, breadth)])  # fmt: skip
    with s.part("petal"):
        for ring, shade in ((1.0, 0.8), (0.82, 1.0)):
            for k in range(n):
                angle = turn + 360 / n * (k + (0.5 if ring < 1 else 0))
                s.add(
                    shapes.turned(petal * ring, angle) + np.array((x, y)),
                    dimmed(s.coat, shade),
                    0.6,
                )
            if n > 6:
                break
    r = s.between(0.2, 0.27)
    with s.part("disc"):
        s.add(shapes.ellipse(x, y, r, r), scallops(flat(s.colours.accent), 0.07, 0.6), 0.9)
