"""What was computed for the images seen last, so that it is not computed again."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

LIMIT = 256 << 20
"""Bytes of arrays that are kept."""


class Memory:
    """Values by key; those that were used longest ago are dropped when a limit is reached.

    Args:
        limit: bytes of NumPy arrays to keep. A value that is larger on its own is not kept.

    Example:
        >>> memory = Memory()
        >>> memory.get("answer", lambda: 42)
        42
        >>> memory.get("answer", lambda: 43)
        42
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key; `make()` if it is not known, which is then kept."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key][0]
        value = make()
        self._keep(key, value)
        return value

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def _keep(self, key: Hashable, value: Any) -> None:
        size = _size_of(value)
        if size > self._limit:
            return
        self._values[key] = value, size
        self._size += size
        while self._size > self._limit:
            _, (_, dropped) = self._values.popitem(last=False)
            self._size -= dropped


def _size_of(value: Any) -> int:
    """The bytes of the arrays in a value: in containers and in dataclasses, too."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, list | tuple):
        return sum(map(_size_of, value))
    if isinstance(value, Mapping):
        return sum(map(_size_of, value.values()))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(_size_of(getattr(value, field.name)) for field in dataclasses.fields(value))
    return 0
