"""Working with fewer at once where memory runs out."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory could not be had, NumPy's or TensorFlow's."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and isinstance(error, tensorflow.errors.ResourceExhaustedError):
        return True
    return isinstance(error, MemoryError)


def halving(work: Callable[[int], T], batch_size: int, what: str) -> T:
    """`work(batch_size)`; again with half as many, from the start, as long as memory runs out.

    The result is that of a run with the smaller batch size. A warning says so each time.

    Args:
        work: does the work with so many at once; it must not build on what a failed call left.
        batch_size: how many at first.
        what: they are, in the plural.

    Raises:
        MemoryError: there is too little memory for one at a time.

    Example:
        >>> def work(n):
        ...     return n if n <= 4 else [0] * sys.maxsize
        >>> halving(work, 16, "icons")
        4
    """
    while True:
        try:
            return work(batch_size)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        batch_size = fewer(batch_size, what)


def fewer(batch_size: int, what: str) -> int:
    """Half of a batch for which memory ran out, after a warning.

    Called outside of the `except` block, whose error still holds the memory.

    Raises:
        MemoryError: the batch had one alone.
    """
    if batch_size == 1:
        raise MemoryError(f"not even one at a time of the {what} fits into memory.") from None
    gc.collect()  # what failed may be held by cycles
    half = batch_size // 2
    logger.warning(
        "There is not enough memory for %d %s at once: going on with %d.", batch_size, what, half
    )
    return half
