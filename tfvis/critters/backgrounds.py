"""What lies behind and before the figures; drawn without regard to the classes."""

from __future__ import annotations

import numpy as np

from . import shapes
from .canvas import Canvas, Part, Placement
from .sketch import Sketch
from .surfaces import (
    Palette,
    coarse,
    coat,
    courses,
    dimmed,
    fine,
    flat,
    medium,
    mix,
    mix_all,
    palette,
    plates,
    pulled,
    random_offset,
)

_UNIT = 80 / 224
"""A unit of the backgrounds' patterns, as a share of the image's side."""


def _places(size: int) -> tuple[np.ndarray, np.ndarray]:
    """u and v of every pixel, float32 (size, size) each."""
    at = (np.arange(size, dtype=np.float32) + 0.5) / (size * _UNIT)
    u, v = np.meshgrid(at, at)
    return u, v


def _land(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """A sky above hills."""
    u, v = _places(size)
    o = random_offset(rng)
    top = v[-1, 0]
    sky = mix(colours.light, mix_all(colours.base, colours.light, 0.4), v / top)
    clouds = np.clip(0.5 * coarse(u, 2 * v, o, 60), 0, 1)
    image = mix_all(sky, np.array([1, 1, 1], np.float32), 0.15) + 0.12 * clouds[..., np.newaxis]
    tones = (mix_all(colours.second, colours.light, 0.45), colours.base, colours.second)
    horizon = rng.uniform(0.3, 0.7) * top
    for k, tone in enumerate(tones[: rng.randint(1, 4)]):
        ridge = horizon + 0.25 * k + 0.2 * np.sin(u * rng.uniform(0.8, 2.5) + rng.uniform(0, 6))
        ground = tone * (1 + 0.16 * medium(u, 2 * v, o) + 0.1 * fine(u, v, o))[..., np.newaxis]
        below = (v > ridge)[..., np.newaxis]
        image = mix_all(image, ground, 1) * below + image * ~below
    return image


def _room(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """A papered wall above a floor."""
    u, v = _places(size)
    wall = coat(rng, colours, ("stripes", "spots", "plain", "rings", "patches")[rng.randint(5)])
    image = mix_all(wall(u, v), colours.light, 0.45)
    boards = courses(flat(colours.second), rng.uniform(0.8, 2.5), rng.uniform(0.15, 0.3), 0.35)
    edge = rng.uniform(0.6, 0.85) * v[-1, 0]
    floor = boards(u, v) * (1 + 0.1 * fine(u * 0.3, v * 3, random_offset(rng)))[..., np.newaxis]
    image = np.where((v > edge)[..., np.newaxis], floor, image)
    rail = (v > edge - 0.1) & (v <= edge)
    return np.where(rail[..., np.newaxis], mix_all(colours.light, colours.base, 0.3), image)


def _cloth(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """A woven check."""
    u, v = _places(size)
    angle = np.radians(rng.uniform(-30, 30))
    x, y = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
    f = rng.uniform(3, 12)
    bands = (np.sin(f * x) > rng.uniform(-0.3, 0.7)) * 0.5 + (np.sin(f * y) > 0.2) * 0.5
    weave = 1 + 0.08 * np.sin(90 * x) * np.sin(90 * y) + 0.06 * fine(u, v, random_offset(rng))
    return mix(colours.base, colours.light, bands) * weave[..., np.newaxis].astype(np.float32)


def _noise(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """Clouds of colour, smooth or rough: moss, marble, gravel."""
    u, v = _places(size)
    o = random_offset(rng)
    t = 0.5 + rng.uniform(0.2, 0.45) * coarse(u, v, o, rng.uniform(40, 140))
    image = mix(colours.base, colours.second, np.clip(t, 0, 1))
    spots = np.clip(rng.uniform(0, 0.5) * medium(u, v, o), 0, 1)
    image = image + spots[..., np.newaxis] * (colours.light - image)
    return image * (1 + rng.uniform(0.02, 0.2) * fine(u, v, o))[..., np.newaxis]


def _stone(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """Bricks, or irregular paving."""
    u, v = _places(size)
    inner = coat(rng, colours, "mottled")
    if rng.uniform() < 0.5:
        return courses(inner, rng.uniform(0.3, 0.9), rng.uniform(0.15, 0.4), 0.35)(u, v)
    return plates(inner, rng.uniform(0.4, 1.1), colours.second * 0.6, random_offset(rng))(u, v)


def _bokeh(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """Soft discs out of focus."""
    u, v = _places(size)
    image = mix(colours.second, colours.base, v / v[-1, 0])
    for _ in range(rng.randint(6, 18)):
        x, y, r = rng.uniform(0, u[0, -1]), rng.uniform(0, v[-1, 0]), rng.uniform(0.1, 0.6)
        soft = np.clip((r - np.hypot(u - x, v - y)) / (0.5 * r), 0, 1) * rng.uniform(0.15, 0.6)
        image = image + soft[..., np.newaxis] * (colours[rng.randint(4)] - image)
    return image


def _thicket(rng: np.random.RandomState, colours: Palette, size: int) -> np.ndarray:
    """Blades and leaves, or pebbles, one over the other."""
    canvas = Canvas(_noise(rng, colours, size), (-0.5, -0.7), 0.5)
    worn = coat(rng, colours)
    blades = rng.uniform() < 0.5
    for _ in range(rng.randint(25, 60)):
        surface = dimmed(pulled(worn, colours[rng.randint(4)], 0.5), rng.uniform(0.5, 1.1))
        if blades:
            lean = rng.uniform(-0.5, 0.5)
            outline = shapes.limb([(0, 0), (0.4 * lean, -0.5), (lean, -1)], (0.16, 0.12, 0.02))
        else:
            outline = shapes.ellipse(0, 0, rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.35))
        x, y = rng.uniform(0, size), rng.uniform(0, 1.2 * size)
        scale = rng.uniform(0.12, 0.4) * size
        angle = rng.uniform(-30, 30) if blades else rng.uniform(0, 180)
        canvas.paint([Part(outline, surface, 0.6)], Placement(x, y, scale, angle))
    return canvas.pixels


_KINDS = (_land, _room, _cloth, _noise, _stone, _bokeh, _thicket)


def background(rng: np.random.RandomState, size: int) -> np.ndarray:
    """One of seven kinds of background, float32 (size, size, 3)."""
    colours = palette(rng)
    image = _KINDS[rng.randint(len(_KINDS))](rng, colours, size)
    if rng.uniform() < 0.6:  # farther away, so paler and with less contrast
        image = mix_all(image, image.mean(axis=(0, 1)), rng.uniform(0.1, 0.5))
    return np.ascontiguousarray(np.clip(image, 0, 1), np.float32)


def _pebble(s: Sketch) -> None:
    n = s.rng.randint(5, 9)
    around = np.arange(n) * 2 * np.pi / n
    r = s.rng.uniform(0.6, 1.0, n)
    s.add(shapes.blob(np.stack([r * np.cos(around), 0.7 * r * np.sin(around)], 1)), None, 0.9)


def _ball(s: Sketch) -> None:
    s.add(shapes.ellipse(0, 0, 0.8, 0.8), None, 1.0)
    s.add(shapes.limb([(-0.75, 0.1), (0, 0.3), (0.75, 0.1)], (0.12, 0.16, 0.12)), s.pale, 0.3)


def _crate(s: Sketch) -> None:
    s.add(shapes.box(-0.8, -0.7, 0.8, 0.7), courses(s.coat, 4.0, 0.3, 0.35), 0.5)
    s.add(shapes.limb([(-0.7, 0.6), (0.7, -0.6)], (0.16, 0.16)), s.pale, 0.4)


def _blade(s: Sketch) -> None:
    for _ in range(s.rng.randint(3, 8)):
        x, lean = s.between(-0.6, 0.6), s.between(-0.5, 0.5)
        s.add(shapes.limb([(x, 1.0), (x + 0.4 * lean, 0.0), (x + lean, -0.9)], (0.16, 0.12, 0.02)))


def _twig(s: Sketch) -> None:
    bend = s.between(-0.3, 0.3)
    s.line([(-1, 0), (0, bend), (1, 0)], 0.08, s.darker(s.colours.second, 0.4))
    for x in (-0.7, -0.3, 0.1, 0.5):
        leaf = shapes.blob([(0, 0), (0.15, -0.2), (0.08, -0.5), (-0.1, -0.25)])
        s.add(shapes.turned(leaf, s.between(-40, 40)) + np.array((x, 0.5 * bend)), None, 0.6)


_CLUTTER = (_pebble, _ball, _crate, _blade, _twig)


def clutter(rng: np.random.RandomState) -> list[Part]:
    """Something that belongs to no class: a pebble, a ball, a crate, grass or a twig."""
    sketch = Sketch(rng)
    _CLUTTER[rng.randint(len(_CLUTTER))](sketch)
    return sketch.parts
