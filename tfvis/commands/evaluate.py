"""`tfvis evaluate`: score explainers by many metrics, on images or on scenes of known truth."""

from __future__ import annotations

import argparse
import time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError

from ..evaluation.evaluation_defaults import SCENES
from ..evaluation.metric_names import ABOUT
from ..explainers.registry import methods
from ..runtime.terminal import Bars, aligned, progress_bars
from ..settings.evaluate import EvaluateSettings
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

    from ..evaluation.cases import CaseList
    from ..evaluation.evaluations import Evaluation

EPILOG = """\
The scenes are always the same; --seed is that of explainers, metrics and intervals.
docs/evaluation.md says what each metric asks, and how to read the page. Files go to
<output>/<name>/evaluation/. A run that was interrupted goes on where it ended when it is started
again with the same options.

Examples:
  %(prog)s --scenes 20
  %(prog)s --scenes 20 --explainers Grad-CAM "best group" --metrics single_deletion pointing
  %(prog)s --images photographs/ --top 2"""
DESCRIPTION = """\
Explain many images by several explainers, and score what each finds by several metrics. Without
images, rendered scenes are taken, of which is known where each object is, and which can be drawn
without one of its parts."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    add = adder(parser, EvaluateSettings())
    add("images", "images, and folders of images", "rendered scenes", nargs="+", type=Path,
        metavar="PATH")  # fmt: skip
    add("scenes", "how many scenes of each kind are rendered where there are no images: of one "
        "object, of two, and four images in one", str(SCENES), type=int, metavar="N")  # fmt: skip
    add("explainers", "the explainers that are compared, a name of several words in quotes or with "
        f"dashes: {'; '.join(own.name for own in methods())}",
        "those that have one map a class and optimise no mask", nargs="+",
        metavar="NAME")  # fmt: skip
    add("metrics", f"what they are scored by: {', '.join(ABOUT)}",
        "all that the cases allow but for variants", nargs="+", metavar="NAME")  # fmt: skip
    add("classes", "the classes that are explained in every image, by name, WordNet id or index",
        "the network's first answers", nargs="+", metavar="CLASS")  # fmt: skip
    add("top", "how many of an image's first answers are explained", type=int, metavar="N")
    add("slow", "also compare the explainers that optimise a mask, which takes seconds or minutes "
        "a case", "off", action="store_true")  # fmt: skip
    add("slow_cases", "how many cases of each kind these explain", type=int, metavar="N")
    add("name", "name of the results", "the folder's, or critters scenes", metavar="NAME")
    add_model_options(add, family)
    add("layer", "the layer that explainers look at", "the default of each", metavar="LAYER")
    add("batch_size", "cases that are explained together; bounds the memory", type=int, metavar="N")
    add_run_options(add)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = settings_of(EvaluateSettings, arguments)
    from ..datasets.image_folders import image_files

    files = _readable(image_files(settings.images), settings.images, say)
    settings = chosen(settings.offline(), say)
    from ..report import require_result_folder
    from ..report.folders import evaluation_folder

    # Before anything is computed, rather than when it is to be written.
    target = evaluation_folder(settings.output, settings.title)
    require_result_folder(target)
    with bounded_run(settings), progress_bars(settings.quiet) as progress:
        _evaluate(settings, files, target, progress, say)


def _readable(files: tuple[Path, ...], named: tuple[Path, ...], say: Output) -> tuple[Path, ...]:
    """The files that can be read; of those that lie in folders the others are left out."""
    from tfvis.utils.image_sources import ImageFile

    found = []
    for file in files:
        try:
            ImageFile.read(file)
        except InputError as error:
            if file in named:
                raise
            say(f"Left out: {error}")
        else:
            found.append(file)
    if files and not found:
        raise InputError(f"None of {len(files)} images can be read.")
    return tuple(found)


def _evaluate(
    settings: EvaluateSettings,
    files: tuple[Path, ...],
    target: Path,
    progress: Bars,
    say: Output,
) -> None:
    from ..evaluation.evaluating import plan_evaluation
    from ..evaluation.evaluations import FinishedCases
    from ..report import write
    from ..report.journal import Journal

    start = time.perf_counter()
    net = loaded(settings, progress)
    settings = settings.fitted(net)
    plan = plan_evaluation(
        net,
        settings.named,
        settings.metrics or None,
        _cases(settings, net, files, progress),
        layer=settings.layer,
        optimised_cases=settings.slow_cases,
        seed=settings.seed,
        batch_size=settings.batch_size,
    )
    n = len(plan.cases)
    counts = {"explainer": len(plan.contenders), "metric": len(plan.metrics), "case": n}
    told = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())
    say(f"{net.name}: {told}")
    with Journal(target, plan.provenance, FinishedCases, title=settings.title) as journal:
        with keeping(journal, "cases", n, say) as keep:
            found = plan.run(
                known=journal.known, finished=keep, progress=progress("evaluating", "case")
            )
        _tell(found, say)
        written = write(found, settings.output, settings.title)
        journal.remove()
    page = written / "report.html"
    say(f"Done in {time.perf_counter() - start:.0f} s. Open first:")
    say(str(page if page.exists() else written / "overview.png"))
    say.result(written)


def _cases(
    settings: EvaluateSettings, net: Network, files: tuple[Path, ...], progress: Bars
) -> CaseList:
    from ..evaluation.case_metric_registry import case_metrics, chosen_metrics
    from ..evaluation.cases import IMAGE, KINDS, image_cases, scene_cases

    if files:
        chosen_metrics(settings.metrics or None, (IMAGE,))  # before they are all looked at
    else:
        named = [own for own in case_metrics() if own.name in settings.metrics or not
                 settings.metrics]  # fmt: skip
        wanted = {kind for own in named for kind in own.kinds}
        kinds = [kind for kind in KINDS if kind in wanted and kind != IMAGE]
        return scene_cases(net, settings.n_scenes, kinds=kinds)
    classes = list(settings.class_indices)
    images = [file for file in files for _ in classes] if classes else list(files)
    return image_cases(
        net,
        images,
        classes * len(files) if classes else None,
        top=settings.top,
        fit=settings.fit,
        progress=progress("looking at images", "image"),
    )


def _tell(found: Evaluation, say: Output) -> None:
    """Say each metric's best explainers."""
    rows: list[tuple[str, ...]] = [("metric", "best", "mean", "95 % interval", "second")]
    for metric, own in found.estimates.items():
        ranked = found.ranked(metric)
        if not ranked:
            say(f"{metric}: no explainer has a score.")
            continue
        places = found.places(metric)
        best = own[ranked[0]]
        tied = [name for name in ranked if places[name] == 1]
        named = ranked[0] if len(tied) == 1 else f"{ranked[0]} and {len(tied) - 1} more"
        interval = f"{best.low:.3f} to {best.high:.3f}" if isfinite(best.low) else "one image"
        rows.append((metric, named, f"{best.mean:.3f}", interval, "".join(ranked[len(tied) :][:1])))
    for line in aligned(rows):
        say(line)
