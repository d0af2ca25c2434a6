"""`tfvis localise`: do masks and maps find the boxes of the objects?"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError

from ..datasets.box_tables import read_annotations
from ..explainers.guided_inversion.presets import InversionOptions, Preset
from ..explainers.options import PerturbationOptions
from ..explainers.registry import method_of, methods, with_one_map
from ..runtime.terminal import Bars, aligned, progress_bars
from ..settings.localise import SCENES, LocaliseSettings
from .inversion_options import add_inversion_options, inversion_of, inversion_options
from .option_groups import add_options, given_flags, given_options, with_flags
from .options import (
    add_model_options,
    add_run_options,
    adder,
    bounded_run,
    chosen,
    loaded,
    settings_of,
)
from .output import Output
from .resumed_runs import keeping

if TYPE_CHECKING:
    from tfvis.utils.network import Network
    from tfvis.utils.progress import Progress

    from ..datasets.box_tables import Annotation
    from ..datasets.boxed_images import Collection
    from ..evaluation.box_results import BoxLocalisation
    from ..report.journal import Journal

EPILOG = """\
docs/boxes.md says what a table has. Files go to <output>/<table>/localisation/;
docs/results.md says what is in them. A run that was interrupted goes on where it ended when it is
started again with the same options.

Examples:
  %(prog)s --methods Grad-CAM "all groups" --scenes 20
  %(prog)s --methods Grad-CAM --layer mixed4d --scenes 20 --name deep"""
DESCRIPTION = """\
Explain each object of a table of boxes, draw a box around what the explanation shows, and count how
often the two boxes overlap by at least half. Without a table, rendered scenes of two objects are
taken."""
_SHOWN = 5
_OF_ALL = ("batch_size", "seed")
"""Fields of single methods' options that hold for all methods here."""
_OF_ONE = tuple(own.name for own in fields(InversionOptions) if own.name != "batch_size")


def add_arguments(parser: argparse.ArgumentParser, family: str = "inversion") -> None:
    """Add the options."""
    default = LocaliseSettings()
    parser.set_defaults(family="inversion")
    add = adder(parser, default)
    parser.add_argument(
        "boxes", nargs="?", type=Path, metavar="TABLE",
        help="a CSV file with the columns image (a path from the table's folder, or an address), "
        "left, top, right, bottom (in pixels) and, if wanted, class, width and height; or Bbox, "
        "name, size, url (default: rendered scenes)",
    )  # fmt: skip
    add("scenes", "how many scenes are rendered where there is no table", str(SCENES), type=int,
        metavar="N")  # fmt: skip
    add("methods", "the methods that are compared, a name of several words in quotes or with "
        f"dashes: {'; '.join(with_one_map())}",
        "; ".join(default.methods), nargs="+", metavar="METHOD")  # fmt: skip
    add("allow_local", "also request addresses of this machine and of local networks, which a "
        "table may name or lead to", "off", action="store_true")  # fmt: skip
    add("name", "name of the results", "the table's", metavar="NAME")
    add_model_options(add, "inversion")
    add("layer", "the layer of groups, channels and Grad-CAM", "the network's first default layer",
        metavar="LAYER")  # fmt: skip
    add_options(parser, InversionOptions, skip=_OF_ONE)
    add_run_options(add, fit=False)
    group = parser.add_argument_group("for guided inversion only")
    add_inversion_options(group, skip=_OF_ALL)
    group = parser.add_argument_group("for extremal perturbation only")
    add_options(group, PerturbationOptions, prefix="mask", skip=_OF_ALL)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    given = given_options(arguments, PerturbationOptions, "mask")
    perturbation = with_flags(lambda: PerturbationOptions(**given), [(PerturbationOptions, "mask")])
    settings = settings_of(
        LocaliseSettings,
        arguments,
        inversion=inversion_options(arguments),
        perturbation=perturbation,
    )
    _require_used(arguments, settings.methods)
    annotations = () if settings.boxes is None else read_annotations(settings.boxes)
    settings = chosen(settings.offline(), say)
    from ..report import require_result_folder
    from ..report.folders import localisation_folder

    # Before anything is computed, rather than when it is to be written.
    require_result_folder(localisation_folder(settings.output, settings.title))
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        _localise(settings, annotations, progress, say)


def _localise(
    settings: LocaliseSettings,
    annotations: Sequence[Annotation],
    progress: Bars,
    say: Output,
) -> None:
    from ..evaluation.box_localisation import localisation_provenance
    from ..report import write
    from ..report.folders import localisation_folder
    from ..report.journal import Journal

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    own = _own_options(settings, net, say)
    say(_announced(settings, net, own))
    if settings.seed and not any(method_of(name).takes("seed") for name in settings.methods):
        say(f"--seed {settings.seed} has no effect: these methods are not random.")
    collection = _collected(settings, annotations, net, progress, say)
    asked = {
        "explainers": settings.methods,
        "layer": settings.layer if settings.takes_layer else None,
        "options": own,
        "seed": settings.seed,
        "title": settings.title,
    }
    target = localisation_folder(settings.output, settings.title)
    table = None if settings.boxes is None else _digest(settings.boxes)
    images = {"table": table, "scenes": settings.n_scenes if settings.boxes is None else None}
    with Journal(target, localisation_provenance(net, **asked), **images) as journal:
        size = settings.inversion.batch_size
        found = _found(net, collection, journal, asked, size, progress("explaining", "map"), say)
        _tell(found, say)
        target = write(_of_table(found, settings.boxes, table), settings.output)
        journal.remove()
    say(f"{target / 'errors.csv'}, done in {found.seconds:.0f} s.")
    say.result(target)


def _require_used(arguments: argparse.Namespace, names: Sequence[str]) -> None:
    """Raise an `InputError` for options of methods that are not run."""
    given = {
        InversionOptions: [
            *given_flags(arguments, InversionOptions, skip=_OF_ALL),
            *given_flags(arguments, Preset),
        ],
        PerturbationOptions: given_flags(arguments, PerturbationOptions, "mask"),
    }
    for kind, flags in given.items():
        if flags and kind not in {method_of(name).options for name in names}:
            wanted = "; ".join(own.name for own in methods() if own.options is kind)
            raise InputError(
                f"Expected {', '.join(flags)} with --methods that take it ({wanted}), received "
                f"--methods {'; '.join(names)}."
            )


def _own_options(settings: LocaliseSettings, net: Network, say: Output) -> list[Any]:
    """The options of those methods that are run."""
    kinds = {method_of(name).options for name in settings.methods}
    found: list[Any] = []
    if InversionOptions in kinds:
        found.append(inversion_of(settings, net, say).options)
    if PerturbationOptions in kinds:
        batch_size = settings.inversion.batch_size
        found.append(replace(settings.perturbation, batch_size=batch_size))
    return found


def _announced(settings: LocaliseSettings, net: Network, own: Sequence[Any]) -> str:
    """A line that says which methods are run, and which layers they look at."""
    from ..explainers.guided_inversion import GuidedFeatureInversion

    parts = [name for name in settings.methods if not method_of(name).takes("layer")]
    inverted = [name for name in parts if method_of(name).options is InversionOptions]
    parts = [name for name in parts if name not in inverted]
    if of_layer := [name for name in settings.methods if method_of(name).takes("layer")]:
        parts.insert(0, f"{' and '.join(of_layer)} of {settings.layer}")
    if inverted:
        (options,) = (kind for kind in own if isinstance(kind, InversionOptions))
        inversion = GuidedFeatureInversion(net, options=options)
        parts.append(
            f"{' and '.join(inverted)} of {' + '.join(inversion.base_layers)} to "
            f"{inversion.inversion_layer}"
        )
    return f"{net.name}: {'; '.join(parts)}"


def _digest(table: Path) -> str:
    try:
        return hashlib.sha256(table.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"Cannot read {str(table)!r}: {error.strerror}.") from None


def _of_table(found: BoxLocalisation, file: Path | None, digest: str | None) -> BoxLocalisation:
    """The same with the table in its provenance: results of two tables do not replace each other.

    Equal tables in two folders, where their images are, may be of different images.
    """
    made = found.provenance
    if file is None or made is None:
        return found
    options = {**made.options, "folder": str(file.parent.resolve())}
    return replace(found, provenance=replace(made, image_file=digest, options=options))


def _found(
    net: Network,
    collection: Collection,
    journal: Journal,
    asked: dict[str, Any],
    batch_size: int,
    progress: Progress,
    say: Output,
) -> BoxLocalisation:
    """The result, which takes over what the journal knows, and keeps there what is finished."""
    from ..evaluation.box_localisation import localise_boxes

    total = sum(len(image.targets) for image in collection.images)
    with keeping(journal, "objects", total, say) as keep:
        found = localise_boxes(
            net,
            collection.images,
            batch_size=batch_size,
            known=journal.known,
            finished=keep,
            progress=progress,
            **asked,
        )
    return found.with_unreadable(collection.unreadable).with_failed(collection.failed)


def _tell(found: BoxLocalisation, say: Output) -> None:
    """Say what was found, and what was not."""
    from ..report.localisations import error_table

    n = len(found.objects)
    say(
        f"Share of {n} object{'s' * (n > 1)} missed (intersection over union below 0.5), for boxes "
        "around what exceeds alpha times the map's mean:"
    )
    for line in aligned(error_table(found), numbers=True):
        say(line)
    for method in found.overlaps:
        overlaps = found.best_overlaps(method)
        wrong = sum(problem is not None for problem in found.problems[method])
        told = f"; {wrong} with a problem, see objects.csv" if wrong else ""
        alpha = found.best_alpha(method)
        missed = found.errors(method)[found.alphas.index(alpha)]
        say(
            f"{method}: {missed:.3f} missed at the best alpha, {alpha:g}; mean overlap "
            f"{overlaps.mean():.3f}{told}"
        )
    unreadable = [f"{name!r}: {reason}" for name, reason in found.unreadable]
    _tell_some("image{s} could not be read", unreadable, "unreadable.csv", say)
    failed = [
        f"{own.image!r}{own.label and f', {own.label}'}: {own.reason}" for own in found.failed
    ]
    _tell_some("box{es} left out", failed, "failed.csv", say)


def _tell_some(what: str, lines: Sequence[str], file: str, say: Output) -> None:
    several = len(lines) > 1
    if lines:
        say(f"{len(lines)} {what.format(s='s' * several, es='es' * several)}:")
    for line in lines[:_SHOWN]:
        say(f"  {line}")
    if len(lines) > _SHOWN:
        say(f"  … all of them are in {file}")


def _collected(
    settings: LocaliseSettings,
    annotations: Sequence[Annotation],
    net: Network,
    progress: Bars,
    say: Output,
) -> Collection:
    from ..datasets.boxed_images import collect, scenes
    from ..datasets.image_downloads import request_summary, to_request

    if settings.boxes is None:
        try:
            return scenes(
                settings.n_scenes, net.labels, progress=progress("rendering", unit="scene")
            )
        except InputError as error:
            raise InputError(
                f"Expected a table of boxes, or a network that knows the scenes, such as critters: "
                f"{error}"
            ) from None
    names = [annotation.image for annotation in annotations]
    if addresses := to_request(names, allow_local=settings.allow_local):
        say(request_summary(addresses))
    collection = collect(
        annotations,
        settings.boxes.parent,
        net.labels,
        allow_local=settings.allow_local,
        progress=progress("looking at images", unit="image"),
    )
    if collection.without_class:
        n = collection.without_class
        say(
            f"{n} of {len(annotations)} objects {'has' if n == 1 else 'have'} a name that is no "
            "class: the network's top answer is explained."
        )
    return collection
