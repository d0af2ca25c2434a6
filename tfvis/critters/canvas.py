"""Painting filled outlines with soft edges and soft light; Pillow draws them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .surfaces import Surface

_FINER = 4
"""Outlines are drawn this many times finer, then averaged."""

_FARTHEST = 24
"""Light rounds at most this many pixels of a rim."""


@dataclass(frozen=True, eq=False)
class Part:
    """A filled outline.

    Attributes:
        outline: (n, 2), in the figure's units.
        surface: what it is covered with.
        relief: how much rounder than flat the light makes it look; 0 for flat.
        name: what it is called, such as "ear"; outlines may share a name. None for what is always
            there.
    """

    outline: np.ndarray
    surface: Surface
    relief: float = 0.5
    name: str | None = None


class Painted(NamedTuple):
    """What parts cover of an image.

    Attributes:
        cover: which share of each pixel the painted parts cover, float32 (side, side) in [0, 1].
        whole: which share they and those left out cover, alike.
        names: of the parts.
        owners: the place in `names` of the last painted part that covers more than half of each
            pixel, int8 (side, side); −1 where that has no name, or where there is none.
    """

    cover: np.ndarray
    whole: np.ndarray
    names: tuple[str, ...]
    owners: np.ndarray


@dataclass(frozen=True)
class Placement:
    """Where a figure stands: its units to pixels.

    Attributes:
        x, y: of its origin, in pixels.
        scale: pixels in a unit.
        angle: degrees clockwise.
        flip: whether left and right are exchanged.
    """

    x: float
    y: float
    scale: float
    angle: float = 0.0
    flip: bool = False

    @property
    def matrix(self) -> np.ndarray:
        """(2, 2), from the figure's units to pixels."""
        cos, sin = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        turn = np.array([[cos, -sin], [sin, cos]]) * self.scale
        return turn * (-1, 1) if self.flip else turn

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) in the figure's units to (n, 2) in pixels."""
        return points @ self.matrix.T + (self.x, self.y)


class Canvas:
    """An image under way.

    Attributes:
        pixels: float32 (side, side, 3).
        light: the direction that light comes from, (x, y) of length up to 1.
        contrast: how strong the light is.
    """

    def __init__(self, pixels: np.ndarray, light: tuple[float, float], contrast: float) -> None:
        self.pixels = pixels
        self.light = light
        self.contrast = contrast
        side = len(pixels)
        self._rows = np.arange(side, dtype=np.float32)[:, np.newaxis] + 0.5
        self._columns = np.arange(side, dtype=np.float32) + 0.5

    def paint(
        self, parts: Sequence[Part], where: Placement, without: Container[str] = ()
    ) -> Painted:
        """Paint parts one over the other.

        Args:
            parts: from back to front.
            where: their place.
            without: names of parts that are left out.
        """
        names = tuple(dict.fromkeys(part.name for part in parts if part.name is not None))
        covered = np.zeros(self.pixels.shape[:2], np.float32)
        whole = covered.copy() if any(name in without for name in names) else covered
        owners = np.full(covered.shape, -1, np.int8)
        inverse = np.linalg.inv(where.matrix).astype(np.float32)
        for part in parts:
            outline = where.to_pixels(part.outline)
            found = self._coverage(outline, lit=part.relief > 0)
            if found is None:
                continue
            rows, columns, cover, lit = found
            if whole is not covered:
                _cover_more(whole[rows, columns], cover)
            if part.name is not None and part.name in without:
                continue
            x = self._columns[columns] - np.float32(where.x)
            y = self._rows[rows] - np.float32(where.y)
            u = inverse[0, 0] * x + inverse[0, 1] * y
            v = inverse[1, 0] * x + inverse[1, 1] * y
            colours = part.surface(u, v)
            if lit is not None:
                colours = colours * (1 + (self.contrast * part.relief) * lit)[..., np.newaxis]
            region = self.pixels[rows, columns]
            region += cover[..., np.newaxis] * (colours - region)
            _cover_more(covered[rows, columns], cover)
            owner = -1 if part.name is None else names.index(part.name)
            owners[rows, columns][cover > 0.5] = owner
        return Painted(covered, whole, names, owners)

    def _coverage(
        self, outline: np.ndarray, *, lit: bool
    ) -> tuple[slice, slice, np.ndarray, np.ndarray | None] | None:
        """Rows and columns of the outline's box, what share of each pixel it covers, its light."""
        least, most = outline.min(axis=0), outline.max(axis=0)
        low = np.maximum(np.floor(least).astype(int) - 1, 0)
        high = np.minimum(np.ceil(most).astype(int) + 1, len(self.pixels))
        if (high <= low).any():
            return None
        rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
        reach = int(min(0.14 * (most - least).min(), _FARTHEST))
        # Room around for the light, which compares with what lies `reach` pixels away.
        room = 2 * reach if lit else 0
        left, top = low - room
        width, height = (high - low + 2 * room).tolist()
        stencil = Image.new("L", (width * _FINER, height * _FINER))
        ImageDraw.Draw(stencil).polygon(
            ((outline - (left, top)) * _FINER).ravel().tolist(), fill=255
        )
        small = stencil.reduce(_FINER)
        inner = slice(room, height - room), slice(room, width - room)
        cover = np.asarray(small, np.float32)[inner] * np.float32(1 / 255)
        if not room:
            return rows, columns, cover, None
        soft = np.asarray(small.filter(ImageFilter.BoxBlur(reach)), np.float32)
        dx, dy = (round(reach * d) for d in self.light)

        def shifted(sx: int, sy: int) -> np.ndarray:
            return soft[room + sy : height - room + sy, room + sx : width - room + sx]

        return rows, columns, cover, (shifted(-dx, -dy) - shifted(dx, dy)) * np.float32(1 / 255)


def _cover_more(known: np.ndarray, cover: np.ndarray) -> None:
    """Add to what is covered, in place."""
    known += cover * (1 - known)


def area(parts: Sequence[Part], scale: float) -> int:
    """How many pixels some parts cover together, at `scale` pixels a unit, on an endless canvas."""
    outlines = [part.outline * scale for part in parts]
    every = np.concatenate(outlines)
    low = np.floor(every.min(axis=0))
    width, height = (np.ceil(every.max(axis=0)) - low + 1).astype(int).tolist()
    stencil = Image.new("L", (width, height))
    draw = ImageDraw.Draw(stencil)
    for outline in outlines:
        draw.polygon((outline - low).ravel().tolist(), fill=1)
    return stencil.histogram()[1]
