"""Options as frozen dataclasses whose fields know their help text."""

from __future__ import annotations

from dataclasses import field, fields, replace
from typing import Any, TypeVar

from .errors import InputError, unknown

O = TypeVar("O")  # noqa: E741


def option(
    default: Any, text: str, *, metavar: str | tuple[str, ...] = "VALUE", shown: str | None = None
) -> Any:
    """A field of a dataclass of options.

    Args:
        default: its default.
        text: what it means, as the command line's help says it.
        metavar: stands for the value in the help; several for a tuple.
        shown: how the help shows the default; the default itself if left out.
    """
    return field(default=default, metadata={"help": text, "metavar": metavar, "shown": shown})


def changed(kind: type[O], given: O | None, changes: dict[str, Any]) -> O:
    """Options with some fields changed.

    Args:
        kind: the dataclass.
        given: the options to begin with; the defaults if None.
        changes: by field.

    Raises:
        InputError: the options are of another kind, or a field is unknown; the closest is named.
    """
    if given is not None and not isinstance(given, kind):
        raise InputError(
            f"Expected options to be {kind.__name__}, received {given!r}. Single options are given "
            "by keyword."
        )
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in changes:
        if name not in names:
            raise unknown("option", name, names)
    return kind(**changes) if given is None else replace(given, **changes)  # type: ignore[type-var]
