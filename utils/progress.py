"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

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
    total, reached = len(starts) * iterations, 0

    def reach(done: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            progress(done, total)

    for k, first in enumerate(starts):
        before = k * iterations
        found += run(
            slice(first, first + batch_size), lambda done, before=before: reach(before + done)
        )
        reach(before + iterations)  # where it ended early
    return tuple(found)
