"""What was computed for the images seen last, so that it is not computed again."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from .memory_bounds import CACHE, cache_limit

T = TypeVar("T")

LIMIT = CACHE
"""Bytes of arrays that are kept."""

# One for all: a memory with a lock of its own could not be copied or pickled.
_changing = threading.RLock()


class Memory:
    """Values by key; those that were used longest ago are dropped when a limit is reached.

    Several threads may use it. They do not wait for each other's values: two that ask for the same
    key at once make it twice.

    Args:
        limit: bytes of NumPy arrays to keep; fewer within a `memory_bound`. A value that is larger
            on its own is not kept.

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
        """The value of a key; `make()` if it is not known, which is then kept.

        Its arrays cannot be written to.
        """
        with _changing:
            known = self._values.get(key)
            if known is not None:
                self._values.move_to_end(key)
                return known[0]
        value = make()
        _freeze(value)
        self._keep(key, value)
        return value

    def known(self, key: Hashable) -> Any:
        """The value of a key; None if it is not known."""
        with _changing:
            value, _ = self._values.get(key, (None, 0))
            if value is not None:
                self._values.move_to_end(key)
            return value

    def clear(self) -> None:
        """Forget everything."""
        with _changing:
            self._values.clear()
            self._size = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def _keep(self, key: Hashable, value: Any) -> None:
        size, limit = _size_of(value), cache_limit(self._limit)
        if size > limit:
            return
        with _changing:
            # It may have been made meanwhile, by `make` itself or by another thread.
            _, replaced = self._values.pop(key, (None, 0))
            self._values[key] = value, size
            self._size += size - replaced
            while self._size > limit:
                _, (_, dropped) = self._values.popitem(last=False)
                self._size -= dropped


def _freeze(value: Any) -> None:
    """Make arrays read-only: whoever wrote to one would change what is computed next."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    for part in _parts_of(value):
        _freeze(part)


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Mapping):
        return value.values()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    return ()


def _size_of(value: Any) -> int:
    """The bytes of the arrays in a value: in containers and in dataclasses, too."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(map(_size_of, _parts_of(value)))
