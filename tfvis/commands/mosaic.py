"""`tfvis mosaic`: a figure for a paper, of results that are there."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text
from tfvis.utils.mosaic_options import FORMATS, INCH, MosaicOptions

from ..runtime.startup import start_tensorflow
from ..runtime.terminal import progress_bars
from ..settings.mosaic import NAME, MosaicSettings
from .option_groups import add_options, given_options, with_flags
from .options import add_quiet, add_result_options, adder
from .output import Output

EPILOG = f"""\
Files are {" and ".join(f"{NAME}.{kind}" for kind in FORMATS)} in the output folder, or the output
file. An earlier mosaic is replaced, any other file is not.

Examples:
  tfvis explain --model critters --icon-steps 64 --output results
  %(prog)s results --output figure.pdf
  %(prog)s results --columns 4 --format png"""
DESCRIPTION = """\
Put the groups of features that `tfvis explain` has found into one figure: rows of icons over rows
of heat maps, with the scores below, a heading a class. PNG, and PDF with vector text."""

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    parser.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT_DIR",
        help="result folder of tfvis explain, or a folder above several: those are sorted by "
        "image, class, layer and sign",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="PATH",
        help="folder to write to, or a file that ends in .png or .pdf (default: the current "
        "folder)",
    )  # fmt: skip
    parser.add_argument(
        "--format", dest="formats", nargs="+", default=(), metavar="NAME",
        help="png, pdf or both (default: the output file's, else both)",
    )  # fmt: skip
    add_options(parser, MosaicOptions)
    add = adder(parser, MosaicSettings(results=()))
    add_result_options(add)
    add_quiet(add)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    from ..report.figures import require_own_figures
    from ..report.found_results import find_explanations

    options = with_flags(
        lambda: MosaicOptions(**given_options(arguments, MosaicOptions)), [(MosaicOptions, "")]
    )
    settings = MosaicSettings(
        results=tuple(arguments.results), output=arguments.output,
        formats=tuple(arguments.formats), options=options, quiet=arguments.quiet,
    )  # fmt: skip
    settings.require_files()
    require_own_figures(settings.files)
    found = find_explanations(settings.results)
    if found.others:
        logger.warning(
            "Left out, since tfvis explain did not write it: %s.", ", ".join(found.others)
        )
    _draw(settings, found.folders, say)


def _draw(settings: MosaicSettings, folders: tuple[Path, ...], say: Output) -> None:
    with start_tensorflow(), progress_bars(settings.quiet) as progress:
        from ..explainers.explanation import Explanation
        from ..explainers.mosaics import mosaic
        from ..report import load_result
        from ..report.figures import write_figure

        results, step = [], progress("results", unit="result")
        for folder in folders:
            result = load_result(folder)
            if not isinstance(result, Explanation):
                raise InputError(
                    f"Expected an explanation in {str(folder)!r}, found {type(result).__name__}."
                )
            results.append(result)
            step(len(results), len(folders))
        figure = with_flags(lambda: mosaic(results, settings.options), [(MosaicOptions, "")])
        written = write_figure(figure, *settings.files)
    width, height = (side * INCH for side in figure.get_size_inches())
    n_groups = sum(len(own.groups) for own in results)
    say.record(
        {
            "kind": "mosaic",
            "folder": as_text(str(settings.files[0].parent)),
            **dict.fromkeys(("image", "class", "class_index", "layer", "problem")),
            "files": [as_text(str(file)) for file in written],
            "results": len(results),
            "groups": n_groups,
            "width": round(width, 1),
            "height": round(height, 1),
        }
    )
    say(
        f"{len(results)} result{'s' * (len(results) != 1)}, "
        f"{n_groups} group{'s' * (n_groups != 1)}, {width:.0f} x {height:.0f} mm"
    )
    for file in written:
        say(str(file))
