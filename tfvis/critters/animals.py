"""The animals: each a function that draws one figure, about two units wide or high."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, WHITE, Sketch
from .surfaces import coat, dimmed, flat, plates, pulled, scallops

ROSY = np.float32([0.88, 0.55, 0.55])


# Heads seen from the front, around (0, 0), about one unit in radius.


def _dog_head(s: Sketch) -> None:
    w, long = s.between(0.72, 0.85), s.between(0.9, 1.05)
    ears = dimmed(s.coat, 0.7) if s.chance(0.6) else pulled(s.coat, s.colours.second, 0.8)
    pricked = s.chance(0.2)
    for side in (-1, 1):
        if pricked:  # stands, and its tip hangs
            ear = [(0.35, -0.6), (0.62, -1.15), (1.0, -1.1), (1.05, -0.75), (0.75, -0.3)]
        else:
            low = s.between(0.35, 0.85)
            ear = [(0.4, -0.75), (0.85, -0.7), (1.15, -0.1), (1.1, low), (0.85, low + 0.1),
                   (0.68, 0.1)]  # fmt: skip
        s.add(shapes.blob(np.array(ear) * (side, 1)), ears)
    s.add(shapes.blob([(0, -0.85 * long), (w * 0.8, -0.65), (w, -0.05), (0.75 * w, 0.5),
                       (0.45, 0.85 * long), (-0.45, 0.85 * long), (-0.75 * w, 0.5), (-w, -0.05),
                       (-w * 0.8, -0.65)]))  # fmt: skip
    if not pricked:
        for side in (-1, 1):  # the ears' roots lie over the head
            s.add(shapes.blob(np.array([(0.42, -0.78), (0.85, -0.7), (1.05, -0.2), (0.95, 0.1),
                                        (0.72, -0.25)]) * (side, 1)), ears)  # fmt: skip
    if s.chance(0.4):
        s.add(shapes.blob([(0, -0.8), (0.14, -0.4), (0.2, 0.2), (-0.2, 0.2), (-0.14, -0.4)]), s.pale, 0.2)
    if s.chance(0.6):
        s.add(shapes.blob([(0.0, 0.6), (0.17, 0.75), (0.15, 1.15), (0, 1.27), (-0.15, 1.15),
                           (-0.17, 0.75)]), flat(ROSY), 0.5)  # fmt: skip
    s.add(shapes.ellipse(0, 0.48, s.between(0.42, 0.52), s.between(0.38, 0.46)), s.pale, 0.8)
    s.line([(0, 0.4), (0.01, 0.62)], 0.05)
    s.line([(0, 0.62), (0.16, 0.74), (0.34, 0.66)], 0.06)
    s.line([(0, 0.62), (-0.16, 0.74), (-0.34, 0.66)], 0.06)
    s.add(shapes.blob([(-0.24, 0.2), (0, 0.13), (0.24, 0.2), (0.15, 0.38), (0, 0.44), (-0.15, 0.38)]),
          flat(DARK), 0.9)  # fmt: skip
    iris, apart = np.float32([0.3, 0.18, 0.1]), s.between(0.3, 0.38)
    for side in (-1, 1):
        s.eye(side * apart, -0.14, 0.13, iris, (0.7, 0.7))
        if s.chance(0.4):
            s.add(shapes.ellipse(side * apart, -0.4, 0.13, 0.07, side * 15), s.pale, 0)


def _cat_head(s: Sketch) -> None:
    spread, tall = s.between(0.45, 0.6), s.between(1.15, 1.4)
    for side in (-1, 1):
        ear = [(0.12, -0.6), (spread + 0.12, -tall), (0.88, -0.2)]
        inner = [(0.32, -0.62), (spread + 0.12, -tall + 0.22), (0.74, -0.35)]
        s.add(np.array(ear) * (side, 1))
        s.add(np.array(inner) * (side, 1), flat(ROSY), 0.3)
    w = s.between(0.9, 1.02)
    s.add(shapes.blob([(0, -0.7), (0.6, -0.58), (w, 0.0), (0.85 * w, 0.42), (0.4, 0.74), (0, 0.8),
                       (-0.4, 0.74), (-0.85 * w, 0.42), (-w, 0.0), (-0.6, -0.58)]))  # fmt: skip
    if s.chance(0.6):
        for x in (-0.2, 0, 0.2):  # the lines on a tabby's forehead
            s.add(shapes.limb([(x, -0.66), (0.7 * x, -0.36)], (0.1, 0.04)),
                  flat(s.darker(s.colours.second)), 0)  # fmt: skip
    for side in (-1, 1):
        s.add(shapes.ellipse(side * 0.19, 0.42, 0.26, 0.2), s.pale, 0.6)
    s.add(shapes.ellipse(0, 0.6, 0.18, 0.12), s.pale, 0.5)
    iris, narrow = s.iris(), s.between(0.22, 0.5)
    for side in (-1, 1):
        x, r = side * 0.4, 0.21
        almond = shapes.blob([(-0.28, 0.05), (-0.05, -0.2), (0.27, -0.1), (0.08, 0.17)])
        s.add(almond * (side, 1) * 1.1 + (x, -0.05), flat(DARK), 0)
        s.add(almond * (side, 1) * 0.92 + (x, -0.05), flat(iris), 0.3)
        s.add(shapes.ellipse(x, -0.06, narrow * r, 0.16), flat(DARK), 0)
        s.add(shapes.ellipse(x - 0.07, -0.12, 0.05, 0.05), flat(WHITE), 0)
    s.add(shapes.blob([(-0.12, 0.22), (0, 0.19), (0.12, 0.22), (0, 0.34)]), flat(ROSY * 0.85), 0.5)
    s.line([(0, 0.34), (0, 0.44)], 0.04)
    s.line([(0, 0.44), (0.12, 0.53), (0.25, 0.48)], 0.045)
    s.line([(0, 0.44), (-0.12, 0.53), (-0.25, 0.48)], 0.045)
    whisker = WHITE if s.chance(0.6) else DARK
    for side in (-1, 1):
        for k in range(3):
            end = (side * s.between(1.15, 1.4), 0.2 + 0.22 * k + s.between(-0.05, 0.05))
            s.line([(side * 0.26, 0.38 + 0.07 * k), (side * 0.75, 0.3 + 0.14 * k), end], 0.04, whisker)


def _rabbit_head(s: Sketch) -> None:
    bent = s.chance(0.3)
    for side in (-1, 1):
        lean = s.between(0.15, 0.5)
        if bent and side == 1:
            line = [(0.3, -0.6), (0.42, -1.3), (0.85, -1.55), (1.15, -1.1)]
        else:
            line = [(0.28, -0.5), (0.3 + 0.5 * lean, -1.3), (0.3 + lean, -2.0)]
        line = np.array(line) * (side, 1)
        s.add(shapes.limb(line, (0.34, 0.5, 0.46, 0.16)))
        s.add(shapes.limb(line, (0.14, 0.26, 0.24, 0.04)), flat(ROSY), 0.3)
    w = s.between(0.72, 0.85)
    s.add(shapes.blob([(0, -0.8), (0.5, -0.62), (w, 0.05), (w + 0.02, 0.4), (0.45, 0.78), (0, 0.86),
                       (-0.45, 0.78), (-w - 0.02, 0.4), (-w, 0.05), (-0.5, -0.62)]))  # fmt: skip
    s.add(np.array([(-0.12, 0.58), (0.12, 0.58), (0.1, 0.88), (-0.1, 0.88)]), flat(WHITE), 0)
    s.line([(0, 0.6), (0, 0.87)], 0.025)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * 0.22, 0.44, 0.27, 0.22), s.pale, 0.6)
        s.eye(side * 0.45, -0.08, 0.17, np.float32([0.3, 0.15, 0.1]), (0.75, 0.75))
    s.add(shapes.blob([(-0.12, 0.24), (0.12, 0.24), (0, 0.38)]), flat(ROSY * 0.9), 0.4)
    s.line([(0, 0.36), (0, 0.52)], 0.04)
    for side in (-1, 1):
        for k in range(2):
            s.line([(side * 0.3, 0.44 + 0.08 * k), (side * 0.95, 0.36 + 0.2 * k)], 0.03, WHITE)


def _elephant_head(s: Sketch) -> None:
    wide, tall = s.between(1.35, 1.65), s.between(0.75, 1.0)
    for side in (-1, 1):
        ear = np.array([(0.45, -0.65), (1.0, -0.95), (wide, -0.6), (wide + 0.05, 0.1),
                        (1.15, tall), (0.75, 0.6), (0.5, 0.2)])  # fmt: skip
        s.add(shapes.blob(ear * (side, 1)), dimmed(s.coat, 0.85))
        s.add(shapes.blob((ear * 0.72 + (0.22, 0)) * (side, 1)), pulled(s.coat, ROSY, 0.45), 0.4)
    s.add(shapes.blob([(0, -0.98), (0.55, -0.8), (0.68, -0.2), (0.55, 0.4), (0.3, 0.75), (-0.3, 0.75),
                       (-0.55, 0.4), (-0.68, -0.2), (-0.55, -0.8)]))  # fmt: skip
    if s.chance(0.75):
        for side in (-1, 1):
            s.add(shapes.limb([(side * 0.36, 0.42), (side * 0.5, 0.85), (side * 0.66, 1.05)],
                              (0.17, 0.14, 0.03)), flat(WHITE * (1, 0.98, 0.88)), 0.8)  # fmt: skip
    sway = s.between(-0.55, 0.55)
    line = [(0, 0.05), (0, 0.6), (0.35 * sway, 1.15), (sway, 1.5), (1.5 * sway, 1.42)]
    s.add(shapes.limb(line, (0.56, 0.48, 0.38, 0.28, 0.22)), None, 0.9)
    along = shapes.curve(line)
    for k in range(5, len(along) - 3, 3):  # the trunk's folds
        x, y = along[k]
        half = 0.2 - 0.1 * k / len(along)
        s.line([(x - half, y), (x, y + 0.05), (x + half, y)], 0.035, s.darker(s.colours.base, 0.6))
    for side in (-1, 1):
        s.eye(side * 0.42, -0.08, 0.09, np.float32([0.3, 0.2, 0.12]), (0.7, 0.7))


def _striped(s: Sketch) -> None:
    dark, light = s.darker(s.colours.second, 0.45), s.colours.light
    if s.chance(0.3):
        light = s.colours.base * 0.5 + 0.5
    pattern = coat(s.rng, s.colours, "stripes")
    s.wear(type(pattern)(np.float32(light), np.float32(dark), "stripes", s.between(0.85, 1.25),
                         s.between(70, 110), 0.05, pattern.offset))  # fmt: skip


def _zebra_head(s: Sketch) -> None:
    for side in (-1, 1):
        ear = np.array([(0.2, -0.75), (0.28, -1.2), (0.5, -1.35), (0.62, -1.05), (0.5, -0.65)])
        s.add(shapes.blob(ear * (side, 1)))
        s.add(shapes.blob((ear * 0.6 + (0.15, -0.4)) * (side, 1)), flat(DARK * 2), 0.3)
    mane = flat(DARK)
    for k in range(7):
        x = (k - 3) * 0.08
        s.add(shapes.limb([(x * 0.6, -0.6), (x, -0.9), (1.5 * x, -1.15 - 0.12 * (k % 2))],
                          (0.16, 0.13, 0.04)), mane, 0.4)  # fmt: skip
    s.add(shapes.blob([(0, -0.85), (0.45, -0.72), (0.52, -0.2), (0.4, 0.4), (0.34, 0.95), (0, 1.15),
                       (-0.34, 0.95), (-0.4, 0.4), (-0.52, -0.2), (-0.45, -0.72)]))  # fmt: skip
    s.add(shapes.ellipse(0, 0.9, 0.38, 0.32), flat(s.darker(s.colours.second, 0.6)), 0.7)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * 0.16, 0.86, 0.06, 0.1, side * 20), flat(DARK * 0.3), 0)
        s.eye(side * 0.4, -0.2, 0.13, np.float32([0.25, 0.15, 0.1]), (0.8, 0.7))
    s.line([(-0.2, 1.06), (0, 1.1), (0.2, 1.06)], 0.04, DARK * 0.3)


# Bodies.


def _sitting(s: Sketch, head, head_scale: float = 0.55) -> None:  # noqa: ANN001
    """From the front, with a head on top."""
    w = s.between(0.5, 0.64)
    if s.chance(0.7):
        side = -1 if s.chance(0.5) else 1
        tail = [(side * 0.3, 0.85), (side * 0.85, 0.8), (side * 1.0, 0.35), (side * 0.85, 0.05)]
        s.add(shapes.limb(tail, (0.2, 0.18, 0.12)), s.far)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * w * 0.8, 0.72, 0.34, 0.3), s.far)
    s.add(shapes.blob([(0, -0.4), (w * 0.8, -0.15), (w, 0.55), (0.75 * w, 0.95), (-0.75 * w, 0.95),
                       (-w, 0.55), (-w * 0.8, -0.15)]))  # fmt: skip
    if s.chance(0.7):
        s.add(shapes.ellipse(0, 0.25, 0.55 * w, 0.45), s.pale, 0.4)
    for side in (-1, 1):
        x = side * s.between(0.17, 0.26)
        s.add(shapes.limb([(x, 0.2), (x * 1.05, 0.6), (x * 1.1, 0.95)], (0.24, 0.2, 0.22)), None, 0.7)
        s.add(shapes.ellipse(x * 1.15, 0.98, 0.17, 0.1), s.pale, 0.6)
    start = len(s.parts)
    head(s)
    s.moved(start, 0, -0.5, head_scale * s.between(0.92, 1.12), s.between(-14, 14))


def _standing(s: Sketch, head, head_at: tuple[float, float], head_scale: float, *,  # noqa: ANN001
              legs: float = 0.2, height: float = 0.75, thick: float = 0.42) -> None:  # fmt: skip
    """From the side, facing right, with a head seen from the front."""
    foot = height + s.between(-0.08, 0.08)
    step = s.between(0.0, 0.16)
    for x, ahead in ((-0.62, step), (0.55, -step)):
        s.add(shapes.limb([(x, 0.1), (x + ahead, 0.45), (x + ahead * 1.4, foot)],
                          (legs * 1.5, legs, legs)), s.far)  # fmt: skip
    back = s.between(-0.06, 0.06)
    s.add(shapes.blob([(-0.85, -thick * 0.5), (-0.4, -thick + back), (0.3, -thick + back),
                       (0.85, -thick * 0.8), (0.9, 0.1), (0.4, thick * 0.75), (-0.3, thick * 0.62),
                       (-0.85, thick * 0.5)]))  # fmt: skip
    if s.chance(0.5):
        s.add(shapes.ellipse(0.05, thick * 0.5, 0.6, 0.14), s.pale, 0.2)
    for x, ahead in ((-0.75, -step), (0.72, step)):
        s.add(shapes.limb([(x, 0.05), (x + ahead, 0.45), (x + ahead * 1.4, foot + 0.05)],
                          (legs * 1.9, legs * 1.1, legs)), None, 0.7)  # fmt: skip
        s.add(shapes.ellipse(x + ahead * 1.4 + 0.05, foot + 0.08, legs * 0.65, legs * 0.4), s.pale, 0.6)
    start = len(s.parts)
    head(s)
    s.moved(start, *head_at, head_scale * s.between(0.92, 1.1), s.between(-12, 12))


def dog(s: Sketch) -> None:
    """Hanging ears, a large muzzle, often a tongue."""
    view = s.rng.randint(3)
    if view == 0:
        _dog_head(s)
    elif view == 1:
        _sitting(s, _dog_head)
    else:
        up = s.between(0.2, 0.9)
        s.add(shapes.limb([(-0.8, -0.2), (-1.1, -0.3 - 0.4 * up), (-1.15, -0.4 - up)], (0.2, 0.16, 0.05)))
        _standing(s, _dog_head, (0.95, -0.5), 0.46)


def cat(s: Sketch) -> None:
    """Pointed ears, whiskers, a small triangular nose."""
    view = s.rng.randint(3)
    if view == 0:
        _cat_head(s)
    elif view == 1:
        _sitting(s, _cat_head, 0.56)
    else:
        sway = s.between(-0.3, 0.3)
        tail = [(-0.8, -0.1), (-1.2, -0.35), (-1.15 + sway, -0.9), (-1.35 + 2 * sway, -1.25)]
        s.add(shapes.limb(tail, (0.16, 0.15, 0.14, 0.1)))
        _standing(s, _cat_head, (0.92, -0.5), 0.46, legs=0.17, thick=0.36)


def rabbit(s: Sketch) -> None:
    """Long ears, front teeth, a white tail."""
    view = s.rng.randint(3)
    if view == 0:
        _rabbit_head(s)
    elif view == 1:
        _sitting(s, _rabbit_head, 0.5)
    else:
        s.add(shapes.ellipse(-0.98, 0.3, 0.24, 0.22), flat(WHITE), 0.8)
        s.add(shapes.blob([(-0.95, 0.3), (-0.75, -0.3), (-0.1, -0.5), (0.6, -0.25), (0.8, 0.3),
                           (0.4, 0.68), (-0.6, 0.7)]))  # fmt: skip
        s.add(shapes.ellipse(-0.5, 0.3, 0.42, 0.36), None, 0.8)
        s.add(shapes.ellipse(-0.42, 0.72, 0.4, 0.12), s.pale, 0.6)
        s.add(shapes.ellipse(0.45, 0.7, 0.24, 0.1), s.pale, 0.6)
        start = len(s.parts)
        _rabbit_head(s)
        s.moved(start, 0.78, -0.35, 0.48 * s.between(0.92, 1.1), s.between(-15, 15))


def elephant(s: Sketch) -> None:
    """A trunk, large ears, tusks, legs like pillars."""
    if s.chance(0.45):
        _elephant_head(s)
        return
    s.line([(-0.85, -0.2), (-1.08, 0.1), (-1.05, 0.5)], 0.07, s.darker(s.colours.base, 0.4))
    _standing(s, lambda _: None, (0, 0), 1, legs=0.34, height=0.78, thick=0.62)
    start = len(s.parts)
    if s.chance(0.5):
        _elephant_head(s)
        s.moved(start, 0.85, -0.42, 0.52 * s.between(0.9, 1.1), s.between(-8, 8))
        return
    # In profile, facing right.
    s.add(shapes.ellipse(0.0, -0.05, 0.52, 0.5))
    raised = s.chance(0.35)
    if raised:
        line = [(0.3, 0.05), (0.72, 0.3), (0.95, -0.15), (0.85, -0.65), (1.05, -0.85)]
    else:
        reach = s.between(-0.1, 0.35)
        line = [(0.3, 0.0), (0.58, 0.45), (0.6, 1.0), (0.6 + reach, 1.3), (0.75 + reach, 1.2)]
    s.add(shapes.limb(line, (0.5, 0.36, 0.26, 0.18, 0.14)), None, 0.9)
    if s.chance(0.75):
        s.add(shapes.limb([(0.28, 0.3), (0.55, 0.52), (0.85, 0.42)], (0.14, 0.1, 0.03)),
              flat(WHITE), 0.8)  # fmt: skip
    s.eye(0.2, -0.15, 0.07, np.float32([0.3, 0.2, 0.12]), (0.7, 0.7))
    s.add(shapes.blob([(-0.25, -0.45), (-0.75, -0.5), (-0.9, 0.05), (-0.6, 0.55), (-0.25, 0.4),
                       (-0.05, 0.0)]), dimmed(s.coat, 0.85), 0.7)  # fmt: skip
    s.moved(start, 0.85, -0.35, s.between(0.95, 1.15), s.between(-8, 8))


def zebra(s: Sketch) -> None:
    """Stripes, a mane that stands, a dark muzzle, hooves."""
    _striped(s)
    if s.chance(0.35):
        _zebra_head(s)
        return
    hoof = flat(DARK)
    step, foot = s.between(0, 0.16), 0.95
    for near in (False, True):
        for x in (-0.62, 0.5):
            ahead = step if (x > 0) == near else -step
            x += 0.08 if near else -0.06
            s.add(shapes.limb([(x, 0.05), (x + ahead, 0.45), (x + 1.4 * ahead, foot)],
                              (0.3, 0.15, 0.12)), None if near else s.far, 0.7)  # fmt: skip
            s.add(shapes.ellipse(x + 1.4 * ahead, foot, 0.09, 0.07), hoof, 0.4)
    s.add(shapes.limb([(-0.8, -0.25), (-1.0, 0.0), (-1.02, 0.4)], (0.08, 0.08, 0.14)), flat(DARK), 0.3)
    s.add(shapes.blob([(-0.85, -0.25), (-0.35, -0.36), (0.2, -0.32), (0.7, -0.4), (0.72, 0.1),
                       (0.3, 0.3), (-0.4, 0.26), (-0.85, 0.2)]))  # fmt: skip
    nod = s.between(-0.1, 0.25)
    tip = (1.02, -1.0 + nod)
    neck = [(0.55, -0.15), (0.78, -0.55), tip]
    for k in range(9):
        t = k / 8
        x, y = 0.42 + 0.48 * t, -0.38 - (0.75 - nod) * t
        s.add(shapes.limb([(x + 0.06, y + 0.03), (x - 0.14, y - 0.12)], (0.16, 0.08)), flat(DARK), 0.3)
    s.add(shapes.limb(neck, (0.55, 0.42, 0.36)))
    s.add(shapes.blob([(0.9, -1.22 + nod), (0.95, -1.5 + nod), (1.06, -1.22 + nod)]), None, 0.3)
    s.add(shapes.limb([(0.95, -1.05 + nod), (1.25, -0.85 + nod), (1.5, -0.62 + nod)], (0.42, 0.34, 0.24)))
    s.add(shapes.ellipse(1.5, -0.6 + nod, 0.16, 0.14), flat(s.darker(s.colours.second, 0.6)), 0.7)
    s.eye(1.08, -1.02 + nod, 0.06, np.float32([0.25, 0.15, 0.1]), (0.8, 0.8))


def owl(s: Sketch) -> None:
    """Round discs around large eyes, a beak, rows of feathers."""
    feathers = scallops(s.coat, s.between(0.16, 0.24), 0.55)
    wings = scallops(dimmed(s.coat, 0.75), s.between(0.2, 0.3), 0.5)
    foot = s.colours.accent
    for side in (-1, 1):
        for dx in (-0.1, 0, 0.1):
            s.add(shapes.limb([(side * 0.28, 0.95), (side * 0.28 + dx, 1.14)], (0.1, 0.05)), flat(foot), 0.4)
    w = s.between(0.66, 0.82)
    spread = s.chance(0.25)
    for side in (-1, 1):
        if spread:
            wing = [(0.45, -0.25), (1.1, -0.75), (1.5, -0.6), (1.45, 0.0), (1.1, 0.35), (0.6, 0.5)]
            s.add(shapes.blob(np.array(wing) * (side, 1)), wings, 0.5)
    s.add(shapes.blob([(0, -0.95), (w * 0.85, -0.7), (w, 0.1), (0.75 * w, 0.8), (0, 1.05),
                       (-0.75 * w, 0.8), (-w, 0.1), (-w * 0.85, -0.7)]), feathers)  # fmt: skip
    s.add(shapes.ellipse(0, 0.45, 0.6 * w, 0.5), scallops(s.pale, s.between(0.14, 0.2), 0.45), 0.3)
    if not spread:
        for side in (-1, 1):
            wing = np.array([(0.6 * w, -0.2), (w + 0.08, 0.05), (w + 0.02, 0.65), (0.62 * w, 0.98),
                             (0.55 * w, 0.4)])  # fmt: skip
            s.add(shapes.blob(wing * (side, 1)), wings, 0.6)
    if s.chance(0.65):
        for side in (-1, 1):
            s.add(np.array([(0.15, -0.82), (0.62, -1.28), (0.72, -0.62)]) * (side, 1), dimmed(s.coat, 0.8))
    iris, r = s.iris(), s.between(0.32, 0.38)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * 0.34, -0.46, r * 1.15, r * 1.15), s.pale, 0.6)
        s.add(shapes.ellipse(side * 0.34, -0.46, r * 0.92, r * 0.92), dimmed(s.pale, 0.8), 0.2)
        s.eye(side * 0.33, -0.46, r * 0.62, iris, (0.5, 0.5))
    s.add(shapes.blob([(-0.11, -0.38), (0.11, -0.38), (0.04, -0.12), (0, -0.06), (-0.04, -0.12)]),
          flat(s.colours.accent), 0.8)  # fmt: skip


def fish(s: Sketch) -> None:
    """Scales, fins, a forked tail."""
    scales = scallops(s.coat, s.between(0.16, 0.26), 0.5, angle=90)
    fins = flat(s.colours.accent if s.chance(0.6) else s.darker(s.colours.base, 0.35))
    tall, length = s.between(0.42, 0.72), s.between(0.95, 1.15)
    fork = s.between(0.35, 0.6)
    s.add(shapes.blob([(-0.7 * length, 0), (-length - 0.35, -fork), (-length - 0.12, 0),
                       (-length - 0.35, fork)]), fins, 0.6)  # fmt: skip
    s.add(shapes.blob([(-0.5, -0.5 * tall), (-0.45, -tall - 0.22), (0.1, -tall - s.between(0.2, 0.45)),
                       (0.45, -0.7 * tall)]), fins, 0.5)  # fmt: skip
    s.add(shapes.blob([(-0.35, 0.6 * tall), (-0.45, tall + 0.2), (-0.05, 0.85 * tall)]), fins, 0.5)
    s.add(shapes.blob([(length, 0.04), (0.65, -0.62 * tall), (0.05, -tall), (-0.6, -0.5 * tall),
                       (-length, -0.1), (-length, 0.1), (-0.6, 0.5 * tall), (0.05, tall),
                       (0.65, 0.68 * tall)]), scales, 0.9)  # fmt: skip
    face = [(length, 0.04), (0.72, -0.55 * tall), (0.5, -0.68 * tall), (0.42, 0), (0.5, 0.7 * tall),
            (0.72, 0.58 * tall)]  # fmt: skip
    s.add(shapes.blob(face), s.pale, 0.6)
    s.line([(0.5, -0.6 * tall), (0.38, 0.0), (0.5, 0.6 * tall)], 0.06, s.darker(s.colours.base, 0.6))
    if s.chance(0.4):
        for x in (-0.1, -0.45):
            s.add(shapes.limb([(x, -0.8 * tall), (x - 0.06, 0), (x, 0.75 * tall)], (0.14, 0.2, 0.1)),
                  flat(s.colours.light), 0.2)  # fmt: skip
    s.add(shapes.blob([(0.25, 0.15), (-0.15, 0.12), (-0.25, 0.42), (0.1, 0.35)]), fins, 0.6)
    s.eye(0.72, -0.14 * tall, 0.13, WHITE if s.chance(0.6) else s.iris(), (0.55, 0.55))
    s.line([(length, 0.12), (length - 0.14, 0.2)], 0.05)


def butterfly(s: Sketch) -> None:
    """Four wings with dark rims and eye spots, feelers."""
    rim = flat(s.darker(s.colours.second, 0.65))
    spot, spots = s.colours.accent, s.colours.light
    wide, tall = s.between(1.0, 1.25), s.between(0.75, 1.0)
    upper = np.array([(0.05, -0.1), (0.35, -0.7 * tall), (0.85 * wide, -tall), (wide, -0.6 * tall),
                      (0.85 * wide, -0.05), (0.4, 0.08)])  # fmt: skip
    lower = np.array([(0.05, 0.0), (0.55 * wide, 0.0), (0.82 * wide, 0.3), (0.65 * wide, 0.8 * tall),
                      (0.35, 0.75 * tall), (0.12, 0.4)])  # fmt: skip
    tails = s.chance(0.3)
    for side in (-1, 1):
        if tails:
            s.add(shapes.limb([(side * 0.4, 0.5), (side * 0.6, 0.95), (side * 0.55, 1.2)],
                              (0.25, 0.14, 0.1)), rim, 0.3)  # fmt: skip
        for wing, worn in ((lower, dimmed(s.coat, 0.85)), (upper, s.coat)):
            centre = wing.mean(axis=0)
            s.add(shapes.blob(wing * (side, 1)), rim, 0.4)
            s.add(shapes.blob(((wing - centre) * 0.82 + centre * 0.96) * (side, 1)), worn, 0.3)
            for k in range(1, 3):  # veins
                x, y = wing[k + 1] * 0.85
                s.line([(side * 0.08, 0.0), (side * x, y)], 0.03, s.darker(s.colours.second, 0.65))
    r = s.between(0.1, 0.17)
    for side in (-1, 1):
        for x, y in ((0.68 * wide, -0.6 * tall), (0.5 * wide, 0.42 * tall)):
            s.add(shapes.ellipse(side * x, y, 1.5 * r, 1.5 * r), flat(spots), 0)
            s.add(shapes.ellipse(side * x, y, r, r), flat(spot), 0)
            s.add(shapes.ellipse(side * x, y, 0.5 * r, 0.5 * r), flat(DARK), 0)
        s.line([(side * 0.03, -0.45), (side * 0.16, -0.75), (side * 0.34, -0.92)], 0.04)
        s.add(shapes.ellipse(side * 0.34, -0.92, 0.05, 0.05), flat(DARK), 0)
    s.add(shapes.limb([(0, -0.4), (0, 0.1), (0, 0.62)], (0.14, 0.16, 0.08)), flat(s.darker(s.colours.base, 0.6)), 0.8)
    s.add(shapes.ellipse(0, -0.45, 0.1, 0.1), flat(DARK), 0.8)


def turtle(s: Sketch) -> None:
    """A shell of plates; head, legs and a tail look out."""
    skin = pulled(coat(s.rng, s.colours, "spots"), s.colours.light, 0.3)
    shell = plates(s.coat, s.between(0.4, 0.6), s.darker(s.colours.second, 0.55),
                   tuple(s.rng.randint(0, 512, 2)))  # fmt: skip
    if s.chance(0.4):  # from above
        for x, y, angle in ((0.62, -0.62, -40), (0.62, 0.62, 40), (-0.62, -0.6, 220), (-0.62, 0.6, 140)):
            s.add(shapes.ellipse(x, y, 0.36, 0.2, angle), skin, 0.7)
        s.add(shapes.limb([(-0.8, 0), (-1.15, s.between(-0.1, 0.1))], (0.2, 0.03)), skin)
        s.add(shapes.ellipse(1.08, 0, 0.32, 0.26), skin, 0.8)
        for side in (-1, 1):
            s.eye(1.18, side * 0.15, 0.07, s.iris(), (0.6, 0.6))
        s.add(shapes.ellipse(0, 0, 0.92, 0.76), flat(s.darker(s.colours.second, 0.4)), 0.6)
        s.add(shapes.ellipse(0, 0, 0.84, 0.68), shell, 1.0)
        return
    s.add(shapes.limb([(-0.8, 0.35), (-1.15, 0.5)], (0.2, 0.03)), skin)
    step = s.between(-0.1, 0.1)
    for x in (-0.55, 0.5):
        s.add(shapes.limb([(x - step, 0.2), (x + 0.05 - step, 0.72)], (0.3, 0.26)), dimmed(skin, 0.75))
    up = s.between(-0.45, 0.1)
    s.add(shapes.limb([(0.6, 0.25), (0.95, 0.1), (1.12, up)], (0.34, 0.26, 0.26)), skin, 0.7)
    s.add(shapes.ellipse(1.22, up, 0.3, 0.23), skin, 0.8)
    s.eye(1.3, up - 0.05, 0.07, s.iris(), (0.6, 0.6))
    s.line([(1.5, up + 0.08), (1.3, up + 0.11)], 0.03)
    for x in (-0.7, 0.62):
        s.add(shapes.limb([(x + step, 0.2), (x + 0.05 + step, 0.78)], (0.34, 0.28)), skin, 0.7)
    high = s.between(0.7, 0.95)
    dome = [(-0.98, 0.38), (-0.85, -0.1), (-0.45, -0.85 * high + 0.05), (0.05, -high + 0.05),
            (0.55, -0.75 * high), (0.88, -0.1), (0.98, 0.38), (0, 0.48)]  # fmt: skip
    s.add(shapes.blob(dome), shell, 1.0)
    s.add(shapes.limb([(-0.98, 0.34), (0, 0.48), (0.98, 0.34)], (0.16, 0.2, 0.16)), s.pale, 0.7)


def snail(s: Sketch) -> None:
    """A shell wound to a spiral, eyes on stalks."""
    skin = pulled(s.coat, s.colours.light, 0.5)
    s.add(shapes.blob([(-1.15, 0.72), (-0.6, 0.45), (0.4, 0.42), (0.75, -0.05), (1.05, -0.1), (1.2, 0.2),
                       (1.0, 0.62), (0.5, 0.78), (-0.6, 0.8)]), skin, 0.8)  # fmt: skip
    for dx in (0.0, 0.24):
        tip = (0.85 + 1.3 * dx + s.between(-0.06, 0.06), s.between(-0.75, -0.55))
        s.add(shapes.limb([(0.88 + dx, 0.0), tip], (0.12, 0.07)), skin, 0.6)
        s.eye(*tip, 0.09, WHITE, (0.6, 0.6))
    s.line([(1.14, 0.3), (1.0, 0.38)], 0.04)
    r = s.between(0.66, 0.8)
    x, y = -0.2, s.between(-0.18, -0.05)
    s.add(shapes.ellipse(x, y, r, r * 0.95), s.coat, 1.0)
    turns = s.between(2.2, 3.0)
    t = np.linspace(0, 1, 26)
    angle = 2 * np.pi * turns * t + s.between(0, 6.28)
    spiral = np.stack([x + 0.96 * r * t * np.cos(angle), y + 0.92 * r * t * np.sin(angle)], 1)
    s.add(shapes.limb(spiral, (0.05, 0.1, 0.12)), flat(s.darker(s.colours.second, 0.5)), 0.4)
