"""`tfvis compare`: what a change of an image took from a class, and what it added."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, class_name, layer_name, safe_name
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import ImageFile

from ..runtime import command_line
from ..runtime.interruption import Finished, finishing
from ..runtime.terminal import Bars, progress_bars
from ..settings.compare import CompareSettings
from .group_options import (
    add_group_options,
    group_settings,
    in_fastest_format,
    require_memory,
    say_if_settled,
)
from .input_images import InputImage, domain_hint, require_same_images
from .options import add_model_options, add_run_options, adder, bounded_run, chosen, loaded
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.image_sources import SourceImage
    from tfvis.utils.network import Network

EPILOG = (
    "Files go to <output>/<image after>/compare_<class>_<method>/; docs/compare.md says how to "
    "read them.\n\n"
    "Examples:\n"
    "  tfvis attack --model critters\n"
    "  %(prog)s dog_cat224/attack_fgsm/before.png dog_cat224/attack_fgsm/dog_cat224_fgsm.png \\\n"
    "      --model critters --icon-steps 64"
)
DESCRIPTION = """\
Compare an image before and after a change: an attack, a blur, something covered, or any other image
of the same size. The features of both are grouped once, so that groups correspond, and each group's
score, heat maps and icon show whether it was lost, weakened, kept, strengthened or gained."""

_BESIDE = "before.png"  # what `tfvis attack` writes beside a sample

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    add = adder(parser, CompareSettings())
    parser.add_argument("before", type=Path, metavar="BEFORE", help="the image before the change")
    parser.add_argument(
        "after", type=Path, metavar="AFTER", help="the image after it, of the same size"
    )
    add("name", "name of the results", "the name of the image after", metavar="NAME")
    add_model_options(add, family)
    add_group_options(parser, add, family, classes="the network's answers to both images")
    add_run_options(add, "the current folder")


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = group_settings(
        CompareSettings, arguments, before=arguments.before, after=arguments.after
    )
    images = _read(settings)
    settings = chosen(settings, say)
    if hint := domain_hint(images[:1], settings):  # the other one is changed
        say(hint)
    start = time.perf_counter()
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        first = _compare(settings, images, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s. Open first:")
    say(str(first / "overview.png"))


def _read(settings: CompareSettings) -> tuple[InputImage, InputImage]:
    """Both images, decoded; an `InputError` if one cannot be read, or their sizes differ."""
    files = settings.before, settings.after
    read = [ImageFile.read(file) for file in files]
    sizes = [(own.picture.height, own.picture.width) for own in read]
    if sizes[0] != sizes[1]:
        (height, width), (other_height, other_width) = sizes
        beside = settings.after.with_name(_BESIDE)
        hint = "cut or scale both alike"
        if beside.is_file() and beside != settings.before:
            hint = f"the image before an attack is {str(beside)!r}"
        raise InputError(
            f"Expected two images of one size, received {height} x {width} and {other_height} x "
            f"{other_width} pixels: {hint}."
        )
    names = [as_text(file.stem) for file in files]
    names[1] = settings.name or names[1]
    return tuple(
        InputImage(name, file, own, size)
        for name, file, own, size in zip(names, files, read, sizes, strict=True)
    )  # type: ignore[return-value]


def _compare(
    settings: CompareSettings,
    images: tuple[InputImage, InputImage],
    progress: Bars,
    say: Output,
) -> Path:
    """Compare the images in each layer; returns the first result folder."""
    from ..report import require_result_folder

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    command_line.resolve(layers=settings.layers)
    before, after = (image.at(net, settings.fit) for image in images)
    require_same_images([images[1]], settings, net)
    icons = in_fastest_format(net, settings.icons(net.icon_options), say)
    require_memory(net, settings, icons)
    if cropping := images[0].cropping(net, settings.fit):
        say(cropping)
    for when, image in (("before", before), ("after", after)):
        (index, logit), *_ = net.top(image, 1)
        say(f"{when}: {net.labels[index]} ({index}), logit {logit:.3f}")
    expected = _expected_folders(net, settings, before, after)
    for folder in expected:
        require_result_folder(folder)
    written, refused = list[Path](), list[str]()
    with finishing(settings.output, result_folders=len(expected)) as done:
        for layer in settings.layers:
            for sign in settings.signs:
                refused += _compare_in(
                    net, settings, before, after, layer, sign, icons, written, done, progress, say
                )
    if not written:
        raise InputError(" ".join(refused))
    for reason in refused:
        logger.warning("%s", reason)
    return written[0]


def _expected_folders(
    net: Network, settings: CompareSettings, before: SourceImage, after: SourceImage
) -> list[Path]:
    """The result folders, where no result of another question is in them."""
    from ..explainers.comparison import ImageComparison
    from ..report.comparisons import comparison_folder

    groups = settings.groups
    comparison = ImageComparison(net, settings.options(settings.layers[0], settings.signs[0]))
    classes = comparison.classes_of(before, after, settings.class_indices or None)
    other = None if groups.rather_than is None else net.class_index(groups.rather_than)
    above = settings.output / safe_name(settings.name or after.name or "image")
    return [
        comparison_folder(
            above, class_name(net.labels, index, other), groups.attribution, groups.grouping,
            layer_name(layer), sign,
        )
        for layer in settings.layers
        for sign in settings.signs
        for index in classes
    ]  # fmt: skip


def _compare_in(
    net: Network,
    settings: CompareSettings,
    before: SourceImage,
    after: SourceImage,
    layer: str,
    sign: str,
    icons: IconOptions,
    written: list[Path],
    done: Finished,
    progress: Bars,
    say: Output,
) -> list[str]:
    """Write a result folder for each class; returns why some classes have none."""
    from tfvis.utils.feature_groups import NothingSelectedError

    from ..explainers.comparison import ImageComparison
    from ..report import write

    comparison = ImageComparison(net, settings.options(layer, sign), icons=icons)
    classes = comparison.classes_of(before, after, settings.class_indices or None)
    pairs = comparison.attributions(
        before, after, classes, progress=progress(f"{layer}: attributions")
    )
    restoration = comparison.restoration(before, after)
    if restoration is not None and sign == settings.signs[0]:
        say(f"{layer}: {restoration.sentence()}")
    refused = []
    for pair in pairs:
        try:
            plain = comparison.without_icons(before, after, *pair, restoration=restoration)
        except NothingSelectedError as error:
            refused.append(f"{net.labels[pair[0].class_index]}: {error}")
            continue
        found = comparison.with_icons(
            plain,
            progress=progress(f"{layer}, {plain.label}, {sign}: icons"),
        )
        say_if_settled(f"{layer}, {found.label}, {sign}", found.icon_steps, icons, say)
        target = write(found, settings.output, settings.name)
        done.add("result folders")
        written.append(target)
        say(
            f"{layer}, {found.label}, {sign}: logit {found.logit_before:.2f} to "
            f"{found.logit_after:.2f}, {found.kinds} -> {target / 'overview.png'}"
        )
        say.result(target)
    return refused
