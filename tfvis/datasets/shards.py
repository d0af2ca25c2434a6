"""Shards: parts of a long list that several machines share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from tfvis.utils.errors import InputError

__all__ = ["read_shard", "shard_of"]

_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
_SHOWN = 60

Item = TypeVar("Item")


def read_shard(text: str) -> tuple[int, int]:
    """A shard's number, from 1, and how many shards there are.

    Args:
        text: both with a slash between them.

    Raises:
        InputError: it is anything else, or the number is beyond the count.

    Example:
        >>> read_shard("2/8")
        (2, 8)
    """
    found = _SHARD.fullmatch(text)
    if found is None:
        raise _no_shard(text)
    number, count = int(found[1]), int(found[2])
    _require_shard(number, count)
    return number, count


def shard_of(items: Sequence[Item], number: int, count: int) -> tuple[Item, ...]:
    """Every `count`-th item, so that costly items in succession are shared between the shards.

    Args:
        items: all items, in the same order for each shard.
        number: of the shard, from 1 to `count`.
        count: how many shards there are.

    Returns:
        The shard's items, in their order; none if there are fewer items than shards.

    Raises:
        InputError: there is no shard of this number.

    Example:
        >>> shard_of("abcdefg", 2, 3)
        ('b', 'e')
    """
    _require_shard(number, count)
    return tuple(items[number - 1 :: count])


def _require_shard(number: int, count: int) -> None:
    if not 1 <= number <= count:
        raise _no_shard(f"{number}/{count}")


def _no_shard(text: str) -> InputError:
    return InputError(f"Expected a shard like 2/8, received {text[:_SHOWN]!r}.")
