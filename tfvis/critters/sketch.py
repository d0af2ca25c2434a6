"""A figure under way: its parts from back to front, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from . import shapes
from .canvas import Part
from .surfaces import (
    Coat,
    Colour,
    Palette,
    Surface,
    coat,
    dimmed,
    flat,
    mix_all,
    palette,
    pulled,
)

DARK = np.array([0.09, 0.07, 0.08], np.float32)
WHITE = np.array([0.97, 0.96, 0.94], np.float32)
STEEL = np.array([0.78, 0.79, 0.80], np.float32)
LAMPLIGHT = np.array([1.0, 0.93, 0.6], np.float32)
WOODS = ((0.76, 0.52, 0.28), (0.55, 0.33, 0.17), (0.36, 0.21, 0.13), (0.62, 0.24, 0.14))


class Sketch:
    """Parts in the order in which they are painted.

    Args:
        rng: of everything that varies.

    Attributes:
        parts: so far.
        colours: the figure's palette.
        coat: what most of it is covered with.
        pale: the coat, lighter: bellies, muzzles, the inside of ears.
        far: the coat, darker: limbs on the far side.
    """

    def __init__(self, rng: np.random.RandomState) -> None:
        self.rng = rng
        self.colours: Palette = palette(rng)
        self.parts: list[Part] = []
        self._name: str | None = None
        self.wear(coat(rng, self.colours))

    def wear(self, worn: Coat) -> None:
        """Change the coat."""
        self.coat = worn
        self.pale: Surface = pulled(worn, self.colours.light, 0.75)
        self.far: Surface = dimmed(worn, 0.72)

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return self.rng.uniform(low, high)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.uniform() < probability

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Give what is added meanwhile a name: that of a part of the figure, such as "ear"."""
        before, self._name = self._name, name
        try:
            yield
        finally:
            self._name = before

    def add(self, outline: np.ndarray, surface: Surface | None = None, relief: float = 0.5) -> None:
        """Put a part in front.

        Args:
            outline: (n, 2).
            surface: what covers it, the coat if none is named.
            relief: as in `Part`.
        """
        self.parts.append(Part(np.asarray(outline), surface or self.coat, relief, self._name))

    def eye(self, x: float, y: float, r: float, iris: Colour, pupil: tuple[float, float]) -> None:
        """An eye of radius `r` that shines; `pupil` has its two radii, as shares of `r`.

        It is called "eye" where it belongs to no other part.
        """
        with self.part(self._name or "eye"):
            self.add(shapes.ellipse(x, y, r * 1.12, r * 1.12), flat(DARK), 0)
            self.add(shapes.ellipse(x, y, r, r), flat(iris), 0.3)
            self.add(shapes.ellipse(x, y, r * pupil[0], r * pupil[1]), flat(DARK), 0)
            self.add(shapes.ellipse(x - 0.32 * r, y - 0.36 * r, 0.24 * r, 0.24 * r), flat(WHITE), 0)

    def line(self, points: shapes.Points, width: float, colour: Colour = DARK) -> None:
        """A thin line that tapers to half of its width."""
        self.add(shapes.limb(points, (width, width, 0.5 * width)), flat(colour), 0)

    def moved(self, start: int, x: float, y: float, scale: float = 1.0, angle: float = 0.0) -> None:
        """Turn (in degrees), scale and shift the parts from number `start` on: place a head."""
        for k in range(start, len(self.parts)):
            part = self.parts[k]
            outline = shapes.turned(part.outline, angle) * scale + (x, y)
            self.parts[k] = replace(part, outline=outline)

    def one_of(self, choices: Sequence[tuple[float, float, float]]) -> Colour:
        """One of some colours, a little lighter or darker."""
        chosen = choices[self.rng.randint(len(choices))]
        return np.array(chosen, np.float32) * np.float32(self.between(0.92, 1.05))

    def iris(self) -> Colour:
        """A colour for eyes."""
        choices = ((0.85, 0.65, 0.2), (0.35, 0.6, 0.35), (0.45, 0.28, 0.15), (0.35, 0.55, 0.75))
        return np.array(choices[self.rng.randint(len(choices))], np.float32)

    def darker(self, colour: Colour, amount: float = 0.5) -> Colour:
        """A colour pulled towards black, wholly at 1."""
        return mix_all(colour, DARK, amount)
