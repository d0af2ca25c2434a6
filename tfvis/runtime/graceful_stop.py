"""A signal that asks a long run to end after what it is doing."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["StopRequest", "graceful_stop"]

_GRACE = 1.0
"""Seconds in which a second signal counts as the first: `timeout`, for one, sends each twice."""


class StopRequest:
    """Whether a signal has come.

    Attributes:
        number: the signal's; None as long as none has come.
    """

    def __init__(self, stop: Callable[[int], None]) -> None:
        self.number: int | None = None
        self._stop = stop
        self._first = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        if self.number is None:
            self.number, self._first = number, time.monotonic()
            self._stop(number)
        elif time.monotonic() - self._first > _GRACE:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


@contextlib.contextmanager
def graceful_stop(stop: Callable[[int], None]) -> Iterator[StopRequest]:
    """Have the first SIGINT or SIGTERM call a function; a second one ends the process at once.

    In a thread that is not the main one nothing changes, since only the main one handles signals.

    Args:
        stop: called with the signal's number, in the main thread, between any two instructions.

    Yields:
        Whether a signal has come.

    Example:
        >>> import signal
        >>> with graceful_stop(lambda number: print("ending")) as request:
        ...     signal.raise_signal(signal.SIGTERM)
        ending
        >>> request.number == signal.SIGTERM
        True
    """
    request = StopRequest(stop)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers:
            signal.signal(number, request.handle)
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
