"""HEIC and AVIF, the formats of telephones: Pillow needs another library for the one, may for both.

Both are kinds of HEIF, a container whose first bytes say what is in it.
"""

from __future__ import annotations

import importlib
from functools import cache

from PIL import features

from .errors import InputError

HEAD = 64
"""So many bytes of a file tell its kind."""

_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def kind_of(head: bytes) -> str | None:
    """What a file holds that begins with these bytes: "HEIC", "AVIF", or None for anything else.

    Example:
        >>> kind_of(bytes.fromhex("0000001c") + b"ftypheic")
        'HEIC'
    """
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4], "big"), len(head))
    # The main brand, then four bytes of a version, then others that will do.
    brands = {head[8:12], *(head[k : k + 4] for k in range(16, end - 3, 4))}
    if brands & _AVIF:
        return "AVIF"
    return "HEIC" if brands & _HEIC else None


def require_reader(head: bytes, named: str) -> None:
    """See to it that Pillow reads a file that begins with these bytes.

    Args:
        head: the first `HEAD` bytes.
        named: the file, for the error.

    Raises:
        InputError: it is HEIC or AVIF, and what reads that is not installed.
    """
    kind = kind_of(head)
    if kind == "AVIF" and not features.check("avif"):
        raise InputError(
            f"The image {named} is AVIF, which this Pillow was built without. Convert it to JPEG, "
            "or install Pillow from its wheel."
        )
    if kind == "HEIC":
        try:
            _register_heic()
        except ImportError:
            raise InputError(
                f"The image {named} is HEIC. Install tfvis[heif], which takes pillow-heif to read "
                "it, or convert it to JPEG."
            ) from None


@cache
def _register_heic() -> None:
    importlib.import_module("pillow_heif").register_heif_opener()
