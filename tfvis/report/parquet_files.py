"""Parquet files of a result, where pyarrow is installed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfvis.utils.file_names import encodable

__all__ = ["write_parquet"]

logger = logging.getLogger(__name__)


def write_parquet(file: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Write rows as a table; nothing where pyarrow, the extra `parquet`, is not installed.

    Args:
        file: the file.
        columns: their names.
        rows: each with a value a column: texts, numbers, None.

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
    table = pyarrow.table({name: [row[k] for row in cells] for k, name in enumerate(columns)})
    parquet.write_table(table, file)
    return True
