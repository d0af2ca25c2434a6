"""The one kind of error that means: what was passed in cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MANY = 40
"""More choices are not listed in a message."""


class InputError(ValueError):
    """A value from outside that cannot be used.

    The message is one line that names the value, says what was expected and, where there are
    names to choose from, the closest of them. The command line prints it and exits with 2.

    Example:
        >>> from tfvis.utils import InputError, Labels
        >>> try:
        ...     Labels.numbered(3).index("clas 1")
        ... except InputError as error:
        ...     print(str(error).split(".")[0])
        Unknown class 'clas 1'
    """


def one_line(error: object, limit: int = 200) -> str:
    """What an error of another library says, in a line of up to `limit` characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else f"{text[:limit]}…"


def closest(name: str, choices: Iterable[str], n: int = 3, cutoff: float = 0.5) -> list[str]:
    """The up to `n` choices spelt most like `name`, best first, case ignored.

    `cutoff` is how alike they must be, from 0 to 1 (`difflib.SequenceMatcher.ratio`).
    """
    original = {}
    for choice in choices:
        original.setdefault(choice.casefold(), choice)
    found = difflib.get_close_matches(name.casefold(), original, n=n, cutoff=cutoff)
    return [original[key] for key in found]


def unknown(what: str, name: str, choices: Iterable[str], *, list_all: bool = True) -> InputError:
    """An `InputError` for a name that is none of `choices`, with the closest of them."""
    choices = list(choices)
    near = closest(name, choices)
    message = f"Unknown {what} {name!r}."
    comma = "; " if any("," in choice for choice in choices) else ", "
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and set(parts) <= set(choices):
        message += f" Its {len(parts)} parts are names themselves: give each on its own."
    elif near:
        message += f" Closest: {comma.join(near)}."
    if list_all and len(choices) > _MANY:
        message += f" Expected one of {len(choices)}, from {choices[0]} to {choices[-1]}."
    elif list_all:
        message += f" Expected one of: {comma.join(choices)}."
    return InputError(message)


def require_count(name: str, value: int, minimum: int = 1) -> None:
    """Raise an `InputError` unless `value` is a whole number of at least `minimum`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < minimum:
        raise InputError(f"Expected {name} to be a whole number >= {minimum}, received {value!r}.")
