"""`tfvis layers`: which layer of a network is worth looking at, for a class in an image."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.file_names import class_name, safe_name

from ..explainers.options import LayerSurveyOptions
from ..runtime import command_line
from ..runtime.interruption import Finished, finishing
from ..runtime.terminal import Bars, aligned, progress_bars
from ..settings.layers import LayersSettings
from .input_images import (
    InputImage,
    add_images,
    images_and_network,
    require_same_images,
)
from .option_groups import add_options, given_options, with_flags
from .options import (
    add_model_options,
    add_run_options,
    adder,
    bounded_run,
    chosen,
    loaded,
    settings_of,
    without_images,
)
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.surveyed_layers import LayerSurvey

EPILOG = """\
Files go to <output>/<image>/layers_<class>/; docs/layers.md says how to read them.

Examples:
  %(prog)s --model critters
  %(prog)s data/owl_rabbit224.jpg --model critters --classes owl --layers mixed4a mixed4d
  %(prog)s --model critters --structure-only"""
DESCRIPTION = """\
List the layers at which a network can be cut: their size, what a unit sees, and how much of the
work leads to them. For a class in an image also how much of the evidence a layer's strongest
channels and groups carry, how compact its heat map is, and which layer is recommended."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    add = adder(parser, LayersSettings())
    add_images(parser)
    add("name", "name of the results of a single image", "its file's", metavar="NAME")
    add_model_options(add, family)
    add("layers", "the layers", "all of the network's own", nargs="+", metavar="LAYER")
    add(
        "classes",
        "the classes, by name, index or WordNet id",
        "each image's top answer",
        nargs="+",
        metavar="CLASS",
    )
    add(
        "structure_only",
        "tell only what is known of the layers without an image",
        "off",
        action="store_true",
    )
    add_options(parser, LayerSurveyOptions, skip=("seed",))
    add_run_options(add, "the current folder")


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    given = given_options(arguments, LayerSurveyOptions)
    given.pop("seed", None)  # the run's own
    survey = with_flags(lambda: LayerSurveyOptions(**given), [(LayerSurveyOptions, "")])
    settings = settings_of(LayersSettings, arguments, survey=survey)
    images: Sequence[InputImage] = ()
    if settings.structure_only:
        settings = without_images(chosen(settings, say))
    else:
        # An example image has no classes of its own here: its top answer is looked at.
        images, settings = images_and_network(settings, say)
    start = time.perf_counter()
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        net = loaded(settings, progress)
        settings = settings.fitted(net)
        command_line.resolve(layers=settings.layers)
        written = _survey(net, settings, images, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s. Open first:")
    say(str(written[0] / "overview.png"))


def _survey(
    net: Network,
    settings: LayersSettings,
    images: Sequence[InputImage],
    progress: Bars,
    say: Output,
) -> list[Path]:
    """Survey the layers for each image, or without one; returns the result folders."""
    from ..explainers.layer_survey import survey_layers

    if settings.structure_only:
        _require_folders(net, settings, None)
        with finishing(settings.output, result_folders=1) as finished:
            found = survey_layers(
                net, layers=settings.layers, progress=progress("layers", unit="layer")
            )
            return _write(found, settings, finished, say)
    require_same_images(images, settings, net)
    written = list[Path]()
    expected = len(images) * max(1, len(settings.classes))
    with finishing(settings.output, result_folders=expected) as finished:
        for image in images:
            if cropping := image.cropping(net, settings.fit):
                say(cropping)
            source = image.at(net, settings.fit)
            classes = settings.class_indices or (net.top(source, 1)[0][0],)
            _require_folders(net, replace(settings, classes=classes), image.name)
            found = survey_layers(
                net,
                source,
                classes,
                layers=settings.layers,
                options=settings.options,
                progress=progress(f"{image.name}: layers", unit="layer"),
            )
            written += _write(found, settings, finished, say)
    return written


def _require_folders(net: Network, settings: LayersSettings, image: str | None) -> None:
    """Raise an `InputError` where a result folder holds something else, before any work."""
    from ..report import require_result_folder
    from ..report.layer_surveys import survey_folder

    if image is None:
        above = settings.output / safe_name(settings.name or net.name)
        require_result_folder(survey_folder(above))
    for index in settings.class_indices:
        above = settings.output / safe_name(image or "")
        require_result_folder(survey_folder(above, class_name(net.labels, index)))


def _write(
    surveys: Sequence[LayerSurvey],
    settings: LayersSettings,
    finished: Finished,
    say: Output,
) -> list[Path]:
    """Write a result folder for each survey, and print its table."""
    from ..report import write

    written = []
    for survey in surveys:
        target = write(survey, settings.output, settings.name)
        finished.add("result folders")
        written.append(target)
        about = survey.network if survey.label is None else f"{survey.network}, {survey.label}"
        say(f"{about}: {len(survey.layers)} layers -> {target / 'overview.png'}")
        say.result(target)
        for line in aligned(survey.rows()):
            say(f"  {line}")
        for line in survey.notes():
            say(line)
    return written
