"""What parts are covered with: functions from places (u, v) to colours.

Places are in the figure's units, so that a pattern runs on from part to part. Palettes and coats
are drawn without regard to the class; textures such as scales and bricks belong to some classes.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Surface = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From u and v, (h, w) each, to colours (h, w, 3), or (3,) where there is no pattern."""

Colour = np.ndarray
"""Float32 (3,)."""

Offset = tuple[int, int]
"""Where in the noise a pattern lies, (row, column)."""

PATTERNS = ("plain", "patches", "spots", "rings", "stripes", "mottled", "shaded", "tipped")

_BANK = 512
"""Side of the noise, in texels."""

_TEXELS = 90.0
"""Texels of the noise in a unit of a figure."""


class Palette(NamedTuple):
    """Colours that go together, float32 (3,) each."""

    base: Colour
    second: Colour
    light: Colour
    accent: Colour


# Hue, saturation and value of each palette's four colours.
_PALETTES = (
    ((0.07, 0.75, 0.85), (0.06, 0.80, 0.50), (0.10, 0.25, 0.97), (0.55, 0.55, 0.75)),
    ((0.09, 0.55, 0.78), (0.07, 0.62, 0.40), (0.11, 0.22, 0.95), (0.00, 0.65, 0.75)),
    ((0.08, 0.12, 0.60), (0.08, 0.12, 0.28), (0.10, 0.05, 0.95), (0.14, 0.70, 0.90)),
    ((0.60, 0.12, 0.25), (0.60, 0.08, 0.10), (0.12, 0.06, 0.95), (0.10, 0.70, 0.90)),
    ((0.12, 0.10, 0.93), (0.08, 0.30, 0.45), (0.12, 0.03, 1.00), (0.96, 0.45, 0.85)),
    ((0.06, 0.60, 0.45), (0.05, 0.60, 0.22), (0.09, 0.35, 0.85), (0.32, 0.45, 0.55)),
    ((0.58, 0.45, 0.70), (0.60, 0.60, 0.35), (0.55, 0.15, 0.95), (0.08, 0.75, 0.95)),
    ((0.52, 0.50, 0.70), (0.53, 0.65, 0.38), (0.13, 0.25, 0.95), (0.02, 0.65, 0.85)),
    ((0.01, 0.72, 0.78), (0.99, 0.75, 0.42), (0.08, 0.20, 0.97), (0.15, 0.65, 0.95)),
    ((0.13, 0.65, 0.95), (0.09, 0.75, 0.60), (0.14, 0.20, 1.00), (0.62, 0.50, 0.60)),
    ((0.30, 0.45, 0.62), (0.33, 0.55, 0.32), (0.20, 0.25, 0.93), (0.05, 0.65, 0.85)),
    ((0.78, 0.35, 0.62), (0.77, 0.45, 0.34), (0.80, 0.12, 0.95), (0.13, 0.60, 0.95)),
    ((0.95, 0.40, 0.88), (0.94, 0.55, 0.50), (0.97, 0.12, 1.00), (0.45, 0.40, 0.65)),
    ((0.38, 0.25, 0.55), (0.40, 0.30, 0.28), (0.25, 0.12, 0.92), (0.99, 0.60, 0.75)),
    ((0.66, 0.45, 0.55), (0.67, 0.55, 0.27), (0.62, 0.12, 0.93), (0.12, 0.70, 0.95)),
    ((0.04, 0.40, 0.70), (0.02, 0.45, 0.38), (0.08, 0.15, 0.95), (0.50, 0.45, 0.60)),
)


def palette(rng: np.random.RandomState) -> Palette:
    """One of the palettes, its colours moved a little."""
    chosen = _PALETTES[rng.randint(len(_PALETTES))]
    shift = rng.uniform(-0.03, 0.03)
    colours = []
    for hue, saturation, value in chosen:
        s = np.clip(saturation * rng.uniform(0.75, 1.25), 0, 1)
        v = np.clip(value * rng.uniform(0.85, 1.12), 0, 1)
        colours.append(np.array(colorsys.hsv_to_rgb((hue + shift) % 1, s, v), np.float32))
    return Palette(*colours)


@cache
def _bank(roughness: float, cell: float, seed: int) -> np.ndarray:
    """Periodic noise, float32 (512, 512), deviation 1, nothing much coarser than `cell` texels."""
    rng = np.random.RandomState(seed)
    frequency = np.hypot(np.fft.fftfreq(_BANK)[:, np.newaxis], np.fft.rfftfreq(_BANK))
    amplitude = 1 / np.maximum(frequency, 1 / cell) ** roughness
    amplitude[frequency < 0.25 / cell] = 0
    spectrum = np.fft.rfft2(rng.uniform(-1, 1, (_BANK, _BANK))) * amplitude
    noise = np.fft.irfft2(spectrum, (_BANK, _BANK))
    return (noise / noise.std()).astype(np.float32)


@cache
def _cells(spacing: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest of random points (periodic), over the spacing, and to the second."""
    from scipy.spatial import KDTree

    rng = np.random.RandomState(seed)
    n = _BANK // spacing
    grid = np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1).reshape(-1, 2)
    points = (grid + rng.uniform(0.1, 0.9, grid.shape)) * spacing
    where = np.stack(np.meshgrid(np.arange(_BANK), np.arange(_BANK)), -1)
    distance, _ = KDTree(points % _BANK, boxsize=_BANK).query(where, k=2)
    share = (distance / spacing).astype(np.float32)
    return share[..., 0], share[..., 1]


def _look_up(
    bank: np.ndarray, u: np.ndarray, v: np.ndarray, texels: float, offset: Offset
) -> np.ndarray:
    rows = (v * texels + offset[0]).astype(np.int32) & (_BANK - 1)
    columns = (u * texels + offset[1]).astype(np.int32) & (_BANK - 1)
    return bank[rows, columns]


def random_offset(rng: np.random.RandomState) -> Offset:
    """Any offset."""
    return tuple(rng.randint(0, _BANK, 2))


def coarse(u: np.ndarray, v: np.ndarray, offset: Offset, texels: float = _TEXELS) -> np.ndarray:
    """Smooth noise with features of about 0.6 units."""
    return _look_up(_bank(2.6, 64, 1), u, v, texels, offset)


def medium(u: np.ndarray, v: np.ndarray, offset: Offset, texels: float = _TEXELS) -> np.ndarray:
    """Noise with features of about 0.15 units."""
    return _look_up(_bank(2.0, 16, 2), u, v, texels, offset)


def fine(u: np.ndarray, v: np.ndarray, offset: Offset, texels: float = _TEXELS) -> np.ndarray:
    """Noise with features of about 0.03 units."""
    return _look_up(_bank(1.2, 4, 3), u, v, texels, offset)


def _step(x: np.ndarray, softness: float) -> np.ndarray:
    return np.clip(x / softness + 0.5, 0, 1)


def mix(a: Colour, b: Colour, t: np.ndarray | float) -> np.ndarray:
    """From a (t = 0) to b (t = 1)."""
    return a + np.asarray(t, np.float32)[..., np.newaxis] * (b - a)


@dataclass(frozen=True)
class Coat:
    """A coat: a pattern of two colours, with the grain of fur.

    Attributes:
        base: most of it.
        second: of the pattern.
        pattern: one of `PATTERNS`.
        size: of the pattern, 1 is usual.
        angle: of stripes, in degrees from level.
        grain: how strong fine noise is.
        offset: where in the noise it lies.
    """

    base: Colour
    second: Colour
    pattern: str = "plain"
    size: float = 1.0
    angle: float = 90.0
    grain: float = 0.1
    offset: Offset = (0, 0)

    def __call__(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The colours at (u, v)."""
        colours = mix(self.base, self.second, self._amount(u, v))
        grain = fine(u, v, self.offset) * np.float32(self.grain)
        return colours * (1 + grain)[..., np.newaxis]

    def _amount(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """How much of the second colour, in [0, 1], of the shape of `u`."""
        o, texels = self.offset, _TEXELS / self.size
        if self.pattern == "patches":
            return _step(coarse(u, v, o, texels) - 0.3, 0.25)
        if self.pattern == "spots":
            return _step(0.33 - _look_up(_cells(16, 4)[0], u, v, texels, o), 0.12)
        if self.pattern == "rings":
            return _step(0.12 - np.abs(_look_up(_cells(32, 5)[0], u, v, texels, o) - 0.33), 0.1)
        if self.pattern == "stripes":
            cos, sin = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
            # Level at angle 0: the phase runs across the stripes.
            phase = (v * cos - u * sin) * (26 / self.size) + 1.1 * coarse(u, v, o)
            return _step(np.sin(phase), 0.7)
        if self.pattern == "mottled":
            return np.clip(0.5 + 0.35 * medium(u, v, o, texels), 0, 1)
        if self.pattern == "shaded":
            return np.clip(0.5 + 0.7 * v + 0.15 * medium(u, v, o), 0, 1)
        if self.pattern == "tipped":
            return np.clip(0.2 + 0.7 * np.abs(u) + 0.2 * coarse(u, v, o), 0, 1)
        return np.zeros(u.shape, np.float32)


def coat(rng: np.random.RandomState, colours: Palette, pattern: str | None = None) -> Coat:
    """A coat in these colours, with any pattern if none is named."""
    base, second = colours.base, colours.second
    swap = rng.uniform()
    if swap < 0.25:
        base, second = second, base
    elif swap < 0.45:
        base, second = colours.light, base
    drawn = PATTERNS[rng.randint(len(PATTERNS))]
    return Coat(
        base,
        second,
        drawn if pattern is None else pattern,
        size=rng.uniform(0.8, 1.5),
        angle=rng.uniform(60, 120) if rng.uniform() < 0.7 else rng.uniform(-20, 20),
        grain=rng.uniform(0.05, 0.16),
        offset=random_offset(rng),
    )


def flat(colour: ArrayLike) -> Surface:
    """One colour everywhere."""
    colour = np.asarray(colour, np.float32)
    return lambda u, v: colour


def dimmed(surface: Surface, factor: float) -> Surface:
    """A surface with its colours multiplied: for what is farther away."""
    return lambda u, v: surface(u, v) * np.float32(factor)


def pulled(surface: Surface, colour: Colour, amount: float) -> Surface:
    """A surface with its colours pulled towards one."""
    colour = np.asarray(colour, np.float32)
    return lambda u, v: mix_all(surface(u, v), colour, amount)


def mix_all(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """From a (t = 0) to b (t = 1), the same everywhere."""
    return a + np.float32(t) * (b - a)


def scallops(surface: Surface, pitch: float, depth: float, angle: float = 0.0) -> Surface:
    """Rows of round tiles that overlap: scales, feathers, shingles.

    Args:
        surface: what they are made of.
        pitch: their width.
        depth: how much darker their rims are.
        angle: of the rows, degrees.
    """
    cos, sin = np.float32(np.cos(np.radians(angle))), np.float32(np.sin(np.radians(angle)))

    def colours(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        x, y = (u * cos + v * sin) / pitch, (v * cos - u * sin) / (0.62 * pitch)
        row = np.floor(y)
        x = x + 0.5 * (row % 2)
        x, y = x - np.floor(x) - 0.5, y - row
        rim = np.hypot(x, 0.75 * y) - 0.40
        return surface(u, v) * (1 - depth * _step(rim, 0.35) + 0.1 * (1 - y))[..., np.newaxis]

    return colours


def courses(surface: Surface, width: float, height: float, depth: float) -> Surface:
    """Bricks in courses, or planks where the width is large.

    Args:
        surface: what they are made of.
        width, height: of a brick with its joint.
        depth: how much darker joints are.
    """

    def colours(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        y = v / height
        row = np.floor(y)
        x = u / width + 0.5 * (row % 2)
        column = np.floor(x)
        joint = (y - row < 0.16) | (x - column < 0.16 * height / width)
        tone = 0.12 * np.sin(row * 12.9898 + column * 78.233)
        return surface(u, v) * (1 + tone - depth * joint)[..., np.newaxis].astype(np.float32)

    return colours


def plates(surface: Surface, size: float, line: Colour, offset: Offset) -> Surface:
    """Irregular plates with lines between them: a turtle's shell, cracked mud.

    Args:
        surface: what they are made of.
        size: their width.
        line: the colour of the lines.
        offset: where in the noise they lie.
    """
    line = np.asarray(line, np.float32)

    def colours(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        first, second = _cells(64, 6)
        near = _look_up(first, u, v, 64 / size, offset)
        gap = _look_up(second, u, v, 64 / size, offset) - near
        inner = surface(u, v) * (1.12 - 0.35 * near)[..., np.newaxis]
        return inner + _step(0.09 - gap, 0.08)[..., np.newaxis] * (line - inner)

    return colours


def foliage(surface: Surface, offset: Offset, depth: float = 0.45) -> Surface:
    """Leaves: small bright tips over dark gaps."""

    def colours(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        near = _look_up(_cells(16, 7)[0], u, v, 130.0, offset)
        tone = 1.15 - depth * 1.6 * near + 0.1 * medium(u, v, offset)
        return surface(u, v) * tone[..., np.newaxis]

    return colours
