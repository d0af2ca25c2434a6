"""The command line: `tfvis <command> …`."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import sys
from collections.abc import Iterator, Sequence

from tfvis.utils.errors import InputError

from ._version import __version__
from .commands import (
    attack,
    compare,
    experiments,
    explain,
    invert,
    localise,
    models,
    mosaic,
    report,
)
from .runtime.interruption import interruptible, report_interruption
from .runtime.terminal import (
    OutputError,
    Parser,
    PrintableFormatter,
    abandon_output,
    open_streams,
    say,
    tell,
)

_COMMANDS = {
    "explain": explain,
    "invert": invert,
    "localise": localise,
    "attack": attack,
    "compare": compare,
    "experiments": experiments,
    "mosaic": mosaic,
    "report": report,
    "models": models,
}


_EXPERIMENTS = "--experiments"
_OF_SCRIPT = ("two-classes", "lost-features")
"""The experiments that the script runs with this option, as the paper's own script does."""


def _parser(prog: str, command: str | None, family: str) -> argparse.ArgumentParser:
    if command is not None:  # a script that is one command
        module = _COMMANDS[command]
        parser = Parser(prog=prog, description=module.DESCRIPTION, epilog=module.EPILOG)
        parser.set_defaults(command=command)
        module.add_arguments(parser, family)
        if command == "explain" and family == "inception":
            parser.set_defaults(hint=f"More of the paper's experiments: {prog} {_EXPERIMENTS}")
            parser.add_argument(
                _EXPERIMENTS, action="store_true",
                help=f"run the experiments {' and '.join(_OF_SCRIPT)} instead; `{prog} "
                f"{_EXPERIMENTS} --help` has their options, `tfvis experiments` all "
                "experiments (default: off)",
            )  # fmt: skip
        return parser
    parser = Parser(prog=prog, description="See why an image classifier answered what it did.")
    parser.add_argument("--version", action="version", version=f"tfvis {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(_COMMANDS))
    for name, module in _COMMANDS.items():
        own = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=module.EPILOG,
        )
        module.add_arguments(own)
    return parser


@contextlib.contextmanager
def _logging_to_stderr(prog: str, quiet: bool) -> Iterator[None]:
    """Show our warnings on stderr, a line each, until the block ends; errors only if quiet."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter(f"{prog}: %(message)s"))
    handler.addFilter(
        # Some things may not go unsaid: that a file is a program, that a value was guessed.
        lambda record: (
            record.levelno >= (logging.ERROR if quiet else logging.INFO)
            or getattr(record, "always", False)
        )
    )
    logger = logging.getLogger("tfvis")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def main(
    argv: Sequence[str] | None = None,
    *,
    prog: str = "tfvis",
    command: str | None = None,
    family: str = "inception",
) -> int:
    """Run a command.

    Args:
        argv: the arguments; the process's own if left out.
        prog: the program's name in messages.
        command: the one command that the program is; the first argument names it if left out.
        family: the networks that such a program's `--model auto` chooses between; see
            `tfvis.models.FAMILIES`.

    Returns:
        The exit status: 0; 2 for input that cannot be used, after one line on stderr; 130 if
        interrupted by Ctrl-C, 143 by SIGTERM, after a line that says what was finished; 1 if
        standard output cannot be written to, 141 if its reader has gone.
    """
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        # File names need not be text that the terminal knows.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if argv is None else argv)
    if command == "explain" and family == "inception" and any(map(_is_experiments, given)):
        command = "experiments"
        given = [*_OF_SCRIPT, *(own for own in given if not _is_experiments(own))]
    try:
        arguments = _parser(prog, command, family).parse_args(given)
        with interruptible(), _logging_to_stderr(prog, arguments.quiet):
            _COMMANDS[arguments.command].run(arguments, _silent if arguments.quiet else say)
    except InputError as error:
        tell(f"{prog}: error: {error}")
        return 2
    except MemoryError as error:
        reason = " ".join(str(error).split()) or "out of memory"
        tell(f"{prog}: error: Too large for this machine: {reason}")
        return 2
    except KeyboardInterrupt as error:
        return report_interruption(error, prog)
    except BrokenPipeError:
        abandon_output()
        return 141
    except OutputError as error:
        abandon_output()
        tell(f"{prog}: error: {error}")
        return 1
    return 0


def _is_experiments(argument: str) -> bool:
    """Whether an argument is the script's option for experiments, shortened or not."""
    return argument.startswith("--exp") and _EXPERIMENTS.startswith(argument)


def _silent(line: str) -> None:
    """Say nothing."""
