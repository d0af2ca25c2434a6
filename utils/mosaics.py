"""Mosaics for papers: rows of icons over rows of heat maps, in millimetres, as PNG and PDF."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .errors import unknown
from .images import to_uint8
from .mosaic_options import FORMATS, INCH, MosaicOptions
from .mosaic_pages import Box, MosaicPanel, MosaicSection, Page, Text, fitting_page
from .options import changed
from .typesetting import any_script, cut, font

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MosaicPanel", "MosaicSection", "figure_bytes", "mosaic_figure"]

_INTERPOLATION = "bicubic"  # where the figure is shown, as in a notebook
_PLACE, _PLACE_WORDS = "#f0f0f0", "#555555"


def mosaic_figure(
    sections: Sequence[MosaicSection], options: MosaicOptions | None = None, **changes: Any
) -> Figure:
    """Sections one below the other, with all pictures in cells of one width.

    Args:
        sections: from the top to the bottom.
        options: the defaults if left out.
        **changes: single options.

    Returns:
        A matplotlib figure of exactly the width that is asked for. Its images hold the panels'
        pictures at their own resolution, in 8 bits, row by row; `figure_bytes` makes a file of it.

    Raises:
        InputError: there is nothing to draw, the figure would be too high, or a value cannot be
            used.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.mosaics import MosaicPanel, MosaicSection, mosaic_figure
        >>> panel = MosaicPanel(heat_map=np.full((8, 8, 3), 0.5), caption="+1.23")
        >>> figure = mosaic_figure([MosaicSection(heading="cat", panels=[panel] * 3)], width=90)
        >>> float(round(figure.get_figwidth() * 25.4, 6))
        90.0
    """
    # Not pyplot: it would choose a window system and keep the figure alive.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    options = changed(MosaicOptions, options, changes)
    with any_script():
        page = fitting_page(sections, options)
    size = (options.width / INCH, page.height / options.dpi)
    figure = Figure(figsize=size, dpi=options.dpi, facecolor="white")
    FigureCanvasAgg(figure)
    _draw(page, figure.add_axes((0, 0, 1, 1)), options)
    return figure


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """A figure of `mosaic_figure` as a file.

    A PDF has real text in embedded TrueType fonts, and pictures at their own resolution. In a PNG
    pictures are resampled once, to the pixels of their cells. The same figure gives the same bytes.

    Args:
        figure: the figure.
        kind: "png" or "pdf".

    Raises:
        InputError: the kind is another one.
    """
    import matplotlib

    if kind not in FORMATS:
        raise unknown("format", kind, FORMATS)
    made = {"png": {"Software": "tfvis"}, "pdf": {"Creator": "tfvis", "CreationDate": None}}
    # What users have set for figures of their own must not change the size of this one.
    rc: Any = {"pdf.fonttype": 42, "savefig.bbox": None, "savefig.transparent": False,
          "savefig.facecolor": "auto"}  # fmt: skip
    width, height = figure.get_size_inches()
    stream = io.BytesIO()
    with matplotlib.rc_context(rc), any_script(), _at_own_pixels(figure, kind):
        try:
            if kind == "png":
                # A pixel that is not whole would be dropped.
                pixels = [round(side * figure.dpi) for side in (width, height)]
                figure.set_size_inches(*((count + 0.01) / figure.dpi for count in pixels))
            figure.savefig(stream, format=kind, dpi=figure.dpi, metadata=made[kind])
        finally:
            figure.set_size_inches(width, height)
    return stream.getvalue()


@contextlib.contextmanager
def _at_own_pixels(figure: Figure, kind: str) -> Iterator[None]:
    """Give each image the pixels that a file of a kind has for it, until the block ends.

    In a PDF these are its own. In a PNG they are those of its place, to which Pillow brings it:
    matplotlib would take ten times as long.
    """
    images = [(image, image.get_array()) for axes in figure.axes for image in axes.images]
    try:
        for image, pixels in images:
            image.set_interpolation("none" if kind == "pdf" else "nearest")
            if kind == "png":
                left, right, bottom, top = image.get_extent()
                size = (round(right - left), round(bottom - top))
                picture = Image.fromarray(np.asarray(pixels))
                image.set_data(np.asarray(picture.resize(size, Image.Resampling.LANCZOS)))
        yield
    finally:
        for image, pixels in images:
            image.set_interpolation(_INTERPOLATION)
            image.set_data(pixels)


def _draw(page: Page, axes: Axes, options: MosaicOptions) -> None:
    """Draw a page on axes whose units are its pixels."""
    axes.set(xlim=(0, page.width), ylim=(page.height, 0))
    axes.axis("off")
    for box in page.boxes:
        if isinstance(box.content, str):
            _draw_place(box, box.content, axes, options)
        else:
            _draw_picture(box, box.content, axes)
    for text in page.texts:
        _draw_text(text, axes)


def _draw_picture(box: Box, picture: np.ndarray, axes: Axes) -> None:
    from matplotlib.image import AxesImage

    image = AxesImage(
        axes, origin="upper", interpolation=_INTERPOLATION, resample=True,
        extent=(box.left, box.left + box.width, box.top + box.height, box.top),
    )  # fmt: skip
    image.set_data(to_uint8(picture))
    axes.add_image(image)


def _draw_place(box: Box, words: str, axes: Axes, options: MosaicOptions) -> None:
    """Words on grey, where a picture is missing."""
    from matplotlib.patches import Rectangle

    corner = (box.left, box.top)
    axes.add_patch(Rectangle(corner, box.width, box.height, facecolor=_PLACE, linewidth=0))
    points = options.font_size
    size = points * options.dpi / 72
    _draw_text(
        Text(
            words=cut(words, int(box.width), size),
            left=box.left + box.width / 2,
            base=box.top + box.height / 2 + 0.36 * size,
            points=points,
            colour=_PLACE_WORDS,
            centred=True,
        ),
        axes,
    )


def _draw_text(text: Text, axes: Axes) -> None:
    axes.text(
        text.left, text.base, text.words, color=text.colour, va="baseline",
        ha="center" if text.centred else "left", parse_math=False, usetex=False,
        fontproperties=font(text.points / 0.72, text.bold),
    )  # fmt: skip
