"""What a mosaic is made of, and where each part lies on its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .errors import InputError
from .mosaic_options import GUTTER, INCH, MARGIN, MosaicOptions
from .typesetting import lines, measured, one_line

__all__ = ["Box", "MosaicPanel", "MosaicSection", "Page", "Text", "fitting_page"]

_BETWEEN_ROWS = 1.6  # millimetres between a row of icons over heat maps and the next
_BETWEEN_SECTIONS = 3.2
_BESIDE = 4.0  # between sections in one row
_BELOW_HEADING = 0.8
_ABOVE_CAPTION = 0.3
_TALLEST = 2.0  # a picture's height in widths of its cell; a taller one gets narrower

_LINE = 1.3  # the height of a line in letters
_BASELINE = 0.97  # below the line's top, in letters
_HEADING_LINES, _DETAIL_LINES, _CAPTION_LINES = 2, 2, 3
_SLACK = 0.98  # of a line: the letters of a PNG lie on its pixels
_UNITS = 20  # a point, for `typesetting`

_DARK, _GREY = "#000000", "#555555"


@dataclass(frozen=True, kw_only=True, eq=False)
class MosaicPanel:
    """A column of a mosaic: an icon over a heat map, and a caption below them.

    Attributes:
        icon: (H, W, 3) in [0, 1], or words that are drawn in its place; None for an empty place.
        heat_map: the same.
        caption: such as a score.

    Raises:
        InputError: a picture of another shape.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import MosaicPanel
        >>> MosaicPanel(icon=np.zeros((8, 8, 3)), heat_map="no heat map", caption="+1.23")
        MosaicPanel(caption='+1.23')
    """

    icon: np.ndarray | str | None = field(default=None, repr=False)
    heat_map: np.ndarray | str | None = field(default=None, repr=False)
    caption: str = ""

    def __post_init__(self) -> None:
        for name, value in (("icon", self.icon), ("heat_map", self.heat_map)):
            shape = (1, 1, 3) if value is None or isinstance(value, str) else np.shape(value)
            if len(shape) != 3 or shape[-1] != 3 or 0 in shape:
                raise InputError(f"Expected {name} of shape (H, W, 3), received {shape}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class MosaicSection:
    """Panels under one heading.

    Its row of icons is left out where no panel has one, and so is that of heat maps.

    Attributes:
        heading: such as a class, or "before"; none if empty.
        detail: words after the heading, in grey.
        panels: from the left to the right, and from the top to the bottom.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import MosaicPanel, MosaicSection
        >>> panels = [MosaicPanel(icon=np.zeros((8, 8, 3)), caption="channel 3")]
        >>> MosaicSection(heading="single channels", panels=panels).rows()
        ['icon']
    """

    heading: str = ""
    detail: str = ""
    panels: Sequence[MosaicPanel]

    def rows(self) -> list[str]:
        """Which of "icon" and "heat_map" the section has."""
        return [
            kind
            for kind in ("icon", "heat_map")
            if any(getattr(panel, kind) is not None for panel in self.panels)
        ]


@dataclass(frozen=True, kw_only=True)
class Text:
    """A line of text; lengths are in pixels from the page's left and top.

    Attributes:
        words: the text.
        left: where it begins; its middle if it is centred.
        base: its baseline.
        points: the size of its letters.
        bold: whether they are bold.
        colour: theirs.
        centred: see `left`.
    """

    words: str
    left: float
    base: float
    points: float
    bold: bool = False
    colour: str = _DARK
    centred: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Box:
    """A picture, or words on grey, in pixels from the page's left and top."""

    content: np.ndarray | str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Page:
    """Texts and boxes on a page of whole pixels."""

    width: int
    height: int
    texts: Sequence[Text]
    boxes: Sequence[Box]


def fitting_page(sections: Sequence[MosaicSection], options: MosaicOptions) -> Page:
    """Sections laid out in the columns that are asked for, or in as few as the height allows.

    Raises:
        InputError: there is nothing to lay out, or the page would be too high.
    """
    if not sections or any(not section.panels for section in sections):
        raise InputError("Expected one section or more, each with one panel or more.")
    *_, most = options.column_range
    rows = _count_rows(sections, options, most)
    # No fewer rows than in the narrowest columns, and then no narrower than needed.
    first = next(n for n in options.column_range if _count_rows(sections, options, n) <= rows)
    limit = options.pixels(options.greatest_height)
    page = wanted = _page(sections, options, first)
    columns = first
    while page.height > limit and columns < options.most_columns:
        columns += 1
        page = _page(sections, options, columns)
    if page.height <= limit and (columns == first or options.columns is None):
        return page
    higher = "" if options.max_height is None else ", or a greater max_height"
    hint = f"Closest: columns={columns}" if page.height <= limit else "Take fewer results"
    needed = wanted.height / options.dpi * INCH
    raise InputError(
        f"Expected a height of up to {options.greatest_height:.0f} mm, received pictures that take "
        f"{needed:.0f} mm in {first} column{'s' * (first != 1)}. {hint}{higher}."
    )


def _bands(
    sections: Sequence[MosaicSection], options: MosaicOptions, columns: int
) -> list[list[MosaicSection]]:
    """The sections that lie side by side: those of one kind that fit into one row."""
    bands: list[list[MosaicSection]] = []
    for section in sections:
        if options.side_by_side and bands:
            count = sum(len(own.panels) for own in (*bands[-1], section))
            if count <= columns and bands[-1][0].rows() == section.rows():
                bands[-1].append(section)
                continue
        bands.append([section])
    if _side(bands, options, columns) < options.pixels(options.narrowest):
        return [[section] for section in sections]
    return bands


def _count_rows(sections: Sequence[MosaicSection], options: MosaicOptions, columns: int) -> int:
    bands = _bands(sections, options, columns)
    return sum(-(-max(len(own.panels) for own in band) // columns) for band in bands)


def _side(bands: Sequence[Sequence[MosaicSection]], options: MosaicOptions, columns: int) -> int:
    """The width of a cell in pixels."""
    gaps = max(len(band) for band in bands) - 1
    gutter = options.pixels(GUTTER)
    width = options.pixels(options.width) - 2 * options.pixels(MARGIN)
    between = gaps * options.pixels(_BESIDE) + (columns - 1 - gaps) * gutter
    return (width - between) // columns


def _page(sections: Sequence[MosaicSection], options: MosaicOptions, columns: int) -> Page:
    bands = _bands(sections, options, columns)
    layout = _Layout(bands, options, columns)
    for band in bands:
        layout.add(band)
    return Page(
        width=options.pixels(options.width),
        height=layout.top + options.pixels(MARGIN),
        texts=layout.texts,
        boxes=layout.boxes,
    )


class _Layout:
    """Lays out bands of sections, one below the other; the cells of a kind have one size."""

    def __init__(
        self, bands: Sequence[Sequence[MosaicSection]], options: MosaicOptions, columns: int
    ) -> None:
        self._options, self._columns = options, columns
        self._gutter, self._side = options.pixels(GUTTER), _side(bands, options, columns)
        panels = [panel for band in bands for section in band for panel in section.panels]
        self._heights = {
            kind: max(1, round(self._side * _ratio([getattr(own, kind) for own in panels])))
            for kind in ("icon", "heat_map")
        }
        self.top = options.pixels(MARGIN)
        self.texts: list[Text] = []
        self.boxes: list[Box] = []

    def add(self, band: Sequence[MosaicSection]) -> None:
        """Lay out sections side by side, or one in several rows."""
        if self.boxes:
            self.top += self._options.pixels(_BETWEEN_SECTIONS)
        left = self._options.pixels(MARGIN)
        lefts = []
        for section in band:
            lefts.append(left)
            left += self._width(section) + self._options.pixels(_BESIDE)
        self._add_headings(band, lefts)
        for start in range(0, max(len(own.panels) for own in band), self._columns):
            if start:
                self.top += self._options.pixels(_BETWEEN_ROWS)
            placed = [
                (panel, left + column * (self._side + self._gutter))
                for section, left in zip(band, lefts, strict=True)
                for column, panel in enumerate(section.panels[start : start + self._columns])
            ]
            self._add_panels(placed, band[0].rows())

    def _width(self, section: MosaicSection) -> int:
        count = min(len(section.panels), self._columns)
        return count * (self._side + self._gutter) - self._gutter

    def _add_headings(self, band: Sequence[MosaicSection], lefts: Sequence[int]) -> None:
        if len(band) == 1:
            # A heading may go on where its pictures end.
            margin = self._options.pixels(MARGIN)
            rooms = [self._options.pixels(self._options.width) - 2 * margin]
        else:
            rooms = [self._width(section) for section in band]
        top, bottoms = self.top, []
        for section, left, room in zip(band, lefts, rooms, strict=True):
            self.top = top
            self._add_heading(section, left, room)
            bottoms.append(self.top)
        self.top = max(bottoms)
        if self.top > top:
            self.top += self._options.pixels(_BELOW_HEADING)

    def _add_heading(self, section: MosaicSection, left: int, room: int) -> None:
        points = self._options.font_size + 1
        size, units = points * _UNITS, self._units(room)
        heading, detail = one_line(section.heading), one_line(section.detail)
        indent = measured(heading, size, bold=True) + round(0.6 * size) if heading else 0
        top = self.top
        for line in lines(heading, units, size, bold=True, most=_HEADING_LINES):
            self._add_line(line, left, points, bold=True)
        if heading and detail and indent + measured(detail, size) <= units:
            beside = left + indent / _UNITS * self._options.dpi / 72
            self.top = top
            self._add_line(detail, beside, points, colour=_GREY)
            return
        for line in lines(detail, units, size, most=_DETAIL_LINES):
            self._add_line(line, left, points, colour=_GREY)

    def _add_line(
        self, words: str, left: float, points: float, *, bold: bool = False, colour: str = _DARK,
        centred: bool = False,
    ) -> None:  # fmt: skip
        pixels = points * self._options.dpi / 72
        base = self.top + _BASELINE * pixels
        self.texts.append(
            Text(words=words, left=left, base=base, points=points, bold=bold, colour=colour,
                 centred=centred)
        )  # fmt: skip
        self.top += round(_LINE * pixels)

    def _add_panels(self, placed: Sequence[tuple[MosaicPanel, int]], kinds: Sequence[str]) -> None:
        for number, kind in enumerate(kinds):
            self.top += self._gutter if number else 0
            for panel, left in placed:
                content = getattr(panel, kind)
                if content is not None:
                    self.boxes.append(self._box(content, left, self._heights[kind]))
            self.top += self._heights[kind]
        self._add_captions(placed)

    def _box(self, content: np.ndarray | str, left: int, height: int) -> Box:
        width = self._side
        if isinstance(content, str):
            content = one_line(content)
            return Box(content=content, left=left, top=self.top, width=width, height=height)
        scale = min(width / content.shape[1], height / content.shape[0])
        own_height, own_width = (max(1, round(scale * own)) for own in content.shape[:2])
        return Box(
            content=content,
            left=left + (width - own_width) // 2,
            top=self.top + (height - own_height) // 2,
            width=own_width,
            height=own_height,
        )

    def _add_captions(self, placed: Sequence[tuple[MosaicPanel, int]]) -> None:
        points = self._options.font_size
        # A caption may be a little wider than its picture, and stays clear of the next one's.
        room = self._units(self._side + self._gutter // 2)
        own = [
            lines(panel.caption, room, points * _UNITS, most=_CAPTION_LINES) for panel, _ in placed
        ]
        if not any(own):
            return
        top, bottoms = self.top + self._options.pixels(_ABOVE_CAPTION), []
        for (_, left), found in zip(placed, own, strict=True):
            self.top = top
            for words in found:
                self._add_line(words, left + self._side / 2, points, centred=True)
            bottoms.append(self.top)
        self.top = max(bottoms)

    def _units(self, pixels: float) -> int:
        """A room in units of `typesetting`."""
        return int(pixels / self._options.dpi * 72 * _UNITS * _SLACK)


def _ratio(contents: Sequence[np.ndarray | str | None]) -> float:
    """The height of cells in widths: that of the tallest picture."""
    shapes = [own.shape for own in contents if isinstance(own, np.ndarray)]
    return min(_TALLEST, max((height / width for height, width, _ in shapes), default=1.0))
