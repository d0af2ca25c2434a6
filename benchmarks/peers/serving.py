"""A worker's end of the protocol: lines of JSON on stdin, an answer for each on stdout.

    {"prepare": "shapley", "folder": "build/peers/subject"}   loads the library and the network
    {"run": {"orders": 20}}                                   runs once and is timed

An answer has `seconds`, on the clock and of all its threads (`cpu_seconds`), the `peak_mib` of
memory that the process held meanwhile, and `numbers`; one that has `error` says in a line why there
is none. This module runs in the peers' environments too, and so needs the standard library alone.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Numbers = dict[str, Any]
Run = Callable[..., Callable[[], Numbers]]
"""Does the work, which is timed, and returns what tells its numbers, which is not."""

Tasks = Mapping[str, Callable[[Path], Run]]
"""By name, what prepares a task in a folder."""

CALLS = "calls"
"""The number that says how often a run did the work; the seconds are of one."""


def serve(tasks: Tasks) -> None:
    """Answer requests until stdin ends."""
    # What libraries print must not stand among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    run: Run | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _forget_peak()
            start, cpu = time.perf_counter(), time.process_time()
            if "prepare" in request:
                run = tasks[request["prepare"]](Path(request["folder"]))
                answer = {"seconds": time.perf_counter() - start, "numbers": {}}
            elif run is None:
                raise RuntimeError("Expected a task to be prepared first.")
            else:
                tell = run(**request["run"])
                seconds, own = time.perf_counter() - start, time.process_time() - cpu
                peak, numbers = peak_mib(), tell()
                calls = numbers.pop(CALLS, 1)
                answer = {"seconds": seconds / calls, "cpu_seconds": own / calls,
                          "peak_mib": peak, "numbers": numbers}  # fmt: skip
        except Exception as error:  # whatever a library raises, the other side is told
            text = " ".join(str(error).split())
            answer = {"error": f"{type(error).__name__}: {text}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def peak_mib() -> float:
    """The most memory that the process held, since `_forget_peak` where the system can forget."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.M)
        return int(kib) / 1024
    except (OSError, ValueError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 2 ** (20 if sys.platform == "darwin" else 10)


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:  # not Linux, or not allowed: the peak is then of the whole process
        return
