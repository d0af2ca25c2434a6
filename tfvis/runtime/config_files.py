"""Options of a parser from a TOML file, and the options of a run for such a file.

The names are those of the long options without dashes in front, `icon-steps` or `icon_steps`; a
positional argument has the name of its destination. What is typed wins over the file.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError, closest, one_line
from tfvis.utils.file_names import on_disk

__all__ = ["OPTION", "configure", "named_file", "require_whole_pairs", "set_options"]

OPTION = "--config"
COMMAND = "command"
"""The key that says which command a file is for."""

_OF_OUTPUT = ("config", "json", "quiet")
"""Options that change what is printed, not what is found."""

_LARGEST = 1 << 20
"""Bytes of a configuration file."""

_KINDS = {
    bool: ("true or false", ""),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
}


def named_file(parser: argparse.ArgumentParser, words: Sequence[str]) -> Path | None:
    """The file that words of a command line name with `--config`, whole or shortened."""
    known = parser._option_string_actions
    found = None
    for k, word in enumerate(words):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if not (name.startswith("--") and OPTION.startswith(name)):
            continue
        if name != OPTION and [own for own in known if own.startswith(name)] != [OPTION]:
            continue  # the parser says that it is ambiguous
        if equals:
            found = value
        elif k + 1 < len(words) and not words[k + 1].startswith("-"):
            found = words[k + 1]
    return None if found is None or OPTION not in known else Path(found)


def configure(parser: argparse.ArgumentParser, file: Path) -> None:
    """Take a parser's defaults from a file, and ask for nothing that is there.

    Args:
        parser: of one command, whose name is its default of `command`.
        file: in TOML.

    Raises:
        InputError: the file cannot be read, is of another command, or has an unknown option or a
            value of a wrong type.
    """
    table = _read(file)
    _require_command(table.pop(COMMAND, None), parser.get_default(COMMAND), file)
    actions = dict(_by_name(parser))
    named: dict[str, str] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in actions:
            raise _unknown(key, file, parser, actions)
        action = actions[name]
        first = named.setdefault(action.dest, key)
        if first != key:
            raise InputError(
                f"Expected {first} or {key} in {str(file)!r}, which are the same, received both."
            )
        found = _value(action, value, f"{key} in {str(file)!r}")
        for own in parser._actions:
            if own.dest == action.dest:
                own.default, own.required = found, False
                if not own.option_strings:
                    own.nargs = {None: "?", "+": "*"}.get(own.nargs, own.nargs)


def require_whole_pairs(parser: argparse.ArgumentParser, found: argparse.Namespace) -> None:
    """Raise an `InputError` where one of two arguments that a file has was typed, the other not.

    Which of the two was meant cannot be told.
    """
    ours = [own for own in parser._actions if not own.option_strings and own.nargs == "?"]
    ours = [own for own in ours if isinstance(own.default, Path)]
    typed = [own for own in ours if getattr(found, own.dest) is not own.default]
    if typed and len(typed) < len(ours):
        names = " and ".join(str(own.metavar or own.dest) for own in ours)
        raise InputError(
            f"Expected {names} together, since the configuration file has them all, received "
            f"{str(getattr(found, typed[0].dest))!r} alone."
        )


def set_options(parser: argparse.ArgumentParser, found: argparse.Namespace) -> dict[str, Any]:
    """The options that decide what is found, by their names in a file; None if one is left open.

    Args:
        parser: of one command.
        found: what it has parsed.
    """
    told: dict[str, Any] = {}
    seen: set[str] = set()
    for action in _configurable(parser):
        hidden = action.help == argparse.SUPPRESS
        if hidden or action.dest in seen or action.dest in _OF_OUTPUT:
            continue
        seen.add(action.dest)
        value = getattr(found, action.dest, None)
        left_open = (
            value is None or value is False or (isinstance(value, list | tuple) and not value)
        )
        # An option of a method leaves no trace unless it was set: False means something there.
        if value is False and isinstance(action, argparse.BooleanOptionalAction):
            left_open = False
        told[_names(action)[-1]] = None if left_open else value
    return told


def _configurable(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if action.dest not in ("config", "help", "version"):
            yield action


def _names(action: argparse.Action) -> list[str]:
    """The names of an option in a file, the one that tfvis writes last."""
    if not action.option_strings:
        return [action.dest]
    flags = [own for own in action.option_strings if own.startswith("--")]
    if isinstance(action, argparse.BooleanOptionalAction):
        flags = flags[:1]  # not --no-…: its value is false
    return [own[2:].replace("-", "_") for own in flags]


def _by_name(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in _configurable(parser):
        for name in _names(action):
            yield name, action


def _read(file: Path) -> dict[str, Any]:
    """What a file says."""
    named = repr(str(file))
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise InputError(f"No configuration file {named}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the configuration file {named}: {reason}.") from None
    if len(data) > _LARGEST:
        raise InputError(f"Expected a configuration file of at most 1 MiB, received {named}.")
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        # A name of a file need not be UTF-8.
        return toml.loads(data.decode("utf-8-sig", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"Expected TOML in {named}, found a mistake: {one_line(error)}.") from None


def _require_command(found: Any, command: str, file: Path) -> None:
    if found is None or found == command:
        return
    shown = f"tfvis {found}" if isinstance(found, str) else _shown(found)
    raise InputError(
        f"Expected a configuration of tfvis {command} in {str(file)!r}, received one of {shown}."
    )


def _unknown(
    key: str,
    file: Path,
    parser: argparse.ArgumentParser,
    actions: Mapping[str, argparse.Action],
) -> InputError:
    names = [name for name, own in actions.items() if own.help != argparse.SUPPRESS]
    near = closest(key.replace("-", "_"), names)
    hint = f"Closest: {', '.join(near)}." if near else f"`{parser.prog} --help` lists the options."
    return InputError(f"Unknown option {key!r} in {str(file)!r}. {hint}")


def _value(action: argparse.Action, given: Any, named: str) -> Any:
    """A file's value as the parser would give it."""
    kind = bool if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction) else str
    kind = action.type if action.type in (int, float) else kind
    one, several = _KINDS[kind]
    if action.nargs in (None, 0, "?"):
        if not _is(kind, given, action):
            raise InputError(f"Expected {named} to be {one}, received {_shown(given)}.")
        return _converted(action, given, named)
    count = action.nargs if isinstance(action.nargs, int) else None
    values = [given] if count in (None, 1) and not isinstance(given, list) else given
    fits = isinstance(values, list) and (bool(values) if count is None else len(values) == count)
    if not fits or not all(_is(kind, own, action) for own in values):
        how_many = "" if count is None else f"{count} "
        expected = one if count == 1 else f"an array of {how_many}{several}"
        raise InputError(f"Expected {named} to be {expected}, received {_shown(given)}.")
    return [_converted(action, own, named) for own in values]


def _is(kind: Any, given: Any, action: argparse.Action) -> bool:
    if kind is bool or isinstance(given, bool):
        return kind is bool and isinstance(given, bool)
    if kind is str and action.metavar == "CLASS" and isinstance(given, int):
        return True  # by its index
    return isinstance(given, int | float if kind is float else kind)


def _converted(action: argparse.Action, given: Any, named: str) -> Any:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and "\0" in given:
        raise InputError(f"Expected {named} to be a string without NUL, received {given!r}.")
    convert: Any = action.type
    if convert in (None, str):
        return str(given)
    try:
        return convert(on_disk(given) if isinstance(given, str) else given)
    except OverflowError:
        raise InputError(f"Expected {named} to be a number, received one too large.") from None


def _shown(given: Any) -> str:
    """A value as an error shows it."""
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str | int | float | list):
        return one_line(repr(given), 80)
    return f"a {type(given).__name__}"  # a date or a time
