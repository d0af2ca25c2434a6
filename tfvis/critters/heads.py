"""Heads of animals seen from the front, around (0, 0) and about one unit in radius."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import shapes
from .sketch import DARK, WHITE, Sketch
from .surfaces import dimmed, flat, pulled

Head = Callable[[Sketch], None]
"""Adds the parts of a head to a sketch."""

_ROSY = np.array([0.88, 0.55, 0.55], np.float32)


def dog(s: Sketch) -> None:
    """Ears that hang or are pricked, a large muzzle, often a tongue."""
    w, long = s.between(0.72, 0.85), s.between(0.9, 1.05)
    ears = dimmed(s.coat, 0.7) if s.chance(0.6) else pulled(s.coat, s.colours.second, 0.8)
    pricked = s.chance(0.2)
    with s.part("ear"):
        for side in (-1, 1):
            if pricked:  # stands, and its tip hangs
                ear = [(0.35, -0.6), (0.62, -1.15), (1.0, -1.1), (1.05, -0.75), (0.75, -0.3)]
            else:
                low = s.between(0.35, 0.85)
                ear = [(0.4, -0.75), (0.85, -0.7), (1.15, -0.1), (1.1, low), (0.85, low + 0.1),
                       (0.68, 0.1)]  # fmt: skip
            s.add(shapes.blob(np.array(ear) * (side, 1)), ears)
    skull = [(0, -0.85 * long), (w * 0.8, -0.65), (w, -0.05), (0.75 * w, 0.5), (0.45, 0.85 * long),
             (-0.45, 0.85 * long), (-0.75 * w, 0.5), (-w, -0.05), (-w * 0.8, -0.65)]  # fmt: skip
    s.add(shapes.blob(skull))
    if not pricked:
        root = np.array([(0.42, -0.78), (0.85, -0.7), (1.05, -0.2), (0.95, 0.1), (0.72, -0.25)])
        with s.part("ear"):
            for side in (-1, 1):  # the ears' roots lie over the head
                s.add(shapes.blob(root * (side, 1)), ears)
    if s.chance(0.4):
        blaze = [(0, -0.8), (0.14, -0.4), (0.2, 0.2), (-0.2, 0.2), (-0.14, -0.4)]
        s.add(shapes.blob(blaze), s.pale, 0.2)
    if s.chance(0.6):
        tongue = [(0.0, 0.6), (0.17, 0.75), (0.15, 1.15), (0, 1.27), (-0.15, 1.15), (-0.17, 0.75)]
        with s.part("tongue"):
            s.add(shapes.blob(tongue), flat(_ROSY), 0.5)
    with s.part("muzzle"):
        s.add(shapes.ellipse(0, 0.48, s.between(0.42, 0.52), s.between(0.38, 0.46)), s.pale, 0.8)
        s.line([(0, 0.4), (0.01, 0.62)], 0.05)
        s.line([(0, 0.62), (0.16, 0.74), (0.34, 0.66)], 0.06)
        s.line([(0, 0.62), (-0.16, 0.74), (-0.34, 0.66)], 0.06)
    nose = [(-0.24, 0.2), (0, 0.13), (0.24, 0.2), (0.15, 0.38), (0, 0.44), (-0.15, 0.38)]
    with s.part("nose"):
        s.add(shapes.blob(nose), flat(DARK), 0.9)
    iris, apart = np.array([0.3, 0.18, 0.1], np.float32), s.between(0.3, 0.38)
    for side in (-1, 1):
        s.eye(side * apart, -0.14, 0.13, iris, (0.7, 0.7))
        if s.chance(0.4):
            s.add(shapes.ellipse(side * apart, -0.4, 0.13, 0.07, side * 15), s.pale, 0)


def cat(s: Sketch) -> None:
    """Pointed ears, almond eyes with slit pupils, whiskers, a small triangular nose."""
    spread, tall = s.between(0.45, 0.6), s.between(1.15, 1.4)
    for side in (-1, 1):
        ear = [(0.12, -0.6), (spread + 0.12, -tall), (0.88, -0.2)]
        inner = [(0.32, -0.62), (spread + 0.12, -tall + 0.22), (0.74, -0.35)]
        with s.part("ear"):
            s.add(np.array(ear) * (side, 1))
            s.add(np.array(inner) * (side, 1), flat(_ROSY), 0.3)
    w = s.between(0.9, 1.02)
    skull = [(0, -0.7), (0.6, -0.58), (w, 0.0), (0.85 * w, 0.42), (0.4, 0.74), (0, 0.8),
             (-0.4, 0.74), (-0.85 * w, 0.42), (-w, 0.0), (-0.6, -0.58)]  # fmt: skip
    s.add(shapes.blob(skull))
    if s.chance(0.6):
        for x in (-0.2, 0, 0.2):  # the lines on a tabby's forehead
            line = shapes.limb([(x, -0.66), (0.7 * x, -0.36)], (0.1, 0.04))
            s.add(line, flat(s.darker(s.colours.second)), 0)
    with s.part("muzzle"):
        for side in (-1, 1):
            s.add(shapes.ellipse(side * 0.19, 0.42, 0.26, 0.2), s.pale, 0.6)
        s.add(shapes.ellipse(0, 0.6, 0.18, 0.12), s.pale, 0.5)
    iris, narrow = s.iris(), s.between(0.22, 0.5)
    almond = shapes.blob([(-0.28, 0.05), (-0.05, -0.2), (0.27, -0.1), (0.08, 0.17)])
    with s.part("eye"):
        for side in (-1, 1):
            x, r = side * 0.4, 0.21
            s.add(almond * (side, 1) * 1.1 + (x, -0.05), flat(DARK), 0)
            s.add(almond * (side, 1) * 0.92 + (x, -0.05), flat(iris), 0.3)
            s.add(shapes.ellipse(x, -0.06, narrow * r, 0.16), flat(DARK), 0)
            s.add(shapes.ellipse(x - 0.07, -0.12, 0.05, 0.05), flat(WHITE), 0)
    nose = [(-0.12, 0.22), (0, 0.19), (0.12, 0.22), (0, 0.34)]
    with s.part("nose"):
        s.add(shapes.blob(nose), flat(_ROSY * 0.85), 0.5)
    with s.part("muzzle"):
        s.line([(0, 0.34), (0, 0.44)], 0.04)
        s.line([(0, 0.44), (0.12, 0.53), (0.25, 0.48)], 0.045)
        s.line([(0, 0.44), (-0.12, 0.53), (-0.25, 0.48)], 0.045)
    whiskers = WHITE if s.chance(0.6) else DARK
    with s.part("whisker"):
        for side in (-1, 1):
            for k in range(3):
                end = (side * s.between(1.15, 1.4), 0.2 + 0.22 * k + s.between(-0.05, 0.05))
                whisker = [(side * 0.26, 0.38 + 0.07 * k), (side * 0.75, 0.3 + 0.14 * k), end]
                s.line(whisker, 0.04, whiskers)


def rabbit(s: Sketch) -> None:
    """Long ears, one of them bent at times, front teeth."""
    bent = s.chance(0.3)
    for side in (-1, 1):
        lean = s.between(0.15, 0.5)
        if bent and side == 1:
            ear = [(0.3, -0.6), (0.42, -1.3), (0.85, -1.55), (1.15, -1.1)]
        else:
            ear = [(0.28, -0.5), (0.3 + 0.5 * lean, -1.3), (0.3 + lean, -2.0)]
        line = np.array(ear) * (side, 1)
        with s.part("ear"):
            s.add(shapes.limb(line, (0.34, 0.5, 0.46, 0.16)))
            s.add(shapes.limb(line, (0.14, 0.26, 0.24, 0.04)), flat(_ROSY), 0.3)
    w = s.between(0.72, 0.85)
    skull = [(0, -0.8), (0.5, -0.62), (w, 0.05), (w + 0.02, 0.4), (0.45, 0.78), (0, 0.86),
             (-0.45, 0.78), (-w - 0.02, 0.4), (-w, 0.05), (-0.5, -0.62)]  # fmt: skip
    s.add(shapes.blob(skull))
    with s.part("tooth"):
        s.add(np.array([(-0.12, 0.58), (0.12, 0.58), (0.1, 0.88), (-0.1, 0.88)]), flat(WHITE), 0)
        s.line([(0, 0.6), (0, 0.87)], 0.025)
    for side in (-1, 1):
        with s.part("muzzle"):
            s.add(shapes.ellipse(side * 0.22, 0.44, 0.27, 0.22), s.pale, 0.6)
        s.eye(side * 0.45, -0.08, 0.17, np.array([0.3, 0.15, 0.1], np.float32), (0.75, 0.75))
    with s.part("nose"):
        s.add(shapes.blob([(-0.12, 0.24), (0.12, 0.24), (0, 0.38)]), flat(_ROSY * 0.9), 0.4)
        s.line([(0, 0.36), (0, 0.52)], 0.04)
    with s.part("whisker"):
        for side in (-1, 1):
            for k in range(2):
                s.line([(side * 0.3, 0.44 + 0.08 * k), (side * 0.95, 0.36 + 0.2 * k)], 0.03, WHITE)


def elephant(s: Sketch) -> None:
    """Large ears, a trunk with folds, mostly tusks."""
    wide, tall = s.between(1.35, 1.65), s.between(0.75, 1.0)
    ear = np.array([(0.45, -0.65), (1.0, -0.95), (wide, -0.6), (wide + 0.05, 0.1), (1.15, tall),
                    (0.75, 0.6), (0.5, 0.2)])  # fmt: skip
    with s.part("ear"):
        for side in (-1, 1):
            s.add(shapes.blob(ear * (side, 1)), dimmed(s.coat, 0.85))
            s.add(
                shapes.blob((ear * 0.72 + (0.22, 0)) * (side, 1)), pulled(s.coat, _ROSY, 0.45), 0.4
            )
    skull = [(0, -0.98), (0.55, -0.8), (0.68, -0.2), (0.55, 0.4), (0.3, 0.75),
             (-0.3, 0.75), (-0.55, 0.4), (-0.68, -0.2), (-0.55, -0.8)]  # fmt: skip
    s.add(shapes.blob(skull))
    if s.chance(0.75):
        with s.part("tusk"):
            for side in (-1, 1):
                tusk = [(side * 0.36, 0.42), (side * 0.5, 0.85), (side * 0.66, 1.05)]
                s.add(shapes.limb(tusk, (0.17, 0.14, 0.03)), flat(WHITE * (1, 0.98, 0.88)), 0.8)
    sway = s.between(-0.55, 0.55)
    trunk = [(0, 0.05), (0, 0.6), (0.35 * sway, 1.15), (sway, 1.5), (1.5 * sway, 1.42)]
    with s.part("trunk"):
        s.add(shapes.limb(trunk, (0.56, 0.48, 0.38, 0.28, 0.22)), None, 0.9)
    along = shapes.curve(trunk)
    with s.part("trunk"):
        for k in range(5, len(along) - 3, 3):  # the trunk's folds
            x, y = along[k]
            half = 0.2 - 0.1 * k / len(along)
            s.line(
                [(x - half, y), (x, y + 0.05), (x + half, y)], 0.035, s.darker(s.colours.base, 0.6)
            )
    for side in (-1, 1):
        s.eye(side * 0.42, -0.08, 0.09, np.array([0.3, 0.2, 0.12], np.float32), (0.7, 0.7))


def zebra(s: Sketch) -> None:
    """A long face, a mane that stands, a dark muzzle; the stripes are the coat's."""
    ear = np.array([(0.2, -0.75), (0.28, -1.2), (0.5, -1.35), (0.62, -1.05), (0.5, -0.65)])
    with s.part("ear"):
        for side in (-1, 1):
            s.add(shapes.blob(ear * (side, 1)))
            s.add(shapes.blob((ear * 0.6 + (0.15, -0.4)) * (side, 1)), flat(DARK * 2), 0.3)
    with s.part("mane"):
        for k in range(7):
            x = (k - 3) * 0.08
            tuft = [(x * 0.6, -0.6), (x, -0.9), (1.5 * x, -1.15 - 0.12 * (k % 2))]
            s.add(shapes.limb(tuft, (0.16, 0.13, 0.04)), flat(DARK), 0.4)
    skull = [(0, -0.85), (0.45, -0.72), (0.52, -0.2), (0.4, 0.4), (0.34, 0.95), (0, 1.15),
             (-0.34, 0.95), (-0.4, 0.4), (-0.52, -0.2), (-0.45, -0.72)]  # fmt: skip
    s.add(shapes.blob(skull))
    with s.part("muzzle"):
        s.add(shapes.ellipse(0, 0.9, 0.38, 0.32), flat(s.darker(s.colours.second, 0.6)), 0.7)
    for side in (-1, 1):
        with s.part("muzzle"):
            s.add(shapes.ellipse(side * 0.16, 0.86, 0.06, 0.1, side * 20), flat(DARK * 0.3), 0)
        s.eye(side * 0.4, -0.2, 0.13, np.array([0.25, 0.15, 0.1], np.float32), (0.8, 0.7))
    with s.part("muzzle"):
        s.line([(-0.2, 1.06), (0, 1.1), (0.2, 1.06)], 0.04, DARK * 0.3)
