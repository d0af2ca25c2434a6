"""What tells one function from another, over several runs of a program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import numpy as np


def function_digest(function: Callable) -> hashlib._Hash:
    """SHA-256 of a function's name, and of what it computes if it is a lambda.

    What a lambda computes is told by its code, the code in it, the names that it uses, and the
    values of its defaults and of the variables around it. What its global names mean does not
    count.

    Args:
        function: or an object that is called like one; where it lies in memory does not count.

    Returns:
        An open hash, to which more can be added.

    Example:
        >>> from tfvis.utils.function_digests import function_digest
        >>> one, same, other = (function_digest(f).hexdigest() for f in (abs, abs, max))
        >>> one == same, one == other
        (True, False)
    """
    name = getattr(function, "__qualname__", None) or repr(function)
    found = hashlib.sha256(_without_addresses(name).encode())
    if "<" in name and hasattr(function, "__code__"):  # a lambda, which has no name to tell it by
        for part in _parts(function):
            found.update(part)
    return found


def _parts(function: Any) -> Iterator[bytes]:
    """What a function written in Python computes."""
    yield from _parts_of_code(function.__code__)
    defaults = function.__defaults__ or (), sorted((function.__kwdefaults__ or {}).items())
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    for value in (*defaults, cells):
        yield from _parts_of_value(value)


def _parts_of_code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_freevars)).encode()
    for constant in code.co_consts:
        yield from _parts_of_value(constant)


def _parts_of_value(value: Any) -> Iterator[bytes]:
    yield type(value).__name__.encode()
    if isinstance(value, CodeType):
        yield from _parts_of_code(value)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _parts_of_value(part)
    elif isinstance(value, set | frozenset):  # in no order
        yield repr(sorted(map(repr, value))).encode()
    elif isinstance(value, np.ndarray):
        yield repr((value.dtype, value.shape)).encode()
        yield value.tobytes()
    else:
        yield _without_addresses(repr(value)).encode()


def _is_filled(cell: Any) -> bool:
    """Whether a variable around a function has a value by now."""
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
