"""Ctrl-C and SIGTERM end a command early, and it says what is finished.

What a signal's handler raises may get lost: Python drops an exception within `__del__` and within a
weak reference's callback, and C code may put another in its place. A request to end is therefore
remembered until the block of `interruptible` is left, and raised again until something takes it.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from .terminal import tell

__all__ = [
    "Finished",
    "Interrupted",
    "finishing",
    "interruptible",
    "raise_if_requested",
    "report_interruption",
]

_NOTHING = "nothing was finished"
_GRACE = 1.0
"""Seconds in which a second signal counts as the first: `timeout`, for one, sends each twice."""
_AGAIN = 0.25
"""Seconds until a request to end that got lost is raised again."""


class Interrupted(KeyboardInterrupt):
    """A signal has asked the program to end.

    Attributes:
        number: the signal's.
        kept: what was finished, in words.
    """

    def __init__(self, number: int = signal.SIGINT, kept: str = _NOTHING) -> None:
        super().__init__(f"signal {int(number)}; {kept}")
        self.number, self.kept = number, kept


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` at SIGINT and SIGTERM until the block ends; a second one kills at once.

    Once a signal has come, the block ends with `Interrupted` (or another `KeyboardInterrupt`),
    whatever becomes of the exception that the signal raised: it is raised again if it got lost, and
    takes the place of any other error. A block within another changes nothing.

    A signal that somebody else handles or ignores is left to them. In a thread that is not the main
    one nothing changes, since only the main one handles signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    request = _Request()
    defaults = (signal.SIG_DFL, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if handler in defaults}
    if not before:
        yield
        return
    _requests.append(request)
    try:
        for number in before:
            signal.signal(number, request.handle)
        yield
        request.leave()
    except BaseException as error:
        request.leave()
        if request.number is None or isinstance(error, KeyboardInterrupt):
            raise
        raise Interrupted(request.number) from error
    finally:
        request.leave()
        _requests.remove(request)
        for number, handler in before.items():
            signal.signal(number, handler)
    if request.number is not None:  # too late to change anything
        raise Interrupted(request.number, "everything was finished")


def raise_if_requested() -> None:
    """Raise `Interrupted` if a signal has come in a block of `interruptible` and got lost.

    Long computations call it now and then. It does nothing in other threads than the main one, and
    none while the interruption is on its way, in an `except` or `finally` clause.

    Raises:
        Interrupted: for the signal.
    """
    number = _requested()
    if number is not None and not _on_its_way():
        raise Interrupted(number)


class _Request:
    """Whether a signal has come since a block was entered; its handlers, and their timer."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._first = 0.0  # when it came
        self._left = False
        self._alarm: Any = None  # the handler of SIGALRM before, while the timer runs

    def handle(self, number: int, frame: FrameType | None) -> None:
        """The handler of SIGINT and SIGTERM."""
        if self.number is None:
            self.number, self._first = number, time.monotonic()
            self._set_timer()
            if not self._left:
                raise Interrupted(number)
        elif time.monotonic() - self._first > _GRACE:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def leave(self) -> None:
        """Raise nothing any more, and stop the timer."""
        self._left = True
        if self._alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._alarm)
            self._alarm = None

    def _set_timer(self) -> None:
        """Have the request raised again and again, unless the timer is somebody else's."""
        if self._left or not hasattr(signal, "setitimer"):  # Windows
            return
        free = signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        if free and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL:
            self._alarm = signal.signal(signal.SIGALRM, self._again)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)

    def _again(self, number: int, frame: FrameType | None) -> None:
        if not self._left:
            raise_if_requested()


_requests: list[_Request] = []
"""Of the blocks that the main thread is in and that handle signals, the innermost last."""


def _requested() -> int | None:
    """The signal that asks the main thread to end, there alone."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return next((own.number for own in _requests if own.number is not None), None)


def _on_its_way() -> bool:
    """Whether an interruption is being handled, so that another would only cut cleaning up short.

    A `SystemError` counts as well: C code may have put it in the interruption's place.
    """
    error, seen = sys.exc_info()[1], set()
    while error is not None and id(error) not in seen:
        if isinstance(error, (KeyboardInterrupt, SystemError)):
            return True
        seen.add(id(error))
        error = error.__context__
    return False


class Finished:
    """Counts what a command has finished.

    Args:
        folder: where it is.
        expected: how much there will be of each kind of thing, by its name in the plural.
    """

    def __init__(self, folder: Path, expected: dict[str, int]) -> None:
        self._folder, self._expected, self._counts = folder, expected, Counter()

    def add(self, kind: str, instead_of: str | None = None) -> None:
        """One more is written, whole.

        Args:
            kind: of thing.
            instead_of: the kind of another one whose place it has taken.
        """
        self._counts[kind] += 1
        if instead_of is not None:
            self._counts[instead_of] -= 1

    def __str__(self) -> str:
        """A clause such as "2 of 5 images were finished and are in 'generated'"."""
        counts = {kind: self._counts[kind] for kind in self._expected if self._counts[kind]}
        if not counts:
            return _NOTHING
        parts = [f"{count} of {self._expected[kind]} {kind}" for kind, count in counts.items()]
        were, are = ("was", "is") if list(counts.values()) == [1] else ("were", "are")
        listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        return f"{listed} {were} finished and {are} in {str(self._folder)!r}"


@contextlib.contextmanager
def finishing(folder: Path, **expected: int) -> Iterator[Finished]:
    """Have an interruption of the block say what was finished.

    One that got lost in the block ends it too, as does one that another error took the place of.

    Args:
        folder: where the results go.
        **expected: see `Finished`; `_` stands for a space.

    Raises:
        Interrupted: for any `KeyboardInterrupt`, and if a signal has come.
    """
    finished = Finished(folder, {kind.replace("_", " "): n for kind, n in expected.items()})
    try:
        yield finished
        number = _requested()
    except BaseException as error:
        number = _requested()
        if isinstance(error, KeyboardInterrupt):
            number = getattr(error, "number", signal.SIGINT)
        if number is None:
            raise
        raise Interrupted(number, str(finished)) from error
    if number is not None:
        raise Interrupted(number, str(finished))


def report_interruption(error: KeyboardInterrupt, prog: str) -> int:
    """Write the line that ends an interrupted program, and return its exit status."""
    found = error if isinstance(error, Interrupted) else Interrupted()
    tell(f"{prog}: interrupted; {found.kept}.")
    return 128 + found.number
