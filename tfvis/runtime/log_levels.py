"""How much a library says, as long as a block lasts."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator

__all__ = ["at_level"]

_changing = threading.Lock()
_inside: dict[str, tuple[int, int]] = {}
"""Of loggers: their level outside of all blocks, and how many blocks last."""


@contextlib.contextmanager
def at_level(name: str, level: int) -> Iterator[None]:
    """Have a logger say nothing below a level until the block ends, and all others like it.

    Blocks of several threads may overlap: the level from before the first is put back after the
    last.

    Args:
        name: of the logger.
        level: such as `logging.CRITICAL`.

    Example:
        >>> import logging
        >>> with at_level("chatty", logging.ERROR):
        ...     logging.getLogger("chatty").isEnabledFor(logging.WARNING)
        False
    """
    logger = logging.getLogger(name)
    with _changing:
        before, count = _inside.get(name, (logger.level, 0))
        _inside[name] = before, count + 1
        logger.setLevel(level)
    try:
        yield
    finally:
        with _changing:
            before, count = _inside.pop(name)
            if count > 1:
                _inside[name] = before, count - 1
            else:
                logger.setLevel(before)
