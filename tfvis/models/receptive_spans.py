"""What a unit of a tensor sees of the image, along both axes.

Per axis, the unit at position p of a tensor sees the pixels from step · p + first to
step · p + last. The image's borders are left out: a unit may see more than there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import tensorflow as tf

MAPS, ROWS, FLAT = "maps", "rows", "flat"
"""Layouts of a tensor: (1, h, w, …), (h · w, C), and (1, n) with several positions in n."""


@dataclass(frozen=True)
class Span:
    """What a unit sees along one axis; see above.

    Attributes:
        first: the first pixel that the unit at position 0 sees; below 0 in the padding.
        last: the last one.
        step: pixels from a unit to the next.
        whole: whether each unit sees all of the axis, so that the others mean nothing.
    """

    first: int = 0
    last: int = 0
    step: int = 1
    whole: bool = False

    @property
    def size(self) -> int:
        """How many pixels."""
        return self.last - self.first + 1

    def slid(self, kernel: int, *, stride: int = 1, dilation: int = 1, before: int = 0) -> Span:
        """The span after a kernel has slid over this one.

        Args:
            kernel: positions that it takes.
            stride: positions from one place of it to the next.
            dilation: positions from one that it takes to the next.
            before: positions of padding before the first.
        """
        reach = dilation * (kernel - 1) - before
        return replace(
            self,
            first=self.first - self.step * before,
            last=self.last + self.step * reach,
            step=self.step * stride,
        )


WHOLE = Span(whole=True)


@dataclass(frozen=True)
class Field:
    """What a unit of a tensor sees, along both axes.

    Attributes:
        rows: from the top to the bottom.
        columns: from the left to the right.
        layout: how the tensor holds its positions.
        sides: how many rows and columns of positions it holds; needed where they lie in a row.
    """

    rows: Span = Span()
    columns: Span = Span()
    layout: str = MAPS
    sides: tuple[int, int] | None = None

    @property
    def spans(self) -> tuple[Span, Span]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def is_whole(self) -> bool:
        """Whether each unit sees the whole image."""
        return self.rows.whole and self.columns.whole

    def with_spans(self, spans: Sequence[Span]) -> Field:
        """The same of other spans."""
        rows, columns = spans
        return replace(self, rows=rows, columns=columns)

    def size(self, image: Sequence[int]) -> tuple[int, int]:
        """The height and width in pixels; the image's own where a unit sees all of it."""
        return tuple(
            side if span.whole else span.size for span, side in zip(self.spans, image, strict=True)
        )  # type: ignore[return-value]


class UnknownFieldError(Exception):
    """Nothing is known of what the units of an operation see."""


def union(one: Field, other: Field) -> Field:
    """The span of a unit that takes two others as input; it sees what either sees.

    Raises:
        UnknownFieldError: their positions do not lie alike.
    """
    if one.is_whole or other.is_whole:
        return one if one.is_whole else other
    if (one.layout, one.sides) != (other.layout, other.sides):
        raise UnknownFieldError
    spans = []
    for own, beside in zip(one.spans, other.spans, strict=True):
        if own.whole or beside.whole:
            spans.append(WHOLE)
        elif own.step != beside.step:
            raise UnknownFieldError
        else:
            first, last = min(own.first, beside.first), max(own.last, beside.last)
            spans.append(replace(own, first=first, last=last))
    return one.with_spans(spans)


def sides_of(tensor: tf.Tensor, field: Field) -> tuple[int, int]:
    """How many rows and columns of positions a tensor has.

    Args:
        tensor: the tensor.
        field: what its units see, and how it holds them.

    Raises:
        UnknownFieldError: its shape does not say.
    """
    if field.layout != MAPS:
        if field.sides is None:
            raise UnknownFieldError
        return field.sides
    shape = tensor.shape
    if shape.rank is None or shape.rank < 3 or None in shape[1:3]:
        raise UnknownFieldError
    return int(shape[1] or 0), int(shape[2] or 0)


def shifted(field: Field, by: Sequence[int]) -> Field:
    """The field of a tensor that begins so many positions further on.

    Args:
        field: of the tensor that begins at its position 0.
        by: positions down and to the right; below 0 for padding.
    """
    return field.with_spans(
        [
            replace(span, first=span.first + span.step * k, last=span.last + span.step * k)
            for span, k in zip(field.spans, by, strict=True)
        ]
    )
