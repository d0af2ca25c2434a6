"""A picture of a survey of layers: a row a layer, with its heat map and a bar for each number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tfvis.utils import plots
from tfvis.utils.images import to_uint8
from tfvis.utils.typesetting import any_script, cut, font, lines, one_line

from .layer_evidence import TOP_CHANNELS, TOP_GROUPS
from .layer_table import field_in_words, percent, recommendation, signed

if TYPE_CHECKING:
    from .surveyed_layers import LayerSurvey

_MARGIN, _GAP, _NAME, _PANEL = 24, 24, 210, 132  # pixels
_HEIGHTS = {True: 104, False: 44}
"""Of a row, with a heat map and without."""
_HEAD_LINE, _BODY, _TITLE = 22, 15, 26
_BAR, _BETWEEN = 10, 26
_TRACK, _FIRST, _SECOND, _MARKED = "#e8e8e8", "#4472af", "#9db8db", "#fff3d0"
_DARK, _GREY = "#222222", "#666666"


@dataclass(frozen=True)
class _Panel:
    """A column of bars.

    Attributes:
        title: what its bars are, in a word or two.
        bars: of a layer: the length of each, from 0 to 1, and what is written below it.
    """

    title: str
    bars: Callable[[int], Sequence[tuple[float, str]]]


def layer_sheet(survey: LayerSurvey) -> np.ndarray:
    """A row a layer, from input to output; the recommended one is marked.

    Returns:
        float32 (height, width, 3) in [0, 1].
    """
    with any_script():
        return _drawn(survey)


def _drawn(survey: LayerSurvey) -> np.ndarray:
    # Not pyplot: it would choose a window system and keep the figure alive.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(survey)
    row = _HEIGHTS[bool(survey.evidence)]
    left = _MARGIN + (row if survey.evidence else 0)
    width = left + _NAME + len(panels) * (_PANEL + _GAP) + _MARGIN
    text = [
        (part, size, bold)
        for paragraph, size, bold in _head(survey)
        for part in lines(paragraph, width - 2 * _MARGIN, size, bold=bold, most=3)
    ]
    top = _MARGIN + sum(round(1.35 * size) for _, size, _ in text) + 16
    height = top + _HEAD_LINE + row * len(survey.layers) + _MARGIN
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    drawing = _Drawing(figure, width, height)
    place = _MARGIN
    for part, size, bold in text:
        drawing.text(part, _MARGIN, place, size, bold=bold)
        place += round(1.35 * size)
    for k, panel in enumerate(panels):
        drawing.text(panel.title, left + _NAME + k * (_PANEL + _GAP), top, _BODY, colour=_GREY)
    marked = None if survey.recommendation is None else survey.recommendation.layer
    pictures = _pictures(survey, row - 8)
    for number, layer in enumerate(survey.layers):
        begin = top + _HEAD_LINE + number * row
        if layer.layer == marked:
            drawing.box(_MARGIN - 8, begin, width - 2 * _MARGIN + 16, row - 4, _MARKED)
        if pictures:
            drawing.picture(pictures[number], _MARGIN, begin + 2)
        room = _NAME - _GAP
        name = cut(layer.layer, room, _BODY, bold=True)
        drawing.text(name, left, begin + 4, _BODY, bold=True)
        drawing.text(" × ".join(map(str, layer.shape)), left, begin + 22, _BODY, colour=_GREY)
        if layer.layer == marked:
            drawing.text("recommended", left, begin + 46, _BODY)
        for k, panel in enumerate(panels):
            start = left + _NAME + k * (_PANEL + _GAP)
            for j, (share, words) in enumerate(panel.bars(number)):
                line = begin + 8 + j * (_BAR + _BETWEEN + 4)
                drawing.box(start, line, _PANEL, _BAR, _TRACK)
                length = min(max(share, 0.0), 1.0) if np.isfinite(share) else 0.0
                drawing.box(start, line, _PANEL * length, _BAR, (_FIRST, _SECOND)[j])
                drawing.text(words, start, line + _BAR, _BODY - 1)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.float32)[..., :3] / 255


class _Drawing:
    """Texts, boxes and pictures at pixels from the upper left corner."""

    def __init__(self, figure: Any, width: int, height: int) -> None:
        self._figure, self._width, self._height = figure, width, height

    def text(
        self, text: str, left: float, top: float, size: int, *, bold: bool = False,
        colour: str = _DARK,
    ) -> None:  # fmt: skip
        middle = top + round(size * 1.35 / 2)
        self._figure.text(
            left / self._width, 1 - middle / self._height, one_line(text), color=colour,
            fontproperties=font(size, bold), va="center_baseline", parse_math=False,
        )  # fmt: skip

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        from matplotlib.patches import Rectangle

        corner = (left / self._width, 1 - (top + height) / self._height)
        sides = (width / self._width, height / self._height)
        patch = Rectangle(
            corner, *sides, color=colour, linewidth=0, transform=self._figure.transFigure
        )
        self._figure.add_artist(patch)

    def picture(self, pixels: np.ndarray, left: int, top: int) -> None:
        bottom = self._height - top - pixels.shape[0]
        self._figure.figimage(to_uint8(pixels), left, bottom, origin="upper", zorder=2)


def _head(survey: LayerSurvey) -> list[tuple[str, int, bool]]:
    """Paragraphs above the rows, with their size and whether they are bold."""
    if survey.label is None:
        return [(f"Layers of {survey.network}", _TITLE, True)]
    return [
        (f"Layers of {survey.network}: evidence for {survey.label}", _TITLE, True),
        (recommendation(survey), _BODY + 1, False),
    ]


def _pictures(survey: LayerSurvey, side: int) -> list[np.ndarray]:
    """Each layer's heat map over the image: each has a scale of its own."""
    if survey.image is None:
        return []
    size = survey.image.shape[:2]
    scale = side / max(size)
    sides = (max(1, round(size[1] * scale)), max(1, round(size[0] * scale)))
    found = []
    for own in survey.evidence:
        overlay = plots.overlay(survey.image, own.heat_map(size), exponent=0.5, colormap="inferno")
        picture = Image.fromarray(to_uint8(overlay)).resize(sides, Image.Resampling.LANCZOS)
        found.append(np.asarray(picture, np.float32) / 255)
    return found


def _panels(survey: LayerSurvey) -> list[_Panel]:
    layers, evidence = survey.layers, survey.evidence

    def sees(k: int) -> list[tuple[float, str]]:
        field = layers[k].receptive_field
        share = (
            0.0
            if field is None
            else max(own / side for own, side in zip(field, survey.input_size, strict=True))
        )
        words = field_in_words(layers[k])
        return [(share, words if field is None else f"{words} pixels")]

    def work(k: int) -> list[tuple[float, str]]:
        return [(layers[k].work or 0.0, percent(layers[k].work))]

    found = [_Panel("sees", sees), _Panel("work", work)]
    if survey.recommendation is None:
        return found
    agreement = survey.recommendation.agreement

    def carried(k: int) -> list[tuple[float, str]]:
        own = evidence[k]
        groups = (
            "no groups" if own.groups is None else f"{percent(own.groups)}: {TOP_GROUPS} groups"
        )
        return [
            (own.channels, f"{percent(own.channels)}: {TOP_CHANNELS} channels"),
            (own.groups or 0.0, groups),
        ]

    largest = max(own.area for own in evidence)

    def area(k: int) -> list[tuple[float, str]]:
        share = evidence[k].area
        return [(share / largest, f"{percent(share)} of the image")]

    def agrees(k: int) -> list[tuple[float, str]]:
        return [(agreement[k], f"{agreement[k]:.2f}")]

    def gap(k: int) -> list[tuple[float, str]]:
        own = evidence[k]
        return [(own.relative_gap, f"{signed(own.gap)} of {own.total:.2f}")]

    return [
        *found,
        _Panel("share of evidence", carried),
        _Panel("half of the map", area),
        _Panel("agrees", agrees),
        _Panel("gap", gap),
    ]
