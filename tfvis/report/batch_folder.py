"""A batch's folder: what was asked for, which images are finished, and which run is at work.

<output>/
    batch.json            what decides the results
    config.toml           the options of the command
    index.html, index.csv, index.parquet
    <name>/               a folder an image, with its results
        rows.json         the image's rows of the index; it is finished
    .batch/
        lock              of the run that is alive; see `BatchLock`
        run               its token; its workers end when it is gone, or another's
        attempts/<name>   how often the image was begun by this run, and not finished
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, on_disk

from .batch_rows import BatchRow
from .own_files import RESULT, is_regular
from .writing import require_folder, writing

__all__ = ["BATCH", "ROWS", "BatchFolder", "FinishedImage"]

BATCH = "batch.json"
"""The file that every batch's folder has."""

ROWS = "rows.json"
"""The file with an image's rows, in its folder."""

FORMAT = {"name": "tfvis batch", "version": 1}
_ROWS_FORMAT = {"name": "tfvis batch rows", "version": 1}
_HIDDEN = ".batch"
_ENDED = "ended"
_NEW = re.compile(r"\.[0-9a-f]{8}\.new")
"""A file, or a folder, that is not whole yet."""


@dataclass(frozen=True, kw_only=True)
class FinishedImage:
    """What a batch keeps of an image that is finished.

    Attributes:
        name: of its folder.
        rows: of the index.
        place: of the image among all of the batch, those of other shards too, from 0.
        asked: digest of what was to be explained: the file and the classes it was listed with.
        network: digest of the network that explained it; None if unknown.
    """

    name: str
    rows: tuple[BatchRow, ...]
    place: int = 0
    asked: str = ""
    network: str | None = None

    @property
    def problem(self) -> str | None:
        """The first problem of its rows; None if there is none."""
        return next((row.problem for row in self.rows if row.problem is not None), None)


@dataclass(frozen=True)
class BatchFolder:
    """A batch's folder, as its run and its workers see it.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def lock(self) -> Path:
        """The file of the lock."""
        return self.path / _HIDDEN / "lock"

    def require_usable(self) -> None:
        """Raise an `InputError` unless the folder is not there, empty, or a batch's.

        It is looked at only: nothing is written.
        """
        require_folder(self.path)
        with writing(self.path):
            if not self.path.exists() or is_regular(self.path / BATCH):
                return
            if any(entry.name != _HIDDEN for entry in self.path.iterdir()):
                raise InputError(
                    f"Expected an empty folder or one of an earlier batch, received "
                    f"{str(self.path)!r}, which holds something else. Choose another --output."
                )

    def options(self) -> dict[str, Any] | None:
        """What decides the results of the batch that is there; None if there is none.

        Raises:
            InputError: the file cannot be read, or is of a later version.
        """
        found = self._asked()
        return None if found is None else found["options"]

    def n_images(self) -> int:
        """How many images the batch that is there has; 0 if there is none.

        Raises:
            InputError: see `options`.
        """
        found = (self._asked() or {}).get("images")
        return found if type(found) is int else 0

    def _asked(self) -> dict[str, Any] | None:
        file = self.path / BATCH
        if not is_regular(file):
            return None
        found = _read(file)
        if not isinstance(found, dict) or not isinstance(found.get("options"), dict):
            raise InputError(
                f"Expected what a batch was asked for in {str(file)!r}: it is damaged."
            )
        if found.get("format") != FORMAT:
            raise InputError(f"Another version of tfvis has made {str(file)!r}.")
        return found

    def make(self) -> None:
        """Make the folders.

        Raises:
            InputError: see `require_usable`, or the system refuses it.
        """
        self.require_usable()
        with writing(self.path):
            (self.path / _HIDDEN / "attempts").mkdir(parents=True, exist_ok=True)

    def begin_run(self, options: Mapping[str, Any], images: int = 0) -> str:
        """Write what is asked for, forget the attempts of earlier runs, and name this one.

        What a killed run has left half-written is removed.

        Args:
            options: what decides the results, as JSON can hold it. Those of an earlier run must
                have been the same.
            images: how many images there are.

        Returns:
            The run's token.

        Raises:
            InputError: an earlier run had other options; all that differ are named.
        """
        self.require_options(options)
        token = secrets.token_hex(8)
        with writing(self.path):
            for left in self.path.glob(".*.new"):
                if _NEW.fullmatch(left.name):
                    shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
            whole = {"format": FORMAT, "images": images, "options": options}
            _replace(self.path / BATCH, json.dumps(whole, indent=2))
            for file in (self.path / _HIDDEN / "attempts").iterdir():
                file.unlink(missing_ok=True)
            _replace(self._run, token)
        return token

    def require_options(self, options: Mapping[str, Any]) -> None:
        """Raise an `InputError` if an earlier run had other options; it names all that differ.

        Args:
            options: see `begin_run`.
        """
        before = self.options()
        if before is None:
            return
        now = json.loads(json.dumps(options))
        names = (*now, *(own for own in before if own not in now))
        others = [name for name in names if before.get(name) != now.get(name)]
        if others:
            expected, received = (
                ", ".join(f"{name} {_told(own.get(name))}" for name in others)
                for own in (before, now)
            )
            raise InputError(
                f"Expected {expected}, as the batch in {str(self.path)!r} was begun with, "
                f"received {received}. Choose another --output for other options."
            )

    def end_run(self, token: str | None = None) -> None:
        """Have the workers of a run end after their current image.

        Args:
            token: of the run; another one that has begun meanwhile goes on. Any run if None.
        """
        if token is not None and not self.goes_on(token):
            return
        with contextlib.suppress(OSError):
            try:
                _replace(self._run, _ENDED)
            except OSError:  # a full disk
                self._run.unlink(missing_ok=True)

    def running(self) -> str | None:
        """The token of the run, or something else if it has ended; None if that cannot be read."""
        try:
            return self._run.read_text(encoding="ascii")
        except (OSError, ValueError):
            return None

    def goes_on(self, token: str) -> bool:
        """Whether a run is to go on: no other one has begun, and nobody has ended it."""
        return self.running() == token

    def begun(self) -> frozenset[str]:
        """The names of images that this run has begun and not finished."""
        try:
            files = (self.path / _HIDDEN / "attempts").iterdir()
            return frozenset(file.name for file in files if not _NEW.fullmatch(file.name))
        except OSError:
            return frozenset()

    def attempts(self, name: str) -> int:
        """How often this run has begun an image without finishing it."""
        try:
            return int(self._attempts(name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def begin(self, name: str) -> None:
        """Note that an image is begun.

        Raises:
            InputError: the system refuses to write it.
        """
        file = self._attempts(name)
        with writing(file):
            _replace(file, str(self.attempts(name) + 1))

    def finish(self, found: FinishedImage) -> None:
        """Keep an image's rows: once this returns it is finished, whatever becomes of the run.

        Raises:
            InputError: the system refuses to write them.
        """
        file = self._rows(found.name)
        rows = [row.as_json() for row in found.rows]
        whole = {
            "format": _ROWS_FORMAT,
            "place": found.place,
            "asked": found.asked,
            "network": found.network,
            "rows": rows,
        }
        with writing(file):
            file.parent.mkdir(exist_ok=True)
            _replace(file, json.dumps(whole, indent=1, allow_nan=False), self.path)
            self._attempts(found.name).unlink(missing_ok=True)

    def leave(self, name: str) -> None:
        """Forget that an image was begun: it was given up for no fault of its own."""
        with contextlib.suppress(OSError):
            self._attempts(name).unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Have an image explained again; its results stay until then.

        Raises:
            InputError: the system refuses it.
        """
        file = self._rows(name)
        with writing(file):
            file.unlink(missing_ok=True)

    def finished(self, name: str) -> FinishedImage | None:
        """An image's rows, if it is finished and its results are there; None otherwise.

        A file that is damaged counts for nothing: the image is explained again.
        """
        file = self._rows(name)
        try:
            found = _read(file) if is_regular(file) else None
            if not isinstance(found, dict) or found.get("format") != _ROWS_FORMAT:
                return None
            rows = tuple(BatchRow.of_json(row) for row in found["rows"])
        except (InputError, KeyError, TypeError):
            return None
        network, place, asked = found.get("network"), found.get("place"), found.get("asked")
        if not rows or type(place) is not int or not isinstance(network, str | None):
            return None
        if not isinstance(asked, str):
            return None
        for row in rows:
            if row.name != as_text(name) or not self._has_result(row):
                return None
        return FinishedImage(name=name, rows=rows, place=place, asked=asked, network=network)

    def names(self) -> tuple[str, ...]:
        """The folders of images that are finished, by name."""
        with writing(self.path):
            found = (entry.name for entry in self.path.iterdir() if entry.name[:1] != ".")
            return tuple(sorted(name for name in found if is_regular(self._rows(name))))

    def _has_result(self, row: BatchRow) -> bool:
        if row.folder is None:
            return True
        parts = row.folder.split("/")
        if any(part in ("", ".", "..") or "\\" in part for part in parts):
            return False
        return is_regular(self.path.joinpath(*map(on_disk, parts)) / RESULT)

    @property
    def _run(self) -> Path:
        return self.path / _HIDDEN / "run"

    def _attempts(self, name: str) -> Path:
        return self.path / _HIDDEN / "attempts" / name

    def _rows(self, name: str) -> Path:
        return self.path / name / ROWS


def write_whole(file: Path, text: str) -> None:
    """Write a file that is whole or not there; an earlier one stays until then.

    Raises:
        InputError: the system refuses it.
    """
    with writing(file):
        _replace(file, text)


def _replace(file: Path, text: str, folder: Path | None = None) -> None:
    """Put a file in place, whole or not at all; it is written in a folder of the same disk."""
    new = (folder or file.parent) / f".{secrets.token_hex(4)}.new"
    try:
        with new.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
        new.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise InputError(f"Expected JSON in {str(file)!r}: it is damaged.") from None


def _told(value: Any) -> str:
    """An option's value in a message."""
    if value is None:
        return "left out"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return shlex.join(map(str, value)) or "left out"
    return str(value)
