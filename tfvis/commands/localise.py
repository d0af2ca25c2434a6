"""`tfvis localise`: do masks and maps find the boxes of the objects?"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError

from ..datasets.box_tables import read_annotations
from ..explainers.options import PerturbationOptions
from ..explainers.registry import method_of, methods
from ..runtime.interruption import finishing
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import Bars, aligned, progress_bars
from ..settings.localise import SCENES, LocaliseSettings
from .inversion_options import add_inversion_options, inversion_of, inversion_options
from .option_groups import add_options, given_options, with_flags
from .options import add_model_options, add_run_options, adder, chosen, loaded, settings_of

if TYPE_CHECKING:
    from tfvis.utils.network import Network
    from tfvis.utils.progress import Progress

    from ..datasets.box_tables import Annotation
    from ..datasets.boxed_images import Collection
    from ..evaluation.box_results import BoxLocalisation, FinishedBatch
    from ..report.journal import Journal

HELP = "see whether masks and maps find the boxes of the objects"
EPILOG = (
    "Files go to <output>/<table>/localisation/; docs/results.md says what is in them. A run that "
    "was interrupted goes on where it ended when it is started again with the same options."
)
DESCRIPTION = """\
Explain each object of a table of boxes, draw a box around what the explanation shows, and count how
often the two boxes overlap by at least half. Without a table, rendered scenes of two objects are
taken."""
_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser, family: str = "inversion") -> None:
    """Add the options."""
    default = LocaliseSettings()
    parser.set_defaults(family="inversion")
    add = adder(parser, default)
    parser.add_argument(
        "boxes", nargs="?", type=Path, metavar="TABLE",
        help="a CSV file with the columns image, left, top, right, bottom and, if wanted, class, "
        "width and height; or Bbox, name, size, url (default: rendered scenes)",
    )  # fmt: skip
    add("scenes", "how many scenes are rendered where there is no table", str(SCENES), type=int,
        metavar="N")  # fmt: skip
    names = [method.name for method in methods() if method.shows != "every"]
    add("methods", f"the methods that are compared: {'; '.join(names)}",
        "; ".join(default.methods), nargs="+", metavar="METHOD")  # fmt: skip
    add("name", "name of the results", "the table's", metavar="NAME")
    add_model_options(add, "inversion")
    add("layer", "the layer of groups, channels and Grad-CAM", "the network's first default layer",
        metavar="LAYER")  # fmt: skip
    add_inversion_options(parser)
    add_options(parser, PerturbationOptions, prefix="mask", skip=("batch_size",))
    add_run_options(add, fit=False)


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    given = given_options(arguments, PerturbationOptions, "mask")
    perturbation = with_flags(lambda: PerturbationOptions(**given), [(PerturbationOptions, "mask")])
    settings = settings_of(
        LocaliseSettings,
        arguments,
        inversion=inversion_options(arguments),
        perturbation=perturbation,
    )
    annotations = () if settings.boxes is None else read_annotations(settings.boxes)
    settings = chosen(settings.offline(), say)
    from ..report import require_result_folder
    from ..report.folders import localisation_folder

    # Before anything is computed, rather than when it is to be written.
    require_result_folder(localisation_folder(settings.output, settings.title))
    with start_tensorflow(settings.device), progress_bars(settings.quiet) as progress:
        _localise(settings, annotations, progress, say)


def _localise(
    settings: LocaliseSettings,
    annotations: Sequence[Annotation],
    progress: Bars,
    say: Callable[[str], None],
) -> None:
    from ..evaluation.box_localisation import localisation_provenance
    from ..report import write
    from ..report.folders import localisation_folder
    from ..report.journal import Journal

    net = loaded(settings, progress)
    settings = settings.fitted(net)
    inversion = inversion_of(settings, net)
    options = inversion.options
    say(
        f"{net.name}: groups and Grad-CAM of {settings.layer}, guided inversion of "
        f"{' + '.join(inversion.base_layers)} to {inversion.inversion_layer}"
    )
    collection = _collected(settings, annotations, net, progress, say)
    every = [options, replace(settings.perturbation, batch_size=options.batch_size)]
    kinds = {method_of(name).options for name in settings.methods}
    asked = {
        "explainers": settings.methods,
        "layer": settings.layer,
        "options": [own for own in every if type(own) in kinds],
        "seed": settings.seed,
        "title": settings.title,
    }
    target = localisation_folder(settings.output, settings.title)
    table = None if settings.boxes is None else _digest(settings.boxes)
    images = {"table": table, "scenes": settings.n_scenes if settings.boxes is None else None}
    with Journal(target, localisation_provenance(net, **asked), **images) as journal:
        found = _found(
            net, collection, journal, asked, options.batch_size, progress("explaining", "map"), say
        )
        _tell(found, say)
        target = write(_of_table(found, settings.boxes, table), settings.output)
        journal.remove()
    say(f"{target / 'errors.csv'}, done in {found.seconds:.0f} s.")


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
    say: Callable[[str], None],
) -> BoxLocalisation:
    """The result, which takes over what the journal knows, and keeps there what is finished."""
    from ..evaluation.box_localisation import localise_boxes

    total = sum(len(image.targets) for image in collection.images)
    if journal.known:
        say(f"{journal.n_objects} of {total} objects are taken over from an interrupted run.")
    with finishing(journal.file, objects=total) as kept:

        def keep(batch: FinishedBatch) -> None:
            journal.add(batch)
            for _ in batch.objects:
                kept.add("objects")

        for batch in journal.known.values():
            for _ in batch.objects:
                kept.add("objects")
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


def _tell(found: BoxLocalisation, say: Callable[[str], None]) -> None:
    """Say what was found, and what was not."""
    from ..report.localisations import error_table

    say(f"Share of {len(found.objects)} objects missed (intersection over union below 0.5):")
    for line in aligned(error_table(found), numbers=True):
        say(line)
    for method in found.overlaps:
        overlaps = found.best_overlaps(method)
        wrong = sum(problem is not None for problem in found.problems[method])
        told = f", something went wrong {wrong} times, see objects.csv" if wrong else ""
        best = f"best alpha {found.best_alpha(method):g}, mean IoU {overlaps.mean():.3f}"
        say(f"{method}: {best}{told}")
    unreadable = [f"{name!r}: {reason}" for name, reason in found.unreadable]
    _tell_some("image{s} could not be read", unreadable, "unreadable.csv", say)
    failed = [f"{name!r}{label and f', {label}'}: {reason}" for name, label, reason in found.failed]
    _tell_some("object{s} or box{es} left out", failed, "failed.csv", say)


def _tell_some(what: str, lines: Sequence[str], file: str, say: Callable[[str], None]) -> None:
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
    say: Callable[[str], None],
) -> Collection:
    from ..datasets.boxed_images import collect, scenes

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
    collection = collect(
        annotations,
        settings.boxes.parent,
        net.labels,
        progress=progress("looking at images", unit="image"),
    )
    if collection.without_class:
        say(
            f"{collection.without_class} of {len(annotations)} objects have a name that is no "
            "class: the network's top answer is explained."
        )
    return collection
