"""One run at a time decides which names in a folder are free."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_PATIENCE = 10.0  # seconds: a run that was stopped in its block holds nobody up for longer
_PAUSE = 0.01


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of this block for the same folder, as far as the system can.

    The folder itself is locked: no file is left, and the lock of a killed run is gone with it. The
    block runs without the lock on Windows and on some network file systems, which have none, and on
    any disk where another run has held it for 10 seconds, as one that is stopped may do. What the
    block does must be safe without it.

    Args:
        folder: it exists.
    """
    handle = _opened(folder)
    try:
        if handle is not None:
            _wait(handle)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _opened(folder: Path) -> int | None:
    if fcntl is not None:
        with contextlib.suppress(OSError):
            return os.open(folder, os.O_RDONLY)
    return None


def _wait(handle: int) -> None:
    if fcntl is None:
        return
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
