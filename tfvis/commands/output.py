"""What a command prints: lines for people, or a line of JSON for each result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..runtime.terminal import say as print_line


@dataclass(frozen=True)
class Output:
    """Prints; called with a line it prints the line.

    Attributes:
        line: prints a line for people.
        json: whether results are printed as JSON, to standard output.
    """

    line: Callable[[str], None]
    json: bool = False

    def __call__(self, line: str) -> None:
        """Print a line for people."""
        self.line(line)

    def result(self, folder: Path) -> None:
        """Print what a result folder holds, if JSON is asked for."""
        if self.json:
            from ..report.records import record_of

            self.record(record_of(folder))

    def record(self, record: Mapping[str, Any]) -> None:
        """Print a line of JSON, if it is asked for."""
        if self.json:
            print_line(json.dumps(record, allow_nan=False))
