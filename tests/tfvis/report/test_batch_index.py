"""The index of a batch: the same rows as a page, as CSV and as Parquet, each whole."""

import csv
import os
import sys

import pandas as pd
import pytest
from batch_pages import made_row, some_rows, unread_row
from disks import full, small_disk
from pyarrow import parquet

from tfvis.report.batch_index import COLUMNS, INDEX, write_batch_index
from tfvis.report.writing import WriteError

ROWS = (made_row(0), made_row(5), unread_row(2), made_row(3, label=None, scores=(), channels=()))
FACTS = {"network": "critters"}
TABLES = ("index.csv", "index.parquet")


def write(folder, rows=ROWS):
    return write_batch_index(folder, rows, "A batch", FACTS)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def expected(row):
    """A row's cells by their column, as they are stored."""
    cells = {name: getattr(row, name) for name in COLUMNS if name != "n_groups"}
    cells["scores"], cells["channels"] = list(row.scores), list(row.channels)
    cells["n_groups"] = len(row.scores) if row.scores else None
    return cells


def test_there_are_a_page_and_two_tables_and_nothing_else(tmp_path):
    assert write(tmp_path) is True
    assert names(tmp_path) == sorted([INDEX, *TABLES])
    page = (tmp_path / INDEX).read_text(encoding="utf-8")
    assert "A batch" in page
    assert all(row.name in page for row in ROWS)


def test_parquet_has_each_value_in_its_own_type(tmp_path):
    write(tmp_path)
    table = parquet.read_table(tmp_path / "index.parquet")
    assert {own.name: str(own.type) for own in table.schema} == {
        "image": "string", "name": "string", "label": "string", "answer": "string",
        "answer_logit": "double", "class_index": "int64", "class_name": "string",
        "logit": "double", "probability": "double", "rank": "int64", "explainer": "string",
        "layer": "string", "sign": "string", "n_groups": "int64",
        "scores": "list<element: double>", "channels": "list<element: int64>", "gap": "double",
        "folder": "string", "problem": "string", "notes": "string", "seconds": "double",
    }  # fmt: skip
    assert [{**row} for row in table.to_pylist()] == [expected(row) for row in ROWS]


def test_types_do_not_depend_on_what_there_is(tmp_path):
    for name, rows in (("some", ROWS), ("bad", ROWS[2:3]), ("none", ())):
        (tmp_path / name).mkdir()
        write(tmp_path / name, rows)
    schemas = [
        parquet.read_schema(tmp_path / name / "index.parquet") for name in ("some", "bad", "none")
    ]
    assert schemas[0].equals(schemas[1]) and schemas[0].equals(schemas[2])


def test_pandas_reads_parquet_with_lists_and_missing_values(tmp_path):
    write(tmp_path)
    found = pd.read_parquet(tmp_path / "index.parquet")
    assert list(found.columns) == list(COLUMNS)
    assert [list(own) for own in found["scores"]] == [list(row.scores) for row in ROWS]
    assert [list(own) for own in found["channels"]] == [list(row.channels) for row in ROWS]
    assert list(found["problem"].isna()) == [row.problem is None for row in ROWS]
    assert list(found["rank"].isna()) == [row.rank is None for row in ROWS]


def test_csv_has_the_same_values_and_nothing_for_what_is_missing(tmp_path):
    write(tmp_path)
    with (tmp_path / "index.csv").open(newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    assert list(found[0]) == list(COLUMNS)
    for own, row in zip(found, ROWS, strict=True):
        for name, value in expected(row).items():
            if isinstance(value, list):
                assert [float(text) for text in own[name].split()] == value
            elif isinstance(value, int | float):
                assert float(own[name]) == value
            else:
                assert own[name] == (value or "")


def test_names_that_programs_take_for_formulas_are_text(tmp_path):
    evil = ("=1+1", "+A1", "-cmd", "@SUM(A1)", "\t=1", "=HYPERLINK(evil)")
    write(tmp_path, [made_row(k, name=name, image=name) for k, name in enumerate(evil)])
    with (tmp_path / "index.csv").open(newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    for column in ("name", "image"):
        assert [row[column][0] for row in found] == ["'"] * len(evil)
        assert [row[column][1:] for row in found] == list(evil)
    # A program that reads Parquet takes no text for a formula.
    assert parquet.read_table(tmp_path / "index.parquet")["name"].to_pylist() == list(evil)


def test_earlier_files_are_replaced(tmp_path):
    write(tmp_path)
    before = contents(tmp_path)
    write(tmp_path, ROWS[:1])
    assert contents(tmp_path).keys() == before.keys()
    assert len(pd.read_csv(tmp_path / "index.csv")) == 1
    assert parquet.read_table(tmp_path / "index.parquet").num_rows == 1
    assert ROWS[1].name not in (tmp_path / INDEX).read_text(encoding="utf-8")


def test_the_same_rows_give_the_same_bytes(tmp_path):
    write(tmp_path, some_rows(20))
    before = contents(tmp_path)
    write(tmp_path, some_rows(20))
    assert contents(tmp_path) == before


def test_without_pyarrow_there_are_csv_and_the_page(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert write(tmp_path) is False
    assert names(tmp_path) == ["index.csv", INDEX]
    monkeypatch.undo()
    assert len(pd.read_csv(tmp_path / "index.csv")) == len(ROWS)


def test_an_earlier_parquet_file_does_not_outlive_pyarrow(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert write(tmp_path, ROWS[:1]) is False
    assert names(tmp_path) == ["index.csv", INDEX]  # it would tell of other rows


def test_a_full_disk_leaves_the_earlier_index(tmp_path):
    with small_disk(tmp_path) as disk:
        (disk / "out").mkdir()
        write(disk / "out")
        before = contents(disk / "out")
        with full(disk), pytest.raises(WriteError, match=r"No space left on device\.$") as error:
            write(disk / "out", some_rows(50))
        assert contents(disk / "out") == before
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("fails", range(3))
def test_each_file_is_whole_whenever_the_disk_fills_up(tmp_path, monkeypatch, fails):
    write(tmp_path)
    before = contents(tmp_path)
    path, left = type(tmp_path), [None] * fails
    real = path.replace

    def sometimes(self, other):
        if not left:
            raise OSError(28, os.strerror(28))
        left.pop()
        return real(self, other)

    monkeypatch.setattr(path, "replace", sometimes)
    with pytest.raises(WriteError, match="No space left on device"):
        write(tmp_path, ROWS[:1])
    monkeypatch.undo()
    after = contents(tmp_path)
    assert after.keys() == before.keys()
    assert sum(after[name] != before[name] for name in before) == fails
