"""CSV tables: their rows, and what may be wrong with them."""

import pytest

from tfvis.datasets.csv_rows import csv_table
from tfvis.utils.errors import InputError


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A function from text to the columns and rows of a table of that text."""
    monkeypatch.chdir(tmp_path)

    def read(text):
        (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        with csv_table("t.csv") as found:
            return found.columns, [(row.line, dict(row.cells)) for row in found.rows]

    return read


def test_a_row_has_its_cells_and_its_place(table, tmp_path):
    assert table("a,b\n1, 2 \n") == (("a", "b"), [(2, {"a": "1", "b": "2"})])
    with csv_table(tmp_path / "t.csv") as found:
        (row,) = found.rows
    assert row.place == f"'{tmp_path}/t.csv', line 2"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffA, B \n1,2\n\n",
        "a,b\r\n1,2\r\n",
        "\n \na,b\n1,2",
        'a,"B"\n"1","2"\n , \n',
        "a,b\n1,2,,\n",
        "a,b\n1,2\n,,note\n",
    ],
)
def test_case_blank_lines_and_a_byte_order_mark_do_not_matter(table, text):
    columns, rows = table(text)
    assert columns[:2] == ("a", "b")
    assert [cells for _, cells in rows] == [{"a": "1", "b": "2"}]


def test_lines_are_those_of_the_file(table):
    _, rows = table('a,b\n\n1,2\n\n\n"x\ny",3\n4\n')
    assert rows == [
        (3, {"a": "1", "b": "2"}),
        (7, {"a": "x\ny", "b": "3"}),
        (8, {"a": "4", "b": ""}),
    ]


def test_of_two_columns_of_one_name_the_last_counts(table):
    assert table("a,A\n1,2\n3\n") == (("a", "a"), [(2, {"a": "2"}), (3, {"a": ""})])


def test_a_column_that_means_something_is_there_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("image,note,Image,note,IMAGE\n")
    with csv_table("t.csv") as table:
        table.require_once(["class"])
        with pytest.raises(InputError) as error:
            table.require_once(["class", "image"])
    assert str(error.value) == "Expected each column once in 't.csv', received 'image' 3 times."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a table with a header, 't.csv' is empty."),
        ("\n\n", "Expected a table with a header, 't.csv' is empty."),
        (
            "a;b\n1;2\n",
            "Expected columns with commas between them in 't.csv', received the header 'a;b'.",
        ),
        (
            "a,b\n1,2\nx, y,3\n",
            "'t.csv', line 3: Expected 2 cells as in the header, received 3, the last '3'. "
            "A cell with commas needs quotation marks.",
        ),
        (
            "a\n1," + "long " * 99 + "\n",
            "'t.csv', line 2: Expected 1 cells as in the header, received 2, the last "
            f"'{'long ' * 12}'. A cell with commas needs quotation marks.",
        ),
        ("a,b\n1,\0\n", "Expected a CSV file in UTF-8, 't.csv': line 2 contains NUL."),
        ("a\0,b\n1,2\n", "Expected a CSV file in UTF-8, 't.csv': line 1 contains NUL."),
        (
            b"a\n\xe4.jpg\n",
            "Expected a CSV file in UTF-8, 't.csv': 'utf-8' codec can't decode byte 0xe4 in "
            "position 2: invalid continuation byte.",
        ),
        (
            'a\n"' + "x" * 131_073,
            "Expected a CSV file in UTF-8, 't.csv': field larger than field limit (131072).",
        ),
    ],
)
def test_a_table_that_cannot_be_read(table, text, message):
    with pytest.raises(InputError) as error:
        table(text)
    assert str(error.value) == message


def read(file, **options):
    with pytest.raises(InputError) as error, csv_table(file, **options):
        pass
    return str(error.value)


def test_a_file_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read("gone.csv") == "No table 'gone.csv'. Expected a CSV file."
    assert read("gone.csv", what="manifest") == "No manifest 'gone.csv'. Expected a CSV file."
    assert read("go\0ne.csv") == r"No table 'go\x00ne.csv'. Expected a CSV file."
    assert read("go\nne.csv") == r"No table 'go\nne.csv'. Expected a CSV file."
    assert read(".") == "Cannot read '.': Is a directory."
    assert read("x" * 256) == f"Cannot read '{'x' * 256}': File name too long."


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert read("secret.csv") == "Cannot read 'secret.csv': Permission denied."


def test_a_column_that_is_nearly_an_optional_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("image,clas,note,names\n")
    with csv_table("t.csv") as table:
        with pytest.raises(InputError) as error:
            table.require_spelling(["class"], {"image", "class"})
        assert str(error.value) == "Unknown column 'clas' in 't.csv'. Closest: class."
        table.require_spelling(["class"], {"image", "class", "clas"})
        table.require_spelling(["width", "note"], {"image", "width", "note"})
