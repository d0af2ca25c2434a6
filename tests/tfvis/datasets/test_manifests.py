"""Manifests, and the images in files and folders: what is listed, and what may be wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfvis.datasets.manifests import ListedImage, listed_images, read_manifest, require_files
from tfvis.utils.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifest(text, file="m.csv"):
    Path(file).write_text(text, encoding="utf-8")
    return read_manifest(file)


def error_of(function, *given):
    with pytest.raises(InputError) as error:
        function(*given)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_row_is_an_image_with_its_class_and_name():
    assert manifest("image,class,name\na.jpg,tabby,first\nb.jpg,281,\nc.jpg,,\n") == (
        ListedImage(Path("a.jpg"), "a.jpg", "tabby", "first", "'m.csv', line 2"),
        ListedImage(Path("b.jpg"), "b.jpg", "281", None, "'m.csv', line 3"),
        ListedImage(Path("c.jpg"), "c.jpg", None, None, "'m.csv', line 4"),
    )


def test_class_and_name_are_optional_and_other_columns_are_ignored():
    (found,) = manifest('\ufeffnote, IMAGE ,label\n"two\nlines", a b.jpg ,dog\n\n')
    assert found == ListedImage(Path("a b.jpg"), "a b.jpg", place="'m.csv', line 3")


def test_paths_begin_at_the_manifests_folder(folder):
    Path("lists").mkdir()
    found = manifest("image\na.jpg\n./b.jpg\n../c.jpg\n/far/d.jpg\n", "lists/m.csv")
    assert [own.path for own in found] == [
        Path("lists/a.jpg"), Path("lists/b.jpg"), Path("lists/../c.jpg"), Path("/far/d.jpg"),
    ]  # fmt: skip
    assert [own.image for own in found] == ["a.jpg", "./b.jpg", "../c.jpg", "/far/d.jpg"]
    assert found[0].place == "'lists/m.csv', line 2"
    assert read_manifest(folder / "lists" / "m.csv")[0].path == folder / "lists" / "a.jpg"


def test_an_image_may_have_several_classes():
    found = manifest("image,class\na.jpg,tabby\na.jpg,lynx\na.jpg,\n")
    assert [own.label for own in found] == ["tabby", "lynx", None]


def test_a_file_has_one_path_however_it_is_written(folder):
    Path("pets").mkdir()
    Path("link").symlink_to("pets")
    Path("pets/a.jpg").touch()
    Path("pets/same.jpg").symlink_to("a.jpg")
    found = manifest(
        "image,class\npets/a.jpg,0\n./pets//a.jpg,1\npets/../pets/a.jpg,2\nlink/a.jpg,3\n"
        f"{folder}/pets/a.jpg,4\nlink/../a.jpg,5\npets/same.jpg,6\n"
    )
    assert [str(own.path) for own in found] == [
        *["pets/a.jpg"] * 5, "link/../a.jpg", "pets/same.jpg",
    ]  # fmt: skip
    assert found[2].image == "pets/../pets/a.jpg"


@pytest.mark.parametrize(
    "name",
    ["back\\slash.jpg", "Bild schön.jpg", "Screenshot 3.00\u202fPM.png", "नमस्‍ते.jpg", "a:b.jpg",
     "-o.jpg", "%s{}.jpg", "~/a.jpg", "x" * 300],
)  # fmt: skip
def test_unusual_names_are_names(name):
    (found,) = manifest(f"image\n{name}\n")
    assert (str(found.path), found.image) == (name, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a table with a header, 'm.csv' is empty."),
        ("image\n", "Expected a row an image in 'm.csv', found no row."),
        ("image,class\n,\n\n", "Expected a row an image in 'm.csv', found no row."),
        (
            "a.jpg,dog\nb.jpg,cat\n",
            "Expected a header with the column image in 'm.csv', received 'a.jpg, dog'.",
        ),
        (
            "Images,class\nb.jpg,cat\n",
            "Expected a header with the column image in 'm.csv', received 'images, class'. "
            "Closest: images.",
        ),
        (
            "image;class\na.jpg;dog\n",
            "Expected columns with commas between them in 'm.csv', received the header "
            "'image;class'.",
        ),
        ("image,clas\na.jpg,dog\n", "Unknown column 'clas' in 'm.csv'. Closest: class."),
        ("image,Names\na.jpg,dog\n", "Unknown column 'names' in 'm.csv'. Closest: name."),
        (
            "image,class,Image\na,b,c\n",
            "Expected each column once in 'm.csv', received 'image' 2 times.",
        ),
        ("image,class\na.jpg,dog\n,cat\n", "'m.csv', line 3: Expected an image, received nothing."),
        (
            "image,class\na, b.jpg,dog\n",
            "'m.csv', line 2: Expected 2 cells as in the header, received 3, the last 'dog'. "
            "A cell with commas needs quotation marks.",
        ),
        (
            'image\n"a.jpg\nb.jpg\n',
            r"'m.csv', line 3: Expected a path, received 'a.jpg\nb.jpg'.",
        ),
        ("image\na\x1b[2J.jpg\n", r"'m.csv', line 2: Expected a path, received 'a\x1b[2J.jpg'."),
        ("image\na\x00.jpg\n", "Expected a CSV file in UTF-8, 'm.csv': line 2 contains NUL."),
        (
            "image\na.jpg\nHTTPS://example.org/a.jpg\n",
            "'m.csv', line 3: Expected a path, received the address 'HTTPS://example.org/a.jpg'. "
            "Download the image first.",
        ),
        (
            "image\ns3://bucket/a.jpg\n",
            "'m.csv', line 2: Expected a path, received the address 's3://bucket/a.jpg'. "
            "Download the image first.",
        ),
        (
            "image\na.jpg\nb.jpg\n\n./a.jpg\n",
            "'m.csv', line 5: Expected each image once, received './a.jpg' again, as in line 2.",
        ),
        (
            "image,class\na.jpg,dog\na.jpg,cat\na.jpg,Dog\n",
            "'m.csv', line 4: Expected each image once for a class, received 'a.jpg' with the "
            "class 'Dog' again, as in line 2.",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used(text, message):
    assert error_of(manifest, text) == message


def test_a_manifest_that_is_not_there():
    assert error_of(read_manifest, "gone.csv") == "No manifest 'gone.csv'. Expected a CSV file."
    assert error_of(listed_images, ["gone.csv"]) == "No manifest 'gone.csv'. Expected a CSV file."


def test_a_large_manifest_is_read(monkeypatch):
    """Each folder is looked up once, and no file is."""
    looked_up = []
    realpath = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: looked_up.append(path) or realpath(path))
    rows = [f"n{k % 7}/{k}.jpg,class {k}" for k in range(50_000)]
    found = manifest("\n".join(["image,class", *rows]))
    assert len(found) == 50_000
    assert found[-1].place == "'m.csv', line 50001"
    assert len(looked_up) == 7
    message = error_of(manifest, "\n".join(["image,class", *rows, rows[0]]))
    assert message == (
        "'m.csv', line 50002: Expected each image once for a class, received 'n0/0.jpg' with the "
        "class 'class 0' again, as in line 2."
    )


def test_files_that_are_there():
    Path("a.jpg").touch()
    require_files(manifest("image,class\na.jpg,dog\na.jpg,cat\n"))
    require_files(())


def test_files_that_are_missing():
    Path("a.jpg").touch()
    one = manifest("image\na.jpg\nb.jpg\n")
    assert error_of(require_files, one) == "'m.csv', line 3: No image 'b.jpg'."
    more = manifest(
        "image,class\nb.jpg,0\na.jpg,\nb.jpg,1\nc.jpg,\na.jpg/d.jpg,\ne\\n.jpg,\nb.jpg,2\n"
    )
    assert error_of(require_files, more) == "'m.csv', line 2: No image 'b.jpg', and 3 more."


def test_what_is_no_file():
    Path("folder.jpg").mkdir()
    Path("self.jpg").symlink_to("self.jpg")
    assert error_of(require_files, manifest("image\nfolder.jpg\n")) == (
        "'m.csv', line 2: Expected an image, received the folder 'folder.jpg'."
    )
    assert error_of(require_files, manifest("image\n.\n")) == (
        "'m.csv', line 2: Expected an image, received the folder '.'."
    )
    assert error_of(require_files, manifest("image\nself.jpg\ngone.jpg\n")) == (
        "'m.csv', line 2: Cannot read 'self.jpg': Too many levels of symbolic links, and 1 more."
    )
    assert error_of(require_files, manifest(f"image\n{'x' * 1000}\n")) == (
        f"'m.csv', line 2: Cannot read '{'x' * 300}…': File name too long."
    )
    by_hand = [ListedImage(Path("a\0b"), "a")]
    assert error_of(require_files, by_hand) == r"No image 'a\x00b'."


def test_files_that_may_not_be_read(monkeypatch):
    listed = manifest("image\nsecret/a.jpg\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert error_of(require_files, listed) == (
        "'m.csv', line 2: Cannot read 'secret/a.jpg': Permission denied."
    )


@pytest.fixture
def tree():
    for file in ("val/n02/b.png", "val/n02/a.JPEG", "val/n01/x.png", "val/.cache/c.png", "y.png"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()
    return Path("val")


def images(*paths):
    return [own.image for own in listed_images(paths)]


def test_folders_are_searched_with_those_below(tree, folder):
    assert images(tree) == ["val/n01/x.png", "val/n02/a.JPEG", "val/n02/b.png"]
    assert images("y.png", "./val/n02") == ["y.png", "val/n02/a.JPEG", "val/n02/b.png"]
    assert images(folder / "val" / "n01") == [f"{folder}/val/n01/x.png"]
    (found,) = listed_images(["val/n01"])
    assert found == ListedImage(Path("val/n01/x.png"), "val/n01/x.png")


def test_every_file_is_listed_once(tree, folder):
    Path("link").symlink_to("val/n02")
    assert images("val/n02/b.png", "link", "val/../val/n02", folder / "val" / "n02", tree) == [
        "val/n02/b.png", "link/a.JPEG", "val/n01/x.png",
    ]  # fmt: skip


def test_a_path_that_ends_in_csv_is_a_manifest():
    manifest("image,class\na.jpg,dog\n", "M.CSV")
    (found,) = listed_images(["M.CSV"])
    assert found == ListedImage(Path("a.jpg"), "a.jpg", "dog", place="'M.CSV', line 2")


def test_names_that_are_no_text_can_be_written_all_the_same(tree):
    name = os.fsdecode(b"caf\xe9\n.png")
    (tree / "n01" / name).touch()
    found = listed_images([tree / "n01"])
    assert [own.image for own in found] == ["val/n01/caf\\udce9\n.png", "val/n01/x.png"]
    assert found[0].path == tree / "n01" / name
    require_files(found)


def test_paths_that_cannot_be_listed(tree):
    Path("empty").mkdir()
    assert error_of(listed_images, []) == "Expected images, folders or a manifest, received none."
    assert error_of(listed_images, ["gone.png"]) == "No image or folder 'gone.png'."
    assert error_of(listed_images, ["a\0b"]) == r"No image or folder 'a\x00b'."
    assert error_of(listed_images, ["x" * 256]) == (
        f"Cannot read '{'x' * 256}': File name too long."
    )
    assert error_of(listed_images, ["empty"]) == (
        "Expected a folder with images, received 'empty', which has none."
    )
    assert error_of(listed_images, ["m.csv", tree]) == (
        "Expected a manifest by itself, received 'm.csv' and 1 other path."
    )
    assert error_of(listed_images, [tree, "m.csv", "n.csv"]) == (
        "Expected a manifest by itself, received 'm.csv' and 2 other paths."
    )


def test_a_manifest_is_read_without_numpy():
    Path("m.csv").write_text("image\na.jpg\n")
    code = (
        "import sys\n"
        "from tfvis.datasets import batch_names, manifests, shards\n"
        "print(batch_names.folder_names(manifests.listed_images(['m.csv'])))\n"
        "print([name for name in ('numpy', 'pandas', 'PIL', 'tensorflow') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert found.stdout == "('a',)\n[]\n"
