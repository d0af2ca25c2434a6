"""`tfvis explain`: the groups of features that speak for, or against, the classes of an image."""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils.choices import ATTRIBUTION
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import SourceImage

from ..explainers.group_check import VERDICTS
from ..models.auto import FAMILIES
from ..models.registry import ModelSpec
from ..runtime import command_line
from ..runtime.interruption import Finished, finishing
from ..runtime.terminal import Bars, progress_bars
from ..settings.explain import ExplainSettings
from .group_options import (
    add_group_options,
    group_settings,
    in_fastest_format,
    require_memory,
    say_if_settled,
)
from .input_images import (
    InputImage,
    add_images,
    images_and_network,
    require_same_images,
)
from .options import add_model_options, add_run_options, adder, bounded_run, loaded
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.channel_attribution import ChannelAttribution
    from tfvis.utils.network import Network

    from ..experiments.group_visualisation import GroupVisualisation
    from ..explainers.explanation import Explanation
    from ..report import AttributionFiles

EPILOG = """\
Files go to <output>/<image>/<class>_<method>/; docs/results.md says what is in them.

Examples:
  %(prog)s --model critters --icon-steps 64
  %(prog)s --model critters --classes cat --sign both --no-icons
  %(prog)s data/owl_rabbit224.jpg --classes owl rabbit --model critters"""
DESCRIPTION = """\
Attribute a class's score to the channels of a hidden layer, group those that speak for it (or
against it), and write for each group a heat map (where in the image it looks), an icon (what it
responds to) and its score."""

_TOP = 2
"""So many of an image's top answers are explained where no class is named."""

_EARLY = "result folders without icons"

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options.

    Args:
        parser: to which they are added.
        family: the networks that `auto` chooses between.
    """
    parser.set_defaults(family=family)
    names = FAMILIES[family]
    add = adder(parser, ExplainSettings())
    add_images(parser)
    add("name", "name of the results of a single image", "its file's", metavar="NAME")
    add_model_options(add, family)
    example = ", ".join(names.classes.get(names.preferred, ()))
    answers = "each image's top two answers, with --rather-than the first other answer"
    if example:
        answers += f"; of the example image: {example}"
    add_group_options(parser, add, family, classes=answers)
    add("no_icons", "render no icons, which take most of the time", "off", action="store_true")
    add(
        "check",
        "find out which groups can be relied on: each is looked for again after noise, and its "
        "deletion is compared with that of random channels; compute their exact Shapley values, "
        "if there are at most 11",
        "off",
        action="store_true",
    )
    add(
        "read_attributions",
        "read the attributions that an earlier run with the same output folder wrote, "
        "instead of computing them; their text files may have been edited, but must be of this "
        "image, network and layer",
        "off",
        action="store_true",
    )
    add_run_options(add, "the current folder")


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = group_settings(ExplainSettings, arguments)
    images, settings = images_and_network(settings, say)
    spec = settings.spec
    if settings.read_attributions and spec is not None and spec.labels is not None:
        # Those of named classes are looked at before the network is loaded.
        known = settings.fitted(spec)
        for image in images:
            for index in known.class_indices:
                files = _files(known, image.name, spec, index)
                for layer in (layer for layer in known.layers if layer in spec.channels):
                    files.load(layer, index, spec.channels[layer])
    start = time.perf_counter()
    with bounded_run(settings):
        first, *_ = _explain(settings, images, say)
    hint = getattr(arguments, "hint", None)  # of a script
    if hint is not None and not settings.images:
        say(hint)
    say(f"Done in {time.perf_counter() - start:.0f} s. Open first:")
    say(str(first / "overview.png"))


def _files(
    settings: ExplainSettings, image: str, subject: ModelSpec | Network, index: int
) -> AttributionFiles:
    from tfvis.utils.file_names import class_name

    from ..report import AttributionFiles

    if subject.labels is None:
        raise ValueError("Expected a network whose classes have names by now.")
    other = settings.groups.rather_than
    other = None if other is None else subject.labels.index(other)
    return AttributionFiles(
        settings.output,
        image,
        class_name(subject.labels, index, other),
        settings.groups.attribution,
        other,
    )


def _explain(settings: ExplainSettings, images: Sequence[InputImage], say: Output) -> list[Path]:
    """Explain all images; returns the result folders."""
    written: list[Path] = []
    with progress_bars(settings.quiet) as progress:
        net = loaded(settings, progress)
        settings = settings.fitted(net)
        command_line.resolve(layers=settings.layers)
        require_same_images(images, settings, net)
        icons = None
        if not settings.no_icons:
            icons = in_fastest_format(net, settings.icons(net.icon_options), say)
        require_memory(net, settings, icons)
        classes = len(settings.classes) or min(_count(settings), len(net.labels))
        pairs = len(images) * len(settings.layers) * classes
        with finishing(
            settings.output,
            result_folders=pairs * len(settings.signs),
            result_folders_without_icons=0 if icons is None else pairs * len(settings.signs),
            attribution_files=pairs,
        ) as finished:
            refused = []
            for image in images:
                before = f"{image.name}: " if len(images) > 1 else ""
                if cropping := image.cropping(net, settings.fit):
                    say(cropping)
                own = _explain_image(
                    net, image.at(net, settings.fit), settings, icons, finished, written, progress,
                    say, before,
                )  # fmt: skip
                refused += [f"{before}{reason}" for reason in own]
    if refused:
        raise InputError(" ".join(refused))
    return written


def _explain_image(
    net: Network,
    source: SourceImage,
    settings: ExplainSettings,
    icons: IconOptions | None,
    finished: Finished,
    written: list[Path],
    progress: Bars,
    say: Output,
    before: str,
) -> list[str]:
    """Explain one image; returns why some classes have no result at all."""
    from ..experiments.group_visualisation import GroupVisualisation

    top = net.top(source)
    title = net.name if settings.spec is None else settings.spec.title
    say(f"{before}{title} sees:")
    for index, logit in top:
        say(f"  {logit:7.3f}  {net.labels[index]} ({index})")
    if not settings.classes:
        settings = replace(settings, classes=_chosen_classes(settings, top))
    experiment = GroupVisualisation(
        net, source, settings.class_indices, settings.signs, settings.options, icons
    )
    for index in settings.class_indices:
        files = _files(settings, experiment.name, net, index)
        files.require_folders(str(settings.groups.grouping), _expected(settings))
    return [
        reason
        for layer in settings.layers
        for reason in _explain_layer(
            experiment, settings, layer, finished, written, progress, say, before
        )
    ]


def _count(settings: ExplainSettings) -> int:
    """How many classes are explained where none is named."""
    return _TOP if settings.groups.rather_than is None else 1


def _chosen_classes(settings: ExplainSettings, top: Sequence[tuple[int, float]]) -> tuple[int, ...]:
    """The classes that are explained where none is named, of an image's top answers."""
    others = [index for index, _ in top if index != settings.groups.rather_than]
    return tuple(others[: _count(settings)])


def _expected(settings: ExplainSettings) -> list[str]:
    """Result folders of a class, as far as their names are known: they end in how many groups."""
    from tfvis.utils.file_names import layer_name

    count = settings.groups.n_groups
    pairs = [(layer, sign) for layer in settings.layers for sign in settings.signs]
    return [] if count is None else [f"{layer_name(layer)}_{sign}{count}" for layer, sign in pairs]


def _explain_layer(
    experiment: GroupVisualisation,
    settings: ExplainSettings,
    layer: str,
    finished: Finished,
    written: list[Path],
    progress: Bars,
    say: Output,
    before: str,
) -> list[str]:
    """Write a result folder for each class and sign; returns why some classes have none at all."""
    net = experiment.net
    start = time.perf_counter()
    if settings.read_attributions:
        attributions = tuple(
            _files(settings, experiment.name, net, index).load(layer, index, net.n_channels(layer))
            for index in settings.class_indices
        )
        experiment.require_same_origin(attributions, layer)
    else:
        attributions = experiment.attribute(
            layer, progress=progress(f"{before}{layer}: attributions")
        )
        for attribution in attributions:
            _files(settings, experiment.name, net, attribution.class_index).save(attribution)
            finished.add("attribution files")
            say(before + _accuracy(attribution, _label(net, attribution)))
    seconds = {"attribution_of_all_classes": time.perf_counter() - start}
    refused: list[str] = []
    found: list[tuple[str, Explanation]] = []
    for attribution in attributions:
        label = _label(net, attribution)
        if attribution.maps is None and settings.groups.heat_maps == ATTRIBUTION:
            blue = "; nothing is blue" if settings.groups.show_against else ""
            say(
                f"{before}{layer}, {label}: heat maps are of activations, since the attributions "
                f"of single positions are not known{blue}."
            )
        empty = []
        for sign in settings.signs:
            explanation = experiment.without_icons(attribution, sign)
            if isinstance(explanation, str):
                empty.append(f"{label}: {explanation}")
                continue
            name = f"{before}{layer}, {label}, {sign}"
            if settings.check:
                explanation = experiment.checked(
                    explanation, progress=lambda stage, name=name: progress(f"{name}: {stage}")
                )
                say(f"{name}: {_verdicts(explanation)}")
                if explanation.game_problem is not None:
                    say(f"{name}: {explanation.game_problem}")
            whole = {**seconds, **explanation.seconds}
            found.append((name, replace(explanation, seconds=whole)))
        if len(empty) == len(settings.signs):
            refused += empty
        else:
            # With both signs asked for, one of them may have nothing to show.
            for reason in empty:
                logger.warning("%s", reason)
    _write(experiment, settings, found, finished, written, progress, say)
    return refused


def _write(
    experiment: GroupVisualisation,
    settings: ExplainSettings,
    found: Sequence[tuple[str, Explanation]],
    finished: Finished,
    written: list[Path],
    progress: Bars,
    say: Output,
) -> None:
    """Write a layer's results, each with what it is called: all heat maps, then the icons too.

    Icons take most of the time: who looks at heat maps need not wait for them.
    """
    from ..report import write
    from ..report.explanations import lacks_icons

    def tell(name: str, whole: Explanation, target: Path, instead_of: str | None = None) -> None:
        finished.add("result folders", instead_of=instead_of)
        written.append(target)
        count = len(whole.groups)
        say(f"{name}: {count} group{'s' * (count > 1)} -> {target / 'overview.png'}")
        say.result(target)

    if settings.no_icons:
        for name, explanation in found:
            tell(name, explanation, write(explanation, settings.output))
        return

    replaced = []
    for name, explanation in found:
        target = write(explanation, settings.output)
        if early := lacks_icons(target):  # or else a complete one stands there
            finished.add(_EARLY)
            say(f"{name}: heat maps -> {target / 'overview.png'}; icons follow")
        replaced.append(_EARLY if early else None)
    for (name, explanation), early in zip(found, replaced, strict=True):
        complete = experiment.with_icons(
            explanation, progress=lambda stage, name=name: progress(f"{name}: {stage}")
        )
        say_if_settled(name, complete.icon_steps, experiment.icons, say)
        tell(name, complete, write(complete, settings.output), early)


def _verdicts(explanation: Explanation) -> str:
    """How many groups can be relied on, in a line."""
    counts = Counter(check.verdict for check in explanation.checks)
    return ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts[name])


def _label(net: Network, attribution: ChannelAttribution) -> str:
    from ..explainers.attributions import label_of

    return label_of(net, attribution.class_index, attribution.rather_than)


def _accuracy(attribution: ChannelAttribution, label: str) -> str:
    """How good the attributions are, in a line."""
    text = (
        f"{attribution.layer}, {label}: {attribution.method} values sum to "
        f"{attribution.values.sum():.4f} (exact: {attribution.total:.4f})"
    )
    if attribution.standard_error is not None and np.isfinite(attribution.standard_error).all():
        text += f", mean standard error {attribution.standard_error.mean():.4f}"
    return text
