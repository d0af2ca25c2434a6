"""Result folders that appear whole or not at all, and what every result says of its making."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import safe_name
from tfvis.utils.provenance import Provenance

from .own_files import FORMAT, RESULT, VERSION, lists_files, own_files, read_result
from .working_folder import WorkingFolder

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """What the system refuses becomes an `InputError` that names the target."""
    try:
        yield
    except OSError as error:
        raise InputError(f"Cannot write {str(target)!r}: {error.strerror or error}.") from None


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
        require_result_folder(target)  # as it is by now
        working.place()
    finally:
        working.end()


def require_result_folder(target: Path) -> None:
    """Raise an `InputError` unless a result may be written to `target`.

    It may where nothing is, an empty folder, or an earlier result of tfvis.
    """
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
    """Raise an `InputError` if a path, or a part of it, is there and no folder.

    Folders above may be links to folders; the last one may not: what it points to is not replaced.
    """
    with writing(path):
        if path.is_symlink():
            raise InputError(f"Expected a folder, received {str(path)!r}, which is a link.")
        for part in (path, *path.parents):
            try:
                mode = part.stat().st_mode  # in one look: another run may rename it
            except (FileNotFoundError, NotADirectoryError):
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
) -> None:
    """Write `result.json`, the last file of a result folder, which lists all of them.

    Args:
        folder: with all other files of the result.
        kind: what the result is.
        summary: what people and other programs want to know of it; its numbers must be finite.
        value: the result as JSON, from `packed`.
        made: what made it.
    """
    whole = {
        "format": {"name": FORMAT, "version": VERSION, "kind": kind},
        "provenance": None if made is None else made.as_json(),
        **summary,
        "files": sorted({*(file.name for file in folder.iterdir()), RESULT}),
        "value": value,
    }
    text = json.dumps(whole, indent=2, allow_nan=False)
    (folder / RESULT).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def image_folder(output: Path, made: Provenance | None) -> Path:
    """The folder of an image's results, named after the image's file; `image` where it has none.

    Raises:
        InputError: the folder has results of another image.
    """
    name = "image" if made is None or made.image_name is None else made.image_name
    target = output / safe_name(name)
    if made is not None:
        require_same_image(target, made)
    return target


def require_same_image(folder: Path, made: Provenance) -> None:
    """Raise an `InputError` if a folder has results of another image of the same name."""
    for file in sorted(folder.glob(f"*/{RESULT}")) + sorted(folder.glob(f"*/*/*/{RESULT}")):
        found = read_result(file.parent)
        try:
            other = Provenance.from_json((found or {})["provenance"])
        except (KeyError, TypeError):
            continue  # of an earlier version
        if not made.shows_same_image(other):
            raise InputError(
                f"Expected results of this image in {str(folder)!r}, found some of another image "
                "of the same name. Choose another name for this one, on the command line --name, "
                "or another output folder."
            )
        return


def replace_siblings(target: Path, prefix: str) -> None:
    """Remove earlier results beside a new one that answer the same question by another number.

    Those are results of the same configuration, layer, sign and class that list their own files.
    The user's files in their folders stay.

    Args:
        target: the new result, in place; its name is the prefix and a number.
        prefix: of its name, and of its siblings'.
    """
    question = _question(target)
    if question is None:
        return
    name = rf"{re.escape(prefix)}[0-9]+"
    # Those that a killed run was about to remove are brought back first.
    hidden = re.compile(rf"\.({name})\.[0-9a-f]{{16}}\.partial")
    found = [hidden.fullmatch(path.name) for path in target.parent.iterdir()]
    for match in found:
        if match and match[1] != target.name:
            with _working(target.with_name(match[1])):
                pass
    for sibling in sorted(target.parent.iterdir()):
        if not re.fullmatch(name, sibling.name) or sibling.is_symlink():
            continue
        if sibling.name != target.name and _question(sibling) == question:
            with _working(sibling) as working:
                working.remove_target()


@contextlib.contextmanager
def _working(sibling: Path) -> Iterator[WorkingFolder]:
    """A working folder for a sibling; what the system refuses is only a warning."""
    working = WorkingFolder(sibling)
    try:
        working.begin()
        yield working
    except OSError as error:
        # The new result stands all the same.
        logger.warning("Cannot remove the earlier %s: %s.", sibling, error.strerror or error)
    finally:
        working.end()


def _question(folder: Path) -> dict[str, Any] | None:
    """What a result is an answer to; None if it does not list its files."""
    result = read_result(folder)
    if result is None or not lists_files(result):
        return None
    made = result.get("provenance")
    if not isinstance(made, dict):
        return None
    asked = {key: value for key, value in made.items() if key != "versions"}
    return {"asked": asked, **{key: result.get(key) for key in ("layer", "sign", "class")}}


def finite(value: float | None) -> float | None:
    """The value as JSON can hold it: None in place of NaN and infinity."""
    return None if value is None or not math.isfinite(value) else float(value)
