"""The lock of a batch's folder: one run at a time, on any machine that shares the folder."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError

from ..runtime.log_levels import at_level
from .writing import writing

if TYPE_CHECKING:
    from flufl.lock import Lock

__all__ = ["BatchLock"]

LIFETIME = 20.0
"""Seconds that a lock is good for after its run has given a sign."""

EVERY = 4.0
"""Seconds between two signs."""

_POLL = 0.2
_CLOCKS = 10.0
"""Seconds by which the clocks of machines may differ: those that flufl.lock allows for."""

_SEPARATORS = "^|~#"
"""Between the parts of what a lock says of its run: the path must not have it."""


class BatchLock:
    """Keeps other runs out of a folder, within a `with` block.

    The lock is a file that its run renews every few seconds. It counts for nothing once it has not
    been renewed for a while, so that the lock of a run that was killed, or of a machine that has
    gone, goes by itself. It needs no locks of the file system and no process ids, which mean
    nothing on another machine or in another container. Machines' clocks may differ by 10 seconds.

    Args:
        file: the lock's.
        wait: called once with a line where another run has the lock, before finding out whether
            that run is alive.
        lifetime: seconds for which the lock is good.
        every: seconds between two signs of life.

    Attributes:
        lost: set where another run has taken the lock, since this one gave no sign for too long: it
            was stopped, or its machine was asleep.

    Raises:
        InputError: when the block begins: another run is alive, or the file cannot be written.
    """

    def __init__(
        self,
        file: Path,
        wait: Callable[[str], None] = lambda line: None,
        *,
        lifetime: float = LIFETIME,
        every: float = EVERY,
    ) -> None:
        self.file = file
        self.lost = threading.Event()
        self._wait, self._lifetime, self._every = wait, timedelta(seconds=lifetime), every
        self._left = threading.Event()
        self._signs: threading.Thread | None = None
        self._lock: Lock | None = None
        self._quiet = contextlib.ExitStack()

    def __enter__(self) -> BatchLock:
        with contextlib.ExitStack() as stack:
            # What it waits for is told otherwise.
            stack.enter_context(at_level("flufl.lock", logging.CRITICAL))
            with writing(self.file):
                path = str(self.file.absolute())
                separator = next((own for own in _SEPARATORS if own not in path), "^")
                self._lock = _lock_of(path, self._lifetime, separator)
                self._acquire(self._lock)
            self._signs = threading.Thread(target=self._renew, name="batch lock", daemon=True)
            self._signs.start()
            self._quiet = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._left.set()
        if self._signs is not None:
            self._signs.join()
        if self._lock is not None and not self.lost.is_set():
            with contextlib.suppress(OSError):  # it goes by itself then
                self._lock.unlock(unconditionally=True)
        self._quiet.close()

    def _acquire(self, lock: Lock) -> None:
        """Take the lock, or find out that the run which has it is alive."""
        from flufl.lock import AlreadyLockedError, TimeOutError

        seen = self._until()
        if seen is not None:
            self._wait(
                f"Another run works in {str(self.file.parent.parent)!r}, or was killed a moment "
                "ago: waiting to see which."
            )
        renewals = 0
        while seen is not None and not _is_over(seen):
            time.sleep(_POLL)
            now = self._until()
            # One may be older than it seems: some clients of file servers show it late.
            renewals += now is not None and now != seen
            if renewals == 2:
                raise self._refused()
            seen = now
        try:
            lock.lock(timeout=timedelta(seconds=self._every))
        except TimeOutError:  # another run was faster
            raise self._refused() from None
        except AlreadyLockedError:  # the server's first answer was lost, and it was asked again
            pass

    def _refused(self) -> InputError:
        return InputError(
            f"Another run works in {str(self.file.parent.parent)!r}. Wait for its end, or choose "
            "another --output."
        )

    def _until(self) -> float | None:
        """When the lock there ends to be good, in seconds; None if there is none."""
        with _or_gone(), self.file.open("rb") as stream:  # opened, NFS asks the server
            return os.fstat(stream.fileno()).st_mtime
        return None

    def _renew(self) -> None:
        """Give a sign of life until the block is left, or another run has taken the lock."""
        from flufl.lock import NotLockedError

        while not self._left.wait(self._every):
            try:
                if self._lock is not None:
                    self._lock.refresh()
            except NotLockedError:
                self.lost.set()
                return
            except OSError:  # a full disk, a server that is away: the next sign may be given
                continue


def _is_over(until: float) -> bool:
    """Whether a lock that was good until then counts no more, on the safe side."""
    return time.time() > until + _CLOCKS


def _lock_of(path: str, lifetime: timedelta, separator: str) -> Lock:
    """A lock at any path, on any day.

    flufl.lock's own needs a path in UTF-8 and a server that counts hard links, as that of sshfs
    does not; and in the last hour of summer time it is good for an hour too long.
    """
    from flufl.lock import Lock

    class AnyLock(Lock):
        @property
        def _linkcount(self) -> int:
            # Whose the lock is stands in the file.
            return 2 if Path(self._lockfile).exists() else -1

        def _write(self) -> None:
            Path(self._claimfile).write_bytes(os.fsencode(self._claimfile))

        def _read(self) -> str | None:
            with _or_gone():
                return os.fsdecode(Path(self._lockfile).read_bytes())
            return None

        def _touch(self, filename: str | None = None) -> None:
            until = time.time() + self.lifetime.total_seconds()
            with _or_gone():
                os.utime(filename or self._claimfile, (until, until))

    return AnyLock(path, lifetime=lifetime, separator=separator)


@contextlib.contextmanager
def _or_gone() -> Iterator[None]:
    """Leave the block without an error where a file is gone, on NFS too."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ESTALE):
            raise
