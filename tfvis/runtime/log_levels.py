"""How much a library says, as long as a block lasts."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["at_level"]


@contextlib.contextmanager
def at_level(name: str, level: int) -> Iterator[None]:
    """Have a logger say nothing below a level until the block ends.

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
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
