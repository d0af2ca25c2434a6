"""`tfvis attack`: change images so that the network answers otherwise."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage, read_image

from ..attacks.options import FgsmOptions, PatchOptions, PgdOptions
from ..runtime.interruption import finishing
from ..runtime.terminal import Bars, progress_bars
from ..settings.attack import PATCH, AttackSettings
from .input_images import (
    InputImage,
    add_images,
    images_and_network,
    require_same_images,
)
from .option_groups import add_options, given_options, with_flags
from .options import add_model_options, add_run_options, adder, bounded_run, loaded, settings_of
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..attacks.patch import AdversarialPatch
    from ..attacks.samples import AdversarialSample

EPILOG = """\
Files go to <output>/<image>/attack_<method>/; docs/results.md says what is in them. The sample is
an image that every other command takes.

Examples:
  %(prog)s --model critters
  %(prog)s --model critters --method pgd --target owl
  %(prog)s data/owl_rabbit224.jpg --model critters --epsilon 4"""
DESCRIPTION = """\
Attack a network: find a small change of an image, within a budget, after which the network no
longer gives its answer (or gives the target). fgsm is one step along the gradient's sign, pgd many
steps, patch a picture that is pasted on the image."""

_OF_BOTH = tuple(own.name for own in fields(FgsmOptions))
"""Options of PGD that FGSM has too."""
_OF_PGD = tuple(own.name for own in fields(PgdOptions) if own.name not in _OF_BOTH)

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    default = AttackSettings()
    add = adder(parser, default)
    add_images(parser)
    add("name", "name of the results of a single image", "its file's", metavar="NAME")
    add_model_options(add, family)
    add("method", "fgsm, pgd or patch", metavar="NAME")
    parser.add_argument(
        "--class", dest="classes", nargs=1, default=default.classes, metavar="CLASS",
        help="the class that the network answers, by name, index or WordNet id; images of which "
        "it answers another are not attacked (default: its answer, whichever it is)",
    )  # fmt: skip
    add("target", "the class that the network is to answer", "any other than its answer",
        metavar="CLASS")  # fmt: skip
    add_run_options(add, "the current folder")
    gradient = parser.add_argument_group("for fgsm and pgd only")
    add_options(gradient, PgdOptions, skip=("seed", *_OF_PGD))
    pgd = parser.add_argument_group("for pgd only")
    add_options(pgd, PgdOptions, skip=("seed", *_OF_BOTH))
    patch = parser.add_argument_group("for patch only")
    add_options(patch, PatchOptions, prefix=PATCH, skip=("seed",))
    add = adder(patch, default)
    add("train", "images that a patch is trained on", "those that are attacked", nargs="+",
        type=Path, metavar="IMAGE")  # fmt: skip
    add("centre", "where the patch's centre lies, in pixels of the network's images",
        "a random place", nargs=2, type=float, metavar=("ROW", "COLUMN"))  # fmt: skip


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    gradient, patch = (_given(arguments, PgdOptions, ""), _given(arguments, PatchOptions, PATCH))
    settings = settings_of(
        AttackSettings, arguments, gradient=gradient, patch=patch,
        train=tuple(arguments.train),
    )  # fmt: skip
    sources, settings = images_and_network(settings, say)
    start = time.perf_counter()
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        _attack(settings, sources, progress, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _given(arguments: argparse.Namespace, kind: type, prefix: str) -> dict[str, Any]:
    """The options of an attack that the arguments give; an error names them as they are typed."""
    given = given_options(arguments, kind, prefix)
    given.pop("seed", None)  # the settings' own
    with_flags(lambda: kind(**given), [(kind, prefix)])
    return given


def _attack(
    settings: AttackSettings,
    sources: Sequence[InputImage],
    progress: Bars,
    say: Output,
) -> None:
    from ..report import write

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    require_same_images(sources, settings, net)
    attack = _patch_attack if settings.method == PATCH else _gradient_attack
    refused: list[str] = []
    # Before the first attack, since a patch is trained on the images that are left.
    sources = _attackable(net, settings, sources, refused)
    with finishing(settings.output, images=len(sources)) as finished:
        for found in attack(net, settings, sources, progress):
            target = write(found, settings.output)
            finished.add("images")
            say(f"{_outcome(found)} -> {target / 'overview.png'}")
            say.result(target)
    if refused:
        raise InputError(" ".join(refused))


def _attackable(
    net: Network,
    settings: AttackSettings,
    sources: Sequence[InputImage],
    refused: list[str],
) -> list[InputImage]:
    """The images that can be attacked; a warning says of which the target is the answer already.

    Args:
        net: the network.
        settings: with a target that the network knows.
        sources: the images.
        refused: why others cannot be attacked; it is added to.

    Raises:
        InputError: none is left, or the images cannot be attacked for another reason.
    """
    from ..attacks.victims import TargetAnsweredError, WrongAnswerError

    check = _check(net, settings)
    left, skipped = [], []
    for source in sources:
        try:
            check(source.at(net, settings.fit))
        except TargetAnsweredError as reason:
            skipped.append(str(reason))
        except WrongAnswerError as reason:
            refused.append(str(reason))
        else:
            left.append(source)
    if not left:
        raise InputError(" ".join([*refused, *skipped]))
    for reason in skipped:
        logger.warning("Not attacked: %s", reason)
    return left


def _check(net: Network, settings: AttackSettings) -> Callable[[SourceImage], object]:
    """What raises an error for an image that the attack would refuse."""
    from ..attacks.victims import Victims

    if settings.method != PATCH:
        return lambda image: Victims.of(net, [image], _classes(settings, [image]), settings.target)
    attack = _patch_of(net, settings)
    return lambda image: attack.check(
        [image], _classes(settings, [image]), centres=_centres(settings)
    )


def _gradient_attack(
    net: Network, settings: AttackSettings, sources: Sequence[InputImage], progress: Bars
) -> Iterator[AdversarialSample]:
    """The samples, a batch at a time: what is finished is written before the next is begun."""
    from ..attacks import fgsm, pgd

    options = settings.options
    attack = pgd if settings.method == "pgd" else fgsm
    for first in range(0, len(sources), options.batch_size):
        images = [own.at(net, settings.fit) for own in sources[first : first + options.batch_size]]
        yield from attack(
            net, images, _classes(settings, images), targets=settings.target, options=options,
            progress=progress(settings.method, unit="step"),
        )  # fmt: skip


def _patch_attack(
    net: Network, settings: AttackSettings, sources: Sequence[InputImage], progress: Bars
) -> Iterator[AdversarialSample]:
    """The samples of a patch that is trained once."""
    attack = _patch_of(net, settings)
    images = [own.at(net, settings.fit) for own in sources]
    trained_on = [read_image(file, net.input_size, settings.fit) for file in settings.train]
    attack.fit(trained_on or images, progress=progress("patch", unit="step"))
    for image in images:
        yield from attack.attack(
            [image], _classes(settings, [image]), centres=_centres(settings), seed=settings.seed
        )


def _patch_of(net: Network, settings: AttackSettings) -> AdversarialPatch:
    from ..attacks import AdversarialPatch

    assert settings.target is not None  # noqa: S101
    return AdversarialPatch(net, settings.target, options=settings.options)


def _centres(settings: AttackSettings) -> list[tuple[float, float]] | None:
    """The patch's place in an image, if one was named."""
    return None if settings.centre is None else [settings.centre]


def _classes(settings: AttackSettings, images: Sequence[SourceImage]) -> list[int] | None:
    """The class of each image, if one was named."""
    return list(settings.class_indices) * len(images) or None


def _outcome(found: AdversarialSample) -> str:
    """What became of an attack, in a line."""
    made = found.provenance
    name = "image" if made is None or made.image_name is None else made.image_name
    change = f"largest change {found.largest_change}/255"
    same = found.answer == found.class_index
    now = f"still {found.label}" if same else f"{found.label} is now {found.answer_label}"
    if found.succeeded:
        return f"{name}: {now} ({change})"
    aim = "" if found.target is None else f", not {found.target_label}"
    return f"{name}: {now}{aim} ({change}); the attack did not succeed"
