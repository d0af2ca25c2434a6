"""`tfvis batch`: explain thousands of images, on one machine or on a cluster."""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError

from .._version import __version__
from ..batches.backend_choice import choose_backend, workers_for
from ..batches.engines import BACKENDS, Engine, engine
from ..batches.source import ModelSource
from ..batches.work import BatchJob, BatchWork, ChosenExplainer, batch_jobs, digest_of_jobs
from ..datasets.batch_names import folder_names
from ..datasets.manifests import ListedImage, listed_images, require_files
from ..datasets.shards import shard_of
from ..explainers.registry import methods
from ..runtime import command_line
from ..runtime.graceful_stop import graceful_stop
from ..runtime.interruption import Interrupted
from ..runtime.terminal import Bars, progress_bars
from ..settings.batch import GROUPS, BatchSettings
from .batch_lines import counted, tell_end, tell_index, tell_unknown_labels
from .group_options import add_group_options, group_settings, in_fastest_format, require_memory
from .input_images import AddImages
from .options import add_model_options, add_run_options, adder, chosen
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..batches.running import BatchRun, Ended
    from ..report.batch_folder import BatchFolder

EPILOG = """\
Each image has a folder of its own in the output folder; index.html, index.csv and index.parquet
have a row for each image, class and explainer. A run that ended early goes on where it ended when
it is started again with the same options. docs/many_images.md has the commands that start
clusters, and says how to split a manifest over machines without one.

Examples:
  %(prog)s photographs/ --output audit --explainers groups grad-cam
  %(prog)s manifest.csv --output audit --backend dask --address tcp://10.0.0.1:8786
  %(prog)s --merge shard-1 shard-2 shard-3 shard-4 --output audit"""
DESCRIPTION = """\
Explain many images unattended: groups of features, masks or maps for each, and an index of all of
them. A manifest is a CSV file with a column image, and columns class and name if wanted."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    parser.add_argument(
        "images", nargs="*", action=AddImages, type=Path, default=(), metavar="IMAGES",
        help="images, folders of images, with those below them, or one manifest: a .csv file",
    )  # fmt: skip
    add = adder(parser, BatchSettings())
    add("explainers", f"the explainers: {GROUPS}, with the options below; "
        f"{'; '.join(own.name for own in methods())}, with their defaults. A name of several words "
        "is written in quotes or with dashes", GROUPS, nargs="+", metavar="NAME")  # fmt: skip
    add("top", "how many of an image's first answers are explained where no classes are named",
        "the manifest's classes, or 1", type=int, metavar="N")  # fmt: skip
    add("backend", f"what runs the work: {', '.join(BACKENDS)}; docs/many_images.md compares them",
        "loky for many images on several cores without a GPU, else serial",
        metavar="NAME")  # fmt: skip
    add("workers", "how many images are explained at once", "one a core; all that a cluster has",
        type=int, metavar="N")  # fmt: skip
    add("address", "of Dask's scheduler, such as tcp://10.0.0.1:8786, or of a Ray cluster",
        "a Ray on this machine", metavar="ADDRESS")  # fmt: skip
    add("shard", "explain a part of the images alone: 2/8 is the second of eight", "all",
        metavar="K/N")  # fmt: skip
    add("merge", "make one batch of the folders of shards, which are then given in place of images",
        "off", action="store_true")  # fmt: skip
    add("again", "also explain images again that had a problem", "off", action="store_true")
    add("name", "title of the index", "the folder's or the manifest's", metavar="NAME")
    add_model_options(add, family)
    add_group_options(parser, add, family, classes="the manifest's, or the network's first answer")
    add("render_icons", "render an icon for each group, which takes many times as long as all else",
        "off", action="store_true")  # fmt: skip
    add_run_options(add)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = group_settings(BatchSettings, arguments)
    from ..report.batch_folder import BatchFolder
    from ..report.batch_merging import merge_batches

    folder = BatchFolder(settings.output.absolute())
    if settings.merge:
        merged = merge_batches(
            [BatchFolder(path) for path in settings.images], folder, title=settings.name, say=say
        )
        tell_index(folder, merged, say)
        return
    listed = _outside(listed_images(settings.images), folder.path)
    require_files(listed)
    names = folder_names(listed)
    jobs = batch_jobs(listed, names)
    digest = digest_of_jobs(jobs)
    if settings.part is not None:
        jobs = shard_of(jobs, *settings.part)
    folder.require_usable()
    settings = chosen(settings, say)
    backend, reason = choose_backend(settings.backend, len(jobs), settings.device)
    if reason is not None:
        say(f"{backend}: {reason}.")
    workers = workers_for(backend, settings.workers, len(jobs))
    if (backend, workers) == ("loky", 1):  # joblib would run it in this process anyway
        say("serial: there is memory, or work, for one worker alone.")
        backend = "serial"
    with (
        progress_bars(settings.quiet) as progress,
        engine(backend, workers, address=settings.address) as found,
    ):
        if backend == "loky":
            settings = settings.for_workers(found.workers)
        _run(settings, folder, listed, jobs, digest, found, progress, say)


def _outside(listed: Sequence[ListedImage], folder: Path) -> list[ListedImage]:
    """The images that are no pictures of an earlier run's results: those may lie below them."""
    real = functools.cache(lambda path: Path(os.path.realpath(path)))
    output = real(folder)
    found = [
        own
        for own in listed
        if output not in (above := real(own.path.parent)).parents and output != above
    ]
    if not found:
        raise InputError(f"Expected images, found the results in {str(folder)!r} alone.")
    return found


def _run(
    settings: BatchSettings,
    folder: BatchFolder,
    listed: Sequence[ListedImage],
    jobs: Sequence[BatchJob],
    digest: str,
    engine: Engine,
    progress: Bars,
    say: Output,
) -> None:
    """Check what is asked for with the network, then have the engine do it."""
    from ..batches.running import BatchRun
    from ..batches.serial_speed import FROM, seconds_alone
    from ..batches.worker import keep_loaded
    from ..report.batch_folder import write_whole
    from ..report.batch_lock import BatchLock
    from ..report.own_files import CONFIG

    start = time.perf_counter()
    source = ModelSource(
        model=settings.model,
        weights=settings.weights,
        description=tuple(sorted(settings.description.items())),
        device=settings.device,
        jit=settings.jit,
        memory=settings.memory,
        threads=engine.threads,
    ).absolute()
    alone = None
    with replace(source, threads=None).running():
        net = source.load(progress=progress("download", unit="B"))
        settings = settings.fitted(net)
        if settings.layers_to_name:
            command_line.resolve(layers=settings.layers_to_name)
        explainers = _explainers(settings, net, say)
        by_label = (
            not settings.classes and settings.top is None and any(own.label for own in listed)
        )
        work = BatchWork(
            source=source,
            explainers=explainers,
            output=str(folder.path),
            classes=settings.class_indices,
            by_label=by_label,
            top=settings.top or 1,
            fit=settings.fit,
            network=net.digest,
            own_process=engine.name == "loky",
        )
        if by_label:
            tell_unknown_labels(listed, net, say)
        options = _options(settings, net, by_label, explainers, digest)
        facts = {
            "network": net.name,
            "explainers": ", ".join(settings.explainers),
            "layers": ", ".join(settings.layers),
            "tfvis": __version__,
        }
        if engine.name == "serial":
            keep_loaded(work, net)
    folder.require_options(options)  # rather than after waiting for the lock
    folder.make()
    with BatchLock(folder.lock, say) as lock:
        token = folder.begin_run(options, len(jobs))
        line = command_line.current()
        if line is not None:
            write_whole(folder.path / CONFIG, line.config_text)
        batch = BatchRun(
            folder=folder,
            work=replace(work, token=token),
            jobs=jobs,
            title=settings.title,
            facts=facts,
            lock=lock,
            progress=progress("explaining", "image"),
            say=say,
        )
        if known := batch.known(again=settings.again):
            say(f"{known} of {len(jobs)} images are taken over from an earlier run.")
        if engine.name == "loky" and len(jobs) - known >= FROM and _are_quick(explainers):
            with replace(source, threads=None).running():
                alone = seconds_alone(net, work, jobs)
        del net
        gc.collect()  # other processes load their own
        ended = _carry_out(batch, engine, say)
        tell_end(batch, ended, engine, time.perf_counter() - start, alone, say)


def _carry_out(batch: BatchRun, engine: Engine, say: Output) -> Ended:
    """Run a batch; a signal lets workers finish what they have begun."""
    n = engine.workers
    say(f"{engine.name}: {counted(n, 'worker')}, {counted(len(batch.jobs), 'image')}")

    def stop(number: int) -> None:
        batch.stop()
        with contextlib.suppress(RuntimeError):  # the signal came within another line's printing
            say("Ending: the images that are begun are finished first. Once more to end at once.")

    with graceful_stop(stop) as request:
        ended = batch.run(engine)
    if request.number is not None:
        kept = (
            f"{ended.finished} of {ended.total} images were finished and are in "
            f"{str(batch.folder.path)!r}; the same command goes on"
        )
        raise Interrupted(request.number, kept)
    return ended


def _explainers(settings: BatchSettings, net: Network, say: Output) -> tuple[ChosenExplainer, ...]:
    """The explainers, tried once on the network, with the number formats that `auto` stands for."""
    from tfvis.utils.number_formats import resolved

    icons = None
    if settings.render_icons:
        icons = in_fastest_format(net, settings.icons(net.icon_options), say)
    require_memory(net, settings, icons)
    found = []
    for own in settings.chosen():
        if hasattr(own.options, "dtype"):
            own = replace(own, options=resolved(net, own.options))
        if own.name == GROUPS:
            own = replace(own, icons=icons)
        own.build(net)  # or an error
        found.append(own)
    return tuple(found)


def _options(
    settings: BatchSettings,
    net: Network,
    by_label: bool,
    explainers: Sequence[ChosenExplainer],
    digest: str,
) -> dict[str, Any]:
    """What decides the results, by option, as the folder keeps it."""
    from ..report.batch_merging import LIST

    formats = {
        f"number format of {own.name}": own.options.dtype
        for own in explainers
        if hasattr(own.options, "dtype")
    }
    icons = next((own.as_json()["icons"] for own in explainers if own.icons is not None), None)
    return {
        "tfvis": __version__,
        **settings.deciding(),
        "network (SHA-256)": net.digest,
        "classes of": "the manifest" if by_label else "the command",
        # Shards are parts of one list: where it grows, each image gets into another one.
        LIST: None if settings.part is None else digest,
        **formats,
        **{f"--icon-{key.replace('_', '-')}": value for key, value in (icons or {}).items()},
    }


def _are_quick(explainers: Sequence[ChosenExplainer]) -> bool:
    """Whether an image takes no optimisation, so that a few more of them take seconds."""
    return all(own.icons is None and not own.method.optimised for own in explainers)
