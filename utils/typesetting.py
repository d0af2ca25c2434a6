"""Text that is drawn in a picture: its font, its width, and its lines.

A size is the height of a line's letters, and a room its width, in one unit of the caller's choice:
a pixel where pixels are drawn, any small part of a point on a page. Widths are whole units.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

__all__ = ["any_script", "cut", "font", "lines", "measured", "one_line"]

_FONTS = (
    "DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Hiragino Sans",
    "PingFang SC", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo",
    "Nirmala UI", "Noto Sans Devanagari", "Noto Sans Thai", "Leelawadee UI", "Arial Unicode MS",
)  # fmt: skip
"""Those that are installed are tried in this order, letter by letter."""

_DPI = 100  # at which units are pixels


@contextmanager
def any_script() -> Iterator[None]:
    """Text in a script that no font here has shows boxes, which is no reason to warn or to stop."""
    with warnings.catch_warnings():
        for message in ("Glyph .* missing", "Matplotlib currently does not support"):
            warnings.filterwarnings("ignore", message=message)
        yield


@cache
def font(size: float, bold: bool = False) -> FontProperties:
    """The font of text that is `size` pixels high at 100 pixels an inch.

    Args:
        size: of the letters; points times 100 / 72.
        bold: whether the letters are bold.
    """
    from matplotlib.font_manager import FontProperties

    weight = "bold" if bold else "normal"
    return FontProperties(family=list(_installed()), weight=weight, size=size * 72 / _DPI)


def measured(text: str, size: float, bold: bool = False) -> int:
    """A text's width, rounded up."""
    width, _, _ = _renderer().get_text_width_height_descent(text, font(size, bold), ismath=False)
    return int(np.ceil(width))


def one_line(text: str) -> str:
    """Text that a font can draw: file names need not be, and labels may have line breaks.

    Example:
        >>> one_line(" cat\\n or  dog")
        'cat or dog'
    """
    return re.sub(r"[^\S\xa0]+", " ", text.encode("utf-8", "replace").decode()).strip(" ")


def cut(text: str, room: int, size: float, bold: bool = False) -> str:
    """The text, or its beginning and … where it is longer than `room`."""
    text = one_line(text)
    if measured(text, size, bold) <= room:
        return text
    return text[: _fitting(text, room - measured("…", size, bold), size, bold)].rstrip() + "…"


def lines(text: str, room: int, size: float, *, bold: bool = False, most: int) -> list[str]:
    """Lines no longer than `room`, broken between words, or within one that is too long.

    Args:
        text: the text.
        room: how long a line may be.
        size: of the letters.
        bold: whether they are bold.
        most: how many lines there may be; the last ends in … where there is more text.
    """
    rest, found = one_line(text), []
    while rest:
        if len(found) == most - 1:
            found.append(cut(rest, room, size, bold))
            break
        count = _fitting(rest, room, size, bold)
        if count < len(rest):
            space = rest.rfind(" ", 0, count + 1)
            # A line is not left half empty for a word that is longer than one.
            count = space if 2 * space > count else count
        found.append(rest[:count].rstrip())
        rest = rest[count:].lstrip()
    return found


def _fitting(text: str, room: int, size: float, bold: bool) -> int:
    """How many of a text's first letters go into a line as long as `room`; at least one."""
    low, high = 1, min(len(text), room // 2)  # few letters are as narrow as two units
    while low < high:
        middle = (low + high + 1) // 2
        if measured(text[:middle], size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return low


@cache
def _installed() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    names = {own.name for own in fontManager.ttflist}
    return tuple(name for name in _FONTS if name in names)


@cache
def _renderer() -> RendererAgg:
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, _DPI)
