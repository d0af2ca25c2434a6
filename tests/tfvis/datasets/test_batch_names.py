"""The names of images' folders in a batch."""

import os
import unicodedata
from pathlib import Path

import pytest

from tfvis.datasets.batch_names import OWN_FILES, folder_names
from tfvis.datasets.manifests import ListedImage
from tfvis.utils.errors import InputError


def names(*files):
    """The names for files; one of the list's own comes after "=": a.png=dog."""
    listed = []
    for line, file in enumerate(files, 2):
        path, *own = file.split("=")
        listed.append(ListedImage(Path(path), path, None, *own or [None], f"'m.csv', line {line}"))
    return list(folder_names(listed))


def error_of(*files):
    with pytest.raises(InputError) as error:
        names(*files)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], []),
        (["dogs/a.png", "dogs/b.jpg", "cats/c.png"], ["a", "b", "c"]),
        # The parent folder tells them apart.
        (["dogs/1.png", "cats/1.png", "cats/2.png"], ["dogs-1", "cats-1", "2"]),
        (["dogs/A.png", "cats/a.png"], ["dogs-A", "cats-a"]),
        # The suffix does.
        (["dogs/1.png", "dogs/1.jpg"], ["dogs-1.png", "dogs-1.jpg"]),
        (["dogs/1.png", "dogs/1.jpg", "cats/1.jpg"], ["dogs-1.png", "dogs-1.jpg", "cats-1"]),
        # Nothing does but a number.
        (["x/dogs/1.png", "y/dogs/1.png", "z/Dogs/1.png"], ["dogs-1", "dogs-1-2", "Dogs-1-3"]),
        (["y/dogs/1.png", "x/dogs/1.png", "dogs/1.jpg"], ["dogs-1", "dogs-1-2", "dogs-1.jpg"]),
        # What is taken already is left out.
        (["dogs-1.png", "dogs/1.png", "cats/1.png"], ["dogs-1", "dogs-1.png", "cats-1"]),
        (
            ["x/dogs/1.png", "y/dogs/1.png", "dogs-1-2.png", "dogs-1-3.png"],
            ["dogs-1", "dogs-1-4", "dogs-1-2", "dogs-1-3"],
        ),
        (
            ["x/dogs/1.png", "y/dogs/1.png", "dogs-1.png"],
            ["dogs-1-2", "dogs-1-3", "dogs-1"],
        ),
    ],
)
def test_a_name_is_as_short_as_it_may_be(files, expected):
    assert names(*files) == expected


def test_entries_of_a_file_share_its_name():
    assert names("x/a.png", "b.png", "x/a.png", "y/b.png", "x/a.png")[::2] == ["a"] * 3


def test_the_folder_that_the_program_runs_in_is_a_parent(tmp_path, monkeypatch):
    (tmp_path / "pets" / "cats").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "pets" / "cats")
    assert names("a.png", "../a.png") == ["cats-a", "pets-a"]
    assert names("a.png", "/a.png") == ["cats-a", "a"]  # the root has no name


def test_the_lists_own_names_come_first():
    assert names("a.png=first", "b.png=a", "a.jpg", "c.png") == [
        "first", "a", f"{Path.cwd().name}-a", "c",
    ]  # fmt: skip
    # Rows of one image share a name, also those that give none.
    assert names("a.png", "b.png", "a.png=mine", "a.png=mine") == ["mine", "b", "mine", "mine"]


def test_the_lists_own_names_must_be_unique():
    assert error_of("a.png=dog", "b.png=cat", "c.png=Dog") == (
        "Expected a name of its own for each image, received 'dog' ('m.csv', line 2) and 'Dog' "
        "('m.csv', line 4), whose folders would be one: 'Dog'."
    )
    assert error_of("a.png=x/y", "b.png=x:y") == (
        "Expected a name of its own for each image, received 'x/y' ('m.csv', line 2) and 'x:y' "
        "('m.csv', line 3), whose folders would be one: 'x_y'."
    )
    assert error_of(f"a.png={'x' * 90}1", f"b.png={'x' * 90}2") == (
        f"Expected a name of its own for each image, received '{'x' * 60}' ('m.csv', line 2) and "
        f"'{'x' * 60}' ('m.csv', line 3), whose folders would be one: '{'x' * 80}'."
    )
    assert error_of("a.png=one", "b.png", "a.png=two\n") == (
        r"Expected one name for 'a.png', received 'one' ('m.csv', line 2) and 'two\n' "
        "('m.csv', line 4)."
    )


def test_an_error_without_a_manifest_names_no_line():
    listed = [ListedImage(Path(file), file, name="dog") for file in ("a.png", "b.png")]
    with pytest.raises(InputError) as error:
        folder_names(listed)
    assert str(error.value) == (
        "Expected a name of its own for each image, received 'dog' and 'dog', whose folders would "
        "be one: 'dog'."
    )


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("x.png=../../etc", "__.._etc"),
        ("x.png=..", "_"),
        ("x.png=.git", "_git"),
        ("x.png=a/b\\c", "a_b_c"),
        ("x.png=two\nlines\x07", "two_lines_"),
        ("x.png=con", "_con"),
        ("x.png= nul.txt ", "_nul.txt"),
        (".hidden.png", "_hidden"),
        ("../..png", "_"),
        ("aux.png", "_aux"),
        ("a\nb.png", "a_b"),
        ("a\\b.png", "a_b"),
        ("ä.png", "ä"),
        (os.fsdecode(b"caf\xe9.png"), "caf%e9"),
    ],
)
def test_names_are_safe(file, expected):
    assert names(file) == [expected]


@pytest.mark.parametrize("own", sorted(OWN_FILES))
def test_the_batchs_own_files_are_no_folders(own):
    assert names(f"a.png={own}", f"{own}.png") == [f"{own}-2", f"{Path.cwd().name}-{own}"]
    assert names(f"x/{own.upper()}.png") == [f"{own.upper()}-2"]
    assert names(f"{own}..png") == [f"{own}-2"]
    assert error_of(f"a.png={own}", f"b.png={own}-2") == (
        f"Expected a name of its own for each image, received '{own}' ('m.csv', line 2) and "
        f"'{own}-2' ('m.csv', line 3), whose folders would be one: '{own}-2'."
    )


def test_letters_that_macos_writes_in_two_ways_are_the_same():
    one, two = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    assert names(f"x/{one}.png", f"y/{two}.png") == [f"x-{one}", f"y-{two}"]


def test_long_names_are_cut_and_still_unique():
    long = "a" * 300
    assert names(f"x/{long}.png") == ["a" * 80]
    # The parent's name has a place in the 80 bytes, and so has the stem beside a long parent.
    assert names(f"x/{long}1.png", f"y/{long}2.png") == [f"x-{'a' * 78}", f"y-{'a' * 78}"]
    assert names(f"{long}/1.png", "y/1.png") == [f"{'a' * 78}-1", "y-1"]
    assert names(f"{long}/{long}.png", f"b/{long}.png") == [
        f"{'a' * 20}-{'a' * 59}",
        f"b-{'a' * 78}",
    ]
    # Numbers have one, too.
    assert names(*(f"x/{long}{k}.png" for k in range(11))) == [
        f"x-{'a' * 78}", *(f"x-{'a' * 66}-{number}" for number in range(2, 12)),
    ]  # fmt: skip
    # Letters are whole.
    assert names(*(f"x/{'ä' * 99}{k}.png" for k in range(2))) == [
        f"x-{'ä' * 39}", f"x-{'ä' * 33}-2",
    ]  # fmt: skip


MANY = 50_000


def test_many_images_that_only_numbers_tell_apart():
    found = names(*(f"{k}/dogs/1.png" for k in range(MANY)))
    assert found == ["dogs-1", *(f"dogs-1-{number}" for number in range(2, MANY + 1))]


def test_many_images_whose_numbers_are_taken():
    half = MANY // 2
    found = names(
        *(f"{k}/dogs/1.png" for k in range(half)), *(f"dogs-1-{k}.png" for k in range(2, half))
    )
    assert found[:3] == ["dogs-1", f"dogs-1-{half}", f"dogs-1-{half + 1}"]
    assert len(set(found)) == len(found)
