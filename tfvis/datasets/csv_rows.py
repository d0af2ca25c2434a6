"""CSV tables with a header, row by row, and what may be wrong with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tfvis.utils.errors import InputError, closest

__all__ = ["CsvRow", "CsvTable", "csv_table"]

_SHOWN = 60
"""Characters of a cell that a message shows."""


@dataclass(frozen=True)
class CsvRow:
    """A row of a table.

    Attributes:
        cells: the text of each column, by the column's name; without spaces around it, and "" where
            the row ends before the column.
        line: the number of the line where the row ends, from 1.
        place: the table and the line, as a message names them.
    """

    cells: Mapping[str, str]
    line: int
    place: str


@dataclass(frozen=True, eq=False)
class CsvTable:
    """A table that is open.

    Attributes:
        path: of the file.
        columns: the names in the header: in lower case, in order.
        rows: the rows that are not empty. They are read while one goes through them.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[CsvRow] = field(repr=False)

    def require_spelling(self, optional: Iterable[str], known: Collection[str]) -> None:
        """Raise an `InputError` for a column that was probably meant to be an optional one.

        Args:
            optional: the columns that may be left out.
            known: all columns that mean something: none of them is a wrong spelling.
        """
        others = [name for name in self.columns if name not in known]
        for name in optional:
            near = closest(name, others, 1, cutoff=0.8)
            if name not in self.columns and near:
                raise InputError(
                    f"Unknown column {near[0]!r} in {str(self.path)!r}. Closest: {name}."
                )

    def require_once(self, names: Iterable[str]) -> None:
        """Raise an `InputError` for a column that is there twice: which one counts?

        Args:
            names: the columns that mean something; others may be there as often as they like.
        """
        for name in names:
            if self.columns.count(name) > 1:
                raise InputError(
                    f"Expected each column once in {str(self.path)!r}, received {name!r} "
                    f"{self.columns.count(name)} times."
                )


@contextmanager
def csv_table(file: str | Path, what: str = "table") -> Iterator[CsvTable]:
    """Open a table.

    Args:
        file: its path; UTF-8, with a header. Lines without text are left out.
        what: what the message for a missing file calls it.

    Returns:
        A context, in which the rows can be read.

    Raises:
        InputError: the file is missing, no CSV, or empty, or a row has more cells than the header.
            Rows are checked as they are read.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("pets.csv").write_text("Image, Class\\na.jpg, cat\\n")
        >>> with csv_table("pets.csv") as table:
        ...     table.columns, [(row.cells["class"], row.place) for row in table.rows]
        (('image', 'class'), [('cat', "'pets.csv', line 2")])
    """
    path = Path(file)
    if "\0" in str(path):  # no file's name has one, and `open` raises a ValueError
        raise InputError(f"No {what} {str(path)!r}. Expected a CSV file.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(_without_nul(stream, path), skipinitialspace=True)
            header = next((cells for cells in reader if any(cells)), [])
            columns = tuple(name.strip().casefold() for name in header)
            _require_header(path, columns)
            rows = (
                _row(path, columns, cells, reader.line_num)
                for cells in reader
                if any(cell.strip() for cell in cells[: len(columns)])
            )
            yield CsvTable(path, columns, rows)
    except FileNotFoundError:
        raise InputError(f"No {what} {str(path)!r}. Expected a CSV file.") from None
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Expected a CSV file in UTF-8, {str(path)!r}: {error}.") from None


def _without_nul(lines: Iterable[str], path: Path) -> Iterator[str]:
    """The lines; Python 3.10 refuses NUL by itself, later versions take it for text."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise InputError(
                f"Expected a CSV file in UTF-8, {str(path)!r}: line {number} contains NUL."
            )
        yield line


def _require_header(path: Path, columns: tuple[str, ...]) -> None:
    if not columns:
        raise InputError(f"Expected a table with a header, {str(path)!r} is empty.")
    if len(columns) == 1 and re.search(r"[;\t|]", columns[0]):
        raise InputError(
            f"Expected columns with commas between them in {str(path)!r}, received the header "
            f"{columns[0][:80]!r}."
        )


def _row(path: Path, columns: tuple[str, ...], cells: list[str], line: int) -> CsvRow:
    place = f"{str(path)!r}, line {line}"
    beyond = [cell for cell in cells[len(columns) :] if cell.strip()]
    if beyond:
        raise InputError(
            f"{place}: Expected {len(columns)} cells as in the header, received "
            f"{len(columns) + len(beyond)}, the last {beyond[-1][:_SHOWN]!r}. A cell with "
            "commas needs quotation marks."
        )
    texts = [cell.strip() for cell in cells] + [""] * (len(columns) - len(cells))
    return CsvRow(dict(zip(columns, texts, strict=False)), line, place)
