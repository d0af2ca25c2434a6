"""What a page draws: bars, lines and marks, as places in a box of 100 by 100."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BOX = 100.0
"""The width of every chart in its own units."""


@dataclass(frozen=True)
class Bar:
    """A bar of a chart, from `start` to `end`, both in [0, 100].

    Attributes:
        label: what it stands for.
        value: the number that it shows.
        start: its left end.
        end: its right end.
        kind: its colour: "for", "against", "rest", "total", or "group".
        group: the number of the group whose colour it has; None for none.
        zero: where 0 is, in [0, 100].
        detail: more about the number, in a few words.
    """

    label: str
    value: float
    start: float
    end: float
    kind: str
    group: int | None = None
    zero: float = 0.0
    detail: str = ""


@dataclass(frozen=True)
class Step:
    """A part of a sum, before it is drawn."""

    label: str
    value: float
    kind: str
    group: int | None = None
    detail: str = ""


def waterfall(steps: Sequence[Step], total: Step) -> tuple[Bar, ...]:
    """Bars that begin where the one before ended, and the total from 0 on.

    Args:
        steps: what the total is the sum of, in order.
        total: the sum; it is drawn as it is given, so that a wrong sum can be seen.

    Example:
        >>> from tfvis.report.page.charts import Step, waterfall
        >>> bars = waterfall([Step("a", 3.0, "for"), Step("b", -1.0, "against")],
        ...                  Step("sum", 2.0, "total"))
        >>> [(round(bar.start), round(bar.end)) for bar in bars]
        [(0, 100), (67, 100), (0, 67)]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.cumsum([_finite(step.value) for step in steps])
    ends = np.concatenate([[0.0], np.where(np.isfinite(sums), sums, 0.0)])
    low = min(0.0, float(ends.min()), _finite(total.value))
    high = max(0.0, float(ends.max()), _finite(total.value))
    place = _scale(low, high)
    spans = [*itertools.pairwise(ends), (0.0, _finite(total.value))]
    return tuple(
        _bar(step, place(a), place(b), place(0.0))
        for step, (a, b) in zip((*steps, total), spans, strict=True)
    )


def bars(steps: Sequence[Step]) -> tuple[Bar, ...]:
    """Bars that all begin at 0, on one scale.

    Args:
        steps: what is drawn.
    """
    values = [_finite(step.value) for step in steps]
    place = _scale(min([0.0, *values]), max([0.0, *values]))
    return tuple(
        _bar(step, place(0.0), place(value), place(0.0))
        for step, value in zip(steps, values, strict=True)
    )


def _bar(step: Step, a: float, b: float, zero: float) -> Bar:
    left, right = min(a, b), max(a, b)
    return Bar(step.label, step.value, left, right, step.kind, step.group, zero, step.detail)


@dataclass(frozen=True)
class Line:
    """A line of a chart: the `points` attribute of an SVG polyline, in a box of 100 by 100.

    Attributes:
        label: what it stands for.
        points: "x,y x,y …", y counted from the top.
        number: of the line, for its colour.
    """

    label: str
    points: str
    number: int


@dataclass(frozen=True)
class Plot:
    """Lines over one scale, with the ends of both axes.

    Attributes:
        lines: the lines.
        x: the smallest and the largest x.
        y: the smallest and the largest y.
    """

    lines: tuple[Line, ...]
    x: tuple[float, float]
    y: tuple[float, float]


_POINTS = 400
"""So many points of a line are drawn: more than a screen can tell apart."""


def plot(
    series: Sequence[tuple[str, Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]],
    *,
    y: tuple[float, float] | None = None,
) -> Plot:
    """Lines in one box.

    Args:
        series: of each line its label, its x and its y; points that are not finite are left out.
        y: the range of y; that of all points if None.

    Example:
        >>> from tfvis.report.page.charts import plot
        >>> plot([("error", [0, 1, 2], [1.0, 0.0, 0.5])]).lines[0].points
        '0.00,0.00 50.00,100.00 100.00,50.00'
    """
    kept = []
    for label, own_x, own_y in series:
        pair = np.stack([np.asarray(own_x, float), np.asarray(own_y, float)])
        pair = pair[:, np.isfinite(pair).all(axis=0)]
        if pair.shape[1] > _POINTS:
            pair = pair[:, np.linspace(0, pair.shape[1] - 1, _POINTS).round().astype(int)]
        kept.append((label, pair))
    whole = np.concatenate([pair for _, pair in kept], axis=1) if kept else np.empty((2, 0))
    if not whole.size:
        return Plot((), (0.0, 1.0), y or (0.0, 1.0))
    xs = (float(whole[0].min()), float(whole[0].max()))
    ys = y or (float(whole[1].min()), float(whole[1].max()))
    across, up = _scale(*xs), _scale(*ys)
    return Plot(
        tuple(
            Line(label, " ".join(f"{across(a):.2f},{BOX - up(b):.2f}" for a, b in pair.T), k)
            for k, (label, pair) in enumerate(kept)
        ),
        xs,
        ys,
    )


@dataclass(frozen=True)
class Mark:
    """A number with the range around it, as places in [0, 100].

    Attributes:
        label: what it stands for.
        value: the number.
        low: the lower end of its range; NaN without one.
        high: the upper end.
        place: where the number is.
        start: where the range begins.
        end: where it ends.
        zero: where 0 is.
        detail: more about the number, in a few words.
        group: the number of the group whose colour it has; None for none.
    """

    label: str
    value: float
    low: float
    high: float
    place: float
    start: float
    end: float
    zero: float
    detail: str = ""
    group: int | None = None


@dataclass(frozen=True)
class Spread:
    """A number with the range around it, before it is drawn; NaN ends are no range."""

    label: str
    value: float
    low: float = math.nan
    high: float = math.nan
    detail: str = ""
    group: int | None = None


def marks(spreads: Sequence[Spread], *, most: float = 0.0) -> tuple[Mark, ...]:
    """Numbers and their ranges on one scale, which has 0 on it.

    Args:
        spreads: what is drawn.
        most: the scale ends there or above.

    Example:
        >>> from tfvis.report.page.charts import Spread, marks
        >>> (mark,) = marks([Spread("share", 0.5, 0.25, 0.75)], most=1.0)
        >>> mark.place, mark.start, mark.end
        (50.0, 25.0, 75.0)
    """
    ends = [_finite(own) for each in spreads for own in (each.value, each.low, each.high)]
    place = _scale(min([0.0, *ends]), max([0.0, most, *ends]))
    found = []
    for own in spreads:
        at = place(_finite(own.value))
        known = math.isfinite(own.low) and math.isfinite(own.high)
        start, end = (place(own.low), place(own.high)) if known else (at, at)
        found.append(
            Mark(own.label, own.value, own.low, own.high, at, start, end, place(0.0), own.detail,
                 own.group)
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True)
class Column:
    """A column of a histogram, as a rectangle in a box of 100 by 100, y counted from the top.

    Attributes:
        left: its left side.
        width: how wide it is.
        top: its upper side.
        height: how high it is.
        count: how many values it stands for.
        low: the lower edge of its bin.
        high: the upper edge.
        number: of the series, for its colour.
    """

    left: float
    width: float
    top: float
    height: float
    count: int
    low: float
    high: float
    number: int


@dataclass(frozen=True)
class Histogram:
    """Columns of several series beside each other, in each bin one a series.

    Attributes:
        columns: of all series, those of one series together.
        labels: the series' names.
        edges: of the bins, rising.
        most: the count that is as high as the box.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    most: int


def histogram(
    series: Sequence[tuple[str, Sequence[float] | np.ndarray]], edges: Sequence[float] | np.ndarray
) -> Histogram:
    """How often values fall into each bin.

    Args:
        series: of each its name and its values; those that are not finite are left out.
        edges: of the bins, rising; the last bin has its upper edge too.

    Example:
        >>> from tfvis.report.page.charts import histogram
        >>> [column.count for column in histogram([("a", [0.1, 0.2, 1.0])], [0, 0.5, 1]).columns]
        [2, 1]
    """
    ends = np.asarray(edges, float)
    counts = []
    for _, values in series:
        own = np.asarray(values, float)
        counts.append(np.histogram(own[np.isfinite(own)], ends)[0])
    most = max((int(own.max(initial=0)) for own in counts), default=0)
    across, up = _scale(float(ends[0]), float(ends[-1])), _scale(0.0, float(most))
    columns = []
    for k, own in enumerate(counts):
        for (low, high), count in zip(itertools.pairwise(ends.tolist()), own, strict=True):
            bin_width = 0.9 * (across(high) - across(low))
            width, height = bin_width / len(counts), up(float(count))
            left = across(low) + bin_width / 18 + k * width
            columns.append(Column(left, width, BOX - height, height, int(count), low, high, k))
    return Histogram(tuple(columns), tuple(name for name, _ in series), tuple(ends.tolist()), most)


def _scale(low: float, high: float):  # noqa: ANN202
    """From a range to [0, 100]."""
    low, high = float(low), float(high)  # whose overflow is no warning
    # The width of a range of the largest numbers is larger than any number.
    shrink = 1.0 if math.isfinite(high - low) else 0.25
    low, width = low * shrink, high * shrink - low * shrink

    def place(value: float) -> float:
        if width <= 0:
            return 0.0
        return min(BOX, max(0.0, BOX * ((float(value) * shrink - low) / width)))

    return place


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
