"""Tables for other programs."""

import sys

from tfvis.report.parquet_files import write_parquet

COLUMNS = {"name": str, "value": float, "threshold": float}
ROWS = [("a", 1.5, None), ("=1+1", -2.0, 0.25)]


def test_rows_are_read_back(tmp_path):
    from pyarrow import parquet

    assert write_parquet(tmp_path / "a.parquet", COLUMNS, ROWS)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == list(COLUMNS)
    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS


def test_names_that_are_no_utf_8_are_written_as_escapes(tmp_path):
    from pyarrow import parquet

    assert write_parquet(tmp_path / "a.parquet", {"name": str}, [("caf\udce9",)])
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == [{"name": "caf\\udce9"}]


def test_a_table_may_be_empty(tmp_path):
    from pyarrow import parquet

    assert write_parquet(tmp_path / "a.parquet", COLUMNS, [])
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 0


def test_without_pyarrow_there_is_no_file(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert not write_parquet(tmp_path / "a.parquet", COLUMNS, ROWS)
    assert not list(tmp_path.iterdir())


def test_a_column_of_missing_values_keeps_its_type(tmp_path):
    from pyarrow import parquet

    assert write_parquet(tmp_path / "a.parquet", COLUMNS, [("a", 1.0, None)])
    assert (
        str(parquet.read_table(tmp_path / "a.parquet").schema.field("threshold").type) == "double"
    )
