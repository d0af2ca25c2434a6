"""People: a figure that belongs to no class, drawn as the animals are."""

from __future__ import annotations

import numpy as np

from . import shapes
from .sketch import WHITE, Sketch
from .surfaces import Colour, Surface, coat, dimmed, flat, pulled

_SKINS = ((0.96, 0.80, 0.69), (0.87, 0.66, 0.50), (0.70, 0.48, 0.34), (0.50, 0.33, 0.23))
_HAIRS = ((0.10, 0.08, 0.08), (0.33, 0.20, 0.12), (0.80, 0.62, 0.32), (0.62, 0.28, 0.14),
          (0.68, 0.67, 0.66))  # fmt: skip
_LIPS = np.array([0.75, 0.35, 0.33], np.float32)


def person(s: Sketch) -> None:
    """A head with hair or a hat on a clothed body, whole or down to the chest."""
    skin, hair = s.one_of(_SKINS), s.one_of(_HAIRS)
    if s.chance(0.3):
        _bust(s, skin, hair)
        return
    below = pulled(coat(s.rng, s.colours), s.darker(s.colours.second, 0.2), 0.75)
    shoe = flat(s.darker(s.colours.accent, s.between(0.3, 0.8)))
    skirt, apart = s.chance(0.4), s.between(0.1, 0.28)
    legs = flat(skin) if skirt else below
    for side in (-1, 1):
        lift = s.between(0, 0.1)
        ankle = (side * (0.11 + apart), 1.12 - lift)
        knee = (side * (0.13 + 0.5 * apart), 0.68)
        width = (0.2, 0.15, 0.13) if skirt else (0.29, 0.23, 0.2)
        s.add(shapes.limb([(side * 0.13, 0.2), knee, ankle], width), legs, 0.7)
        s.add(shapes.ellipse(ankle[0] + side * 0.06, ankle[1] + 0.07, 0.17, 0.08), shoe, 0.7)
    long = s.chance(0.6)
    for side in (-1, 1):
        _arm(s, side, skin, long=long)
    w = s.between(0.3, 0.36)
    if skirt:
        hem, flare = s.between(0.5, 0.72), s.between(0.42, 0.56)
        cloth = [(-0.24, 0.02), (0.24, 0.02), (flare, hem), (0, hem + 0.05), (-flare, hem)]
        s.add(np.array(cloth), below if s.chance(0.5) else None, 0.8)
    else:
        s.add(shapes.blob([(-0.22, 0.05), (0.22, 0.05), (0.24, 0.28), (0, 0.36), (-0.24, 0.28)]),
              below, 0.6)  # fmt: skip
    s.add(shapes.limb([(0, -0.7), (0, -0.45)], (0.2, 0.22)), flat(s.darker(skin, 0.12)), 0.4)
    torso = [(0, -0.57), (w, -0.52), (w + 0.03, -0.38), (0.8 * w, -0.1), (0.85 * w, 0.17),
             (0, 0.2), (-0.85 * w, 0.17), (-0.8 * w, -0.1), (-w - 0.03, -0.38),
             (-w, -0.52)]  # fmt: skip
    s.add(shapes.blob(torso), None, 0.8)
    s.add(shapes.ellipse(0, -0.57, 0.14, 0.07), flat(skin), 0.2)
    if s.chance(0.5):
        s.add(
            shapes.box(-0.83 * w, 0.08, 0.83 * w, 0.16), flat(s.darker(s.colours.second, 0.6)), 0.4
        )
        s.add(shapes.box(-0.05, 0.07, 0.05, 0.17), flat(s.colours.accent), 0.4)
    else:
        for y in (-0.36, -0.2, -0.04):
            s.add(shapes.ellipse(0, y, 0.025, 0.025), flat(s.colours.light), 0)
    start = len(s.parts)
    _face(s, skin, hair)
    s.moved(start, 0, -0.9, s.between(0.3, 0.36), s.between(-12, 12))


def _bust(s: Sketch, skin: Colour, hair: Colour) -> None:
    """Down to the chest, the head large."""
    w = s.between(0.9, 1.1)
    chest = [(0, 0.55), (0.45 * w, 0.62), (0.9 * w, 0.85), (w, 1.35), (0, 1.45), (-w, 1.35),
             (-0.9 * w, 0.85), (-0.45 * w, 0.62)]  # fmt: skip
    start = len(s.parts)
    _face(s, skin, hair)
    head = s.parts[start:]
    del s.parts[start:]
    s.add(shapes.blob(chest), None, 0.8)
    s.add(shapes.blob([(-0.3, 0.6), (0.3, 0.6), (0, s.between(0.85, 1.05))]), flat(skin), 0.2)
    s.add(shapes.limb([(0, 0.3), (0, 0.72)], (0.44, 0.48)), flat(s.darker(skin, 0.12)), 0.5)
    for side in (-1, 1):
        collar = [(0.08, 0.86), (0.26, 0.6), (0.46, 0.64), (0.36, 0.92)]
        s.add(np.array(collar) * (side, 1), s.pale, 0.5)
    s.parts += head
    s.moved(len(s.parts) - len(head), 0, -0.2, s.between(0.78, 0.9), s.between(-10, 10))


def _arm(s: Sketch, side: int, skin: Colour, *, long: bool) -> None:
    """Hanging, on the hip, stretched out or waving; in a long sleeve or a short one."""
    shoulder = (0.31, -0.44)
    poses = (
        ((0.45, -0.1), (0.46 + s.between(0, 0.12), 0.24)),
        ((0.64, -0.14), (0.36, 0.1)),
        ((0.58, -0.3), (0.9, s.between(-0.5, -0.2))),
        ((0.6, -0.42), (0.66 + s.between(-0.1, 0.1), -0.9)),
    )
    elbow, hand = poses[s.rng.randint(len(poses))]
    line = np.array([shoulder, elbow, hand]) * (side, 1)
    s.add(shapes.limb(line, (0.17, 0.14, 0.11)), flat(skin), 0.7)
    s.add(shapes.ellipse(side * hand[0], hand[1], 0.09, 0.09), flat(skin), 0.5)
    if long:
        sleeve = np.array([line[0], line[1], 0.8 * line[2] + 0.2 * line[1]])
    else:
        sleeve = np.array([line[0], 0.4 * line[0] + 0.6 * line[1]])
    s.add(shapes.limb(sleeve, (0.22, 0.18, 0.17)), dimmed(s.coat, 0.86), 0.7)


def _face(s: Sketch, skin: Colour, hair: Colour) -> None:
    """A head around (0, 0), about one unit in radius."""
    worn = coat(s.rng, s.colours, "mottled")
    locks = pulled(worn, hair, 0.93)
    style = s.rng.randint(5)  # short, parted, long, a bun, a hat
    if style == 2:
        low = s.between(0.7, 1.1)
        mane = [(0, -1.05), (0.75, -0.8), (1.0, -0.1), (0.98, low), (0.5, low + 0.1), (0, 0.6),
                (-0.5, low + 0.1), (-0.98, low), (-1.0, -0.1), (-0.75, -0.8)]  # fmt: skip
        s.add(shapes.blob(mane), dimmed(locks, 0.85), 0.8)
    if style == 3:
        s.add(shapes.ellipse(0, -1.15, 0.36, 0.34), locks, 0.9)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * 0.76, 0.08, 0.15, 0.2), flat(s.darker(skin, 0.1)), 0.5)
    s.add(shapes.blob([(0, -0.92), (0.6, -0.7), (0.78, -0.05), (0.6, 0.58), (0.22, 0.92),
                       (-0.22, 0.92), (-0.6, 0.58), (-0.78, -0.05), (-0.6, -0.7)]),
          flat(skin), 0.6)  # fmt: skip
    iris, apart = s.iris(), s.between(0.29, 0.35)
    brow = s.darker(hair, 0.4)
    rise = s.between(-0.05, 0.05)
    for side in (-1, 1):
        s.add(shapes.ellipse(side * apart, 0.0, 0.18, 0.13), flat(WHITE), 0.2)
        s.eye(side * apart, 0.0, 0.1, iris, (0.55, 0.55))
        s.line([(side * (apart + 0.2), -0.22), (side * (apart - 0.15), -0.27 + rise)], 0.08, brow)
        s.add(shapes.ellipse(side * 0.48, 0.36, 0.15, 0.11), flat(skin * (1.0, 0.86, 0.84)), 0)
    nose = [(0, 0.02), (0.08, 0.22), (0.11, 0.33), (0, 0.38), (-0.11, 0.33), (-0.08, 0.22)]
    s.add(shapes.blob(nose), flat(s.darker(skin, 0.08)), 0.9)
    smile = s.between(0.02, 0.14)
    if s.chance(0.4):  # open
        smile += 0.08
        mouth = [(-0.28, 0.54), (0, 0.56), (0.28, 0.54), (0.14, 0.6 + smile), (-0.14, 0.6 + smile)]
        s.add(shapes.blob(mouth), flat(s.darker(_LIPS, 0.4)), 0)
        s.add(shapes.box(-0.15, 0.55, 0.15, 0.59), flat(WHITE), 0)
    else:
        s.line([(-0.27, 0.56), (0, 0.56 + smile), (0.27, 0.56)], 0.08, s.darker(_LIPS, 0.2))
    if style in (0, 1, 4) and s.chance(0.4):
        _beard(s, locks)
    if style == 4:
        _hat(s)
        return
    if style == 1:  # parted at one side
        fringe = [(-0.82, 0.12), (-0.85, -0.5), (-0.4, -1.0), (0.3, -1.05), (0.82, -0.6),
                  (0.82, 0.05), (0.68, -0.25), (0.4, -0.62), (-0.1, -0.5),
                  (-0.6, -0.3)]  # fmt: skip
    else:
        edge = s.between(-0.62, -0.45)
        fringe = [(-0.82, 0.1), (-0.86, -0.5), (-0.45, -0.98), (0, -1.08), (0.45, -0.98),
                  (0.86, -0.5), (0.82, 0.1), (0.66, -0.3), (0.3, edge), (0, edge - 0.06),
                  (-0.3, edge), (-0.66, -0.3)]  # fmt: skip
    s.add(shapes.blob(fringe), locks, 0.8)


def _beard(s: Sketch, locks: Surface) -> None:
    """Round the mouth and under the chin."""
    beard = [(-0.72, 0.2), (-0.5, 0.48), (-0.2, 0.44), (0, 0.48), (0.2, 0.44), (0.5, 0.48),
             (0.72, 0.2), (0.62, 0.7), (0.25, 1.08), (-0.25, 1.08), (-0.62, 0.7)]  # fmt: skip
    s.add(shapes.blob(beard), locks, 0.6)
    s.add(shapes.ellipse(0, 0.6, 0.2, 0.08), flat(_LIPS), 0.2)


def _hat(s: Sketch) -> None:
    """A crown with a band, and a brim."""
    felt = pulled(s.coat, s.colours.accent, 0.6)
    high = s.between(1.15, 1.45)
    crown = [(-0.72, -0.42), (-0.66, -high), (-0.25, -high - 0.08), (0.25, -high - 0.08),
             (0.66, -high), (0.72, -0.42), (0, -0.36)]  # fmt: skip
    s.add(shapes.blob(crown), felt, 0.8)
    band = [(-0.76, -0.56), (0, -0.47), (0.76, -0.56)]
    s.add(shapes.limb(band, (0.2, 0.2)), flat(s.darker(s.colours.second, 0.5)), 0.4)
    brim = [(-1.15, -0.38), (-0.5, -0.42), (0, -0.4), (0.5, -0.42), (1.15, -0.38)]
    s.add(shapes.limb(brim, (0.12, 0.24, 0.26, 0.24, 0.12)), dimmed(felt, 0.9), 0.8)
