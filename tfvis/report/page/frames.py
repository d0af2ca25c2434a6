"""A result's page inside another page: a frame, as notebooks show it."""

from __future__ import annotations

import html
import re
from typing import Any

from . import page_of
from .assembling import PageTooLargeError

__all__ = ["HEIGHT", "LIMIT", "framed"]

LIMIT = 400_000
"""Bytes of a page in a frame: a notebook's file keeps each that is shown."""

HEIGHT = 640
"""Pixels: what is higher is scrolled inside the frame."""


def framed(result: Any, *, limit: int = LIMIT, height: int = HEIGHT) -> str | None:
    """A result's page in a frame.

    The page runs its own program, and starts downloads of its numbers. It reaches nothing of the
    page around it: it counts as one of another origin.

    Args:
        result: of any kind that can be saved.
        limit: the most bytes of the page; pictures are scaled down until it fits.
        height: of the frame, in pixels.

    Returns:
        HTML; None where the numbers alone are too large.

    Raises:
        TypeError: what is no result.

    Example:
        >>> import numpy as np
        >>> from tfvis import ClassMap
        >>> from tfvis.report.page.frames import framed
        >>> found = ClassMap(map=np.ones((8, 8)), image=np.zeros((8, 8, 3)), class_index=0,
        ...                  label="cat", method="mine")
        >>> framed(found).startswith("<iframe title=")
        True
    """
    try:
        page = _ANCHOR.sub(_in_frame, page_of(result, limit=limit))
    except PageTooLargeError:
        return None
    return (
        f'<iframe title="{html.escape(_title(page))}" sandbox="allow-scripts allow-downloads" '
        f'width="100%" height="{height}" style="border:0" srcdoc="{html.escape(page)}"></iframe>'
    )


# A user's text has no < in it, nor a " in an attribute: templates escape both.
_ANCHOR = re.compile(r'<a(?:\s+[\w-]+(?:="[^"]*")?)*\s*>')
_ATTRIBUTE = re.compile(r'\s+([\w-]+)(?:="([^"]*)")?')


def _in_frame(anchor: re.Match[str]) -> str:
    """A link as a frame needs it: else it would be relative to the page around the frame.

    Links to files beside the page are no links in a frame, which has none beside it.
    """

    def changed(attribute: re.Match[str]) -> str:
        name, value = attribute.groups()
        if name != "href":
            return attribute[0]
        return f' href="about:srcdoc{value}"' if value.startswith("#") else ""

    return _ATTRIBUTE.sub(changed, anchor[0])


def _title(page: str) -> str:
    found = re.search("<title>(.*?)</title>", page, re.DOTALL)
    return "tfvis" if found is None else html.unescape(found[1])
