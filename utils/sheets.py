"""A sheet of cells, each with pictures and words, below a head: arrays in, an array out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .errors import InputError
from .images import to_uint8
from .typesetting import any_script, cut, font, lines, measured, one_line

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

__all__ = ["Cell", "Legend", "sheet"]

_MARGIN = 24
_GAP = 8  # between the pictures of a cell
_BETWEEN = 32  # cells
_NARROWEST = 690  # so that the head has room for its words
_HEAD_SIDE = 224
_BAR = 8  # how high the bar of a cell is
_LEGEND = (160, 14)  # a colour bar's width and height

# Where the sheet is shown 900 pixels wide, the widest is two thirds of its size: the smallest
# letters have 10 pixels then.
_TITLE, _HEADING, _BODY = 27, 19, 16  # pixels
_LINE = 1.35  # the height of a line, in letters
_TITLE_LINES, _TEXT_LINES = 2, 6  # of a paragraph at most; what is longer ends in …

_DARK, _GREY, _WARNING = "#222222", "#666666", "#b00000"
_BAR_COLOUR, _TRACK_COLOUR = (0.27, 0.45, 0.68), (0.91, 0.91, 0.91)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """What belongs together on a sheet.

    Attributes:
        heading: what it is, in a word or two.
        value: a number in words, at the heading's right.
        share: how long the bar below the heading is, from 0 to 1 of the cell's width; all cells
            have one scale.
        pictures: side by side, each (H, W, 3) in [0, 1]; as many in every cell.
        text: a sentence below the pictures.
        warning: another one, in red; none if empty.
    """

    heading: str
    value: str
    share: float
    pictures: Sequence[np.ndarray]
    text: str
    warning: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Legend:
    """What the colours of pictures mean.

    Attributes:
        colours: from the left to the right, (H, W, 3) in [0, 1].
        low: what the left end stands for.
        high: what the right end stands for.
        text: what all of it stands for.
    """

    colours: np.ndarray
    low: str
    high: str
    text: str


def sheet(
    title: Sequence[str],
    text: Sequence[str],
    image: np.ndarray | None,
    cells: Sequence[Cell],
    captions: Sequence[str],
    legends: Sequence[Legend] = (),
) -> np.ndarray:
    """A head, with an image beside a title, and below it rows of one to four cells.

    Args:
        title: its paragraphs; each is cut after two lines.
        text: paragraphs below the title; each is cut after six lines.
        image: beside them, (H, W, 3) in [0, 1]; None for words alone.
        cells: from the left to the right, and from the top to the bottom.
        captions: what the pictures of a cell are, above those of the first row; as many as a cell
            has pictures.
        legends: below the text.

    Returns:
        float32 (height, width, 3) in [0, 1]; 690 to 1336 pixels wide with cells of one or two
        pictures.

    Raises:
        InputError: a cell has more or fewer pictures than there are captions.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.sheets import Cell, sheet
        >>> grey = np.full((8, 8, 3), 0.5)
        >>> cell = Cell(heading="group 0", value="2.5", share=1, pictures=[grey], text="1 channel")
        >>> sheet(["Groups"], [], grey, [cell] * 2, ["where it looks"]).shape[1:]
        (690, 3)
    """
    for cell in cells:
        if len(cell.pictures) != len(captions):
            raise InputError(
                f"Expected {len(captions)} picture(s) in each cell, received {len(cell.pictures)} "
                f"in {cell.heading!r}."
            )
    columns, side = _grid(len(cells), len(captions))
    width = max(
        _NARROWEST,
        columns * _cell_width(side, len(captions)) + (columns - 1) * _BETWEEN + 2 * _MARGIN,
    )
    with any_script():
        strips = [_head(title, text, image, legends, width)]
        for first in range(0, len(cells), columns):
            row = cells[first : first + columns]
            strips.append(_row(row, side, width, captions if first == 0 else ()))
    return np.concatenate(strips)


def _grid(n_cells: int, n_pictures: int) -> tuple[int, int]:
    """How many cells a row has, and the side of a picture in pixels."""
    if n_pictures == 1:
        return 3 if n_cells in (5, 6, 9) else max(1, min(n_cells, 4)), 298
    if n_pictures == 3:
        return min(n_cells, 2), 210
    if n_cells in (1, 2, 4):
        return min(n_cells, 2), 310
    return 3, 200


def _cell_width(side: int, n_pictures: int) -> int:
    return n_pictures * side + (n_pictures - 1) * _GAP


def _head(
    title: Sequence[str],
    text: Sequence[str],
    image: np.ndarray | None,
    legends: Sequence[Legend],
    width: int,
) -> np.ndarray:
    left = _MARGIN if image is None else _MARGIN + _HEAD_SIDE + _BETWEEN
    room = width - left - _MARGIN
    strip = _Strip(width)
    top = _MARGIN
    for paragraph in title:
        top = strip.paragraph(paragraph, left, top, room, _TITLE, bold=True, most=_TITLE_LINES)
    top += 10
    for paragraph in text:
        top = strip.paragraph(paragraph, left, top, room, _BODY)
    for legend in legends:
        top = _draw_legend(strip, legend, left, top + 6, room)
    if image is not None:
        picture = _fitted(image, _HEAD_SIDE)
        strip.picture(picture, _MARGIN, _MARGIN)
        top = max(top, _MARGIN + len(picture))
    return strip.drawn(top + _MARGIN)


def _draw_legend(strip: _Strip, legend: Legend, left: int, top: int, room: int) -> int:
    width, height = _LEGEND
    bar = np.asarray(Image.fromarray(to_uint8(legend.colours)).resize(_LEGEND), np.float32) / 255
    low, high = one_line(legend.low), one_line(legend.high)
    start = left + measured(low, _BODY) + _GAP
    line = round(_BODY * _LINE)
    strip.text(low, left, top, _BODY)
    strip.picture(bar, start, top + (line - height) // 2)
    strip.text(high, start + width + _GAP, top, _BODY)
    beside = start + width + 2 * _GAP + measured(high, _BODY) + _GAP
    if beside + measured(one_line(legend.text), _BODY) <= left + room:
        strip.text(one_line(legend.text), beside, top, _BODY)
        return top + line
    return strip.paragraph(legend.text, left, top + line, room, _BODY)


def _row(cells: Sequence[Cell], side: int, width: int, captions: Sequence[str]) -> np.ndarray:
    strip, bottom = _Strip(width), 0
    room = _cell_width(side, len(cells[0].pictures))
    pictures = [[_fitted(picture, side) for picture in cell.pictures] for cell in cells]
    height = max(len(picture) for own in pictures for picture in own)
    for k, (cell, own) in enumerate(zip(cells, pictures, strict=True)):
        left, top = _MARGIN + k * (room + _BETWEEN), 0
        value = one_line(cell.value)
        taken = measured(value, _HEADING)
        heading = cut(cell.heading, room - taken - _GAP, _HEADING, bold=True)
        strip.text(heading, left, top, _HEADING, bold=True)
        strip.text(value, left + room - taken, top, _HEADING)
        top += round(_HEADING * _LINE) + 2
        strip.bar(left, top, room, _TRACK_COLOUR)
        share = min(max(cell.share, 0.0), 1.0) if np.isfinite(cell.share) else 0.0
        strip.bar(left, top, round(room * share), _BAR_COLOUR)
        top += _BAR + 8
        for j, caption in enumerate(captions):
            start = left + j * (side + _GAP)
            strip.text(cut(caption, side, _BODY), start, top, _BODY, colour=_GREY)
        top += round(_BODY * _LINE) * bool(captions)
        for j, picture in enumerate(own):
            strip.picture(picture, left + j * (side + _GAP), top)
        top = strip.paragraph(cell.text, left, top + height + 4, room, _BODY)
        if cell.warning:
            top = strip.paragraph(cell.warning, left, top, room, _BODY, colour=_WARNING)
        bottom = max(bottom, top)
    return strip.drawn(bottom + _MARGIN)


class _Strip:
    """A part of a sheet as wide as the sheet: what is drawn on it, and then the pixels."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._pictures: list[tuple[np.ndarray, int, int]] = []
        self._texts: list[tuple[str, int, int, FontProperties, str]] = []

    def picture(self, pixels: np.ndarray, left: int, top: int) -> None:
        self._pictures.append((pixels, left, top))

    def bar(self, left: int, top: int, width: int, colour: tuple[float, float, float]) -> None:
        self.picture(np.broadcast_to(np.array(colour, np.float32), (_BAR, width, 3)), left, top)

    def text(
        self, text: str, left: int, top: int, size: int, *, bold: bool = False, colour: str = _DARK
    ) -> None:
        # The middle of the line is where letters of all fonts agree best.
        middle = top + round(size * _LINE / 2)
        self._texts.append((text, left, middle, font(size, bold), colour))

    def paragraph(
        self,
        text: str,
        left: int,
        top: int,
        room: int,
        size: int,
        *,
        bold: bool = False,
        colour: str = _DARK,
        most: int = _TEXT_LINES,
    ) -> int:
        """Text in lines that are no longer than `room`; returns where the next may begin."""
        for line in lines(text, room, size, bold=bold, most=most):
            self.text(line, left, top, size, bold=bold, colour=colour)
            top += round(size * _LINE)
        return top

    def drawn(self, height: int) -> np.ndarray:
        """All of it on white: float32 (height, width, 3) in [0, 1]."""
        # Not pyplot: it would choose a window system and keep the figure alive.
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.figure import Figure

        pixels = np.ones((height, self._width, 3), np.float32)
        for picture, left, top in self._pictures:
            rows, columns = picture.shape[:2]
            pixels[top : top + rows, left : left + columns] = picture
        figure = Figure(figsize=(self._width / 100, height / 100), dpi=100)
        # Not the figure's own: before matplotlib 3.11 that may be a row short, by rounding. The
        # pixels are put in their place: an image of the figure would be resampled to itself.
        renderer = RendererAgg(self._width, height, figure.dpi)
        canvas = np.asarray(renderer.buffer_rgba())
        canvas[..., :3], canvas[..., 3] = to_uint8(pixels), 255
        for text, left, middle, letters, colour in self._texts:
            figure.text(
                left / self._width, 1 - middle / height, text, fontproperties=letters, color=colour,
                va="center_baseline", parse_math=False,
            ).draw(renderer)  # fmt: skip
        return np.float32(canvas[..., :3]) / 255


def _fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture brought to a square's width, or to its height where it is higher than wide."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = Image.fromarray(to_uint8(picture)).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(resized, np.float32) / 255
