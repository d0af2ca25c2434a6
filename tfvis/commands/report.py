"""`tfvis report`: the page of a result, built again from its folder."""

from __future__ import annotations

import argparse
import logging
import webbrowser
from pathlib import Path

from tfvis.utils.errors import InputError

from ..report.own_files import RESULT
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import progress_bars
from .output import Output

logger = logging.getLogger(__name__)

DESCRIPTION = """\
Build report.html of one or more results again, from the result folders alone. Every command that
writes a result has written its page already; this makes the page of an earlier result, or of one
whose page was deleted."""
EPILOG = """\
The page is one file that opens anywhere and loads nothing from elsewhere.

Examples:
  tfvis explain --model critters --icon-steps 64 --output results
  %(prog)s results --open
  %(prog)s results/dog_cat224/dog_IGSG/PCA/mixed4d_pos2"""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.set_defaults(family=family)
    parser.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT_DIR",
        help="result folder of any command, or a folder above several",
    )  # fmt: skip
    parser.add_argument(
        "--open", action="store_true",
        help="open the page of the newest result in the browser (default: print all addresses)",
    )  # fmt: skip
    parser.add_argument(
        "--quiet", action="store_true",
        help="print only errors, and warnings that must not be missed (default: off)",
    )  # fmt: skip


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Do what the arguments ask for."""
    from ..report.rebuilding import find_results, rebuild_page

    folders = find_results(arguments.results)
    written, refused = list[Path](), list[str]()
    with start_tensorflow(), progress_bars(arguments.quiet) as progress:
        step = progress("pages", unit="page")
        for folder in folders:
            try:
                written.append(rebuild_page(folder))
            except InputError as error:
                refused.append(str(error))
            step(len(written) + len(refused), len(folders))
    for page in written:
        say.page(page.parent)
    if arguments.open and written:
        _open(max(written, key=_made))
    for reason in refused[:-1]:
        logger.warning("%s", reason)
    if refused:
        raise InputError(refused[-1])


def _made(page: Path) -> float:
    """When a page's result was written, which a new page does not change."""
    return page.with_name(RESULT).stat().st_mtime


def _open(page: Path) -> None:
    address = page.resolve().as_uri()
    if not webbrowser.open(address):
        logger.warning("No browser could be opened here. The address is %s", address)
