"""What an interrupted evaluation has finished, for the next run to go on from.

<output>/<name>/.<result>.<digest>.journal   JSON lines: what is asked for, a line a batch
<output>/<name>/..<result>.<digest>.journal.<run>.partial/   the lock of the run that is alive

The digest is that of the first line, so that runs with other options keep journals of their own.
The file appears with the first batch that is finished, and goes when the result is in place.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.provenance import Provenance

from ..evaluation.box_results import FinishedBatch
from .journal_entries import Entry, count_of, is_whole
from .own_files import is_regular
from .values import packed, unpacked
from .working_folder import WorkingFolder
from .writing import require_folder, writing

__all__ = ["Journal"]

FORMAT = {"name": "tfvis journal", "version": 1}
_MARK = b'{"format": {"name": "tfvis journal"'


class Journal:
    """Keeps what is finished while a result is made, within a `with` block.

    Batches of an earlier run are known again if that run was asked for the same; the block begins
    with reading them. A line that is damaged, as when the run was killed or the disk was full, is
    dropped with all after it. Only one run at a time has the journal.

    Args:
        target: the result folder, beside which the journal lies under a hidden name.
        made: what makes the result. Without a digest of the weights nothing is taken over, since
            the network might be another one.
        kind: of what is finished at once.
        **asked: whatever else decides the result, as JSON can hold it.

    Attributes:
        file: the journal.
        known: the batches of an earlier run, by their key.

    Raises:
        InputError: there is something else under the journal's name, it cannot be read, or, when
            the block begins, another run with the same options is alive.
    """

    def __init__(
        self,
        target: Path,
        made: Provenance,
        kind: type[Entry] = FinishedBatch,
        **asked: Any,
    ) -> None:
        head = {"format": FORMAT, "provenance": made.as_json(), **asked}
        self._head = json.dumps(head).encode() + b"\n"
        digest = hashlib.sha256(self._head).hexdigest()[:12]
        self.file = target.with_name(f".{target.name}.{digest}.journal")
        self._kind = kind
        self._resumes = made.weights is not None
        self._lock: WorkingFolder | None = None
        self._parents: list[Path] = []  # folders made for the lock, the innermost first
        self._stream: FileIO | None = None
        self._length = 0  # of what is taken over, in bytes
        self.known: dict[str, Any] = {}
        with writing(self.file):
            self._require_own()

    @property
    def n_objects(self) -> int:
        """How many objects, or cases, are known."""
        return sum(map(count_of, self.known.values()))

    def add(self, batch: Entry) -> None:
        """Keep a batch; once this returns it survives the end of the process.

        Raises:
            InputError: the system refuses to write it.
            RuntimeError: outside of the block.
        """
        lock = self._locked()
        value, arrays = packed(batch)
        line = {"value": value, "arrays": {key: _text(array) for key, array in arrays.items()}}
        with writing(self.file):
            self._append(json.dumps(line).encode() + b"\n")
            os.utime(lock.folder / "lock.json")  # other hosts go by its age

    def _append(self, line: bytes) -> None:
        """Write a line, whole or not at all."""
        if self._stream is None:
            self._stream = self._opened()
        whole = self._stream.tell()
        left = memoryview(line if whole else self._head + line)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except BaseException:
            with contextlib.suppress(OSError):
                self._stream.seek(whole)  # truncating alone would leave the position behind
                self._stream.truncate()
                if not whole:
                    self._close()
                    self.file.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Forget everything: the result is in place.

        Raises:
            InputError: the system refuses it.
            RuntimeError: outside of the block.
        """
        self._locked()
        self._close()
        with writing(self.file):
            self._require_own()
            self.file.unlink(missing_ok=True)

    def __enter__(self) -> Journal:
        try:
            with writing(self.file):
                self._acquire()
                self._require_own()
                if self._resumes and is_regular(self.file):
                    self._read()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
        self._release()

    def _acquire(self) -> None:
        """Become the only run that has the journal; locks of killed runs are removed.

        Each run makes a lock of its own before it looks for others. Of two runs that begin at once
        both may be refused, but never both go on.
        """
        folder = self.file.parent
        require_folder(folder)
        self._parents = [parent for parent in self.file.parents if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = WorkingFolder(self.file)
        self._lock.begin()
        begin, end, own = f".{self.file.name}.", ".partial", self._lock.folder.name
        for entry in folder.iterdir():
            if entry.name != own and entry.name.startswith(begin) and entry.name.endswith(end):
                raise InputError(
                    "Expected no other run with the same options and output folder at the same "
                    "time, found one that is alive. Wait for it; if there is none, remove "
                    f"{str(entry)!r}."
                )

    def _release(self) -> None:
        """Leave the journal to other runs, and no empty folder behind."""
        if self._lock is not None:
            self._lock.end()
            self._lock = None
        for parent in self._parents:
            with contextlib.suppress(OSError):
                parent.rmdir()
        self._parents = []

    def _locked(self) -> WorkingFolder:
        if self._lock is None:
            raise RuntimeError("Expected a journal within its `with` block.")
        return self._lock

    def _close(self) -> None:
        """Let go of the file, and keep it."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _require_own(self) -> None:
        """Raise an `InputError` if there is something that is no journal."""
        if not self.file.is_symlink() and not self.file.exists():
            return
        if is_regular(self.file):
            with self.file.open("rb") as stream:
                begin = stream.read(len(_MARK))
            if _MARK.startswith(begin):
                return
        raise InputError(
            f"Expected a journal of tfvis, found something else in {str(self.file)!r}. Move it "
            "away."
        )

    def _read(self) -> None:
        """Take over the batches of a run that was asked for the same."""
        with self.file.open("rb") as stream:
            if stream.readline() != self._head:
                return
            self._length = len(self._head)
            for line in stream:
                batch = _batch(line, self._kind)
                if batch is None:
                    return
                self.known[batch.key] = batch
                self._length += len(line)

    def _opened(self) -> FileIO:
        """The file, ready for the next line, and empty if nothing is taken over."""
        self._require_own()
        if self._length and self.file.exists():
            stream = self.file.open("r+b", buffering=0)
            stream.seek(self._length)
            stream.truncate()
            return stream
        self.file.unlink(missing_ok=True)
        return self.file.open("xb", buffering=0)


def _text(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON can hold it, bit by bit."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.str, "shape": array.shape, "data": data}


def _array(found: Mapping[str, Any]) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(found["data"], validate=True), np.dtype(found["dtype"]))
    return flat.reshape(found["shape"]).copy()


def _batch(line: bytes, kind: type[Entry]) -> Entry | None:
    """What a line holds; None if it is damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
        arrays = {key: _array(array) for key, array in found["arrays"].items()}
        batch = unpacked(found["value"], arrays)
        return batch if is_whole(batch, kind) else None
    except (
        InputError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError,
    ):  # fmt: skip
        return None
