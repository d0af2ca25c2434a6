"""What a result folder holds whenever it is computed again: all files, but for the time it took."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SECONDS = rb"<caption>Seconds</caption>.*?</tbody>"


def without_seconds(folder: Path) -> dict[str, bytes]:
    """The files below a folder byte for byte, without the seconds, which have to be there."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        if file.name == "report.html":
            data, times = re.subn(SECONDS, b"", data, flags=re.S)
            assert times == 1
        elif file.name == "result.json":
            result = json.loads(data)
            assert _sum(result.pop("seconds")) > 0
            assert _sum(result["value"]["fields"].pop("seconds")) > 0
            data = json.dumps(result).encode()
        found[file.relative_to(folder).as_posix()] = data
    return found


def _sum(seconds: Any) -> float:
    """Of all stages, where a result tells those apart; their names do not count."""
    if isinstance(seconds, dict):
        return sum(map(_sum, seconds.values()))
    if isinstance(seconds, list):
        return sum(map(_sum, seconds))
    return 0.0 if isinstance(seconds, str) else seconds
