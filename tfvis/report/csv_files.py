"""CSV files of a result."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t")
"""What a spreadsheet takes for the beginning of a formula."""


def write_csv(file: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows of cells; names that a spreadsheet would take for formulas get a ' before them.

    Args:
        file: the file.
        rows: of texts and numbers.
    """
    with file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
        csv.writer(stream, lineterminator="\n").writerows(map(_harmless, rows))


def _harmless(row: Sequence[object]) -> list[object]:
    return [_text(cell) if isinstance(cell, str) else cell for cell in row]


def _text(cell: str) -> str:
    cell = cell.replace("\r", " ")  # which Python before 3.13 does not quote: a new row would begin
    return f"'{cell}" if _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    return cell.startswith(_FORMULA) and not all(map(_is_number, cell.split()))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
