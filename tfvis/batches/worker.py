"""A worker of a batch: it loads the network once, and explains the images it is given."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import platform
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageFile, SourceImage

from .._version import __version__
from ..report.batch_folder import BATCH, BatchFolder, FinishedImage
from ..report.writing import WriteError
from ..runtime import command_line
from ..runtime.startup import keep_imports
from .image_rows import explained_image, unreadable
from .work import BatchJob, BatchWork, ChosenExplainer

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.base import Explainer

__all__ = ["ATTEMPTS", "ChunkReport", "explain_chunk"]

ATTEMPTS = 3
"""An image whose worker was killed so many times is given up."""


PATIENCE = 20.0
"""Seconds for which a run that cannot be read of counts as one that goes on."""

_PAUSE = 0.2


@dataclass(frozen=True, kw_only=True)
class ChunkReport:
    """What a worker says of the images that it was given.

    Attributes:
        finished: those that are finished.
        computed: how many of them it has explained itself; others had been finished before.
        seconds: that this took, loading left out.
        failure: what ends the whole run, in a line; None if nothing does.
    """

    finished: tuple[FinishedImage, ...] = ()
    computed: int = 0
    seconds: float = 0.0
    failure: str | None = None


@dataclass(frozen=True, eq=False)
class _Loaded:
    """What a process has loaded for a batch."""

    key: object
    work: BatchWork
    net: Network
    explainers: tuple[tuple[ChosenExplainer, Explainer], ...]


_alone = threading.Lock()  # a Dask worker may have several threads; one at a time explains
_loaded: _Loaded | None = None


def explain_chunk(work: BatchWork, jobs: Sequence[BatchJob]) -> ChunkReport:
    """Explain images, one after another; the next is decoded meanwhile.

    Images that are finished are left alone, so that a chunk may be given to another worker after
    its own was killed. Before each image the worker looks whether the run goes on.

    Args:
        work: what is done with each.
        jobs: the images.

    Returns:
        What is finished. Problems of single images are in their rows.
    """
    if work.own_process and _is_of_loky() and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the run ends its workers itself
        keep_imports()
    if work.version != __version__:
        return ChunkReport(
            failure=f"Expected workers with tfvis {work.version}, found tfvis {__version__} at "
            f"{platform.node()!r}. Install the same version there."
        )
    folder = BatchFolder(Path(work.output))
    if not _goes_on(folder, work.token) and not (folder.path / BATCH).is_file():
        return ChunkReport(
            failure=f"Expected the folder {work.output!r} on all workers, {platform.node()!r} does "
            "not see it: choose an --output that they share."
        )
    try:
        # Nothing that a library computes in a worker may be spread over the workers again.
        with _alone, command_line.running(None), _sequential(), work.source.running():
            from ..models.weight_sums import fixed_weights

            with fixed_weights():
                return _explain_chunk(folder, work, jobs)
    except InputError as error:
        return ChunkReport(failure=str(error))


def _explain_chunk(folder: BatchFolder, work: BatchWork, jobs: Sequence[BatchJob]) -> ChunkReport:
    if not _goes_on(folder, work.token):
        return ChunkReport()
    asked = {job.name: job.asked() for job in jobs}
    known = {job.name: folder.finished(job.name) for job in jobs}
    finished = [own for own in known.values() if own is not None and own.asked == asked[own.name]]
    done = {own.name for own in finished}
    todo = [job for job in jobs if job.name not in done]
    if not todo:
        return ChunkReport(finished=tuple(finished))
    loaded = _load(work)
    if work.network not in (None, loaded.net.digest):
        return ChunkReport(
            failure=f"Expected the same network on all workers, {platform.node()!r} has other "
            "weights, or other preprocessing."
        )
    for name in work.classes:
        loaded.net.class_index(name)  # or an error, once for all images
    start, computed, failure = time.perf_counter(), 0, None
    for job, image in _decoded(loaded.net, work, todo):
        if not _goes_on(folder, work.token):
            break
        if folder.attempts(job.name) >= ATTEMPTS:
            rows = unreadable(
                job, f"Its worker was killed {ATTEMPTS} times while it was explained."
            )
        else:
            folder.begin(job.name)
            try:
                source = image.result()
                rows = explained_image(loaded.net, loaded.explainers, work, job, source)
            except WriteError as error:
                failure = str(error)  # no other image could be written either
                folder.leave(job.name)
                break
            except Exception as error:  # whatever it is, the other images are not to suffer
                rows = unreadable(job, error)
        own = FinishedImage(
            name=job.name,
            rows=rows,
            place=job.place,
            asked=asked[job.name],
            network=loaded.net.digest,
        )
        loaded.net.memory.clear()  # no other image asks for it, and loky ends workers that grow
        folder.finish(own)
        finished.append(own)
        computed += 1
    return ChunkReport(
        finished=tuple(finished),
        computed=computed,
        seconds=time.perf_counter() - start,
        failure=failure,
    )


def _is_of_loky() -> bool:
    """Whether this process is one of loky's, and not the run's own."""
    return multiprocessing.current_process().name.startswith("Loky")


def _goes_on(folder: BatchFolder, token: str) -> bool:
    """Whether the run goes on; where that cannot be read it is asked again for a while.

    A server of files may be away for a moment, or not show yet what another machine has written.
    """
    end = time.monotonic() + PATIENCE
    while (found := folder.running()) is None and time.monotonic() < end:
        time.sleep(_PAUSE)
    return found == token


def _load(work: BatchWork) -> _Loaded:
    """The network and the explainers; those of the last chunk, if it was for the same work."""
    global _loaded
    key = _key(work)
    if _loaded is None or _loaded.key != key:
        _loaded = None  # or both networks would be in memory
        net = work.source.load()
        explainers = tuple((own, own.build(net)) for own in work.explainers)
        _loaded = _Loaded(key, work, net, explainers)
    return _loaded


def _key(work: BatchWork) -> object:
    """What the network and the explainers depend on: a digest, since options may have arrays."""
    import joblib

    own = replace(work, token="", output="")
    try:
        return joblib.hash(own)
    except (pickle.PicklingError, AttributeError, TypeError):  # a function without a name, say
        return id(work.explainers)  # what is loaded keeps them


def keep_loaded(work: BatchWork, net: Network) -> None:
    """Have this process take a network that it has already, in place of loading it.

    Args:
        work: what will be done.
        net: its network.
    """
    global _loaded
    explainers = tuple((own, own.build(net)) for own in work.explainers)
    _loaded = _Loaded(_key(work), work, net, explainers)


def forget_loaded() -> None:
    """Let go of the network of this process's last chunk."""
    global _loaded
    _loaded = None


def _decoded(
    net: Network, work: BatchWork, jobs: Sequence[BatchJob]
) -> Iterator[tuple[BatchJob, Future[SourceImage]]]:
    """Each job with its image; the next one's is read and decoded while one is explained."""

    def decode(job: BatchJob) -> SourceImage:
        return ImageFile.read(job.path).at(net.input_size, work.fit)

    with ThreadPoolExecutor(1, "decoding") as pool:
        ahead = pool.submit(decode, jobs[0])
        for k, job in enumerate(jobs):
            image = ahead
            if k + 1 < len(jobs):
                ahead = pool.submit(decode, jobs[k + 1])
            yield job, image


@contextlib.contextmanager
def _sequential() -> Iterator[None]:
    import joblib

    with joblib.parallel_config(backend="sequential", n_jobs=1):
        yield
