"""The pictures of a page on one sheet, which the page holds once."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from tfvis.utils import images

_GUTTER = 4
"""Pixels around each picture that repeat its edge, so that a browser that scales shows no other."""
_WIDTH = 2048
"""Of a sheet, unless a picture is wider."""
_QUALITY = 82
SMALLEST, LARGEST = 24, 2400
"""Pixels of a picture's longer side: none is made smaller than the one, or shown larger."""
_HIGHEST = 65_500
"""Rows of a sheet: a JPEG file has no more."""


@dataclass(frozen=True)
class Sprite:
    """Where a picture is on the sheet, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass
class Pictures:
    """The pictures that a page shows, by the number that `add` gave each.

    Example:
        >>> import numpy as np
        >>> from tfvis.report.page.sprites import Pictures
        >>> pictures = Pictures()
        >>> pictures.add(np.zeros((8, 8, 3)), "a black square")
        0
    """

    _arrays: list[np.ndarray] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)

    def add(self, picture: np.ndarray, description: str) -> int:
        """Add a picture.

        Args:
            picture: (H, W, 3) in [0, 1]; what is not finite counts as 0.
            description: what it shows, for those who cannot see it.

        Returns:
            Its number.
        """
        self._arrays.append(images.to_uint8(np.nan_to_num(np.asarray(picture, np.float32))))
        self.descriptions.append(description)
        return len(self._arrays) - 1

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def largest(self) -> int:
        """The longest side of all pictures, in pixels; 0 without pictures."""
        return max((max(own.shape[:2]) for own in self._arrays), default=0)

    def sheet(self, most: int) -> Sheet:
        """All pictures on one sheet.

        Args:
            most: pixels of a picture's longer side; larger ones are made smaller.
        """
        while True:
            small = [_reduced(own, most) for own in self._arrays]
            padded = [(own.shape[1] + 2 * _GUTTER, own.shape[0] + 2 * _GUTTER) for own in small]
            places, size = _shelves(padded)
            if size[1] <= _HIGHEST or most <= 1:
                break
            most = most * 3 // 4
        canvas = np.zeros((size[1], size[0], 3), np.uint8)
        sprites = []
        pad = ((_GUTTER, _GUTTER), (_GUTTER, _GUTTER), (0, 0))
        for (left, top), own in zip(places, small, strict=True):
            height, width = own.shape[:2]
            whole = np.pad(own, pad, mode="edge")
            canvas[top : top + whole.shape[0], left : left + whole.shape[1]] = whole
            sprites.append(Sprite(left + _GUTTER, top + _GUTTER, width, height))
        return Sheet(canvas, tuple(sprites))


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet of pictures, and where each is."""

    pixels: np.ndarray
    sprites: tuple[Sprite, ...]

    def css(self) -> str:
        """The rules that show the k-th picture in an element of the classes `pic` and `s<k>`."""
        if not self.sprites:
            return ""
        data = io.BytesIO()
        Image.fromarray(self.pixels).save(data, "JPEG", quality=_QUALITY, optimize=True)
        encoded = base64.b64encode(data.getvalue()).decode("ascii")
        rules = [f'.pic{{background-image:url("data:image/jpeg;base64,{encoded}")}}']
        height, width = self.pixels.shape[:2]
        for k, own in enumerate(self.sprites):
            size = f"{100 * width / own.width:.4f}% {100 * height / own.height:.4f}%"
            left = 100 * own.left / max(1, width - own.width)
            top = 100 * own.top / max(1, height - own.height)
            rules.append(
                f".s{k}{{aspect-ratio:{own.width}/{own.height};background-size:{size};"
                f"background-position:{left:.4f}% {top:.4f}%}}"
            )
        return "\n".join(rules)


def _reduced(picture: np.ndarray, most: int) -> np.ndarray:
    height, width = picture.shape[:2]
    factor = most / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _shelves(sizes: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Where pictures of (width, height) go, in rows from the tallest on, and the sheet's size."""
    if not sizes:
        return [], (1, 1)
    area = sum(width * height for width, height in sizes)
    most = max(max(width for width, _ in sizes), min(_WIDTH, math.ceil(math.sqrt(area) * 1.1)))
    places = [(0, 0)] * len(sizes)
    left = top = row = used = 0
    for k in sorted(range(len(sizes)), key=lambda k: -sizes[k][1]):
        width, height = sizes[k]
        if left + width > most:
            left, top, row = 0, top + row, 0
        places[k] = (left, top)
        left, row = left + width, max(row, height)
        used = max(used, left)
    return places, (used, top + row)
