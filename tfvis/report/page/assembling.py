"""A page as one file: templates, pictures, numbers and program, and nothing that is fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text

from ..._version import __version__
from .sprites import LARGEST, SMALLEST, Pictures

if TYPE_CHECKING:
    from jinja2 import Environment

LIMIT = 1_500_000
"""Bytes of a page; pictures are scaled down until it fits."""

_TEMPLATES = "templates"
_ATTEMPTS = 8


class PageTooLargeError(InputError):
    """A page whose numbers alone are larger than a page may be."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a page shows.

    Attributes:
        template: the file of its template.
        title: of the page.
        values: what the template needs.
        data: the numbers that the page's program and its downloads use, as JSON can hold them; NaN
            and infinity become null.
        pictures: the pictures, which the template shows by their numbers.
        hues: how many colours the page needs for its groups.
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    pictures: Pictures = field(repr=False)
    hues: int = 0


def assembled(contents: Contents, limit: int = LIMIT) -> str:
    """The page as HTML; it makes no request, and runs no program but ours.

    Args:
        contents: what it shows.
        limit: the most bytes that it may have.

    Raises:
        PageTooLargeError: it would be larger with the smallest pictures.
    """
    most = min(contents.pictures.largest, LARGEST)
    for attempt in range(1, _ATTEMPTS + 1):
        page = _page(contents, most)
        size = len(page.encode("utf-8"))
        if size <= limit:
            return page
        if most <= SMALLEST:
            break
        smaller = int(most * math.sqrt(limit / size) * 0.95)
        most = max(SMALLEST, min(most - 1, smaller)) if attempt < _ATTEMPTS - 1 else SMALLEST
    raise PageTooLargeError(
        f"Expected a page of at most {limit:,} bytes, found {size:,} with the smallest pictures: "
        "it has too many numbers. The result's other files have them all."
    )


def _page(contents: Contents, most: int) -> str:
    largest = contents.pictures.largest
    style = "\n".join(
        (own_text("page.css"), contents.pictures.sheet(most).css(), _hues(contents.hues))
    )
    values = {
        **contents.values,
        "descriptions": contents.pictures.descriptions,
        "scaled": None if most >= largest else (most, largest),
    }
    return rendered(
        contents.template, contents.title, values, contents.data,
        style=style, script=own_text("page.js"),
    )  # fmt: skip


def rendered(
    template: str,
    title: str,
    values: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    style: str,
    script: str,
    images: str = "data:",
) -> str:
    """A template as a page with one style, one program and its data.

    Args:
        template: the file of the template, which extends `base.html`.
        title: of the page.
        values: what the template needs besides.
        data: what the page's program reads, as `Contents.data`.
        style: the CSS; ours, not a user's: it stands in the page as it is.
        script: the program; ours too.
        images: where the policy lets pictures come from.
    """
    from markupsafe import Markup

    text = _environment().get_template(template).render(
        **{"scaled": None, **values},
        title=clean(title),
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(_json(data)),  # noqa: S704
        policy=_policy(style, script, images),
        version=__version__,
    )  # fmt: skip
    return clean(text)


def _policy(style: str, script: str, images: str) -> str:
    """The Content-Security-Policy: our style, our program, pictures from there; no more."""
    own, run = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src {images}; style-src 'sha256-{own}'; "
        f"script-src 'sha256-{run}'; base-uri 'none'; form-action 'none'"
    )


def _json(data: Mapping[str, Any]) -> str:
    """JSON that no text in it can end: it stands inside a `<script>`."""
    text = json.dumps(jsonable(data), allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def jsonable(value: Any) -> Any:
    """A value as JSON can hold it: arrays as lists, NaN and infinity as None, other text clean."""
    if isinstance(value, Mapping):
        return {clean(str(key)): jsonable(own) for key, own in value.items()}
    if isinstance(value, np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, list | tuple):
        return [jsonable(own) for own in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return clean(value) if isinstance(value, str) else value


def clean(text: str) -> str:
    """Text that a page can hold: what is no Unicode, as a file's name may be, is written out."""
    return as_text(text).encode("utf-8", "backslashreplace").decode()


def float32_base64(array: np.ndarray) -> str:
    """An array's numbers to the bit, little-endian float32, as the page's program reads them."""
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode("ascii")


def _hues(n: int) -> str:
    """A colour for each group, far apart in hue: the golden angle keeps neighbours distinct."""
    rule = ".g{k}{{--hue:{hue:.1f};--own:oklch(var(--light) var(--chroma) {hue:.1f})}}"
    return "\n".join(rule.format(k=k, hue=hue(k)) for k in range(n))


def hue(k: int) -> float:
    """The hue of the k-th group, in degrees.

    Example:
        >>> from tfvis.report.page.assembling import hue
        >>> hue(0), round(hue(1), 1)
        (25.0, 162.5)
    """
    return (25 + 137.508 * k) % 360


@cache
def own_text(name: str) -> str:
    """What a file of the templates' folder holds."""
    text = resources.files(__package__ or "") / _TEMPLATES / name
    return text.read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader(__package__ or "", _TEMPLATES),
        autoescape=True,  # text from outside shows as text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(_FILTERS)
    return found


def _number(value: float | None, digits: int = 3) -> str:
    """A number for people, "–" where there is none; a true minus sign."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _signed(value: float | None, digits: int = 3) -> str:
    text = _number(value, digits)
    return f"+{text}" if value is not None and value > 0 else text


def _percent(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:.1f} %"


def _exact(value: float | None) -> str:
    """All digits, for programs; nothing where there is no number."""
    return "" if value is None or not math.isfinite(value) else repr(float(value))


_FILTERS: dict[str, Callable[..., str]] = {
    "number": _number,
    "signed": _signed,
    "percent": _percent,
    "exact": _exact,
    "text": lambda value: clean(str(value)),
}
