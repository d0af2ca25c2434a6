"""A batch from its images to its index, in a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfvis.utils.progress import Progress, silent

from .._version import __version__
from ..datasets.shards import read_shard, shard_of
from ..report.batch_folder import BatchFolder
from ..report.batch_lock import BatchLock
from ..report.batch_merging import LIST
from .engines import engine
from .running import BatchRun, Ended
from .work import BatchJob, BatchWork, digest_of_jobs

__all__ = ["run_batch"]


def run_batch(
    jobs: Sequence[BatchJob],
    work: BatchWork,
    *,
    backend: str = "serial",
    workers: int | None = None,
    address: str | None = None,
    shard: str | tuple[int, int] | None = None,
    again: bool = False,
    title: str = "images",
    progress: Progress = silent,
) -> Ended:
    """Explain many images, write each one's results, and an index of all of them.

    What an earlier call with the same output folder has finished is taken over. Ctrl-C ends the
    call at once; what is finished stays, and the next call goes on.

    Args:
        jobs: the images, those of all shards; see `batch_jobs`.
        work: what is done with each.
        backend: one of `BACKENDS`.
        workers: how many work at once; see `engine`.
        address: of a scheduler; see `engine`.
        shard: the number of a part, from 1, and how many parts there are, (2, 8) or "2/8";
            `merge_batches` makes one of their folders. All images if None.
        again: whether images with a problem are explained again.
        title: of the index.
        progress: called with images that are finished, and all.

    Returns:
        The rows of the index, and how the run ended.

    Raises:
        InputError: the folder has something else, another run works in it, or one with other
            options began it; the network cannot be had; something cannot be written.

    Example:
        >>> from pathlib import Path
        >>> import tfvis
        >>> from tfvis.batches import (
        ...     BatchJob, BatchWork, ChosenExplainer, ModelSource, run_batch
        ... )
        >>> scene = Path("cat.png")
        >>> from PIL import Image
        >>> Image.new("RGB", (224, 224), "teal").save(scene)
        >>> work = BatchWork(
        ...     source=ModelSource(model="critters"),
        ...     explainers=(ChosenExplainer.of("Grad-CAM"),),
        ...     output="audit",
        ... )
        >>> ended = run_batch([BatchJob(name="cat", path=str(scene), image="cat.png")], work)
        >>> ended.finished, ended.problems
        (1, 0)
    """
    folder = BatchFolder(Path(work.output).absolute())
    folder.require_usable()
    if isinstance(shard, str):
        shard = read_shard(shard)
    options = _options(work, jobs, shard)
    if shard is not None:
        jobs = shard_of(jobs, *shard)
    with engine(backend, workers, address=address) as found:
        own = replace(
            work,
            output=str(folder.path),
            source=replace(work.source.absolute(), threads=work.source.threads or found.threads),
            own_process=backend == "loky",
        )
        folder.make()
        with BatchLock(folder.lock) as lock:
            run = BatchRun(
                folder=folder,
                work=replace(own, token=folder.begin_run(options, len(jobs))),
                jobs=jobs,
                title=title,
                facts={
                    "network": str(work.source.model),
                    "explainers": ", ".join(own.name for own in work.explainers),
                    "tfvis": __version__,
                },
                lock=lock,
                progress=progress,
            )
            run.known(again=again)
            return run.run(found)


def _options(
    work: BatchWork, jobs: Sequence[BatchJob], shard: tuple[int, int] | None
) -> Mapping[str, Any]:
    """What decides the results."""
    return {
        "tfvis": __version__,
        "model": str(work.source.model),
        "explainers": [own.name for own in work.explainers],
        **_of_explainers(work),
        "shard": None if shard is None else "{}/{}".format(*shard),
        LIST: None if shard is None else digest_of_jobs(jobs),
        "classes": list(work.classes),
        "by_label": work.by_label,
        "top": work.top,
        "fit": work.fit,
    }


def _of_explainers(work: BatchWork) -> dict[str, Any]:
    """The explainers' options, one by one, so that the one that differs can be named."""
    found = {}
    for k, own in enumerate(work.explainers):
        told = own.as_json()
        icons = told.pop("icons") or {}
        found |= {f"explainers[{k}].{name}": value for name, value in told.items()}
        found |= {f"explainers[{k}].icons.{name}": value for name, value in icons.items()}
    return found
