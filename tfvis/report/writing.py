"""Folders that appear whole or not at all, and what every result says of its making."""

from __future__ import annotations

import contextlib
import errno
import importlib.metadata
import json
import math
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError

_LIBRARIES = ("tfvis", "tensorflow", "keras", "numpy", "scikit-learn", "scikit-image", "pillow")
_DAY = 86_400.0
_MARK = "result.json"  # every unit has one


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """What the system refuses becomes an `InputError` that names the target."""
    try:
        yield
    except OSError as error:
        raise InputError(f"Cannot write {str(target)!r}: {error.strerror or error}.") from None


@contextlib.contextmanager
def unit(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place if the block ends without an error.

    An earlier `target` stays until then. A run that was killed between the two renames at the end
    has left the earlier one under its hidden name, from which the next run brings it back.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise NotADirectoryError(errno.ENOTDIR, "it is there, and no folder", str(target))
    if target.is_dir() and any(target.iterdir()) and not (target / _MARK).is_file():
        raise FileExistsError(errno.EEXIST, "it is there, and no earlier result", str(target))
    aside = target.with_name(f".{target.name}.previous")
    if aside.exists():
        if target.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(target)
    _remove_left_overs(target)
    folder = Path(
        tempfile.mkdtemp(
            dir=target.parent, prefix=f".{target.name}.{os.getpid()}.", suffix=".partial"
        )
    )
    try:
        yield folder
        folder.chmod(target.parent.stat().st_mode & 0o777)
        try:
            if target.exists():
                target.rename(aside)
            folder.rename(target)
        except BaseException:
            if aside.exists() and not target.exists():
                aside.rename(target)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_overs(target: Path) -> None:
    """Remove what killed runs have begun for `target`; a run that lives keeps its own."""
    prefix = f".{target.name}."
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and path.name.endswith(".partial"):
            owner = Path("/proc", path.name.removeprefix(prefix).split(".")[0])
            dead = owner.parent.is_dir() and not owner.exists()
            if dead or time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path, ignore_errors=True)


def finite(value: float | None) -> float | None:
    """The value as JSON can hold it: None in place of NaN and infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def versions() -> dict[str, str]:
    """Of Python and of the libraries that decide a result."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            from .._version import __version__

            # Run from a checkout that was never installed.
            found[library] = __version__ if library == "tfvis" else "unknown"
    return found


def plain(value: Any) -> Any:
    """A value as JSON can hold it: tuples as lists, paths as text."""
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def write_json(file: Path, result: Mapping[str, Any]) -> None:
    """Write a result; its numbers must be finite."""
    text = json.dumps(result, indent=2, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
