"""Other animals: each a function that draws one figure, about two units wide or high."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, WHITE, Sketch
from .surfaces import coat, dimmed, flat, plates, pulled, random_offset, scallops


def owl(s: Sketch) -> None:
    """Round discs around large eyes, a beak, rows of feathers."""
    feathers = scallops(s.coat, s.between(0.16, 0.24), 0.55)
    wings = scallops(dimmed(s.coat, 0.75), s.between(0.2, 0.3), 0.5)
    horn = flat(s.colours.accent)
    with s.part("foot"):
        for side in (-1, 1):
            for dx in (-0.1, 0, 0.1):
                toe = [(side * 0.28, 0.95), (side * 0.28 + dx, 1.14)]
                s.add(shapes.limb(toe, (0.1, 0.05)), horn, 0.4)
    w = s.between(0.66, 0.82)
    spread = s.chance(0.25)
    if spread:
        wing = np.array([(0.45, -0.25), (1.1, -0.75), (1.5, -0.6), (1.45, 0.0), (1.1, 0.35),
                         (0.6, 0.5)])  # fmt: skip
        with s.part("wing"):
            for side in (-1, 1):
                s.add(shapes.blob(wing * (side, 1)), wings, 0.5)
    body = [(0, -0.95), (w * 0.85, -0.7), (w, 0.1), (0.75 * w, 0.8), (0, 1.05), (-0.75 * w, 0.8),
            (-w, 0.1), (-w * 0.85, -0.7)]  # fmt: skip
    s.add(shapes.blob(body), feathers)
    s.add(shapes.ellipse(0, 0.45, 0.6 * w, 0.5), scallops(s.pale, s.between(0.14, 0.2), 0.45), 0.3)
    if not spread:
        wing = np.array([(0.6 * w, -0.2), (w + 0.08, 0.05), (w + 0.02, 0.65), (0.62 * w, 0.98),
                         (0.55 * w, 0.4)])  # fmt: skip
        with s.part("wing"):
            for side in (-1, 1):
                s.add(shapes.blob(wing * (side, 1)), wings, 0.6)
    if s.chance(0.65):
        tuft = np.array([(0.15, -0.82), (0.62, -1.28), (0.72, -0.62)])
        with s.part("tuft"):
            for side in (-1, 1):
                s.add(tuft * (side, 1), dimmed(s.coat, 0.8))
    iris, r = s.iris(), s.between(0.32, 0.38)
    with s.part("eye"):
        for side in (-1, 1):
            s.add(shapes.ellipse(side * 0.34, -0.46, r * 1.15, r * 1.15), s.pale, 0.6)
            s.add(shapes.ellipse(side * 0.34, -0.46, r * 0.92, r * 0.92), dimmed(s.pale, 0.8), 0.2)
            s.eye(side * 0.33, -0.46, r * 0.62, iris, (0.5, 0.5))
    beak = [(-0.11, -0.38), (0.11, -0.38), (0.04, -0.12), (0, -0.06), (-0.04, -0.12)]
    with s.part("beak"):
        s.add(shapes.blob(beak), horn, 0.8)


def fish(s: Sketch) -> None:
    """Scales, fins, a forked tail."""
    scales = scallops(s.coat, s.between(0.16, 0.26), 0.5, angle=90)
    fins = flat(s.colours.accent if s.chance(0.6) else s.darker(s.colours.base, 0.35))
    tall, length = s.between(0.42, 0.72), s.between(0.95, 1.15)
    fork = s.between(0.35, 0.6)
    end = -length - 0.35
    tail = [(-0.7 * length, 0), (end, -fork), (-length - 0.12, 0), (end, fork)]
    with s.part("tail"):
        s.add(shapes.blob(tail), fins, 0.6)
    high = -tall - s.between(0.2, 0.45)
    back = [(-0.5, -0.5 * tall), (-0.45, -tall - 0.22), (0.1, high), (0.45, -0.7 * tall)]
    with s.part("fin"):
        s.add(shapes.blob(back), fins, 0.5)
        s.add(
            shapes.blob([(-0.35, 0.6 * tall), (-0.45, tall + 0.2), (-0.05, 0.85 * tall)]), fins, 0.5
        )
    body = [(length, 0.04), (0.65, -0.62 * tall), (0.05, -tall), (-0.6, -0.5 * tall),
            (-length, -0.1), (-length, 0.1), (-0.6, 0.5 * tall), (0.05, tall),
            (0.65, 0.68 * tall)]  # fmt: skip
    s.add(shapes.blob(body), scales, 0.9)
    face = [(length, 0.04), (0.72, -0.55 * tall), (0.5, -0.68 * tall), (0.42, 0), (0.5, 0.7 * tall),
            (0.72, 0.58 * tall)]  # fmt: skip
    s.add(shapes.blob(face), s.pale, 0.6)
    gill = [(0.5, -0.6 * tall), (0.38, 0.0), (0.5, 0.6 * tall)]
    with s.part("gill"):
        s.line(gill, 0.06, s.darker(s.colours.base, 0.6))
    if s.chance(0.4):
        for x in (-0.1, -0.45):
            band = [(x, -0.8 * tall), (x - 0.06, 0), (x, 0.75 * tall)]
            s.add(shapes.limb(band, (0.14, 0.2, 0.1)), flat(s.colours.light), 0.2)
    with s.part("fin"):
        s.add(shapes.blob([(0.25, 0.15), (-0.15, 0.12), (-0.25, 0.42), (0.1, 0.35)]), fins, 0.6)
    s.eye(0.72, -0.14 * tall, 0.13, WHITE if s.chance(0.6) else s.iris(), (0.55, 0.55))
    with s.part("mouth"):
        s.line([(length, 0.12), (length - 0.14, 0.2)], 0.05)


def butterfly(s: Sketch) -> None:
    """Four wings with dark rims and eye spots, feelers."""
    dark = s.darker(s.colours.second, 0.65)
    rim = flat(dark)
    wide, tall = s.between(1.0, 1.25), s.between(0.75, 1.0)
    upper = np.array([(0.05, -0.1), (0.35, -0.7 * tall), (0.85 * wide, -tall), (wide, -0.6 * tall),
                      (0.85 * wide, -0.05), (0.4, 0.08)])  # fmt: skip
    lower = np.array([(0.05, 0.0), (0.55 * wide, 0.0), (0.82 * wide, 0.3),
                      (0.65 * wide, 0.8 * tall), (0.35, 0.75 * tall), (0.12, 0.4)])  # fmt: skip
    tails = s.chance(0.3)
    with s.part("wing"):
        for side in (-1, 1):
            if tails:
                tail = [(side * 0.4, 0.5), (side * 0.6, 0.95), (side * 0.55, 1.2)]
                s.add(shapes.limb(tail, (0.25, 0.14, 0.1)), rim, 0.3)
            for wing, worn in ((lower, dimmed(s.coat, 0.85)), (upper, s.coat)):
                centre = wing.mean(axis=0)
                s.add(shapes.blob(wing * (side, 1)), rim, 0.4)
                s.add(shapes.blob(((wing - centre) * 0.82 + centre * 0.96) * (side, 1)), worn, 0.3)
                for k in range(1, 3):  # veins
                    x, y = wing[k + 1] * 0.85
                    s.line([(side * 0.08, 0.0), (side * x, y)], 0.03, dark)
    r = s.between(0.1, 0.17)
    for side in (-1, 1):
        with s.part("wing"):
            for x, y in ((0.68 * wide, -0.6 * tall), (0.5 * wide, 0.42 * tall)):
                s.add(shapes.ellipse(side * x, y, 1.5 * r, 1.5 * r), flat(s.colours.light), 0)
                s.add(shapes.ellipse(side * x, y, r, r), flat(s.colours.accent), 0)
                s.add(shapes.ellipse(side * x, y, 0.5 * r, 0.5 * r), flat(DARK), 0)
        with s.part("feeler"):
            s.line([(side * 0.03, -0.45), (side * 0.16, -0.75), (side * 0.34, -0.92)], 0.04)
            s.add(shapes.ellipse(side * 0.34, -0.92, 0.05, 0.05), flat(DARK), 0)
    body = shapes.limb([(0, -0.4), (0, 0.1), (0, 0.62)], (0.14, 0.16, 0.08))
    with s.part("body"):
        s.add(body, flat(s.darker(s.colours.base, 0.6)), 0.8)
        s.add(shapes.ellipse(0, -0.45, 0.1, 0.1), flat(DARK), 0.8)


def turtle(s: Sketch) -> None:
    """A shell of plates; head, legs and a tail look out."""
    skin = pulled(coat(s.rng, s.colours, "spots"), s.colours.light, 0.3)
    size, line = s.between(0.4, 0.6), s.darker(s.colours.second, 0.55)
    shell = plates(s.coat, size, line, random_offset(s.rng))
    if s.chance(0.4):  # from above
        legs = ((0.62, -0.62, -40), (0.62, 0.62, 40), (-0.62, -0.6, 220), (-0.62, 0.6, 140))
        with s.part("leg"):
            for x, y, angle in legs:
                s.add(shapes.ellipse(x, y, 0.36, 0.2, angle), skin, 0.7)
        with s.part("tail"):
            s.add(shapes.limb([(-0.8, 0), (-1.15, s.between(-0.1, 0.1))], (0.2, 0.03)), skin)
        with s.part("head"):
            s.add(shapes.ellipse(1.08, 0, 0.32, 0.26), skin, 0.8)
            for side in (-1, 1):
                s.eye(1.18, side * 0.15, 0.07, s.iris(), (0.6, 0.6))
        with s.part("shell"):
            s.add(shapes.ellipse(0, 0, 0.92, 0.76), flat(s.darker(s.colours.second, 0.4)), 0.6)
            s.add(shapes.ellipse(0, 0, 0.84, 0.68), shell, 1.0)
        return
    with s.part("tail"):
        s.add(shapes.limb([(-0.8, 0.35), (-1.15, 0.5)], (0.2, 0.03)), skin)
    step = s.between(-0.1, 0.1)
    for x in (-0.55, 0.5):
        leg = [(x - step, 0.2), (x + 0.05 - step, 0.72)]
        with s.part("leg"):
            s.add(shapes.limb(leg, (0.3, 0.26)), dimmed(skin, 0.75))
    up = s.between(-0.45, 0.1)
    with s.part("head"):
        s.add(shapes.limb([(0.6, 0.25), (0.95, 0.1), (1.12, up)], (0.34, 0.26, 0.26)), skin, 0.7)
        s.add(shapes.ellipse(1.22, up, 0.3, 0.23), skin, 0.8)
        s.eye(1.3, up - 0.05, 0.07, s.iris(), (0.6, 0.6))
        s.line([(1.5, up + 0.08), (1.3, up + 0.11)], 0.03)
    with s.part("leg"):
        for x in (-0.7, 0.62):
            s.add(shapes.limb([(x + step, 0.2), (x + 0.05 + step, 0.78)], (0.34, 0.28)), skin, 0.7)
    high = s.between(0.7, 0.95)
    dome = [(-0.98, 0.38), (-0.85, -0.1), (-0.45, -0.85 * high + 0.05), (0.05, -high + 0.05),
            (0.55, -0.75 * high), (0.88, -0.1), (0.98, 0.38), (0, 0.48)]  # fmt: skip
    with s.part("shell"):
        s.add(shapes.blob(dome), shell, 1.0)
        s.add(shapes.limb([(-0.98, 0.34), (0, 0.48), (0.98, 0.34)], (0.16, 0.2, 0.16)), s.pale, 0.7)


def snail(s: Sketch) -> None:
    """A shell wound to a spiral, eyes on stalks."""
    skin = pulled(s.coat, s.colours.light, 0.5)
    body = [(-1.15, 0.72), (-0.6, 0.45), (0.4, 0.42), (0.75, -0.05), (1.05, -0.1), (1.2, 0.2),
            (1.0, 0.62), (0.5, 0.78), (-0.6, 0.8)]  # fmt: skip
    s.add(shapes.blob(body), skin, 0.8)
    for dx in (0.0, 0.24):
        tip = (0.85 + 1.3 * dx + s.between(-0.06, 0.06), s.between(-0.75, -0.55))
        with s.part("stalk"):
            s.add(shapes.limb([(0.88 + dx, 0.0), tip], (0.12, 0.07)), skin, 0.6)
            s.eye(*tip, 0.09, WHITE, (0.6, 0.6))
    with s.part("mouth"):
        s.line([(1.14, 0.3), (1.0, 0.38)], 0.04)
    r = s.between(0.66, 0.8)
    x, y = -0.2, s.between(-0.18, -0.05)
    with s.part("shell"):
        s.add(shapes.ellipse(x, y, r, r * 0.95), s.coat, 1.0)
    turns = s.between(2.2, 3.0)
    t = np.linspace(0, 1, 26)
    angle = 2 * np.pi * turns * t + s.between(0, 6.28)
    spiral = np.stack([x + 0.96 * r * t * np.cos(angle), y + 0.92 * r * t * np.sin(angle)], 1)
    with s.part("shell"):
        s.add(shapes.limb(spiral, (0.05, 0.1, 0.12)), flat(s.darker(s.colours.second, 0.5)), 0.4)
