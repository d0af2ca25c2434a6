"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable

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
