"""Result folders that appear whole or not at all, and what every result says of its making."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text
from tfvis.utils.provenance import Provenance

from ..runtime import command_line
from .folder_locks import locked
from .own_files import CONFIG, FORMAT, PAGE, RESULT, VERSION, own_files
from .working_folder import WorkingFolder

logger = logging.getLogger(__name__)


class WriteError(InputError):
    """The system refuses to write a file: no space is left, say."""


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """What the system refuses becomes a `WriteError` that names the target."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"Cannot write {str(target)!r}: {error.strerror or error}.") from None


@contextlib.contextmanager
def result_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `target` if the block ends without an error.

    An earlier result in `target` stays until then. Of that one the files that it lists as its own
    are removed; the user's stay in `target`. A run that is killed leaves the earlier result where
    it is, or hidden beside it, from where the next run for the same target brings it back. Of two
    runs at once the later one wins.

    Args:
        target: the result folder; the folders above it are made.

    Yields:
        The temporary folder. The block writes its files there, `write_result` the last.

    Raises:
        InputError: see `require_result_folder`.
        OSError: the system refuses something; see `writing`.
    """
    require_result_folder(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    working = WorkingFolder(target)
    try:
        working.begin()
        yield working.new
        with locked(target.parent):
            require_result_folder(target)  # as it is by now
            working.place()
            working.end()
    finally:
        working.end()


def require_result_folder(target: Path) -> None:
    """Raise an `InputError` unless a result may be written to `target`.

    It may where nothing is, an empty folder, or an earlier result of tfvis. Folders above may be
    links to folders; this one may not: what it points to is not replaced.
    """
    with writing(target):
        if target.is_symlink():
            raise InputError(f"Expected a folder, received {str(target)!r}, which is a link.")
    require_folder(target)
    with writing(target):
        if _is_foreign(target):
            raise InputError(
                "Expected an empty folder or an earlier result of tfvis, received "
                f"{str(target)!r}, which holds something else. Move it away, or choose another "
                "output folder."
            )


def _is_foreign(target: Path) -> bool:
    """Whether a folder holds something, and no result of tfvis."""
    while True:
        try:
            before = target.stat()
            foreign = any(target.iterdir()) and own_files(target) is None
            if not foreign or _same(before, target.stat()):
                return foreign
        except FileNotFoundError:
            return False
        # Another run has replaced it while it was looked at.


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_ino, one.st_ctime_ns) == (other.st_ino, other.st_ctime_ns)


def require_folder(path: Path) -> None:
    """Raise an `InputError` if a path, or a part of it, is there and no folder or link to one."""
    with writing(path):
        for part in (path, *path.parents):
            try:
                mode = part.stat().st_mode  # in one look: another run may rename it
            except (FileNotFoundError, NotADirectoryError):
                if part.is_symlink():
                    raise InputError(
                        f"Cannot write {str(path)!r}: {str(part)!r} is a link to nothing."
                    ) from None
                continue
            if not stat.S_ISDIR(mode):
                raise InputError(f"Cannot write {str(path)!r}: {str(part)!r} is no folder.")
            return


def write_result(
    folder: Path,
    kind: str,
    summary: Mapping[str, Any],
    value: Any,
    made: Provenance | None,
    result: Any = None,
) -> None:
    """Write `report.html` and `result.json`, the last files of a result folder.

    The latter lists all files.

    Where a command makes the result, `config.toml` repeats it, and `command` in `result.json` has
    the words of the command line.

    Args:
        folder: with all other files of the result.
        kind: what the result is.
        summary: what people and other programs want to know of it; its numbers must be finite.
        value: the result as JSON, from `packed`.
        made: what made it.
        result: the result itself, for its page; no page is written if None.
    """
    line = command_line.current()
    if line is not None:
        # A file's name need not be UTF-8.
        text = line.config_text.encode("utf-8", "surrogateescape")
        (folder / CONFIG).write_bytes(text)
    words = None if line is None else [as_text(word) for word in line.words]
    if result is not None:
        write_page(folder, result, words)
    whole = {
        "format": {"name": FORMAT, "version": VERSION, "kind": kind},
        "command": words,
        "provenance": None if made is None else made.as_json(),
        **summary,
        "files": sorted({*(as_text(file.name) for file in folder.iterdir()), RESULT}),
        "value": value,
    }
    text = json.dumps(whole, indent=2, allow_nan=False)
    (folder / RESULT).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def write_page(folder: Path, result: Any, words: Sequence[str] | None) -> None:
    """Write a result's page; a warning in its place if the page would be too large.

    Args:
        folder: for the page.
        result: the result.
        words: of the command line; None without one.
    """
    from .page import PageTooLargeError, page_of  # templates load with the first page

    try:
        page = page_of(result, words, folder=folder)
    except PageTooLargeError as error:
        logger.warning("The result has no page. %s", error)
        return
    (folder / PAGE).write_text(page, encoding="utf-8", newline="\n")


def finite(value: float | None) -> float | None:
    """The value as JSON can hold it: None in place of NaN and infinity."""
    return None if value is None or not math.isfinite(value) else float(value)
