"""The other end of the protocol: processes that are started, asked and ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parents[2]


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
           "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # fmt: skip
"""By these PyTorch, NumPy and TensorFlow are told how many threads they have."""


class FailedError(Exception):
    """What a peer said when it could not do what it was asked."""


@dataclass(frozen=True)
class Answer:
    """What a run took and found.

    Attributes:
        seconds: of one call, on the clock.
        cpu_seconds: of all threads of its process.
        peak_mib: the most memory that its process held, libraries and network included.
        numbers: what it found.
    """

    seconds: float
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    numbers: dict[str, Any] = field(default_factory=dict)


class Worker:
    """A side in a process of its own, which lives until it is closed.

    Args:
        python: the interpreter of its environment.
        module: whose `TASKS` it serves.
        log: where what it prints goes.
        threads: that its libraries compute with; as many as they choose if None.
    """

    def __init__(self, python: Path, module: str, log: Path, *, threads: int | None = None) -> None:
        own = {"PYTHONPATH": str(ROOT), "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
               "CUDA_VISIBLE_DEVICES": "-1"}  # fmt: skip
        if threads is not None:
            own |= dict.fromkeys(THREADS, str(threads))
        self._log = log
        with log.open("w", encoding="utf-8") as words:
            self._process = subprocess.Popen(
                [str(python), "-W", "ignore", "-m", module],
                cwd=ROOT, env={**os.environ, **own}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=words, text=True, encoding="utf-8",
            )  # fmt: skip

    def prepare(self, task: str, folder: Path) -> Answer:
        """Load what a task needs, untimed in the comparison."""
        return self._ask({"prepare": task, "folder": str(folder)})

    def run(self, **options: Any) -> Answer:
        """Do the task once."""
        return self._ask({"run": options})

    def _ask(self, request: dict[str, Any]) -> Answer:
        questions: Any = self._process.stdin
        answers: Any = self._process.stdout
        try:
            questions.write(json.dumps(request) + "\n")
            questions.flush()
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise FailedError(f"its process ended: {_last_line(self._log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise FailedError(answer["error"])
        return Answer(**answer)

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            # What could not be sent to a process that has died is not sent now either.
            with contextlib.suppress(BrokenPipeError):
                _close(stream)
        self._process.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._process.kill()
        self.close()


def _close(stream: IO[str] | None) -> None:
    if stream is not None:
        stream.close()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "without a word"
