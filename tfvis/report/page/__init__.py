"""`report.html`: a result as one page that opens anywhere and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .assembling import LIMIT, Contents, PageTooLargeError, assembled

__all__ = ["LIMIT", "Contents", "PageTooLargeError", "page_of"]


def page_of(result: Any, command: Sequence[str] | None = None, *, limit: int = LIMIT) -> str:
    """A result as a page: HTML that holds its pictures, its numbers and its program.

    Args:
        result: of any kind that can be saved.
        command: the words of the command that made it; None for a result made in Python.
        limit: the most bytes that the page may have; pictures are scaled down until it fits.

    Raises:
        PageTooLargeError: the numbers alone are larger than the limit.
    """
    return assembled(_contents(result, command), limit)


def _contents(result: Any, command: Sequence[str] | None) -> Contents:
    from ...explainers.explanation import Explanation
    from .explanations import explanation_page

    if isinstance(result, Explanation):
        return explanation_page(result, command)
    raise TypeError(f"Expected a result that has a page, received {type(result).__name__}.")
