"""Names as parts of paths: safe on any system."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from functools import cache

from .labels import Labels

_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""Separators, characters that Windows refuses, and those that turn the direction of the text."""
_OF_TWO = 33  # bytes; two of them and " rather than " are no longer than one name
_NO_TEXT = re.compile(r"[\ud800-\udfff]")
_LONGEST = 80  # bytes; three names of this length and their additions fit in one file name
_PORTS = {f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"}
_RESERVED = {"CON", "CONIN$", "CONOUT$", "PRN", "AUX", "NUL", *_PORTS}
"""Names of devices in Windows, with any ending and with spaces before it."""


def safe_name(name: str) -> str:
    """A name that is one part of a path on any system: short, no separators, no leading dot.

    Bytes of a file's name that are no text become their numbers, as in "%ff".
    """
    text = _NO_TEXT.sub(lambda found: f"%{ord(found[0]) & 0xFF:02x}", as_text(name))
    safe = _UNSAFE.sub("_", text).encode()[:_LONGEST].decode("utf-8", "ignore")
    safe = safe.strip().rstrip(". ")
    if not safe or safe.startswith(".") or safe.split(".")[0].rstrip().upper() in _RESERVED:
        safe = "_" + safe.lstrip(".")
    return on_disk(safe)


def as_text(name: str) -> str:
    """A file's name as text, also where the system's encoding does not know its letters.

    In the locale C, for example, Python reads each byte of a name in UTF-8 as a character of its
    own. A name that is not UTF-8 stays as it is.
    """
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeError:
        return name


def encodable(text: str) -> str:
    """Text that can be written in UTF-8: bytes of a name that is not UTF-8 become escapes.

    Example:
        >>> from tfvis.utils.file_names import encodable
        >>> encodable("caf\\udce9"), encodable("café")
        ('caf\\\\udce9', 'café')
    """
    return text.encode("utf-8", "backslashreplace").decode()


def on_disk(text: str) -> str:
    """A name as this system's functions take it: in UTF-8 where its encoding lacks a letter."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        with contextlib.suppress(UnicodeEncodeError):  # no text: no file has this name
            return os.fsdecode(text.encode("utf-8", "surrogateescape"))
    return text


@cache
def _shared_names(labels: Labels) -> frozenset[str]:
    """The safe names, case folded, that would be a path of two classes."""
    plain = [safe_name(label).casefold() for label in labels]
    shared = {name for name, count in Counter(plain).items() if count > 1}
    # A name may also look like another one with its index: crane_4.
    while more := {
        name
        for name in {*plain} - shared
        if (parts := name.rpartition("_"))[0] in shared and parts[2].isdigit()
    }:
        shared |= more
    return frozenset(shared)


def class_name(labels: Labels, class_index: int, rather_than: int | None = None) -> str:
    """A class's name as part of a path; with its index where two classes would share it.

    Args:
        labels: the classes' names.
        class_index: the class.
        rather_than: the class that it is contrasted with, whose name then comes after it.
    """
    name = safe_name(labels[class_index])
    name = f"{name}_{class_index}" if name.casefold() in _shared_names(labels) else name
    if rather_than is None:
        return name
    both = ((name, class_index), (class_name(labels, rather_than), rather_than))
    return safe_name(" rather than ".join(_one_of_two(*each) for each in both))


def _one_of_two(name: str, class_index: int) -> str:
    """A class's name; shortened, and with its index, where two would be too long together."""
    if len(name.encode()) <= _OF_TWO:
        return name
    end = f"_{class_index}"
    return name.encode()[: _OF_TWO - len(end)].decode("utf-8", "ignore").rstrip() + end


def layer_name(layer: str) -> str:
    """A layer's name without slashes, safe as part of a path."""
    return safe_name(layer.replace("/", ""))
