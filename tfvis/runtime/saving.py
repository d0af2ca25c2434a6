"""Saving a result from below the report, which stands above all results."""

from __future__ import annotations

import importlib
from pathlib import Path


def save_result(result: object, output: str | Path, name: str | None = None) -> Path:
    """Write a result; see `tfvis.report.write`, which is looked up when it is needed."""
    return importlib.import_module("tfvis.report").write(result, Path(output), name)
