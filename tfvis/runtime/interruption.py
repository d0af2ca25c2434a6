"""Ctrl-C and SIGTERM end a command early, and it says what is finished."""

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

__all__ = ["Finished", "Interrupted", "finishing", "interruptible", "report_interruption"]

_NOTHING = "nothing was finished"
_GRACE = 1.0
"""Seconds in which a second signal counts as the first: `timeout`, for one, sends each twice."""


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

    A signal that somebody else handles or ignores is left to them. In a thread that is not the main
    one nothing changes, since only the main one handles signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    first: float | None = None

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if first is None:
            first = time.monotonic()
            raise Interrupted(number)
        if time.monotonic() - first > _GRACE:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    defaults = (signal.SIG_DFL, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if handler in defaults}
    try:
        for number in before:
            signal.signal(number, handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Finished:
    """Counts what a command has finished.

    Args:
        folder: where it is.
        expected: how much there will be of each kind of thing, by its name in the plural.
    """

    def __init__(self, folder: Path, expected: dict[str, int]) -> None:
        self._folder, self._expected, self._counts = folder, expected, Counter()

    def add(self, kind: str) -> None:
        """One more is written, whole."""
        self._counts[kind] += 1

    def __str__(self) -> str:
        """A clause such as "2 of 5 images were finished and are in 'generated'"."""
        counts = {kind: self._counts[kind] for kind in self._expected if self._counts[kind]}
        if not counts:
            return _NOTHING
        parts = [f"{count} of {self._expected[kind]} {kind}" for kind, count in counts.items()]
        were, are = ("was", "is") if list(counts.values()) == [1] else ("were", "are")
        return f"{' and '.join(parts)} {were} finished and {are} in {str(self._folder)!r}"


@contextlib.contextmanager
def finishing(folder: Path, **expected: int) -> Iterator[Finished]:
    """Have an interruption of the block say what was finished.

    Args:
        folder: where the results go.
        **expected: see `Finished`; `_` stands for a space.

    Raises:
        Interrupted: for any `KeyboardInterrupt`.
    """
    finished = Finished(folder, {kind.replace("_", " "): n for kind, n in expected.items()})
    try:
        yield finished
    except KeyboardInterrupt as error:
        number = getattr(error, "number", signal.SIGINT)
        raise Interrupted(number, str(finished)) from error


def report_interruption(error: KeyboardInterrupt, prog: str) -> int:
    """Write the line that ends an interrupted program, and return its exit status."""
    found = error if isinstance(error, Interrupted) else Interrupted()
    sys.stderr.write(f"{prog}: interrupted; {found.kept}.\n")
    return 128 + found.number
