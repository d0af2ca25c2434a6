"""The images of a batch, handed out a few at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence

from .work import BatchJob

__all__ = ["Chunks"]

SECONDS = 4.0
"""A chunk is to take about so long: workers decode ahead within it, and report after it."""

MOST = 16
"""So many images a chunk has at most."""


class Chunks:
    """Hands out images until there are none left, or it is stopped.

    The first chunks have one image each. Once it is known how long an image takes, chunks have as
    many as take a few seconds, and fewer again near the end, so that no worker waits for another.

    Args:
        jobs: the images.
        workers: how many work at once.

    Example:
        >>> jobs = [BatchJob(name=str(k), path="", image="") for k in range(5)]
        >>> chunks = Chunks(jobs, workers=1)
        >>> len(next(iter(chunks)))
        1
    """

    def __init__(self, jobs: Sequence[BatchJob], workers: int) -> None:
        self._left = deque(jobs)
        self._workers = workers
        self._size = 1
        self._stopped = False
        self._lock = threading.Lock()  # joblib asks for the next in threads of its own

    def __iter__(self) -> Iterator[tuple[BatchJob, ...]]:
        return self

    def __next__(self) -> tuple[BatchJob, ...]:
        with self._lock:
            if self._stopped or not self._left:
                raise StopIteration
            fair = max(1, len(self._left) // (3 * self._workers))
            n = min(self._size, fair)
            return tuple(self._left.popleft() for _ in range(n))

    def took(self, images: int, seconds: float) -> None:
        """Tell how long a worker needed for some images."""
        if images:
            wanted = SECONDS * images / max(seconds, 1e-3)
            with self._lock:
                self._size = int(min(MOST, max(1.0, wanted)))

    def stop(self) -> None:
        """Hand out no more. A signal's handler may call it: it waits for nothing."""
        self._stopped = True
