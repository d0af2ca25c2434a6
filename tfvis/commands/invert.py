"""`tfvis invert`: which part of an image the inner representation keeps, and which the class."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from utils import images
from utils.errors import InputError

from ..guided_inversion.presets import BACKGROUNDS, PRESETS
from ..guided_inversion.settings import InversionSettings
from ..models.registry import spec_of
from ..run_settings import RunSettings
from ..startup import start_tensorflow
from ..terminal import Bars, progress_bars
from .options import Add, add_model_options, add_run_options, adder, chosen, settings_of

if TYPE_CHECKING:
    from utils.network import Network

    from ..guided_inversion import GuidedFeatureInversion
    from ..masks import MaskExplanation

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


def add_inversion_options(add: Add) -> None:
    """The layers and the terms of guided feature inversion."""
    layers = " and ".join(spec_of("vgg19").inversion_layers)
    add("base_layer", "whose channel maps the mask is made of; one or several",
        f"the network's own; with the next one {layers} for VGG19", nargs="+",
        metavar="LAYER")  # fmt: skip
    add("inversion_layer", "to which the image should look the same", "the network's own",
        metavar="LAYER")  # fmt: skip
    add("preset", f"the terms: {' or '.join(PRESETS)}", metavar="NAME")
    add("background", f"what stands where the mask is 0: {', '.join(BACKGROUNDS)}, or an image",
        metavar="WHAT")  # fmt: skip
    term = partial(add, shown="the preset's")
    two = {"nargs": 2, "metavar": ("STEP1", "STEP2")}
    term("distance", "step 1: absolute or relative, of the inversion layer's activations",
         metavar="KIND")  # fmt: skip
    term("score", "step 2: logit, probability or cross-entropy", metavar="KIND")
    term("scaling", "of the mask less its minimum: minmax, by its range, or max, by its maximum",
         metavar="KIND")  # fmt: skip
    term("penalty_power", "of the weights: 1 for their sum, 2 for that of their squares", type=int,
         metavar="N")  # fmt: skip
    term("penalties", "how much that weighs", type=float, **two)
    term("iterations", "how many", type=int, **two)
    term("learning_rate", "Adam's, in both steps", type=float, metavar="RATE")
    term("betas", "what Adam remembers of the gradient and of its square; 0 0 for nothing",
         type=float, nargs=2, metavar=("BETA1", "BETA2"))  # fmt: skip
    term("epsilon", "Adam's: slopes well below it count less", type=float, metavar="SLOPE")
    term("halve_every", "iterations after which the learning rate is halved; 0 for never",
         type=int, metavar="N")  # fmt: skip
    term("start", "all weights before step 1", type=float, metavar="WEIGHT")
    term("rescale", "whether step 2 begins with weights of step 1's proportions and --start's mean",
         action=argparse.BooleanOptionalAction)  # fmt: skip
    term("keep", "what step 2 returns: its last weights, or the best on the way", metavar="WHICH")
    term("sigma", "of the background's blur, in pixels", type=float, metavar="PIXELS")
    term("blur_radius", "where that blur is cut off, in pixels; 0 for four sigma", type=int,
         metavar="PIXELS")  # fmt: skip
    term("total_variation", "weight of the mask's roughness", type=float, metavar="WEIGHT")
    term("area", "weight of the mask's mean", type=float, metavar="WEIGHT")
    term("tolerance", "stop a step when no loss changes by more than this share within --patience "
         "iterations; 0 to make all of them", type=float, metavar="SHARE")  # fmt: skip
    term("patience", "see --tolerance", type=int, metavar="N")
    add("batch_size", "images that are optimised together", type=int, metavar="N")


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = settings_of(InversionSettings, arguments)
    for file in settings.images:
        images.load(file)  # before anything is downloaded
    if settings.background not in BACKGROUNDS:
        images.load(settings.background)
    settings = chosen(settings, say)
    start = time.perf_counter()
    with start_tensorflow(settings.device), progress_bars(settings.quiet) as progress:
        _invert(settings, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _invert(settings: InversionSettings, progress: Bars, say: Callable[[str], None]) -> None:
    from ..report.paths import safe_name

    net = load(settings, progress)
    settings = settings.fitted(net)
    if not settings.images:
        settings = replace(settings, images=(Path(_example(settings)),))
    units = [safe_name(file.stem).casefold() for file in settings.images]
    for k, unit in enumerate(units):
        if unit in units[:k]:
            raise InputError(
                "Expected images with names of their own, received two whose results would have "
                f"one folder: {settings.images[units.index(unit)].stem!r} and "
                f"{settings.images[k].stem!r}."
            )
    inversion = inversion_of(net, settings)
    title = net.name if settings.spec is None else settings.spec.title
    say(f"{title}: {' + '.join(inversion.base_layers)} to {inversion.inversion_layer}")
    for first in range(0, len(settings.images), settings.batch_size):
        # What is finished is written before the next images are looked at.
        files = settings.images[first : first + settings.batch_size]
        _invert_batch(inversion, files, settings, progress, say)


def _invert_batch(
    inversion: GuidedFeatureInversion,
    files: Sequence[Path],
    settings: InversionSettings,
    progress: Bars,
    say: Callable[[str], None],
) -> None:
    from ..report.inversions import write_inversion

    labels = inversion.net.labels
    batch = np.stack([_image(file, settings, inversion.net) for file in files])
    start = time.perf_counter()
    saliency = inversion.saliency(batch, progress=progress("step 1", unit="image"))
    between = time.perf_counter()
    steps = _discriminated(inversion, batch, saliency, settings, progress)
    end = time.perf_counter()
    seconds = {
        "images": len(files), "step_1": between - start, "step_2": end - between
    }  # fmt: skip
    for file, step1, found in zip(files, saliency, steps, strict=True):
        for step in found:
            c = step.class_index
            say(
                f"{file.stem}, {labels[c]}: logit {step.logits[c]:.3f}, kept {step.kept[1][c]:.3f},"
                f" hidden {step.hidden[1][c]:.3f}"
                + (f" ({step.problem})" if step.problem is not None else "")
            )
        target = write_inversion(
            settings.output,
            file.stem,
            step1,
            found,
            labels=labels,
            preset=settings.terms,
            configuration=asdict(settings),
            seconds=seconds,
        )
        say(f"{file.stem} -> {target / 'overview.png'}")


def load(settings: RunSettings, progress: Bars) -> Network:
    """The network that is asked for."""
    from ..models import load_model

    return load_model(
        settings.model,
        weights=settings.weights,
        progress=progress("download", unit="B"),
        **settings.description,
    )


def inversion_of(net: Network, settings: InversionSettings) -> GuidedFeatureInversion:
    """Guided feature inversion of a network, as the settings have it."""
    from ..guided_inversion import GuidedFeatureInversion

    background: str | np.ndarray = settings.background
    if background not in BACKGROUNDS:
        background = images.load(background, net.input_size, settings.fit)
    return GuidedFeatureInversion(
        net,
        settings.base_layer,
        settings.inversion_layer,
        preset=settings.terms,
        background=background,
        seed=settings.seed,
        batch_size=settings.batch_size,
    )


def _example(settings: InversionSettings) -> str:
    """The image that is taken if none is named."""
    return spec_of("googlenet").example if settings.spec is None else settings.spec.example


def _image(file: Path, settings: InversionSettings, net: Network) -> np.ndarray:
    """An image at the network's size; the example where no file was named."""
    if str(file) == _example(settings) and not file.suffix:
        from ..examples import example_image

        return example_image(str(file), net.input_size)
    return images.load(file, net.input_size, settings.fit)


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
        progress=progress("step 2", unit="mask"),
    )
    ends = np.cumsum(each)
    return [found[end - n : end] for end, n in zip(ends, each, strict=True)]
