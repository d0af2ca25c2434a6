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
        """Print where the page of a result is; what its folder holds, if JSON is asked for."""
        from ..report.records import record_of

        if self.json:
            self.record(record_of(folder))
        self.page(folder)

    def page(self, folder: Path) -> None:
        """Print where a browser finds the page of a result folder, if it has one."""
        from ..report.own_files import PAGE  # which imports NumPy: the help does without

        page = folder / PAGE
        if page.is_file():
            self.line(f"In a browser: {page.resolve().as_uri()}")

    def record(self, record: Mapping[str, Any]) -> None:
        """Print a line of JSON, if it is asked for."""
        if self.json:
            print_line(json.dumps(record, allow_nan=False))
