"""`tfvis invert`: which part of an image the inner representation keeps, and which the class."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import images
from tfvis.utils.image_sources import SourceImage

from ..explainers.guided_inversion.presets import BACKGROUNDS
from ..runtime.interruption import Finished, finishing
from ..runtime.terminal import Bars, progress_bars
from ..settings.invert import InvertSettings
from .input_images import (
    InputImage,
    add_images,
    images_and_network,
    require_same_images,
)
from .inversion_options import add_inversion_options, inversion_of, inversion_options
from .options import add_model_options, add_run_options, adder, bounded_run, loaded, settings_of
from .output import Output

if TYPE_CHECKING:
    from ..explainers.guided_inversion import GuidedFeatureInversion
    from ..explainers.masks import MaskExplanation

EPILOG = """\
Files go to <output>/<image>/guided_inversion/; docs/results.md says what is in them.

Examples:
  %(prog)s --model critters --class owl
  %(prog)s data/owl_rabbit224.jpg --class owl rabbit --model critters --iterations 50 50"""
DESCRIPTION = """\
Guided feature inversion: find the mask, made of a layer's channel maps, through which an image
still looks the same to a deeper layer (step 1), and from there the mask that speaks for a class
(step 2)."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inversion") -> None:
    """Add the options."""
    default = InvertSettings()
    parser.set_defaults(family="inversion")
    add = adder(parser, default)
    add_images(parser)
    add("name", "name of the results of a single image", "its file's", metavar="NAME")
    add_model_options(add, "inversion")
    parser.add_argument(
        "--class", "--classes", dest="classes", nargs="+", default=default.classes, metavar="CLASS",
        help="classes of step 2, by name, index or WordNet id (default: each image's top answer)",
    )  # fmt: skip
    add_inversion_options(parser)
    add_run_options(add)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = settings_of(
        InvertSettings,
        arguments,
        inversion=inversion_options(arguments),
    )
    if settings.inversion.background not in BACKGROUNDS:
        images.load(settings.inversion.background)
    sources, settings = images_and_network(settings, say)
    _require_result_folders(sources, settings.output)
    start = time.perf_counter()
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        _invert(settings, sources, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _require_result_folders(sources: Sequence[InputImage], output: Path) -> None:
    """Raise an `InputError` for folders that cannot be written to, before anything is computed."""
    from ..report import require_result_folder
    from ..report.folders import inversion_folder

    for source in sources:
        require_result_folder(inversion_folder(output, source.name))


def _invert(
    settings: InvertSettings,
    sources: Sequence[InputImage],
    progress: Bars,
    say: Output,
) -> None:
    net = loaded(settings, progress)
    settings = settings.fitted(net)
    inversion = inversion_of(settings, net, say)
    title = net.name if settings.spec is None else settings.spec.title
    say(f"{title}: {' + '.join(inversion.base_layers)} to {inversion.inversion_layer}")
    require_same_images(sources, settings, net)
    size = inversion.options.batch_size
    with finishing(settings.output, images=len(sources)) as finished:
        for first in range(0, len(sources), size):
            # What is finished is written before the next images are looked at.
            batch = sources[first : first + size]
            for cropping in (source.cropping(net, settings.fit) for source in batch):
                if cropping:
                    say(cropping)
            read = [source.at(net, settings.fit) for source in batch]
            _invert_batch(inversion, read, settings, finished, progress, say)


def _invert_batch(
    inversion: GuidedFeatureInversion,
    sources: Sequence[SourceImage],
    settings: InvertSettings,
    finished: Finished,
    progress: Bars,
    say: Output,
) -> None:
    from ..explainers.masks import Inversion
    from ..report import write

    start = time.perf_counter()
    saliency = inversion.saliency(sources, progress=progress("step 1", unit="iteration"))
    between = time.perf_counter()
    steps = _discriminated(inversion, sources, saliency, settings, progress)
    end = time.perf_counter()
    seconds = {"images": len(sources), "step_1": between - start, "step_2": end - between}
    most = inversion.preset.iterations[1]
    for source, step1, found in zip(sources, saliency, steps, strict=True):
        for step in found:
            c = step.class_index
            say(
                f"{source.name}, {step.label}: logit {step.logits[c]:.3f}, kept "
                f"{step.kept_logits[1][c]:.3f}, hidden {step.hidden_logits[1][c]:.3f}"
                + (f" ({step.problem})" if step.problem is not None else "")
            )
            if step.iterations < most:
                say(
                    f"{source.name}, {step.label}: the mask settled after {step.iterations} of "
                    f"{most} iterations."
                )
        target = write(
            Inversion(saliency=step1, discriminated=found, seconds=seconds), settings.output
        )
        finished.add("images")
        say(f"{source.name} -> {target / 'overview.png'}")
        say.result(target)


def _discriminated(
    inversion: GuidedFeatureInversion,
    sources: Sequence[SourceImage],
    saliency: Sequence[MaskExplanation],
    settings: InvertSettings,
    progress: Bars,
) -> list[tuple[MaskExplanation, ...]]:
    """Step 2 of every image, for every class that is asked for."""
    if settings.classes:
        classes = [settings.class_indices] * len(sources)
    else:
        classes = [(int(found.logits.argmax()),) for found in saliency]
    each = [len(own) for own in classes]
    found = inversion.discriminate(
        [source for source, n in zip(sources, each, strict=True) for _ in range(n)],
        [index for own in classes for index in own],
        start=[first for first, n in zip(saliency, each, strict=True) for _ in range(n)],
        progress=progress("step 2", unit="iteration"),
    )
    ends = np.cumsum(each)
    return [found[end - n : end] for end, n in zip(ends, each, strict=True)]
