"""Options of the command line, made from dataclasses of options."""

from __future__ import annotations

import argparse
import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tfvis.utils.errors import InputError

T = TypeVar("T")


class Options(Protocol):
    """What takes options: a parser, or a group of one."""

    @property
    def add_argument(self) -> Callable[..., argparse.Action]:
        """See `argparse.ArgumentParser`."""
        ...


def add_options(
    parser: Options,
    kind: type,
    *,
    prefix: str = "",
    skip: Collection[str] = (),
    shown: str | None = None,
    old: Mapping[str, str] | None = None,
) -> None:
    """Add an option for each field of a dataclass that has a help text.

    An option that is not given leaves no trace in the parsed arguments; see `given_options`.

    Args:
        parser: to which they are added.
        kind: the dataclass; its fields are made by `tfvis.utils.options.option`.
        prefix: of the options' names: with "icon", `steps` is `--icon-steps`.
        skip: fields that get no option.
        shown: how help shows defaults; each field's own if left out.
        old: earlier names of options, by field; they go on working, and help does not show them.
    """
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        if "help" not in field.metadata or field.name in skip:
            continue
        destination = f"{prefix}_{field.name}" if prefix else field.name
        default = shown or field.metadata["shown"] or _written(field.default)
        settings = _argparse(hints[field.name], field)
        text = f"{field.metadata['help']} (default: {default})".replace("%", "%%")
        for flag, help_text in (
            (_flag(destination), text),
            *((name, argparse.SUPPRESS) for name in [(old or {}).get(field.name)] if name),
        ):
            parser.add_argument(
                flag, dest=destination, default=argparse.SUPPRESS, help=help_text, **settings
            )


def given_options(arguments: argparse.Namespace, kind: type, prefix: str = "") -> dict[str, Any]:
    """The fields of a dataclass that the arguments give, by name."""
    found = {}
    for field in fields(kind):
        name = f"{prefix}_{field.name}" if prefix else field.name
        if hasattr(arguments, name):
            value = getattr(arguments, name)
            found[field.name] = tuple(value) if isinstance(value, list) else value
    return found


def given_flags(
    arguments: argparse.Namespace, kind: type, prefix: str = "", *, skip: Collection[str] = ()
) -> list[str]:
    """The options behind the fields that the arguments give, but for those in `skip`."""
    given = given_options(arguments, kind, prefix)
    return [_flag(f"{prefix}_{own}" if prefix else own) for own in given if own not in skip]


def with_flags(
    make: Callable[[], T], kinds: Iterable[tuple[type, str]], *, skip: Collection[str] = ()
) -> T:
    """What `make` makes; an error that names fields names the options instead.

    Args:
        make: makes a dataclass of options.
        kinds: the dataclasses, and the prefixes of their options.
        skip: fields whose names mean something else in these errors.
    """
    try:
        return make()
    except InputError as error:
        flags = dict[str, str]()
        for kind, prefix in kinds:
            for field in fields(kind):
                if field.name in skip:
                    continue
                name = f"{prefix}_{field.name}" if prefix else field.name
                for known in (field.name, name):
                    flags.setdefault(known, _flag(name))
        raise InputError(_named_by_flags(str(error), flags)) from None


_FIRST = re.compile(r"^Expected (?:an? )?(\w+)(?= (?!of ))")
"""What a message begins with that names a field there."""
_WITHIN = re.compile(
    r"\b(?P<set>\w+)=(?P<value>'[^']*'|\w+(?:\.\d+)?)"
    r"|(?P<quoted>'[^']*'|\"[^\"]*\")"  # what the user wrote stays as it is
    r"|\b(?P<name>[a-z]+_\w+)"
)


def _named_by_flags(message: str, flags: Mapping[str, str]) -> str:
    """A message with the options in place of the fields that it names."""

    def first(found: re.Match[str]) -> str:
        return f"Expected {flags[found[1]]}" if found[1] in flags else found[0]

    def within(found: re.Match[str]) -> str:
        if found["set"] in flags:
            return f"{flags[found['set']]} {found['value'].strip(chr(39))}"
        return found[0] if found["name"] is None else flags.get(found["name"], found["name"])

    return _WITHIN.sub(within, _FIRST.sub(first, message))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _argparse(hint: Any, field: Field) -> dict[str, Any]:
    """argparse's settings for a field of a type."""
    kinds = [kind for kind in _members(hint) if kind is not type(None)]
    kind = kinds[0] if kinds else str
    metavar = field.metadata["metavar"]
    if kind is bool:
        # What is on by default needs an option that turns it off: --no-….
        on = field.default is True
        return {"action": argparse.BooleanOptionalAction if on else "store_true"}
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)
        if Ellipsis in inner:
            return {"nargs": "+", "type": _reader(inner[0]), "metavar": metavar}
        return {"nargs": len(inner), "type": _reader(inner[0]), "metavar": metavar}
    return {"type": _reader(kind), "metavar": metavar}


def _members(hint: Any) -> tuple[Any, ...]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.get_args(hint)
    return (hint,)


def _reader(kind: Any) -> Callable[[str], Any]:
    return kind if kind in (int, float, Path) else str


def _written(value: Any) -> str:
    """A default as the help shows it."""
    if value is MISSING or value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(_written(part) for part in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
