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


def test_a_column_may_hold_lists_of_numbers(tmp_path):
    from pyarrow import parquet

    columns = {"scores": list[float], "channels": list[int]}
    rows = [([0.5, 2], [3]), ([], None), (None, [])]
    assert write_parquet(tmp_path / "a.parquet", columns, rows)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert [tuple(row.values()) for row in table.to_pylist()] == rows  # empty is not missing
    kinds = [own.type.value_type for own in table.schema]
    assert list(map(str, kinds)) == ["double", "int64"]


def test_lists_keep_their_type_where_no_row_has_one(tmp_path):
    from pyarrow import parquet

    for name, cell in (("none", None), ("some", [1])):
        assert write_parquet(tmp_path / name, {"channels": list[int]}, [(cell,)])
    schemas = [parquet.read_schema(tmp_path / name) for name in ("none", "some")]
    assert schemas[0].equals(schemas[1])
