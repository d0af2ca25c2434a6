"""A batch as a whole: its chunks are run, faults are met, and the index is kept up to date."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tfvis.utils.errors import InputError, one_line
from tfvis.utils.file_names import as_text
from tfvis.utils.progress import Progress, silent

from ..report.batch_folder import BatchFolder, FinishedImage
from ..report.batch_index import write_batch_index
from ..report.batch_lock import BatchLock
from ..report.batch_rows import BatchRow
from .chunks import Chunks
from .engines import Engine
from .work import BatchJob, BatchWork
from .worker import ATTEMPTS, ChunkReport, explain_chunk

__all__ = ["BatchRun", "Ended"]

EVERY = 60.0
"""Seconds between two writings of the index."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run of a batch ended.

    Attributes:
        rows: of the index.
        finished: how many images are finished.
        total: how many there are.
        computed: how many of them this run has explained.
        seconds: of workers that these took, loading left out.
        deaths: how many workers were killed.
        has_parquet: whether there is a Parquet file.
    """

    rows: tuple[BatchRow, ...]
    finished: int
    total: int
    computed: int
    seconds: float
    deaths: int
    has_parquet: bool

    @property
    def problems(self) -> int:
        """How many images have a problem."""
        return len({row.name for row in self.rows if row.problem is not None})


@dataclass(eq=False, kw_only=True)
class BatchRun:
    """One run of a batch, in a folder that it has locked.

    Attributes:
        folder: the batch's.
        work: what is done with each image, with the run's token.
        jobs: all images.
        title: of the index.
        facts: what the index says of the batch.
        lock: of the folder.
        progress: called with images that are finished, and all.
        say: writes a line.
    """

    folder: BatchFolder
    work: BatchWork
    jobs: Sequence[BatchJob]
    title: str
    facts: Mapping[str, str]
    lock: BatchLock
    progress: Progress = silent
    say: Callable[[str], None] = lambda line: None
    _found: dict[str, FinishedImage] = field(default_factory=dict, init=False)
    _chunks: Chunks | None = field(default=None, init=False)
    _stopped: bool = field(default=False, init=False)
    _computed: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)
    _written: float = field(default=0.0, init=False)

    def known(self, *, again: bool = False) -> int:
        """Take over what earlier runs have finished, and return how many images that are.

        Args:
            again: whether images with a problem are explained again.

        Raises:
            InputError: the system refuses to read or write something.
        """
        for job in self.jobs:
            found = self.folder.finished(job.name)
            if found is None:
                continue
            is_same = found.asked == job.asked()
            if not is_same and found.rows[0].image != as_text(job.image):
                raise InputError(
                    f"Expected {job.image!r} in {str(self.folder.path / job.name)!r}, found the "
                    f"results of {found.rows[0].image!r}: with new images others get other "
                    "folders. Name them in a manifest, or choose another --output."
                )
            if not is_same:  # another file, or other classes
                self.folder.forget(job.name)
                continue
            if again and found.problem is not None:
                self.folder.forget(job.name)
                continue
            self._take(found)
        self._tell_others()
        return len(self._found)

    def _tell_others(self) -> None:
        """Say, or refuse, that earlier runs have explained images that are not in the list now."""
        listed = {job.name for job in self.jobs}
        others = [name for name in self.folder.names() if name not in listed]
        if not others:
            return
        if not self._found:
            raise InputError(
                f"Expected the images of the batch in {str(self.folder.path)!r}, received others "
                f"alone: {others[0]!r}, for one, is not among them. Choose another --output."
            )
        self.say(
            f"{len(others)} of the images that earlier runs have explained are not in the list "
            f"now, such as {others[0]!r}: the index leaves them out, their folders stay."
        )

    def run(self, engine: Engine) -> Ended:
        """Explain the images that are left.

        Args:
            engine: runs the chunks.

        Returns:
            What there is in the end; fewer images than all if the run was stopped.

        Raises:
            InputError: something that no image is the reason of: a disk is full, say. The index is
                written all the same, if it can be.
        """
        self._written = time.monotonic()
        self.progress(len(self._found), len(self.jobs))
        try:
            deaths = self._run(engine)
        except Exception:
            with contextlib.suppress(InputError):
                self._write_index()
            raise
        finally:
            self.folder.end_run(self.work.token)
        if self.lock.lost.is_set():
            raise InputError(
                f"Another run has taken over {str(self.folder.path)!r}, since this one gave no "
                "sign for too long. It ends here; nothing that was finished is lost."
            )
        has_parquet = self._write_index()
        return Ended(
            rows=self._rows(),
            finished=len(self._found),
            total=len(self.jobs),
            computed=self._computed,
            seconds=self._seconds,
            deaths=deaths,
            has_parquet=has_parquet,
        )

    def stop(self) -> None:
        """Have the run end once workers have finished their current images."""
        self._stopped = True
        if self._chunks is not None:
            self._chunks.stop()
        self.folder.end_run(self.work.token)

    def _run(self, engine: Engine) -> int:
        """Run chunks until nothing is left; returns how often a worker was killed.

        A worker that is killed may take others with it. The images that were begun then are
        explained one at a time: so only the one that kills its worker again is given up.
        """
        deaths = lonely = 0
        while not self._stopped and (left := self._left()):
            names = self.folder.begun()
            begun = [job for job in left if job.name in names]
            before = len(self._found)
            try:
                self._run_chunks(engine, begun[:1] or left)
            except engine.lost as error:
                raise InputError(
                    f"The cluster has gone: {one_line(error, 160)} Nothing that was finished is "
                    "lost: the same command goes on."
                ) from None
            except engine.died:
                deaths += 1
                if not self.folder.begun():
                    lonely += 1  # before it began an image
                    if lonely == ATTEMPTS:
                        raise InputError(
                            f"Workers were killed {ATTEMPTS} times before they explained an "
                            "image: too little memory? Choose fewer --workers."
                        ) from None
            else:
                if len(self._found) == before:  # workers gave up: the run has ended for them
                    break
        return deaths

    def _run_chunks(self, engine: Engine, jobs: Sequence[BatchJob]) -> None:
        self._chunks = Chunks(jobs, engine.workers)
        if self._stopped:
            self._chunks.stop()
        for report in engine.map(functools.partial(explain_chunk, self.work), self._chunks):
            self._took(report)
            if self.lock.lost.is_set():
                self.stop()

    def _took(self, report: ChunkReport) -> None:
        if report.failure is not None:
            self.stop()
            raise InputError(report.failure)
        for found in report.finished:
            self._take(found)
        self._computed += report.computed
        self._seconds += report.seconds
        if self._chunks is not None:
            self._chunks.took(report.computed, report.seconds)
        self.progress(len(self._found), len(self.jobs))
        if time.monotonic() - self._written > EVERY:
            try:
                self._write_index()
            except InputError as error:  # somebody has it open, say; it is written again
                self.say(str(error))
            self._written = time.monotonic()

    def _take(self, found: FinishedImage) -> None:
        first = next(iter(self._found.values()), found)
        if len({self.work.network or first.network, found.network} - {None}) > 1:
            self.stop()
            raise InputError(
                f"Expected one network for all images, found another one's results for "
                f"{found.name!r} in {str(self.folder.path)!r}: its weights or preprocessing "
                "differ. Choose another --output, or give all workers the same weights."
            )
        self._found[found.name] = found

    def _left(self) -> list[BatchJob]:
        """The images that are not finished; those that a killed worker has finished are taken."""
        left = []
        for job in self.jobs:
            if job.name in self._found:
                continue
            found = self.folder.finished(job.name)
            if found is None:
                left.append(job)
            else:
                self._take(found)
        return left

    def _rows(self) -> tuple[BatchRow, ...]:
        found = (self._found.get(job.name) for job in self.jobs)
        return tuple(row for own in found if own is not None for row in own.rows)

    def _write_index(self) -> bool:
        if self.lock.lost.is_set():  # it is another run's now
            return False
        rows = self._rows()
        done = len(self._found)
        facts = dict(self.facts)
        facts["images"] = f"{done} of {len(self.jobs)}" if done < len(self.jobs) else str(done)
        problems = len({row.name for row in rows if row.problem is not None})
        facts["with a problem"] = str(problems)
        return write_batch_index(self.folder.path, rows, self.title, facts)
