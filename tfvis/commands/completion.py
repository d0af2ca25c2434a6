"""`tfvis completion`: a script that lets a shell complete commands, options and files."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tfvis.utils.errors import InputError

from .output import Output

DESCRIPTION = """\
Print a script for a shell, which then completes the commands of tfvis, their options, and files
where an option takes one. The script needs the library shtab: pip install "tfvis[completion]"."""
EPILOG = """\
docs/command_line.md says where each shell looks for such a script.

Examples:
  eval "$(%(prog)s bash)"
  %(prog)s zsh > "${fpath[1]}/_tfvis"
  %(prog)s fish > ~/.config/fish/completions/tfvis.fish"""

SHELLS = ("bash", "zsh", "fish")
_FOLDERS = ("DIR", "RESULT_DIR")
_FILES = ("PATH", "MODEL", "WHAT")
"""What stands in help for a value that may be a file, among other things."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the arguments."""
    parser.add_argument("shell", choices=SHELLS, help=" or ".join(SHELLS))
    parser.set_defaults(quiet=False, family=family)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Print the script."""
    shtab = _library()
    program = arguments.program
    for action in _actions(program):
        for command in getattr(action, "_choices_actions", ()):
            action.choices[command.dest].description = command.help  # shells show it in a line
        if action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY
        elif action.type is Path or action.metavar in _FILES:
            action.complete = shtab.FILE
    for line in shtab.complete(program, arguments.shell).splitlines():
        say(line)


def _library() -> ModuleType:
    try:
        return importlib.import_module("shtab")
    except ImportError:
        raise InputError(
            "Expected the library shtab, which completion needs: pip install 'tfvis[completion]'."
        ) from None


def _actions(parser: argparse.ArgumentParser) -> Iterator[Any]:
    """The arguments of a parser and of its commands."""
    for action in parser._actions:
        is_command = isinstance(action, argparse._SubParsersAction)
        commands = list(action.choices.values()) if is_command else []
        for command in commands:
            command.fill()
        yield action
        for command in commands:
            yield from _actions(command)
