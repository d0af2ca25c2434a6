"""CSV files, and cells from outside in them."""

import csv

import pytest

from tfvis.report.csv_files import write_csv


@pytest.fixture
def written(tmp_path):
    """A function from rows to the cells that are read back."""

    def write(*rows):
        file = tmp_path / "table.csv"
        write_csv(file, rows)
        with file.open(newline="", encoding="utf-8") as stream:
            return list(csv.reader(stream))

    return write


def test_cells_are_read_back(written):
    assert written(("image", "α"), ('a "cat", two\nlines', 0.5), ("", None)) == [
        ["image", "α"],
        ['a "cat", two\nlines', "0.5"],
        ["", ""],
    ]


@pytest.mark.parametrize(
    "cell",
    ["=HYPERLINK(1)", "+cmd", "-2+3+cmd", "@SUM(A1)", "\t=1", "=1+1", "- a", "--1"],
)
def test_a_formula_becomes_text(written, cell):
    assert written((cell, 1)) == [[f"'{cell}", "1"]]


@pytest.mark.parametrize("cell", ["-0.5", "-3 4.5 -2 1e-5", "a=b", "cat", -0.5, "-nan"])
def test_numbers_and_other_texts_stay(written, cell):
    assert written((cell,)) == [[str(cell)]]


def test_a_cell_begins_no_row(written):
    assert written(("\r=1", "a\r=1")) == [[" =1", "a =1"]]


def test_names_that_are_no_text_can_be_written(tmp_path):
    write_csv(tmp_path / "table.csv", [("caf\udce9",)])
    assert (tmp_path / "table.csv").read_text() == "caf\\udce9\n"
