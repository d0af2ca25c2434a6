"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .halving import fewer, is_out_of_memory

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with the steps done so far and the steps in all."""


def silent(done: int, total: int) -> None:
    """A `Progress` that says nothing."""


def part_of(progress: Progress, before: int, total: int) -> Progress:
    """A `Progress` for a part of some work.

    Args:
        progress: the whole work's.
        before: the steps done before the part.
        total: the steps of the whole work.
    """
    return lambda done, _: progress(before + done, total)


def rising(progress: Progress) -> Progress:
    """A `Progress` that is not told less than it was told before, when work begins again."""
    reached = 0

    def tell(done: int, total: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            progress(done, total)

    return tell


def _of_piece(
    reach: Callable[[int], None], before: int, iterations: int, earlier: int, own: int, whole: int
) -> Callable[[int], None]:
    """Tells how far a part has got, of which a piece is run.

    Args:
        reach: is told the iterations.
        before: those of the parts before.
        iterations: of the whole part.
        earlier: how many images of the part are done.
        own: how many the piece has.
        whole: how many the part has.
    """
    return lambda done: reach(before + (earlier * iterations + own * done) // whole)


def in_batches(
    run: Callable[[slice, Callable[[int], None]], Sequence[T]],
    n: int,
    batch_size: int,
    iterations: int,
    progress: Progress,
) -> tuple[T, ...]:
    """What is found for one part of the images after the other, in their order.

    Args:
        run: finds a part's results; it tells its second argument how many iterations it has done.
            Where memory runs out, it is called for pieces of the part, half as large.
        n: how many images there are.
        batch_size: how many make a part.
        iterations: of each part, at most.
        progress: called with iterations done and iterations in all, those of all parts.

    Example:
        >>> in_batches(lambda part, report: ["abc"[part]], 3, 2, 1, print)
        1 2
        2 2
        ('ab', 'c')
    """
    found: list[T] = []
    starts = range(0, n, batch_size)
    total, reached, size = len(starts) * iterations, 0, batch_size

    def reach(done: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            progress(done, total)

    for k, first in enumerate(starts):
        before, at, end = k * iterations, first, min(first + batch_size, n)
        while at < end:  # at once, or in pieces where memory ran out
            stop = min(at + size, end)
            report = _of_piece(reach, before, iterations, at - first, stop - at, end - first)
            try:
                own = run(slice(at, stop), report)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                own = None
            if own is None:
                size = fewer(stop - at, "images")
            else:
                found += own
                at = stop
        reach(before + iterations)  # where it ended early
    return tuple(found)
