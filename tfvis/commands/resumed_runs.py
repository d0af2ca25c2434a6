"""Runs that keep what is finished in a journal, and take over what an interrupted one has kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..runtime.interruption import finishing

if TYPE_CHECKING:
    from ..report.journal import Journal
    from ..report.journal_entries import Entry

__all__ = ["keeping"]


@contextlib.contextmanager
def keeping(
    journal: Journal, what: str, total: int, say: Callable[[str], None]
) -> Iterator[Callable[[Entry], None]]:
    """Keep batches in a journal, and count what is done for the line of an interrupted run.

    Args:
        journal: within its block.
        what: a batch consists of, in the plural: "objects".
        total: how many of these there are.
        say: prints a line, where an earlier run has finished some.

    Yields:
        What is to be called with each batch that is finished.
    """
    from ..report.journal_entries import count_of

    if journal.known:
        say(f"{journal.n_objects} of {total} {what} are taken over from an interrupted run.")
    with finishing(journal.file, **{what: total}) as kept:

        def count(batch: Entry) -> None:
            for _ in range(count_of(batch)):
                kept.add(what)

        def keep(batch: Entry) -> None:
            journal.add(batch)
            count(batch)

        for batch in journal.known.values():
            count(batch)
        yield keep
