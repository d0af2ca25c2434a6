"""Names as parts of paths: safe on any system."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from .labels import Labels

_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_LONGEST = 80  # bytes; three names of this length and their additions fit in one file name
_PORTS = {f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)}
_RESERVED = {"CON", "PRN", "AUX", "NUL", *_PORTS}


def safe_name(name: str) -> str:
    """A name that is one part of a path on any system: short, no separators, no leading dot."""
    safe = _UNSAFE.sub("_", name).encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    safe = safe.strip().rstrip(". ")
    if not safe or safe.startswith(".") or safe.split(".")[0].upper() in _RESERVED:
        return "_" + safe.lstrip(".")
    return safe


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


def class_name(labels: Labels, class_index: int) -> str:
    """A class's name as part of a path; with its index where two classes would share it."""
    name = safe_name(labels[class_index])
    return f"{name}_{class_index}" if name.casefold() in _shared_names(labels) else name


def layer_name(layer: str) -> str:
    """A layer's name without slashes, safe as part of a path."""
    return safe_name(layer.replace("/", ""))
