"""Mammals: each a function that draws one figure, about two units wide or high."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import heads, shapes
from .sketch import DARK, WHITE, Sketch
from .surfaces import coat, dimmed, flat


def _striped(s: Sketch) -> None:
    """Wear dark and light stripes, nearly upright."""
    dark, light = s.darker(s.colours.second, 0.45), s.colours.light
    if s.chance(0.3):
        light = s.colours.base * 0.5 + 0.5
    stripes = coat(s.rng, s.colours, "stripes")
    size, angle = s.between(0.85, 1.25), s.between(70, 110)
    s.wear(replace(stripes, base=light, second=dark, size=size, angle=angle, grain=0.05))


def _sitting(s: Sketch, head: heads.Head, head_scale: float = 0.55) -> None:
    """From the front, with a head on top."""
    w = s.between(0.5, 0.64)
    if s.chance(0.7):
        side = -1 if s.chance(0.5) else 1
        tail = [(side * 0.3, 0.85), (side * 0.85, 0.8), (side * 1.0, 0.35), (side * 0.85, 0.05)]
        with s.part("tail"):
            s.add(shapes.limb(tail, (0.2, 0.18, 0.12)), s.far)
    with s.part("leg"):
        for side in (-1, 1):
            s.add(shapes.ellipse(side * w * 0.8, 0.72, 0.34, 0.3), s.far)
    body = [(0, -0.4), (w * 0.8, -0.15), (w, 0.55), (0.75 * w, 0.95),
            (-0.75 * w, 0.95), (-w, 0.55), (-w * 0.8, -0.15)]  # fmt: skip
    s.add(shapes.blob(body))
    if s.chance(0.7):
        s.add(shapes.ellipse(0, 0.25, 0.55 * w, 0.45), s.pale, 0.4)
    with s.part("leg"):
        for side in (-1, 1):
            x = side * s.between(0.17, 0.26)
            leg = [(x, 0.2), (x * 1.05, 0.6), (x * 1.1, 0.95)]
            s.add(shapes.limb(leg, (0.24, 0.2, 0.22)), None, 0.7)
            s.add(shapes.ellipse(x * 1.15, 0.98, 0.17, 0.1), s.pale, 0.6)
    start = len(s.parts)
    head(s)
    s.moved(start, 0, -0.5, head_scale * s.between(0.92, 1.12), s.between(-14, 14))


def _standing(
    s: Sketch,
    head: heads.Head,
    head_at: tuple[float, float],
    head_scale: float,
    *,
    legs: float = 0.2,
    height: float = 0.75,
    thick: float = 0.42,
) -> None:
    """From the side, facing right, with a head seen from the front.

    `legs` is their width at the feet, `height` how far these lie below the body's middle, and
    `thick` half of the body's height.
    """
    foot = height + s.between(-0.08, 0.08)
    step = s.between(0.0, 0.16)
    for x, ahead in ((-0.62, step), (0.55, -step)):
        leg = [(x, 0.1), (x + ahead, 0.45), (x + ahead * 1.4, foot)]
        with s.part("leg"):
            s.add(shapes.limb(leg, (legs * 1.5, legs, legs)), s.far)
    back = s.between(-0.06, 0.06)
    body = [(-0.85, -thick * 0.5), (-0.4, -thick + back), (0.3, -thick + back),
            (0.85, -thick * 0.8), (0.9, 0.1), (0.4, thick * 0.75), (-0.3, thick * 0.62),
            (-0.85, thick * 0.5)]  # fmt: skip
    s.add(shapes.blob(body))
    if s.chance(0.5):
        s.add(shapes.ellipse(0.05, thick * 0.5, 0.6, 0.14), s.pale, 0.2)
    with s.part("leg"):
        for x, ahead in ((-0.75, -step), (0.72, step)):
            leg = [(x, 0.05), (x + ahead, 0.45), (x + ahead * 1.4, foot + 0.05)]
            s.add(shapes.limb(leg, (legs * 1.9, legs * 1.1, legs)), None, 0.7)
            paw = shapes.ellipse(x + ahead * 1.4 + 0.05, foot + 0.08, legs * 0.65, legs * 0.4)
            s.add(paw, s.pale, 0.6)
    start = len(s.parts)
    head(s)
    s.moved(start, *head_at, head_scale * s.between(0.92, 1.1), s.between(-12, 12))


def dog(s: Sketch) -> None:
    """Hanging ears, a large muzzle, often a tongue."""
    view = s.rng.randint(3)
    if view == 0:
        heads.dog(s)
    elif view == 1:
        _sitting(s, heads.dog)
    else:
        up = s.between(0.2, 0.9)
        tail = [(-0.8, -0.2), (-1.1, -0.3 - 0.4 * up), (-1.15, -0.4 - up)]
        with s.part("tail"):
            s.add(shapes.limb(tail, (0.2, 0.16, 0.05)))
        _standing(s, heads.dog, (0.95, -0.5), 0.46)


def cat(s: Sketch) -> None:
    """Pointed ears, whiskers, a small triangular nose."""
    view = s.rng.randint(3)
    if view == 0:
        heads.cat(s)
    elif view == 1:
        _sitting(s, heads.cat, 0.56)
    else:
        sway = s.between(-0.3, 0.3)
        tail = [(-0.8, -0.1), (-1.2, -0.35), (-1.15 + sway, -0.9), (-1.35 + 2 * sway, -1.25)]
        with s.part("tail"):
            s.add(shapes.limb(tail, (0.16, 0.15, 0.14, 0.1)))
        _standing(s, heads.cat, (0.92, -0.5), 0.46, legs=0.17, thick=0.36)


def rabbit(s: Sketch) -> None:
    """Long ears, front teeth, a white tail."""
    view = s.rng.randint(3)
    if view == 0:
        heads.rabbit(s)
    elif view == 1:
        _sitting(s, heads.rabbit, 0.5)
    else:
        with s.part("tail"):
            s.add(shapes.ellipse(-0.98, 0.3, 0.24, 0.22), flat(WHITE), 0.8)
        body = [(-0.95, 0.3), (-0.75, -0.3), (-0.1, -0.5), (0.6, -0.25), (0.8, 0.3), (0.4, 0.68),
                (-0.6, 0.7)]  # fmt: skip
        s.add(shapes.blob(body))
        with s.part("leg"):
            s.add(shapes.ellipse(-0.5, 0.3, 0.42, 0.36), None, 0.8)
            s.add(shapes.ellipse(-0.42, 0.72, 0.4, 0.12), s.pale, 0.6)
            s.add(shapes.ellipse(0.45, 0.7, 0.24, 0.1), s.pale, 0.6)
        start = len(s.parts)
        heads.rabbit(s)
        s.moved(start, 0.78, -0.35, 0.48 * s.between(0.92, 1.1), s.between(-15, 15))


def elephant(s: Sketch) -> None:
    """A trunk, large ears, tusks, legs like pillars."""
    if s.chance(0.45):
        heads.elephant(s)
        return
    with s.part("tail"):
        s.line([(-0.85, -0.2), (-1.08, 0.1), (-1.05, 0.5)], 0.07, s.darker(s.colours.base, 0.4))
    # Its head is no part of `_standing`: it may be in profile.
    _standing(s, lambda _: None, (0, 0), 1, legs=0.34, height=0.78, thick=0.62)
    start = len(s.parts)
    if s.chance(0.5):
        heads.elephant(s)
        s.moved(start, 0.85, -0.42, 0.52 * s.between(0.9, 1.1), s.between(-8, 8))
        return
    s.add(shapes.ellipse(0.0, -0.05, 0.52, 0.5))
    if s.chance(0.35):  # raised
        trunk = [(0.3, 0.05), (0.72, 0.3), (0.95, -0.15), (0.85, -0.65), (1.05, -0.85)]
    else:
        reach = s.between(-0.1, 0.35)
        trunk = [(0.3, 0.0), (0.58, 0.45), (0.6, 1.0), (0.6 + reach, 1.3), (0.75 + reach, 1.2)]
    with s.part("trunk"):
        s.add(shapes.limb(trunk, (0.5, 0.36, 0.26, 0.18, 0.14)), None, 0.9)
    if s.chance(0.75):
        tusk = [(0.28, 0.3), (0.55, 0.52), (0.85, 0.42)]
        with s.part("tusk"):
            s.add(shapes.limb(tusk, (0.14, 0.1, 0.03)), flat(WHITE), 0.8)
    s.eye(0.2, -0.15, 0.07, np.array([0.3, 0.2, 0.12], np.float32), (0.7, 0.7))
    ear = [(-0.25, -0.45), (-0.75, -0.5), (-0.9, 0.05), (-0.6, 0.55), (-0.25, 0.4), (-0.05, 0.0)]
    with s.part("ear"):
        s.add(shapes.blob(ear), dimmed(s.coat, 0.85), 0.7)
    s.moved(start, 0.85, -0.35, s.between(0.95, 1.15), s.between(-8, 8))


def zebra(s: Sketch) -> None:
    """Stripes, a mane that stands, a dark muzzle, hooves."""
    _striped(s)
    if s.chance(0.35):
        heads.zebra(s)
        return
    dark = flat(DARK)
    step, foot = s.between(0, 0.16), 0.95
    with s.part("leg"):
        for near in (False, True):
            for x in (-0.62, 0.5):
                ahead = step if (x > 0) == near else -step
                x += 0.08 if near else -0.06
                leg = [(x, 0.05), (x + ahead, 0.45), (x + 1.4 * ahead, foot)]
                s.add(shapes.limb(leg, (0.3, 0.15, 0.12)), None if near else s.far, 0.7)
                s.add(shapes.ellipse(x + 1.4 * ahead, foot, 0.09, 0.07), dark, 0.4)
    tail = [(-0.8, -0.25), (-1.0, 0.0), (-1.02, 0.4)]
    with s.part("tail"):
        s.add(shapes.limb(tail, (0.08, 0.08, 0.14)), dark, 0.3)
    body = [(-0.85, -0.25), (-0.35, -0.36), (0.2, -0.32), (0.7, -0.4), (0.72, 0.1), (0.3, 0.3),
            (-0.4, 0.26), (-0.85, 0.2)]  # fmt: skip
    s.add(shapes.blob(body))
    nod = s.between(-0.1, 0.25)
    for k in range(9):  # the mane
        t = k / 8
        x, y = 0.42 + 0.48 * t, -0.38 - (0.75 - nod) * t
        with s.part("mane"):
            s.add(
                shapes.limb([(x + 0.06, y + 0.03), (x - 0.14, y - 0.12)], (0.16, 0.08)), dark, 0.3
            )
    neck = [(0.55, -0.15), (0.78, -0.55), (1.02, -1.0 + nod)]
    s.add(shapes.limb(neck, (0.55, 0.42, 0.36)))
    with s.part("ear"):
        s.add(shapes.blob([(0.9, -1.22 + nod), (0.95, -1.5 + nod), (1.06, -1.22 + nod)]), None, 0.3)
    face = [(0.95, -1.05 + nod), (1.25, -0.85 + nod), (1.5, -0.62 + nod)]
    s.add(shapes.limb(face, (0.42, 0.34, 0.24)))
    with s.part("muzzle"):
        s.add(
            shapes.ellipse(1.5, -0.6 + nod, 0.16, 0.14), flat(s.darker(s.colours.second, 0.6)), 0.7
        )
    s.eye(1.08, -1.02 + nod, 0.06, np.array([0.25, 0.15, 0.1], np.float32), (0.8, 0.8))
