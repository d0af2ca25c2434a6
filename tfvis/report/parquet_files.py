"""Parquet files of a result, where pyarrow is installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import GenericAlias
from typing import Any

from tfvis.utils.file_names import encodable

__all__ = ["Column", "write_parquet"]

logger = logging.getLogger(__name__)

Column = type | GenericAlias
"""What a column holds: `str`, `float`, `int`, or lists of numbers."""


def write_parquet(file: Path, columns: Mapping[str, Column], rows: Sequence[Sequence[Any]]) -> bool:
    """Write rows as a table; nothing where pyarrow, the extra `parquet`, is not installed.

    Args:
        file: the file.
        columns: their names, and what each holds: texts (`str`), numbers (`float` or `int`), or
            lists of numbers (`list[float]` or `list[int]`).
        rows: each with a value a column; None for a missing one.

    Returns:
        Whether the file was written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        logger.debug("%s is not written: pyarrow is not installed.", file.name)
        return False
    cells = [[encodable(own) if isinstance(own, str) else own for own in row] for row in rows]
    kinds = {str: pyarrow.string(), float: pyarrow.float64(), int: pyarrow.int64()}
    kinds |= {list[own]: pyarrow.list_(kinds[own]) for own in (float, int)}
    # Types are not guessed, so that the tables of two runs can be read as one.
    table = pyarrow.table(
        {name: [row[k] for row in cells] for k, name in enumerate(columns)},
        schema=pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()]),
    )
    parquet.write_table(table, file)
    return True
