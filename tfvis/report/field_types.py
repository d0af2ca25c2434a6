"""Whether what was read from a file has the types that a dataclass's fields are annotated with."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from tfvis.utils.errors import InputError

_NUMBERS = "biuf"
"""The kinds of arrays' types that results have."""


def require_types(kind: type, fields: Mapping[str, Any], *, but: Iterable[str] = ()) -> None:
    """Raise an `InputError` that names the first field whose value has another type.

    Fields that are missing are left to the dataclass, which may have defaults for them. Simple
    types are checked, arrays and dataclasses, and what tuples, lists and mappings hold of these.

    Args:
        kind: a dataclass.
        fields: the values by the fields' names.
        but: fields that may not be given.
    """
    for name in but:
        if name in fields:
            raise InputError(f"Expected no {name} of {kind.__name__} in a file.")
    hints = _hints(kind)
    for field in dataclasses.fields(kind):
        if field.name not in fields or field.name in but:
            continue
        value = fields[field.name]
        if not fits(value, hints[field.name]):
            expected = "an array" if hints[field.name] is np.ndarray else str(field.type)
            raise InputError(
                f"Expected {field.name} of {kind.__name__} to be {expected}, found {_named(value)}."
            )


def fits(value: Any, hint: Any) -> bool:
    """Whether a value has a type, as far as simple types go.

    A bool is no number, an int is a float, and a list will do for a tuple of any length. Types
    that are not known here are those of all values.

    Example:
        >>> from tfvis.report.field_types import fits
        >>> fits(3, float), fits(True, int), fits((1, None), tuple[int | None, ...])
        (True, False, True)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, own) for own in inner)
    if hint is None or hint is type(None):
        return value is None
    if hint in (bool, int, str):
        return type(value) is hint
    if hint is float:
        return type(value) in (float, int)
    if hint is np.ndarray or origin is np.ndarray:
        return isinstance(value, np.ndarray) and value.dtype.kind in _NUMBERS
    if hint is tuple or origin is tuple:
        return _fits_tuple(value, inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            fits(key, inner[0]) and fits(own, inner[1]) for key, own in value.items()
        )
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return isinstance(value, list | tuple) and all(fits(own, inner[0]) for own in value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return isinstance(value, hint)
    return True


def _fits_tuple(value: Any, inner: tuple[Any, ...]) -> bool:
    if not isinstance(value, tuple | list):
        return False
    if not inner:
        return True
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(fits(own, inner[0]) for own in value)
    return len(value) == len(inner) and all(map(fits, value, inner))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _named(value: Any) -> str:
    """A value's type in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    contents = " with other contents" if isinstance(value, Mapping | list | tuple) else ""
    return "None" if value is None else f"{type(value).__name__}{contents}"
