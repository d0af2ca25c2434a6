"""How a mosaic is laid out: its options, and what follows from them alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .choices import COLORMAPS
from .errors import InputError, require_count, unknown
from .options import option

__all__ = ["FORMATS", "MosaicOptions"]

FORMATS = ("png", "pdf")

INCH = 25.4
"""Millimetres."""
POINT = INCH / 72

MARGIN = 1.0
GUTTER = 1.0  # between pictures
_NARROW, _WIDE = 20.0, 42.0  # pictures where no number of columns is given
_NARROWEST = 5.0
_SCORE = 4.6  # letters: so wide is a score of five digits with its sign

_PNG = 2**16 - 1  # pixels a side, as many as matplotlib draws
_PDF = 5080.0  # a page of 14400 points, the longest that PDF allows
_PIXELS = 4e8  # of all of a PNG: 1.6 GB of memory


@dataclass(frozen=True, kw_only=True)
class MosaicOptions:
    """The options of a mosaic. Lengths are in millimetres.

    Attributes:
        width: of the figure, 20 to 1000.
        max_height: the greatest height; what a PNG and a PDF can hold if None.
        columns: pictures a row; if None, as few as need no more rows than pictures of 20 mm do,
            and not so few that they are wider than 42 mm.
        dpi: pixels an inch of the PNG, 36 to 2400; pictures in the PDF have their own.
        font_size: of scores, in points, 4 to 24; headings are a point larger.
        scores: whether scores are written under pictures.
        side_by_side: whether sections that fit into one row share it.
        colormap: how heat maps are drawn, see `choices.COLORMAPS`; as each result has it if None.

    Raises:
        InputError: a value cannot be used.

    Example:
        >>> MosaicOptions(width=88).column_range
        range(3, 5)
    """

    width: float = option(180.0, "the figure's width in millimetres", metavar="MM")
    max_height: float | None = option(
        None,
        "greatest height in millimetres; without --columns, pictures get smaller to keep it",
        metavar="MM",
        shown="what a file can hold",
    )
    columns: int | None = option(
        None, "pictures a row", metavar="N", shown="as many as keep them 20 to 42 mm wide"
    )
    dpi: int = option(300, "pixels an inch of the PNG", metavar="N")
    font_size: float = option(
        7.0, "size of scores in points; headings are a point larger", metavar="PT"
    )
    scores: bool = option(True, "write each group's score under its pictures")
    side_by_side: bool = option(True, "let classes that fit into one row share it")
    colormap: str | None = option(
        None, f"colours of heat maps: {', '.join(COLORMAPS)}", metavar="NAME",
        shown="as each result has it",
    )  # fmt: skip

    def __post_init__(self) -> None:
        _require_number("width", self.width, 20, 1000)
        if self.max_height is not None:
            _require_number("max_height", self.max_height, 20, _PDF)
        require_count("dpi", self.dpi, 36)
        _require_number("dpi", self.dpi, 36, 2400)
        _require_number("font_size", self.font_size, 4, 24)
        if self.colormap is not None and self.colormap not in COLORMAPS:
            raise unknown("colormap", self.colormap, COLORMAPS)
        if self.pixels(self.width) > _PNG:
            raise InputError(
                f"Expected dpi <= {int(_PNG * INCH / self.width)} for width={self.width:g}, "
                f"received {self.dpi}."
            )
        if self.most_columns < 1:
            raise InputError(
                f"Expected width >= {math.ceil(self.narrowest + 2 * MARGIN)} for "
                f"font_size={self.font_size:g}, received {self.width:g}."
            )
        if self.columns is not None:
            require_count("columns", self.columns)
            if self.columns > self.most_columns:
                raise InputError(
                    f"Expected columns <= {self.most_columns} for width={self.width:g}, received "
                    f"{self.columns}: pictures would be too small."
                )

    @property
    def narrowest(self) -> float:
        """How wide a picture is at least, so that a score fits under it."""
        return max(_NARROWEST, self.scores * _SCORE * self.font_size * POINT)

    @property
    def most_columns(self) -> int:
        """How many columns there may be."""
        return self._columns_of(self.narrowest)

    @property
    def greatest_height(self) -> float:
        """How high a figure may be, in millimetres."""
        widest = self.pixels(self.width)
        pixels = min(_PNG, int(_PIXELS / widest))
        return min(_PDF, pixels / self.dpi * INCH, self.max_height or _PDF)

    @property
    def column_range(self) -> range:
        """How many columns there may be where the height does not matter."""
        if self.columns is not None:
            return range(self.columns, self.columns + 1)
        most = max(1, min(self._columns_of(_NARROW), self.most_columns))
        return range(min(most, self._columns_of(_WIDE) + 1), most + 1)

    def _columns_of(self, side: float) -> int:
        """How many pictures of a width fit into a row."""
        # A picture more or less must not hang on the last digit of a float.
        return math.floor((self.width - 2 * MARGIN + GUTTER) / (side + GUTTER) + 1e-9)

    def pixels(self, millimetres: float) -> int:
        """A length in pixels of the PNG."""
        return round(millimetres / INCH * self.dpi)


def _require_number(name: str, value: object, low: float, high: float) -> None:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    if not real or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise InputError(f"Expected {name} from {low:g} to {high:g}, received {value!r}.")
