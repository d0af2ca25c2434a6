"""Things that belong to no class: each a function that draws one, about two units wide or high.

They are drawn as those of the classes are, with the same palettes and coats.
"""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import DARK, LAMPLIGHT, STEEL, WHITE, WOODS, Sketch
from .surfaces import Surface, coat, dimmed, flat, pulled

_BRASS, _IRON = (0.80, 0.64, 0.32), (0.36, 0.37, 0.40)


def umbrella(s: Sketch) -> None:
    """A canopy of panels on a stick with a crook; open, seen from above, or folded."""
    view = s.rng.randint(5)
    if view == 0:
        _umbrella_from_above(s)
        return
    wood = flat(s.one_of(WOODS))
    if view == 1:
        _folded_umbrella(s, wood)
        return
    w, h, below = s.between(1.0, 1.2), s.between(0.65, 0.95), s.between(0.1, 0.26)
    s.add(shapes.ellipse(0, 0, 0.99 * w, below), dimmed(s.coat, 0.42), 0)
    for x in (-0.7, -0.25, 0.25, 0.7):
        s.line([(0, -0.35), (x * w, 0.9 * below * np.sqrt(1 - x * x))], 0.025, STEEL)
    s.add(shapes.limb([(0, -h - 0.02), (0, -h - s.between(0.12, 0.2))], (0.08, 0.04)), wood, 0.6)
    s.add(shapes.limb([(0, -0.4), (0, 1.0)], (0.055, 0.055)), flat(STEEL), 0.8)
    _crook(s, 0, 1.0, wood)
    n = s.rng.randint(4, 7)
    edges = np.linspace(-np.pi / 2, np.pi / 2, n + 1)
    other = s.pale if s.chance(0.6) else dimmed(s.coat, 0.88)
    up = np.linspace(np.pi / 2, 0, 8)

    def meridian(phi: float) -> np.ndarray:
        """From the tip down to the rim; seen from below, the near rim is the higher one."""
        y = -h * np.sin(up) - below * np.cos(phi) * np.cos(up)
        return np.stack([w * np.sin(phi) * np.cos(up), y], 1)

    for k in range(n):
        left, right = meridian(edges[k]), meridian(edges[k + 1])
        t = np.linspace(0, 1, 7)[1:-1, np.newaxis]
        hem = left[-1] + t * (right[-1] - left[-1]) - (0, 0.09) * (4 * t * (1 - t))
        panel = np.concatenate([left, hem, right[::-1]])
        s.add(panel, s.coat if k % 2 else other, 0.5)
    for phi in edges[1:-1]:
        s.add(shapes.limb(meridian(phi), (0.02, 0.025)), flat(s.darker(s.colours.second, 0.5)), 0)


def _crook(s: Sketch, x: float, y: float, wood: Surface) -> None:
    r = s.between(0.13, 0.18)
    hook = [(x, y - 0.1), (x, y + 0.12), (x + 0.3 * r, y + 0.12 + 0.9 * r),
            (x + r, y + 0.12 + 1.2 * r), (x + 1.8 * r, y + 0.12 + 0.8 * r),
            (x + 2 * r, y + 0.1)]  # fmt: skip
    s.add(shapes.limb(hook, (0.11, 0.1, 0.1)), wood, 0.9)


def _umbrella_from_above(s: Sketch) -> None:
    """All panels round the tip."""
    n, turn = 2 * s.rng.randint(3, 6), s.between(0, 2 * np.pi)
    other = s.pale if s.chance(0.6) else dimmed(s.coat, 0.85)
    squeeze, top = s.between(0.7, 1.0), -s.between(0, 0.3)
    dark = s.darker(s.colours.second, 0.5)
    corners = turn + np.arange(n + 1) * 2 * np.pi / n
    rims = np.stack([np.cos(corners), squeeze * np.sin(corners)], 1)
    for k in range(n):
        middle = 0.93 * 0.5 * (rims[k] + rims[k + 1])
        hem = shapes.curve(np.stack([rims[k], middle, rims[k + 1]]))
        s.add(np.concatenate([[(0, top)], hem]), s.coat if k % 2 else other, 0.5)
    for x, y in rims[:-1]:
        s.line([(x, y), (0.5 * x, 0.5 * (y + top)), (0, top)], 0.03, dark)
        s.add(shapes.ellipse(x, y, 0.03, 0.03), flat(STEEL), 0)
    s.add(shapes.ellipse(0, top, 0.09, 0.09), flat(dark), 0.8)
    s.add(shapes.ellipse(0, top - 0.04, 0.04, 0.06), flat(STEEL), 0.8)


def _folded_umbrella(s: Sketch, wood: Surface) -> None:
    """Its cloth wound round the stick, held by a strap."""
    w = s.between(0.2, 0.3)
    s.add(shapes.limb([(0, -1.0), (0, -1.3)], (0.06, 0.04)), flat(STEEL), 0.6)
    _crook(s, 0, 0.85, wood)
    s.add(shapes.limb([(0, 0.6), (0, 0.86)], (0.06, 0.06)), flat(STEEL), 0.8)
    s.add(shapes.blob([(0, -1.12), (0.45 * w, -0.6), (w, 0.2), (0.85 * w, 0.66), (0.3 * w, 0.56),
                       (0, 0.7), (-0.4 * w, 0.56), (-0.9 * w, 0.68), (-w, 0.2),
                       (-0.45 * w, -0.6)]), None, 1.0)  # fmt: skip
    for x in (-0.45, 0.1, 0.55):
        fold = [(0.1 * x * w, -1.0), (0.6 * x * w, -0.3), (x * w + 0.04, 0.55)]
        s.line(fold, 0.03, s.darker(s.colours.second, 0.5))
    y = s.between(-0.1, 0.1)
    strap = [(-0.88 * w, y), (0, y + 0.06), (0.88 * w, y)]
    s.add(shapes.limb(strap, (0.1, 0.1)), s.pale, 0.6)
    s.add(shapes.ellipse(0, y + 0.06, 0.05, 0.05), flat(s.colours.accent), 0.6)
    s.moved(0, 0, 0, 1, s.between(-50, 50))


def guitar(s: Sketch) -> None:
    """A body with a waist or with horns, a neck with frets, strings, pegs."""
    wood = flat(s.one_of(WOODS))
    if s.chance(0.55):
        _acoustic_body(s, wood)
        bridge, end = 0.88, 0.16
    else:
        _electric_body(s)
        bridge, end = 0.95, 0.3
    nut = -s.between(0.95, 1.15)
    head = [(-0.07, nut + 0.03), (0.07, nut + 0.03), (0.14, nut - 0.12), (0.12, nut - 0.42),
            (0.0, nut - 0.38), (-0.12, nut - 0.42), (-0.14, nut - 0.12)]  # fmt: skip
    for k in range(3):
        y = nut - 0.12 - 0.1 * k
        for side in (-1, 1):
            s.line([(side * 0.1, y), (side * 0.2, y)], 0.03, STEEL)
            s.add(shapes.ellipse(side * 0.22, y, 0.045, 0.035), flat(WHITE), 0.7)
    s.add(np.array(head), wood, 0.7)
    board = flat(s.darker(s.one_of(WOODS), 0.6))
    s.add(np.array([(-0.075, nut), (0.075, nut), (0.1, end), (-0.1, end)]), board, 0.7)
    for k in range(1, 13):  # each a twelfth root of two nearer to the bridge
        y = bridge - (bridge - nut) * 2 ** (-k / 12)
        if y < end - 0.03:
            half = 0.075 + 0.025 * (y - nut) / (end - nut)
            s.add(shapes.box(-half, y - 0.01, half, y + 0.01), flat(STEEL), 0)
        if k in (3, 5, 7, 9):
            s.add(shapes.ellipse(0, y - 0.035, 0.02, 0.02), flat(WHITE), 0)
    for x in (-0.055, -0.018, 0.018, 0.055):
        string = [(0.8 * x, nut - 0.02), (1.15 * x, bridge)]
        s.add(shapes.limb(string, (0.012, 0.012)), flat(STEEL * 1.1), 0)
    s.moved(0, 0, 0, 1, s.between(-60, 60))


def _acoustic_body(s: Sketch, wood: Surface) -> None:
    waist, hip = s.between(0.3, 0.36), s.between(0.54, 0.62)
    half = [(0.0, -0.06), (0.24, -0.04), (0.42, 0.12), (waist + 0.02, 0.42), (hip - 0.06, 0.68),
            (hip, 0.95), (0.36, 1.25), (0.0, 1.3)]  # fmt: skip
    outline = np.array(half + [(-x, y) for x, y in half[-2:0:-1]])
    centre = np.array((0, 0.62))
    s.add(shapes.blob(outline), flat(s.darker(s.colours.second, 0.5)), 0.7)
    s.add(shapes.blob((outline - centre) * 0.93 + centre), None, 0.6)
    s.add(shapes.ellipse(0, 0.42, 0.2, 0.2), s.pale, 0)
    s.add(shapes.ellipse(0, 0.42, 0.165, 0.165), flat(DARK), 0)
    if s.chance(0.6):
        guard = [(0.19, 0.4), (0.34, 0.56), (0.3, 0.78), (0.13, 0.62)]
        s.add(shapes.blob(guard), flat(s.darker(s.colours.accent, 0.5)), 0.3)
    s.add(shapes.box(-0.22, 0.84, 0.22, 0.93), wood, 0.6)
    s.add(shapes.box(-0.12, 0.86, 0.12, 0.88), flat(WHITE), 0)


def _electric_body(s: Sketch) -> None:
    horn = s.between(-0.16, 0.02)
    body = [(-0.14, 0.24), (-0.3, 0.04), (-0.46, horn), (-0.52, 0.14), (-0.38, 0.45),
            (-0.52, 0.8), (-0.46, 1.15), (0, 1.28), (0.46, 1.18), (0.54, 0.85), (0.38, 0.5),
            (0.46, 0.24), (0.4, 0.1), (0.24, 0.16), (0.14, 0.3)]  # fmt: skip
    s.add(shapes.blob(body), None, 0.9)
    plate = [(-0.16, 0.3), (-0.3, 0.35), (-0.26, 0.6), (-0.3, 0.85), (0, 0.9), (0.3, 1.06),
             (0.4, 0.9), (0.26, 0.62), (0.3, 0.36), (0.16, 0.34)]  # fmt: skip
    s.add(shapes.blob(plate), s.pale, 0.4)
    for y in (0.44, 0.6, 0.76):
        s.add(shapes.box(-0.15, y - 0.04, 0.15, y + 0.04), flat(DARK), 0.5)
    s.add(shapes.box(-0.15, 0.9, 0.15, 1.02), flat(STEEL), 0.6)
    for x, y in ((0.28, 0.82), (0.34, 0.98)):
        s.add(shapes.ellipse(x, y, 0.055, 0.055), flat(s.colours.accent), 0.8)


def lamp(s: Sketch) -> None:
    """A shade on a turned stand; or a desk lamp with two arms and joints."""
    if s.chance(0.4):
        _desk_lamp(s)
        return
    lit, metal = s.chance(0.6), flat(s.one_of((_BRASS, _IRON)))
    foot, neck = s.between(0.4, 0.55), s.between(-0.3, -0.15)
    s.add(shapes.ellipse(0, 1.02, foot, 0.11), metal, 0.9)
    belly, low = s.between(0.22, 0.42), s.between(0.2, 0.6)
    half = [(0.07, neck + 0.1), (0.09, 0.02), (belly, low), (0.6 * belly, 0.78), (0.13, 0.86),
            (0.24, 0.97)]  # fmt: skip
    s.add(shapes.limb([(0, neck - 0.2), (0, 0.2)], (0.08, 0.08)), metal, 0.8)
    s.add(shapes.blob(half + [(-x, y) for x, y in reversed(half)]), None, 1.0)
    for y, w in ((0.02, 0.2), (0.86, 0.28)):
        s.add(shapes.limb([(-w / 2, y), (w / 2, y)], (0.07, 0.07)), metal, 0.7)
    wide, top = s.between(0.7, 0.9), s.between(0.28, 0.55)
    cap, hem = neck - s.between(0.75, 0.9), neck + 0.06
    s.add(shapes.limb([(0, cap + 0.1), (0, cap - 0.14)], (0.05, 0.05)), metal, 0.7)
    s.add(shapes.ellipse(0, cap - 0.14, 0.07, 0.07), metal, 0.9)
    cloth = pulled(coat(s.rng, s.colours), s.colours.light, 0.55)
    if lit:
        cloth = pulled(cloth, LAMPLIGHT, 0.6)
        s.add(shapes.ellipse(0, hem, wide, 0.13), flat(LAMPLIGHT * 1.05), 0)
    else:
        s.add(shapes.ellipse(0, hem, wide, 0.13), dimmed(cloth, 0.5), 0)
    s.add(shapes.ellipse(0, hem, 0.1, 0.14), flat(WHITE), 0.5)  # the bulb
    bow = s.between(-0.1, 0.12)  # straight sides, bell, or dome
    middle = (wide + top) / 2 + bow
    x = np.linspace(-1, 1, 9)
    rim = np.stack([-wide * x, hem + 0.12 * (1 - x * x) - 0.03], 1)
    side = shapes.curve([(-wide, hem - 0.03), (-middle, (cap + hem) / 2), (-top, cap)])
    lid = np.stack([top * x, cap - 0.05 * (1 - x * x)], 1)
    s.add(np.concatenate([side, lid, side[::-1] * (-1, 1), rim]), cloth, 0.9)
    trim = flat(s.colours.accent)
    for edge, dy, width in ((rim, -0.03, 0.07), (lid, 0.03, 0.05)):
        s.add(shapes.limb(edge * (0.97, 1) + np.array((0, dy)), (width, width)), trim, 0.4)
    if s.chance(0.5):  # a chain to pull
        x, y = s.between(0.25, 0.5) * wide, hem + s.between(0.3, 0.45)
        s.line([(x, hem + 0.08), (x, y)], 0.03, s.darker(STEEL, 0.4))
        s.add(shapes.ellipse(x, y, 0.045, 0.05), trim, 0.8)


def _desk_lamp(s: Sketch) -> None:
    metal = flat(s.one_of((_BRASS, _IRON)))
    s.add(shapes.blob([(-0.55, 1.05), (-0.4, 0.88), (0, 0.82), (0.4, 0.88), (0.55, 1.05),
                       (0, 1.1)]), None, 0.9)  # fmt: skip
    elbow = (-s.between(0.45, 0.75), s.between(-0.25, 0.05))
    head = (s.between(0.2, 0.45), -s.between(0.75, 1.0))
    for a, b in (((0.0, 0.86), elbow), (elbow, head)):
        apart = np.array((0.05, 0.03))
        for sign in (-1, 1):
            rod = np.array([a, b]) + sign * apart
            s.add(shapes.limb(rod, (0.055, 0.055)), metal, 0.8)
    for x, y in ((0.0, 0.84), elbow, head):
        s.add(shapes.ellipse(x, y, 0.11, 0.11), s.coat, 0.8)
        s.add(shapes.ellipse(x, y, 0.04, 0.04), flat(s.colours.light), 0.5)
    start = len(s.parts)
    lit = s.chance(0.6)
    s.add(shapes.ellipse(0, 0.62, 0.5, 0.13), flat(LAMPLIGHT if lit else s.darker(STEEL, 0.5)), 0)
    s.add(shapes.ellipse(0, 0.66, 0.2, 0.18), flat(LAMPLIGHT * 1.05 if lit else WHITE), 0.6)
    cone = [(-0.13, -0.16), (0.13, -0.16), (0.2, 0.0), (0.42, 0.32), (0.53, 0.62), (0.27, 0.53),
            (0, 0.5), (-0.27, 0.53), (-0.53, 0.62), (-0.42, 0.32), (-0.2, 0.0)]  # fmt: skip
    s.add(shapes.blob(cone), None, 1.0)
    band = [(-0.2, 0.0), (0, 0.03), (0.2, 0.0)]
    s.add(shapes.limb(band, (0.06, 0.06)), flat(s.colours.accent), 0.5)
    s.add(shapes.ellipse(0, -0.2, 0.09, 0.07), metal, 0.7)
    s.moved(start, *head, s.between(0.9, 1.1), s.between(-55, 5))


def teapot(s: Sketch) -> None:
    """A belly with a spout and a handle, a lid with a knob."""
    tall = s.chance(0.35)
    w, h = (s.between(0.5, 0.58), s.between(0.75, 0.88)) if tall else (
        s.between(0.68, 0.8), s.between(0.5, 0.62))  # fmt: skip
    glaze = flat(s.one_of(WOODS)) if s.chance(0.2) else s.coat
    if s.chance(0.25):  # over the lid
        bow = [(-0.75 * w, -0.5 * h), (-0.85 * w, -h - 0.35), (0, -h - 0.68), (0.85 * w, -h - 0.35),
               (0.75 * w, -0.5 * h)]  # fmt: skip
        s.add(shapes.limb(bow, (0.1, 0.13, 0.1)), flat(s.one_of(WOODS)), 0.9)
    else:
        ear = [(-0.8 * w, -0.55 * h), (-w - 0.2, -0.75 * h), (-w - 0.42, -0.15),
               (-w - 0.22, 0.4 * h), (-0.75 * w, 0.55 * h)]  # fmt: skip
        s.add(shapes.limb(ear, (0.17, 0.15, 0.12)), glaze, 0.9)
    tip = (w + s.between(0.42, 0.56), -s.between(0.45, 0.75) * h)
    spout = [(0.7 * w, 0.35 * h), (w + 0.2, 0.15 * h), (w + 0.26, -0.3 * h), tip]
    s.add(shapes.limb(spout, (0.42, 0.26, 0.18, 0.14)), glaze, 0.9)
    s.add(shapes.ellipse(*tip, 0.08, 0.05, -25), flat(DARK), 0)
    s.add(shapes.blob([(-0.55 * w, 0.8 * h), (0.55 * w, 0.8 * h), (0.62 * w, 1.08 * h),
                       (-0.62 * w, 1.08 * h)]), s.pale, 0.6)  # fmt: skip
    belly = [
        (0.42 * w, -h),
        (0.85 * w, -0.62 * h),
        (w, 0.05),
        (0.8 * w, 0.68 * h),
        (0.4 * w, 0.97 * h),
    ]
    s.add(shapes.blob(belly + [(-x, y) for x, y in reversed(belly)]), None, 1.0)
    trim = flat(s.colours.accent)
    kind = s.rng.randint(3)
    if kind == 0:  # a band
        band = [(-0.97 * w, 0.02), (0, 0.14), (0.97 * w, 0.02)]
        s.add(shapes.limb(band, (0.14, 0.18, 0.14)), s.pale, 0.5)
    if kind < 2:
        for x, y in ((-0.66, 0.06), (-0.34, 0.12), (0, 0.14), (0.34, 0.12), (0.66, 0.06)):
            r = 0.055 if kind == 0 else 0.09
            s.add(shapes.ellipse(x * w, y, r, r), trim if kind == 0 else s.pale, 0.4)
    lid, knob = s.between(0.14, 0.26), s.between(0.07, 0.11)
    dome = [(-0.46 * w, -0.96 * h), (-0.34 * w, -h - 0.8 * lid), (0, -h - lid),
            (0.34 * w, -h - 0.8 * lid), (0.46 * w, -0.96 * h), (0, -0.92 * h)]  # fmt: skip
    s.add(shapes.blob(dome), dimmed(glaze, 0.92), 0.8)
    rim = [(-0.48 * w, -0.96 * h), (0, -0.91 * h), (0.48 * w, -0.96 * h)]
    s.add(shapes.limb(rim, (0.07, 0.08, 0.07)), trim, 0.6)
    s.add(shapes.ellipse(0, -h - lid - 0.5 * knob, knob, 0.9 * knob), trim, 0.9)
