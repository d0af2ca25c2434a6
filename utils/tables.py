"""Rows of numbers as a table of pandas, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .file_names import encodable

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["none_as_missing", "table", "table_of_rows"]


def table(columns: Mapping[str, Any]) -> DataFrame:
    """A table of named columns.

    Args:
        columns: sequences or arrays of one length, or single values for all rows, by their names.

    Raises:
        InputError: pandas is not installed.

    Example:
        >>> from tfvis.utils.tables import table
        >>> table({"channel": [3, 5], "layer": "mixed4d"}).to_dict("list")
        {'channel': [3, 5], 'layer': ['mixed4d', 'mixed4d']}
    """
    return _pandas().DataFrame({name: _column(own) for name, own in columns.items()})


def table_of_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> DataFrame:
    """A table of rows.

    Args:
        names: of the columns.
        rows: each with a value a column; None is a missing value.

    Raises:
        InputError: pandas is not installed.

    Example:
        >>> from tfvis.utils.tables import table_of_rows
        >>> table_of_rows(["label", "logit"], [("cat", 2.0), ("dog", 1.0)]).logit.sum()
        np.float64(3.0)
    """
    told = [tuple(map(_cell, row)) for row in rows]
    return _pandas().DataFrame.from_records(told, columns=list(names))


def none_as_missing(values: Sequence[Any], dtype: str) -> Any:
    """A column of whole numbers, or of truth values, in which None is a missing value.

    Args:
        values: one a row.
        dtype: of pandas, one that has missing values: "Int64" or "boolean".

    Raises:
        InputError: pandas is not installed.

    Example:
        >>> from tfvis.utils.tables import none_as_missing
        >>> none_as_missing([0, None], "Int64").isna().tolist()
        [False, True]
    """
    return _pandas().array(list(values), dtype=dtype)


def _column(values: Any) -> Any:
    """A column whose texts can be encoded, as pandas with pyarrow asks."""
    if isinstance(values, list | tuple):
        return [_cell(own) for own in values]
    return _cell(values)


def _cell(value: Any) -> Any:
    return encodable(value) if isinstance(value, str) else value


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise InputError(
            'A table of rows needs pandas, which is not installed: pip install "tfvis[pandas]"'
        ) from None
    return pandas
