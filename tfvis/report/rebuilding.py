"""Pages of results that are there: each built again from its folder alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.images import replacing

from .folder_locks import locked
from .found_results import damaged_below, folder_of, results_below
from .own_files import PAGE, RESULT, read_result
from .page import page_of
from .writing import require_result_folder, writing

__all__ = ["find_results", "rebuild_page"]


def find_results(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The result folders of any kind in some folders and in all folders below them.

    Hidden folders, in which runs work that are not finished, are left out. Folders with a damaged
    `result.json` are among those that are found: `rebuild_page` says what is wrong with them.

    Args:
        paths: result folders, their `result.json`, or folders above several results.

    Returns:
        The folders, each once, in the order of `paths`.

    Raises:
        InputError: there is no such folder, or one has no results.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        folder = folder_of(path)
        below = [own for own, _ in results_below(folder)]
        if not below and (folder / RESULT).exists():
            raise InputError(
                f"Expected a result of tfvis, found a damaged or foreign {RESULT} in "
                f"{str(folder)!r}."
            )
        if not below:
            raise InputError(f"Expected results of tfvis in {str(path)!r}, found none.")
        for own in (*below, *damaged_below(folder)):
            found.setdefault(own.resolve(), own)
    return tuple(found.values())


def rebuild_page(folder: Path) -> Path:
    """Write a result's page anew, in place of the one that is there; all else stays.

    Args:
        folder: a result folder.

    Returns:
        The page's file.

    Raises:
        InputError: the result is damaged or of another version, its page would be too large, or it
            cannot be written.
    """
    from . import load_result

    result = load_result(folder)
    said = read_result(folder) or {}
    page = page_of(result, command_of(said), folder=folder)
    target = folder / PAGE
    with writing(target), locked(folder.parent):
        require_result_folder(folder)
        if target.is_symlink() or (target.exists() and PAGE not in said["files"]):
            raise InputError(f"Expected a page of tfvis in {str(target)!r}, found another file.")
        if PAGE not in said["files"]:
            # Of a version without pages: from now on the page belongs to the result. It is said
            # first: a page that is listed and missing can be built again, one that is there and
            # not listed counts as the user's.
            names = [name for name in said["files"] if isinstance(name, str)]
            said["files"] = sorted({*names, PAGE})
            made = (folder / RESULT).stat()
            with replacing(folder / RESULT) as temporary:
                text = json.dumps(said, indent=2) + "\n"
                temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
            os.utime(
                folder / RESULT, ns=(made.st_atime_ns, made.st_mtime_ns)
            )  # it is as old as before
        with replacing(target) as temporary:
            temporary.write_text(page, encoding="utf-8", newline="\n")
    return target


def command_of(said: dict[str, Any]) -> tuple[str, ...] | None:
    """The words of the command that wrote a result; None if its `result.json` has none."""
    words = said.get("command")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(words) or None
