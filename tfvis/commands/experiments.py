"""`tfvis experiments`: the papers' experiments, each with its results and a figure."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..experiments.options import ExperimentOptions
from ..experiments.registry import EXPERIMENTS, ExperimentSpec
from ..models.auto import FAMILIES, choose
from ..models.registry import spec_of
from ..runtime.interruption import finishing
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import Bars, progress_bars
from ..settings.experiments import ExperimentSettings
from .input_images import InputImage, images_and_network
from .option_groups import add_options, given_options, with_flags
from .options import add_model_options, add_run_options, adder, loaded, settings_of

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..experiments.outcomes import Experiment, Subject

HELP = "run the papers' experiments and make their figures"
EPILOG = (
    "Files go to <output>/experiments/<network>/<experiment>/, the figure to summary/mosaic.png "
    "and .pdf there. An experiment that is finished is not run again unless --again is given."
)
DESCRIPTION = f"""\
Run the experiments of Shi, Du, Fan (2020): {", ".join(EXPERIMENTS)}; all of them if none is named.
Without --model and --image they need no download: the bundled network critters and a rendered
scene will do."""

_RESIDUAL = "residual"


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family, images=[])
    add = adder(parser, ExperimentSettings())
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"the experiments: {', '.join(EXPERIMENTS)}"
    )
    parser.add_argument(
        "--list", action="store_true", help="say what each experiment shows, needs and takes, and "
        "run none",
    )  # fmt: skip
    add("again", "also run experiments that are finished", "off", action="store_true")
    parser.add_argument(
        "--image", dest="images", nargs=1, type=Path, default=[], metavar="IMAGE",
        help="an image of two classes (default: the network's example image)",
    )  # fmt: skip
    add("classes", "two classes in the image, by name, index or WordNet id", "the network's first "
        "two answers", nargs=2, metavar="CLASS")  # fmt: skip
    add_model_options(add, family)
    add_options(parser, ExperimentOptions, skip=("seed",))
    add_run_options(add, "the current folder")


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    given = given_options(arguments, ExperimentOptions)
    given.pop("seed", None)
    options = with_flags(lambda: ExperimentOptions(**given), [(ExperimentOptions, "")])
    settings = settings_of(
        ExperimentSettings, arguments, names=tuple(arguments.names), experiment=options,
        images=tuple(arguments.images),
    )  # fmt: skip
    if arguments.list:
        for spec in settings.experiments:
            for line in _described(spec):
                say(line)
        return
    (image, *_), settings = images_and_network(settings, say)
    start = time.perf_counter()
    with start_tensorflow(settings.device), progress_bars(settings.quiet) as progress:
        _run(settings, image, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _described(spec: ExperimentSpec) -> list[str]:
    """An experiment in a few lines."""
    critters, googlenet = (_minutes(own) for own in spec.seconds)
    return [
        f"{spec.name}: {spec.title}",
        f"    needs {spec.needs}",
        f"    takes {critters} with critters, {googlenet} with googlenet, on 2 cores",
    ]


def _minutes(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _run(
    settings: ExperimentSettings, image: InputImage, progress: Bars, say: Callable[[str], None]
) -> None:
    from ..report.experiments import experiment_folder, finished_experiment, write_experiment

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    subject = _subject(settings, net, image, progress)
    with finishing(settings.output, experiments=len(settings.experiments)) as finished:
        for spec in settings.experiments:
            folder = experiment_folder(settings.output, net.name, spec.name)
            asked = _asked(spec, settings, subject)
            if not settings.again and finished_experiment(folder, asked):
                finished.add("experiments")
                say(f"{spec.name}: finished before (--again runs it again) -> {folder}")
                continue
            start = time.perf_counter()
            outcome = spec.run(
                subject, progress=lambda stage, name=spec.name: progress(f"{name}: {stage}")
            )
            target = write_experiment(outcome, asked, folder)
            finished.add("experiments")
            for sentence in outcome.findings:
                say(f"{spec.name}: {sentence}")
            took = time.perf_counter() - start
            say(f"{spec.name}: {took:.0f} s -> {target / 'mosaic.png'}")


def _subject(
    settings: ExperimentSettings, net: Network, image: InputImage, progress: Bars
) -> Subject:
    from ..experiments.outcomes import Subject

    source = image.at(net, settings.fit)
    return Subject(
        net, source, settings.options, settings.class_indices,
        lambda: _other_network(net, progress),
    )  # fmt: skip


def _other_network(net: Network, progress: Bars) -> Network:
    """A residual network that knows the same kind of images."""
    from ..models import load_model

    family = FAMILIES[_RESIDUAL]
    name = family.fallback
    if {*net.labels} != {*(spec_of(name).labels or ())}:
        name = choose(_RESIDUAL, progress=progress("download", unit="B")).name
    return load_model(name, progress=progress("download", unit="B"))


def _asked(spec: ExperimentSpec, settings: ExperimentSettings, subject: Subject) -> Experiment:
    """What an experiment is asked for, without findings."""
    from tfvis.utils.provenance import provenance

    from ..experiments.outcomes import Experiment

    options = {"experiment": spec.name, **vars(settings.options), "classes": subject.classes}
    made = provenance(subject.net, subject.source, method="experiment", options=options)
    return Experiment(name=spec.name, title=spec.title, findings=(), folders=(), provenance=made)
