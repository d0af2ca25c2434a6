"""The explanations below some folders, known by their `result.json` before any is read whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError, closest

from .own_files import RESULT, VERSION, is_damaged, lists_files, read_result

__all__ = ["FoundExplanations", "find_explanations"]

EXPLANATION = "explanation"
"""The kind of result that `tfvis explain` writes."""

_LOOKED_AT = 2000  # folders, for the closest one that has results
_NAMED = 5  # results of other kinds in an error


@dataclass(frozen=True, kw_only=True)
class FoundExplanations:
    """What is below some folders.

    Attributes:
        folders: of explanations, those below one folder sorted by image, class, layer and sign.
        others: results that are none, or cannot be read by this version, each with what it is.
    """

    folders: tuple[Path, ...]
    others: tuple[str, ...]


def find_explanations(paths: Sequence[Path]) -> FoundExplanations:
    """Find the results of `tfvis explain` in some folders and in all folders below them.

    Hidden folders, in which runs work that are not finished, are left out.

    Args:
        paths: result folders, their `result.json`, or folders above several results.

    Raises:
        InputError: there is no such folder, one has no results, or all results are of other kinds.
    """
    folders: dict[Path, Path] = {}
    others: dict[Path, str] = {}
    for path in paths:
        found = list(results_below(folder_of(path)))
        if not found:
            raise _none_in(path)
        for folder, result in sorted(found, key=lambda own: _order(*own)):
            kind = _other_kind(result)
            if kind is None:
                folders.setdefault(folder.resolve(), folder)
            else:
                others.setdefault(folder.resolve(), f"{str(folder)!r} ({kind})")
    if not folders:
        named = ", ".join(list(others.values())[:_NAMED])
        more = ", …" if len(others) > _NAMED else "."
        raise InputError(f"Expected results of tfvis explain, found only {named}{more}")
    return FoundExplanations(folders=tuple(folders.values()), others=tuple(others.values()))


def folder_of(path: Path) -> Path:
    """The folder that a path means."""
    folder = path.parent if path.name == RESULT else path
    try:
        if folder.is_dir():
            return folder
        there = os.path.lexists(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot look at {str(path)!r}: {error}.") from None
    received = f"{str(path)!r}, which is {'no folder' if there else 'not there'}"
    raise InputError(f"Expected a folder with results, received {received}.{_hint(folder)}")


def _none_in(path: Path) -> InputError:
    return InputError(
        f"Expected results of tfvis explain in {str(path)!r}, found none."
        f"{_hint(path) or ' Run tfvis explain first.'}"
    )


def _hint(path: Path) -> str:
    """The folder that is likely meant: one with results whose name is like that of a path."""
    base = next((folder for folder in path.parents if folder.is_dir()), None)
    if base is None:
        return ""
    candidates: dict[str, Path] = {}
    for folder, result in results_below(base, most=_LOOKED_AT):
        if _other_kind(result) is None:
            below = folder.relative_to(base)
            if not below.parts:  # the path is a file of the result's
                return f" Closest: {str(base)!r}."
            for part in (*list(below.parents)[-2::-1], below):
                candidates.setdefault(str(part), base / part)
    near = closest(str(path.relative_to(base)), candidates, 1)
    return f" Closest: {str(candidates[near[0]])!r}." if near else ""


def results_below(folder: Path, most: int | None = None) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Result folders from a folder downwards, with what their `result.json` says."""
    for place, below, files in islice(os.walk(folder), most):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if RESULT in files:
            result = read_result(Path(place))
            if result is not None:
                yield Path(place), result


def damaged_below(folder: Path) -> Iterator[Path]:
    """Folders from a folder downwards whose `result.json` cannot be read as JSON."""
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if RESULT in files and is_damaged(Path(place)):
            yield Path(place)


def _other_kind(result: dict[str, Any]) -> str | None:
    """What a result is that is no explanation which can be read; None for one that can."""
    if not lists_files(result):
        return "of an earlier version of tfvis"
    mark = result["format"]
    kind, version = mark.get("kind"), mark.get("version")
    if kind != EXPLANATION:
        return str(kind)
    if version != VERSION or "value" not in result:
        later = isinstance(version, int) and version > VERSION
        return f"of {'a later' if later else 'an earlier'} version of tfvis"
    return None


def _order(folder: Path, result: dict[str, Any]) -> tuple[str, ...]:
    """What results are sorted by: image, class, layer, sign (features for the class first)."""

    def text(key: str, inner: str | None = None) -> str:
        value = result.get(key)
        if inner is not None:
            value = value.get(inner) if isinstance(value, dict) else None
        return "" if value is None else str(value)

    against = "1" if text("sign") == "neg" else "0"
    image, label = text("provenance", "image_name"), text("class", "label")
    return (image, label, text("layer"), against, str(folder))
