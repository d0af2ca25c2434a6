"""One comparison: two processes that do the same in turn, A B A B."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .comparisons import JUDGE, Comparison, Settings, Side
from .environments import interpreter
from .workers import Answer, Worker


@dataclass(frozen=True)
class Timing:
    """A side's rounds.

    Attributes:
        first: seconds of the first run, with what it compiles.
        rounds: the timed runs after it.
    """

    first: float
    rounds: tuple[Answer, ...]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(own.seconds for own in self.rounds)

    @property
    def peak_mib(self) -> float:
        """The most that a round held."""
        return max(own.peak_mib for own in self.rounds)

    @property
    def numbers(self) -> dict[str, Any]:
        """What the last round found."""
        return self.rounds[-1].numbers


@dataclass(frozen=True)
class Outcome:
    """What a comparison found.

    Attributes:
        comparison: which.
        ours: our rounds.
        theirs: the peer's.
        correlation: of the two results, where both are arrays of a shape; else None.
    """

    comparison: Comparison
    ours: Timing
    theirs: Timing
    correlation: float | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """The peer's seconds over ours, round by round."""
        return ratios(self.ours.rounds, self.theirs.rounds)


def ratios(ours: Sequence[Answer], theirs: Sequence[Answer]) -> tuple[float, ...]:
    """Theirs over ours, in seconds, of each pair of rounds that ran one after the other."""
    return tuple(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))


class Runner:
    """Runs comparisons of one subject.

    Args:
        subject: the folder that has it.
        environments: where the peers' environments lie.
        say: told what takes long.
        threads: of each process; see `Worker`.
    """

    def __init__(
        self,
        subject: Path,
        environments: Path,
        say: Callable[[str], None],
        threads: int | None = None,
    ) -> None:
        self.subject, self._environments, self._say = subject, environments, say
        self._threads = threads
        self._judge: Worker | None = None

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *error: object) -> None:
        if self._judge is not None:
            self._judge.close()

    def judged(self, file: str) -> dict[str, Any]:
        """What one process of ours says of icons, whoever made them."""
        if self._judge is None:
            self._judge = self.start(JUDGE)
        return self._judge.run(file=file).numbers

    def start(self, side: Side) -> Worker:
        """A side's process, ready to run."""
        python = interpreter(side.environment, self._environments, self._say)
        log = self.subject / f"{side.module.rpartition('.')[2]}_{side.task}.log"
        worker = Worker(python, side.module, log, threads=self._threads)
        try:
            worker.prepare(side.task, self.subject)
        except BaseException:
            worker.close()
            raise
        return worker

    def run(
        self, comparison: Comparison, settings: Settings, rounds: int, *, cpu: bool = False
    ) -> Outcome:
        """Time both sides.

        Args:
            comparison: which.
            settings: how much it does.
            rounds: how often each side runs.
            cpu: whether times are those of all threads of a process, not of the clock.

        Raises:
            FailedError: a side cannot do it; it says why.
        """
        with self._both(comparison, cpu=cpu) as (ours, theirs):
            our_options, their_options = comparison.choose(ours, theirs, settings)
        # In new processes, so that the first run compiles what these options need, and all of it.
        with self._both(comparison, cpu=cpu) as (ours, theirs):
            our_first, their_first = ours(**our_options), theirs(**their_options)
            pairs = [(ours(**our_options), theirs(**their_options)) for _ in range(rounds)]
        own, others = zip(*pairs, strict=True)
        return Outcome(
            comparison,
            Timing(our_first.seconds, own),
            Timing(their_first.seconds, others),
            _correlation(own[-1], others[-1]),
        )

    @contextmanager
    def _both(
        self, comparison: Comparison, *, cpu: bool
    ) -> Iterator[tuple[Callable[..., Answer], Callable[..., Answer]]]:
        """A process of each side, which is asked by calling it with options."""
        with ExitStack() as stack:

            def asking(side: Side) -> Callable[..., Answer]:
                workers: list[Worker] = []

                def ask(**options: Any) -> Answer:
                    if not workers:  # it starts when it is asked first
                        workers.append(stack.enter_context(self.start(side)))
                    found = workers[0].run(**options)
                    if cpu:
                        found = replace(found, seconds=found.cpu_seconds)
                    if comparison.judged:
                        found.numbers.update(self.judged(found.numbers["file"]))
                    return found

                return ask

            yield asking(comparison.ours), asking(comparison.theirs)


def _correlation(ours: Answer, theirs: Answer) -> float | None:
    files = [own.numbers.get("array") for own in (ours, theirs)]
    if None in files:
        return None
    a, b = (np.load(file).ravel() for file in files if file)
    return float(np.corrcoef(a, b)[0, 1]) if a.shape == b.shape else None
