"""Which files of a folder belong to a result of tfvis, and which are the user's."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from tfvis.utils.file_names import on_disk

RESULT = "result.json"
"""The file that every result folder has; it lists the others."""

CONFIG = "config.toml"
"""The file with the options of the command that made a result."""

PAGE = "report.html"
"""A result's page; see `report/page/`."""

FORMAT = "tfvis result"
VERSION = 1

# Results of tfvis 0.1 before the mark name some of their files under these keys, and have others.
_NAMING_KEYS = ("files", "file", "icon", "heat_map")
_FIXED = (
    "overview.png",
    "maps.npz",
    "arrays.npz",
    "errors.csv",
    "objects.csv",
    "unreadable.csv",
    "iou_histogram.png",
)
_SCORES = "_SpatialAttrs.txt"


def read_result(folder: Path) -> dict[str, Any] | None:
    """What a folder's `result.json` says; None unless tfvis wrote it."""
    try:
        result = _read(folder / RESULT)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(result, dict):
        return None
    return result if lists_files(result) or _is_unmarked(result) else None


def is_damaged(folder: Path) -> bool:
    """Whether a folder has a `result.json` that is no JSON: nobody can say whose it is."""
    try:
        _read(folder / RESULT)
    except (OSError, ValueError, RecursionError):
        return True
    return False


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if is_regular(file) else None


def lists_files(result: Mapping[str, Any]) -> bool:
    """Whether a result has tfvis's mark and the list of its files."""
    mark = result.get("format")
    return (
        isinstance(mark, dict)
        and mark.get("name") == FORMAT
        and isinstance(result.get("files"), list)
    )


def own_files(folder: Path) -> frozenset[str] | None:
    """The names of a result's own files, there or not; None if it is no result of tfvis.

    Only plain names count: a `result.json` that was tampered with names nothing outside its folder.
    """
    result = read_result(folder)
    if result is None:
        return None
    if lists_files(result):
        names = set(result["files"]) if all(isinstance(n, str) for n in result["files"]) else set()
    else:
        names = {*_FIXED, *_named(result), *_scores(folder, result)}
    return frozenset(on_disk(name) for name in names if is_plain(name)) | {RESULT}


def is_plain(name: str) -> bool:
    """Whether a name is that of a file right inside a folder, on any system."""
    same = name == PurePosixPath(name).name == PureWindowsPath(name).name
    return same and name not in ("", ".", "..") and "\0" not in name


def is_regular(file: Path) -> bool:
    """Whether there is a file of this name that is no link, folder or anything else."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def is_own(entry: Path, names: frozenset[str] | None) -> bool:
    """Whether an entry of a folder is one of a result's own files; links and folders never are."""
    return names is not None and entry.name in names and is_regular(entry)


def remove_own_files(folder: Path, names: frozenset[str]) -> None:
    """Remove a result's own files, and the folder if it is empty then.

    The list of them is the last to go, so that a removal that was cut short can be ended later.
    """
    for name in [*sorted(names - {RESULT}), RESULT]:
        if is_own(folder / name, names):
            (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_unmarked(result: Mapping[str, Any]) -> bool:
    versions = result.get("versions")
    known = isinstance(versions, dict) and "tfvis" in versions
    return known and "configuration" in result and "format" not in result


def _named(value: Any) -> Iterator[str]:
    """The file names that an unmarked result has anywhere but in what the user asked for."""
    if isinstance(value, list):
        for part in value:
            yield from _named(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key in _NAMING_KEYS:
                yield from (
                    n for n in (part if isinstance(part, list) else [part]) if type(n) is str
                )
            elif key != "configuration":
                yield from _named(part)


def _scores(folder: Path, result: Mapping[str, Any]) -> Iterator[str]:
    """The text file of groups' scores, which unmarked results of `tfvis explain` do not name."""
    grouping = result.get("grouping")
    name = grouping.get("name") if isinstance(grouping, dict) else None
    if isinstance(name, str) and name:
        for file in folder.iterdir():
            if file.name.startswith(name) and file.name.endswith(_SCORES):
                yield file.name
