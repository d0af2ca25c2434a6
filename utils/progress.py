"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the steps done so far and the steps in all."""


def silent(done: int, total: int) -> None:
    """A `Progress` that says nothing."""
