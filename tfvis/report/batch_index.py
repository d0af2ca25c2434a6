"""The index of a batch: a row an image, class and explainer, as a page and as tables."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .batch_folder import write_whole
from .batch_rows import BatchRow
from .csv_files import write_csv
from .parquet_files import Column, write_parquet
from .writing import writing

__all__ = ["COLUMNS", "INDEX", "write_batch_index"]

INDEX = "index.html"
"""The page of a batch."""

COLUMNS: dict[str, Column] = {
    "image": str,
    "name": str,
    "label": str,
    "answer": str,
    "answer_logit": float,
    "class_index": int,
    "class_name": str,
    "logit": float,
    "probability": float,
    "rank": int,
    "explainer": str,
    "layer": str,
    "sign": str,
    "n_groups": int,
    "scores": list[float],
    "channels": list[int],
    "gap": float,
    "folder": str,
    "problem": str,
    "notes": str,
    "seconds": float,
}
"""The columns of the tables, and what they hold."""


def write_batch_index(
    folder: Path, rows: Sequence[BatchRow], title: str, facts: Mapping[str, str]
) -> bool:
    """Write `index.csv`, `index.parquet` and `index.html`; each replaces an earlier one at once.

    Args:
        folder: the batch's.
        rows: in the order in which they stand.
        title: of the page.
        facts: what the page says of the batch, by what it is.

    Returns:
        Whether there is a Parquet file: where pyarrow, the extra `parquet`, is installed.

    Raises:
        InputError: the system refuses to write one.
    """
    from .page.batch_index import batch_page  # templates load with the first page

    cells = [_cells(row) for row in rows]
    _replaced(folder / "index.csv", lambda file: _write_csv(file, cells))
    has_parquet = _replaced(
        folder / "index.parquet", lambda file: write_parquet(file, COLUMNS, cells)
    )
    write_whole(folder / INDEX, batch_page(rows, title=title, facts=facts))
    return has_parquet


def _write_csv(file: Path, cells: Sequence[Sequence[object]]) -> bool:
    write_csv(file, [list(COLUMNS), *([_text(cell) for cell in row] for row in cells)])
    return True


def _replaced(file: Path, write: Callable[[Path], bool]) -> bool:
    """Have a file written under another name, and put in place if it was.

    If it was not, an earlier one goes: it would tell of other rows.
    """
    new = file.with_name(f".{secrets.token_hex(4)}.new")
    with writing(file):
        try:
            written = write(new)
            if written:
                new.replace(file)
            else:
                file.unlink(missing_ok=True)
        finally:
            new.unlink(missing_ok=True)
    return written


def _cells(row: BatchRow) -> list[object]:
    found = {**vars(row), "n_groups": len(row.scores) or None}
    return [list(own) if isinstance(own := found[name], tuple) else own for name in COLUMNS]


def _text(cell: object) -> object:
    """A cell as CSV has it: lists with spaces between their members, nothing for None."""
    if isinstance(cell, list):
        return " ".join(map(str, cell))
    return "" if cell is None else cell
