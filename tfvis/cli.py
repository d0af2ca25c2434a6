"""The command line: `tfvis <command> …`."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from tfvis.utils.errors import InputError

from .commands import COMMANDS, module_of
from .commands.output import Output
from .runtime import command_line
from .runtime.interruption import interruptible, report_interruption
from .runtime.terminal import (
    CommandParser,
    OutputError,
    Parser,
    PrintableFormatter,
    abandon_output,
    open_streams,
    say,
    tell,
)
from .runtime.version_lines import VersionAction

_EPILOG = """\
`%(prog)s COMMAND --help` shows the options of a command.

Examples:
  %(prog)s explain --model critters --icon-steps 64
  %(prog)s invert --model critters --class owl
  %(prog)s models"""

_EXPERIMENTS = "--experiments"
_OF_SCRIPT = ("two-classes", "lost-features")
"""The experiments that the script runs with this option, as the paper's own script does."""


def _parser(prog: str, command: str | None, family: str) -> argparse.ArgumentParser:
    if command is not None:  # a script that is one command
        module = module_of(command)
        epilog = module.EPILOG
        if epilog is not None and prog.endswith(".py"):
            epilog = epilog.replace("%(prog)s", f"python {prog}")
        parser = Parser(prog=prog, description=module.DESCRIPTION, epilog=epilog)
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
    parser = Parser(
        prog=prog,
        description="See why an image classifier answered what it did.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--version", action=VersionAction,
        help="print the versions of tfvis, of Python and of the libraries, and exit",
    )  # fmt: skip
    parser.set_defaults(program=parser)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="|".join(COMMANDS), parser_class=CommandParser
    )
    for name, text in COMMANDS.items():
        own = commands.add_parser(name, help=text, module=partial(module_of, name))
        own.set_defaults(command=name)
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
    words = (*(["python"] if prog.endswith(".py") else []), *prog.split(), *given)
    if not given and command is None:
        given = ["--help"]
    if command == "explain" and family == "inception" and any(map(_is_experiments, given)):
        command = "experiments"
        given = [*_OF_SCRIPT, *(own for own in given if not _is_experiments(own))]
    try:
        arguments = _parser(prog, command, family).parse_args(given)
        as_json = getattr(arguments, "json", False)
        line = _silent if arguments.quiet else tell if as_json else say
        with (
            interruptible(),
            _logging_to_stderr(prog, arguments.quiet),
            command_line.running(_command_line(words, arguments)),
        ):
            module_of(arguments.command).run(arguments, Output(line, as_json))
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


def _command_line(
    words: Sequence[str], arguments: argparse.Namespace
) -> command_line.CommandLine | None:
    """What repeats the run of a command that writes results."""
    options = getattr(arguments, "set_options", None)
    if options is None:
        return None
    return command_line.CommandLine(words=tuple(words), command=arguments.command, options=options)


def _is_experiments(argument: str) -> bool:
    """Whether an argument is the script's option for experiments, shortened or not."""
    return argument.startswith("--exp") and _EXPERIMENTS.startswith(argument)


def _silent(line: str) -> None:
    """Say nothing."""
