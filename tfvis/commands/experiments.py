"""`tfvis experiments`: the papers' experiments, each with its results and a figure."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError

from ..attacks.options import PatchOptions
from ..experiments.options import ExperimentOptions
from ..experiments.registry import EXPERIMENTS, ExperimentSpec
from ..models.auto import FAMILIES, choose
from ..models.registry import spec_of
from ..runtime.interruption import finishing
from ..runtime.terminal import Bars, progress_bars
from ..settings.experiments import ExperimentSettings
from .input_images import InputImage, images_and_network
from .option_groups import add_options, given_options, with_flags
from .options import add_model_options, add_run_options, adder, bounded_run, loaded, settings_of
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..experiments.outcomes import Experiment, Subject

EPILOG = """\
Files go to <output>/experiments/<network>/<experiment>/, the figure to summary/mosaic.png and .pdf
there. An experiment that is finished is not run again unless --again is given.

Examples:
  %(prog)s --list
  %(prog)s two-classes --model critters
  %(prog)s two-classes single-channels --model critters --icon-steps 0"""
DESCRIPTION = f"""\
Run the experiments of Shi, Du, Fan (2020): {", ".join(EXPERIMENTS)}; all of them if none is named.
Without --model and --image they need no download: the bundled network critters and a rendered
scene will do."""

OTHER = "other-networks"
PATCH = "patch"


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


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    given = given_options(arguments, ExperimentOptions)
    given.pop("seed", None)
    options = with_flags(lambda: ExperimentOptions(**given), [(ExperimentOptions, "")])
    for name in arguments.names:
        if name not in EXPERIMENTS and Path(name).is_file():
            raise InputError(f"Expected an image after --image, received it alone: --image {name}.")
    settings = settings_of(
        ExperimentSettings, arguments, names=tuple(arguments.names), experiment=options,
        images=tuple(arguments.images),
    )  # fmt: skip
    if arguments.list:
        for spec in settings.experiments:
            _describe(spec, say)
        return
    (image, *_), settings = images_and_network(settings, say)
    start = time.perf_counter()
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        first = _run(settings, image, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s. Open first:")
    say(str(first))


def _describe(spec: ExperimentSpec, say: Output) -> None:
    """Say what an experiment is, in a few lines."""
    critters, googlenet = spec.seconds
    if say.json:
        seconds = {"critters": critters, "googlenet": googlenet}
        say.record(
            {"name": spec.name, "title": spec.title, "needs": spec.needs, "seconds": seconds}
        )
        return
    say(f"{spec.name}: {spec.title}")
    say(f"    needs {spec.needs}")
    say(
        f"    takes {_minutes(critters)} with critters, {_minutes(googlenet)} with googlenet, on 2 "
        "cores"
    )


def _minutes(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _run(settings: ExperimentSettings, image: InputImage, progress: Bars, say: Output) -> Path:
    """Run what is not finished; returns the first figure.

    What fails does not keep the others from being run.
    """
    from ..report.experiments import (
        SUMMARY,
        experiment_folder,
        finished_experiment,
        write_experiment,
    )

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    subject, other = _subject(settings, net, image, progress, say)
    wanted, refused = _possible(settings, subject, other)
    # All folders are looked at before the first experiment is run.
    asked = {spec.name: _asked(spec, settings, subject, other) for spec in wanted}
    folders = {
        spec.name: experiment_folder(settings.output, net.name, asked[spec.name]) for spec in wanted
    }
    with finishing(settings.output, experiments=len(wanted)) as finished:
        for spec in wanted:
            folder, start = folders[spec.name], time.perf_counter()
            if not settings.again and finished_experiment(folder, asked[spec.name]):
                finished.add("experiments")
                _tell(folder / SUMMARY, say)
                say(f"{spec.name}: finished before (--again runs it again) -> {folder}")
                continue
            try:
                outcome = spec.run(
                    subject, progress=lambda stage, name=spec.name: progress(f"{name}: {stage}")
                )
                target = write_experiment(outcome, asked[spec.name], folder)
            except InputError as error:
                refused.append(f"{spec.name}: {error}")
                continue
            finished.add("experiments")
            _tell(target, say)
            say.page(target)
            for sentence in outcome.findings:
                say(f"{spec.name}: {sentence}")
            took = time.perf_counter() - start
            say(f"{spec.name}: {took:.0f} s -> {_figure(target)}")
    if refused:
        raise InputError(" ".join(refused))
    return _figure(folders[wanted[0].name] / SUMMARY)


def _tell(summary: Path, say: Output) -> None:
    """Print an experiment's results and the experiment, if JSON is asked for."""
    if say.json:
        from ..report.records import records_of_experiment

        for record in records_of_experiment(summary):
            say.record(record)


def _figure(summary: Path) -> Path:
    """The figure of a summary; the summary where it has none."""
    figure = summary / "mosaic.png"
    return figure if figure.is_file() else summary


def _possible(
    settings: ExperimentSettings, subject: Subject, other: str | None
) -> tuple[list[ExperimentSpec], list[str]]:
    """The experiments that can be run, and why others cannot.

    Raises:
        InputError: none can be run.
    """
    from ..experiments.lost_features import patch_of

    wanted, refused = [], []
    for spec in settings.experiments:
        if spec.name == OTHER and other is None:
            refused.append(
                f"{OTHER}: Expected a network whose classes a residual network knows too: "
                f"{subject.net.name!r} has others."
            )
            continue
        if "patch_side" in spec.options:
            with_flags(lambda: patch_of(subject), [(PatchOptions, PATCH)])  # or an error, early
        wanted.append(spec)
    if not wanted:
        raise InputError(" ".join(refused))
    return wanted, refused


def _subject(
    settings: ExperimentSettings,
    net: Network,
    image: InputImage,
    progress: Bars,
    say: Output,
) -> tuple[Subject, str | None]:
    """What the experiments work on, and the name of the residual network; None if none fits."""
    from ..experiments.outcomes import Subject

    name = None
    if any(spec.name == OTHER for spec in settings.experiments):
        name = _other_network(net, progress, say)

    def other(classes: tuple[int, ...]) -> Subject:
        from ..models import load_model

        assert name is not None  # noqa: S101
        found = load_model(name, progress=progress("download", unit="B"))
        return Subject(found, image.at(found, settings.fit), settings.options, classes)

    source = image.at(net, settings.fit)
    subject = Subject(net, source, settings.options, settings.class_indices, other)
    return subject, name


def _other_network(net: Network, progress: Bars, say: Output) -> str | None:
    """The name of a residual network that knows the same classes; None if there is none."""
    family = FAMILIES["residual"]
    fitting = [name for name in family.networks if _labels(name) == [*net.labels]]
    if not fitting or fitting == [family.fallback]:
        return fitting[0] if fitting else None
    choice = choose("residual", progress=progress("download", unit="B"))
    say(f"{OTHER}: {choice.reason}")
    return choice.name if choice.name in fitting else None


def _labels(name: str) -> list[str]:
    return list(spec_of(name).labels or ())


def _asked(
    spec: ExperimentSpec, settings: ExperimentSettings, subject: Subject, other: str | None
) -> Experiment:
    """What an experiment is asked for: what it depends on, and nothing else."""
    from tfvis.utils.provenance import provenance

    from ..experiments.outcomes import Experiment

    names = ("icon_steps", "seed", *spec.options)
    options = {name: getattr(settings.options, name) for name in names}
    options["experiment"] = spec.name
    if not spec.own_images:
        options["classes"] = subject.classes
    if spec.name == OTHER:
        options["other_network"] = other
    made = provenance(subject.net, subject.source, method="experiment", options=options)
    if spec.own_images:
        made = replace(made, image=None, image_name=None, image_file=None, image_size=None)
    return Experiment(name=spec.name, title=spec.title, findings=(), folders=(), provenance=made)
