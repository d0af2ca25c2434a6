"""What an interrupted `tfvis localise` has finished, for the next run to go on from.

<output>/<table>/.localisation.journal   JSON lines: what is asked for, then a line a batch

The file appears with the first batch that is finished, and goes when the result is in place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.provenance import Provenance

from ..evaluation.box_results import FinishedBatch
from .own_files import is_regular
from .values import packed, unpacked
from .writing import require_folder, writing

__all__ = ["Journal"]

FORMAT = {"name": "tfvis journal", "version": 1}
_MARK = b'{"format": {"name": "tfvis journal"'


class Journal:
    """Keeps what is finished while a result is made; a context that closes the file.

    Batches of an earlier run are known again if that run was asked for the same. A line that was
    cut short, when the run was killed or the disk was full, is dropped.

    Args:
        target: the result folder, beside which the journal lies under a hidden name.
        made: what makes the result. Without a digest of the weights nothing is taken over, since
            the network might be another one.
        **asked: whatever else decides the result, as JSON can hold it.

    Attributes:
        file: the journal.
        known: the batches of an earlier run, by their key.

    Raises:
        InputError: there is something else under the journal's name, or it cannot be read.
    """

    def __init__(self, target: Path, made: Provenance, **asked: Any) -> None:
        self.file = target.with_name(f".{target.name}.journal")
        head = {"format": FORMAT, "provenance": made.as_json(), **asked}
        self._head = json.dumps(head).encode() + b"\n"
        self._stream: BinaryIO | None = None
        self._length = 0  # of what is taken over, in bytes
        self.known: dict[str, FinishedBatch] = {}
        with writing(self.file):
            self._require_own()
            if made.weights is not None and is_regular(self.file):
                self._read()

    @property
    def n_objects(self) -> int:
        """How many objects are known."""
        return sum(len(batch.objects) for batch in self.known.values())

    def add(self, batch: FinishedBatch) -> None:
        """Keep a batch; once this returns it survives the end of the process.

        Raises:
            InputError: the system refuses to write it.
        """
        value, arrays = packed(batch)
        line = {"value": value, "arrays": {key: _text(array) for key, array in arrays.items()}}
        with writing(self.file):
            if self._stream is None:
                self._stream = self._opened()
            self._stream.write(json.dumps(line).encode() + b"\n")
            self._stream.flush()

    def remove(self) -> None:
        """Forget everything: the result is in place."""
        self.close()
        with writing(self.file):
            self._require_own()
            self.file.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file, and keep it."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

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
                batch = _batch(line)
                if batch is None:
                    return
                self.known[batch.key] = batch
                self._length += len(line)

    def _opened(self) -> BinaryIO:
        """The file, ready for the next line, and begun anew if nothing is taken over."""
        require_folder(self.file.parent)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._require_own()
        if self._length and self.file.exists():
            stream = self.file.open("r+b")
            stream.seek(self._length)
            stream.truncate()
            return stream
        # A new file, so that another run that still writes to the old one does no harm.
        self.file.unlink(missing_ok=True)
        stream = self.file.open("xb")
        stream.write(self._head)
        return stream


def _text(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON can hold it, bit by bit."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.str, "shape": array.shape, "data": data}


def _array(found: Mapping[str, Any]) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(found["data"], validate=True), np.dtype(found["dtype"]))
    return flat.reshape(found["shape"]).copy()


def _batch(line: bytes) -> FinishedBatch | None:
    """What a line holds; None if it is damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
        arrays = {key: _array(array) for key, array in found["arrays"].items()}
        batch = unpacked(found["value"], arrays)
    except (InputError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return batch if isinstance(batch, FinishedBatch) else None
