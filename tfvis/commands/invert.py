"""`tfvis invert`: which part of an image the inner representation keeps, and which the class."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError

from ..explainers.guided_inversion.presets import BACKGROUNDS
from ..models.registry import spec_of
from ..runtime.interruption import Finished, finishing
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import Bars, progress_bars
from ..settings.invert import InversionSettings
from .inversion_options import add_inversion_options, inversion_of
from .options import (
    add_model_options,
    add_run_options,
    adder,
    chosen,
    loaded,
    settings_of,
)

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.guided_inversion import GuidedFeatureInversion
    from ..explainers.masks import MaskExplanation

HELP = "show which part of an image the network keeps, and which part speaks for a class"
EPILOG = "Files go to <output>/<image>/guided_inversion/; see the README for their names."
DESCRIPTION = """\
Guided feature inversion: find the mask, made of a layer's channel maps, through which an image
still looks the same to a deeper layer (step 1), and from there the mask that speaks for a class
(step 2)."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inversion") -> None:
    """Add the options; their names and defaults are those of `InversionSettings`."""
    default = InversionSettings()
    parser.set_defaults(family="inversion")
    add = adder(parser, default)
    parser.add_argument(
        "images", nargs="*", type=Path, metavar="IMAGE",
        help="in any format that Pillow reads (default: the network's example image)",
    )  # fmt: skip
    add_model_options(add, "inversion")
    parser.add_argument(
        "--class", "--classes", dest="classes", nargs="+", default=default.classes, metavar="CLASS",
        help="of step 2, by name, index or WordNet id (default: each image's top answer)",
    )  # fmt: skip
    add_inversion_options(add)
    add_run_options(add)


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = settings_of(InversionSettings, arguments)
    for file in settings.images:
        images.load(file)  # before anything is downloaded
    if settings.background not in BACKGROUNDS:
        images.load(settings.background)
    settings = chosen(settings, say)
    _require_result_folders(settings)
    start = time.perf_counter()
    with start_tensorflow(settings.device), progress_bars(settings.quiet) as progress:
        _invert(settings, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _require_result_folders(settings: InversionSettings) -> None:
    """An `InputError` before anything is computed, rather than when it is to be written."""
    from ..report import require_result_folder
    from ..report.inversions import inversion_folder

    for stem in [file.stem for file in settings.images] or [_example(settings)]:
        require_result_folder(inversion_folder(settings.output, stem))


def _invert(settings: InversionSettings, progress: Bars, say: Callable[[str], None]) -> None:
    from ..report.paths import safe_name

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    sources = {file.stem: file for file in settings.images} or {_example(settings): None}
    names = [safe_name(file.stem).casefold() for file in settings.images]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError(
                "Expected images with names of their own, received two whose results would have "
                f"one folder: {settings.images[names.index(name)].stem!r} and "
                f"{settings.images[k].stem!r}."
            )
    inversion = inversion_of(net, settings)
    title = net.name if settings.spec is None else settings.spec.title
    say(f"{title}: {' + '.join(inversion.base_layers)} to {inversion.inversion_layer}")
    with finishing(settings.output, images=len(sources)) as finished:
        for first in range(0, len(sources), settings.batch_size):
            # What is finished is written before the next images are looked at.
            stems = list(sources)[first : first + settings.batch_size]
            files = {stem: sources[stem] for stem in stems}
            _invert_batch(inversion, files, settings, finished, progress, say)


def _invert_batch(
    inversion: GuidedFeatureInversion,
    files: Mapping[str, Path | None],
    settings: InversionSettings,
    finished: Finished,
    progress: Bars,
    say: Callable[[str], None],
) -> None:
    from ..report.inversions import write_inversion

    labels = inversion.net.labels
    batch = np.stack([_image(stem, file, settings, inversion.net) for stem, file in files.items()])
    start = time.perf_counter()
    saliency = inversion.saliency(batch, progress=progress("step 1", unit="iteration"))
    between = time.perf_counter()
    steps = _discriminated(inversion, batch, saliency, settings, progress)
    end = time.perf_counter()
    seconds = {
        "images": len(files), "step_1": between - start, "step_2": end - between
    }  # fmt: skip
    for stem, step1, found in zip(files, saliency, steps, strict=True):
        for step in found:
            c = step.class_index
            say(
                f"{stem}, {labels[c]}: logit {step.logits[c]:.3f}, kept {step.kept[1][c]:.3f},"
                f" hidden {step.hidden[1][c]:.3f}"
                + (f" ({step.problem})" if step.problem is not None else "")
            )
        target = write_inversion(
            settings.output,
            stem,
            step1,
            found,
            labels=labels,
            preset=settings.terms,
            configuration=asdict(settings),
            seconds=seconds,
        )
        finished.add("images")
        say(f"{stem} -> {target / 'overview.png'}")


def _example(settings: InversionSettings) -> str:
    """The image that is taken if none is named."""
    return spec_of("googlenet").example if settings.spec is None else settings.spec.example


def _image(stem: str, file: Path | None, settings: InversionSettings, net: Network) -> np.ndarray:
    """An image at the network's size; the example of that name where there is no file."""
    if file is not None:
        return images.load(file, net.input_size, settings.fit)
    from ..datasets.example_images import example_image

    return example_image(stem, net.input_size)


def _discriminated(
    inversion: GuidedFeatureInversion,
    batch: np.ndarray,
    saliency: Sequence[MaskExplanation],
    settings: InversionSettings,
    progress: Bars,
) -> list[tuple[MaskExplanation, ...]]:
    """Step 2 of every image, for every class that is asked for."""
    if settings.classes:
        classes = [settings.class_indices] * len(batch)
    else:
        classes = [(int(found.logits.argmax()),) for found in saliency]
    each = [len(own) for own in classes]
    found = inversion.discriminate(
        np.repeat(batch, each, axis=0),
        [index for own in classes for index in own],
        start=[first for first, n in zip(saliency, each, strict=True) for _ in range(n)],
        progress=progress("step 2", unit="iteration"),
    )
    ends = np.cumsum(each)
    return [found[end - n : end] for end, n in zip(ends, each, strict=True)]
