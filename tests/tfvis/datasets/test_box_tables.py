"""Tables of boxes: both forms, and every way in which they may be wrong."""

import tracemalloc

import numpy as np
import pytest

from tfvis.datasets.box_tables import read_annotations
from tfvis.utils.errors import InputError


@pytest.fixture
def table(tmp_path):
    """A function from text to the annotations of a table of that text."""

    def read(text, encoding="utf-8"):
        file = tmp_path / "boxes.csv"
        file.write_bytes(text.encode(encoding))
        return read_annotations(file)

    return read


def test_the_plain_form(table):
    dog, cat = table(
        "image,left,top,right,bottom,class\na/dog.jpg,1,2,30,40,dog\ncat.png, 0, 0.5, 7, 8 ,cat\n"
    )
    assert (dog.image, dog.name, dog.size, dog.strict) == ("a/dog.jpg", "dog", None, True)
    np.testing.assert_array_equal(dog.boxes, [[1, 2, 30, 40]])
    assert (cat.image, cat.name) == ("cat.png", "cat")
    np.testing.assert_array_equal(cat.boxes, [[0, 0.5, 7, 8]])
    assert cat.place.endswith("boxes.csv', line 3")


def test_classes_sizes_and_other_columns_are_optional(table):
    (found,) = table("note,image,left,top,right,bottom,width,height\nhello,x.jpg,1,2,3,4,640,480\n")
    assert found.name is None
    assert found.size == (640, 480)


@pytest.mark.parametrize(
    ("box", "boxes"),
    [
        ("[10, 20, 30, 40]", [[10, 20, 30, 40]]),
        ("(10 20 30 40)", [[10, 20, 30, 40]]),
        ("10;20;30.5;40", [[10, 20, 30.5, 40]]),
        ("[[1, 2, 3, 4], [5, 6, 7, 8]]", [[1, 2, 3, 4], [5, 6, 7, 8]]),
        ("{'xmin': 1, 'ymin': 2, 'xmax': 3e1, 'ymax': 4}", [[1, 2, 30, 4]]),
    ],
)
def test_the_listed_form_takes_numbers_whatever_stands_between(table, box, boxes):
    (found,) = table(
        f'Bbox,name,size,url\n"{box}",n02124075,"(500, 375)",https://example.org/cat.jpg\n'
    )
    np.testing.assert_array_equal(found.boxes, boxes)
    assert found.name == "n02124075"
    assert found.size == (500, 375)
    assert found.image == "https://example.org/cat.jpg"
    assert not found.strict


@pytest.mark.parametrize(
    ("size", "expected"),
    [("500x375", (500, 375)), ("[500, 375, 3]", (500, 375)), ("60312", None), ("", None)],
)
def test_a_size_that_is_none_is_left_out(table, size, expected):
    (found,) = table(f'Bbox,name,size,url\n"1 2 3 4",cat,"{size}",a.jpg\n')
    assert found.size == expected


def test_rows_of_an_image_and_class_are_one_object(table):
    cats, dog = table(
        "image,left,top,right,bottom,class\n"
        "a.jpg,1,2,3,4,cat\na.jpg,0,0,9,9,dog\n\na.jpg,5,6,7,8,cat\n"
    )
    np.testing.assert_array_equal(cats.boxes, [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert dog.name == "dog"
    assert len(dog.boxes) == 1


def test_case_and_a_byte_order_mark_do_not_matter(table):
    text = "\ufeffImage,LEFT,Top,right,Bottom\nä.jpg,1,2,3,4\n"
    assert table(text)[0].image == "ä.jpg"


HEADER = "image,left,top,right,bottom\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a table with a header, .*boxes.csv' is empty"),
        (HEADER, "Expected a row a box in .*boxes.csv', found no row"),
        (HEADER + ",,,,\n", "found no row"),
        ("image,left,top,right,bottum\na,1,2,3,4\n", "'bottom' is missing. Closest: bottum"),
        ("image;left;top\na;1;2\n", "Expected columns with commas between them .*'image;left;top'"),
        ("image,left,top,right,bottom,clas\na,0,0,1,1,dog\n", "Unknown column 'clas'.*: class"),
        ("image,left,top,right,bottom,Left\na,0,0,1,1,5\n", "each column once .* 'left' 2 times"),
        (HEADER[:-1] + ",class,class\na,0,0,1,1,dog,cat\n", "each column once .* 'class' 2 times"),
        ("Bbox,name,size,url,URL\n1 2 3 4,a,,b.jpg,c.jpg\n", "each column once .* 'url' 2 times"),
        ("a,b\n1,2\n", "Expected the columns image, left, top, right, bottom, or Bbox, name, size"),
        ("Bbox,name,size\n1,2,3\n", "'url' is missing"),
        (HEADER + "a.jpg,1,2,x,4\n", "line 2: Expected a number for right, received 'x'"),
        (HEADER + "a.jpg,1,2,nan,4\n", "line 2: Expected a number for right, received 'nan'"),
        (HEADER + "a.jpg,1,2,3\n", "line 2: Expected a number for bottom, received ''"),
        (HEADER + "a.jpg,1,2,3,4\nb.jpg,5,2,3,4\n", "line 3: Expected a box left, top, right"),
        (HEADER + "a.jpg,1,2,3,4,,\nb, c.jpg,1,2,3,4\n", "line 3: Expected 5 cells .*, received 6"),
        (HEADER + ",1,2,3,4\n", "line 2: Expected an image, received nothing"),
        ("Bbox,name,size,url\n1 2 3,a,,b.jpg\n", "line 2: Expected four numbers a box in Bbox"),
        ("Bbox,name,size,url\n1 2 3 1e999,a,,b.jpg\n", "line 2: Expected a box left"),
        ("Bbox,name,size,url\n1 2 3 4,a,0x5,b.jpg\n", "line 2: Expected a width and a height"),
        (
            "image,left,top,right,bottom,width,height\na.jpg,1,2,3,4,5,\n",
            "line 2: Expected both width and height",
        ),
        (
            "Bbox,name,size,url\n1 2 3 4,a,5x5,b.jpg\n1 2 3 4,a,6x5,b.jpg\n",
            r"Expected one size for 'b.jpg', received \(5.0, 5.0\) and \(6.0, 5.0\)",
        ),
    ],
)
def test_a_table_that_cannot_be_used(table, text, message):
    with pytest.raises(InputError, match=message) as error:
        table(text)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_table(table, tmp_path):
    with pytest.raises(InputError, match="No table '.*nowhere.csv'. Expected a CSV file"):
        read_annotations(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="Cannot read"):
        read_annotations(tmp_path)
    with pytest.raises(InputError, match="Expected a CSV file in UTF-8"):
        table(HEADER + "ä.jpg,1,2,3,4\n", "latin-1")
    with pytest.raises(InputError, match="Expected a CSV file in UTF-8|larger than field limit"):
        table(HEADER + '"' + "a" * 300_000)


ROWS = 10_000
LARGE = {
    "an object a row": lambda k: f"{k}.jpg,1,2,30,40,cat",
    "many objects of an image": lambda k: f"a.jpg,1,2,30,40,class {k}",
    "many boxes of an object": lambda k: f"a.jpg,{k},2,{k + 9},40,cat",
}


@pytest.fixture
def large(tmp_path):
    """A function from rows to the file of a table."""

    def write(rows):
        file = tmp_path / "boxes.csv"
        file.write_text("\n".join(["image,left,top,right,bottom,class", *rows]))
        return file

    return write


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_table_is_read_row_by_row(large, kind, monkeypatch):
    """Each row costs the same: arrays are joined once an object, and not once a row."""
    concatenate, joined = np.concatenate, []

    def counted(arrays):
        joined.append(len(arrays))
        return concatenate(arrays)

    monkeypatch.setattr(np, "concatenate", counted)
    file = large(map(LARGE[kind], range(ROWS)))
    tracemalloc.start()
    found = read_annotations(file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(joined) <= ROWS
    assert sum(len(own.boxes) for own in found) == ROWS
    assert found[-1].place_of(len(found[-1].boxes) - 1) == f"{str(file)!r}, line {ROWS + 1}"
    assert most < ROWS * 2000  # bytes


def test_the_line_of_an_error_is_named_in_a_large_table(large):
    rows = [LARGE["many boxes of an object"](k) for k in range(ROWS)]
    rows[-1] = "a.jpg,5,2,4,40,cat"
    file = large(rows)
    with pytest.raises(InputError, match=f"line {ROWS + 1}: Expected a box left, top, right"):
        read_annotations(file)
