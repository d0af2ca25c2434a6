"""Images in folders."""

from pathlib import Path

import pytest
from PIL import Image

from tfvis.datasets.image_folders import image_files
from tfvis.utils.errors import InputError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.PNG", "a.jpg", ".hidden.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    for name in ("notes.txt", "notes.pdf", "model.h5", "drawing.eps", "film.mpg"):
        (tmp_path / name).write_text("no image")
    (tmp_path / "deeper.png").mkdir()
    return tmp_path


def test_a_folder_gives_its_images_by_name(folder):
    assert [file.name for file in image_files([folder])] == ["a.jpg", "b.PNG"]


def test_files_are_taken_as_they_are_and_once(folder):
    notes = folder / "notes.txt"
    assert image_files([notes, folder, folder / "a.jpg"]) == (
        notes, folder / "a.jpg", folder / "b.PNG",
    )  # fmt: skip
    assert image_files([]) == ()


def test_what_is_not_there_is_an_error(folder):
    with pytest.raises(InputError, match="No image or folder '.*gone.png'"):
        image_files([folder / "gone.png"])
    with pytest.raises(InputError, match="Expected a folder with images, received '.*deeper.png'"):
        image_files([folder / "deeper.png"])


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Images in folders of folders, and what is to be left out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    for place in ("n02/b.png", "n02/a.JPEG", "n01/deep/er.png/x.png", "z.png", ".cache/c.png",
                  "n01/.git/d.png", "n02/._a.png", "n03/notes.txt"):  # fmt: skip
        (tmp_path / "tree" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / place).write_text("not opened")
    (tmp_path / "tree" / "n01" / "circle").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "n01" / "circle.png").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "n01" / "linked.png").symlink_to(tmp_path / "tree" / "z.png")
    (tmp_path / "tree" / "n01" / "self.png").symlink_to(tmp_path / "tree" / "n01" / "self.png")
    (tmp_path / "tree" / "n01" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    return Path("tree")


BELOW = ("tree/n01/deep/er.png/x.png", "tree/n01/linked.png", "tree/n02/a.JPEG", "tree/n02/b.png",
         "tree/z.png")  # fmt: skip


def test_folders_below_are_searched_by_path(tree):
    assert image_files([tree], below=True) == tuple(map(Path, BELOW))
    assert image_files([tree / "n02", tree], below=True) == tuple(
        map(Path, [*BELOW[2:4], *BELOW[:2], BELOW[4]])
    )
    assert image_files([tree]) == (Path("tree/z.png"),)


def test_a_link_that_is_given_itself_is_followed(tree):
    Path("link").symlink_to(tree / "n02")
    Path("tree/n02/back").symlink_to("../n02")
    assert image_files([Path("link")], below=True) == (Path("link/a.JPEG"), Path("link/b.png"))


def test_folders_below_without_images_are_an_error(tree):
    with pytest.raises(InputError) as error:
        image_files([tree / "n03"], below=True)
    assert str(error.value) == "Expected a folder with images, received 'tree/n03', which has none."


def test_a_folder_below_that_may_not_be_read_is_named(tree, monkeypatch):
    iterdir = Path.iterdir

    def refuse(folder):
        if folder.name == "deep":
            raise PermissionError(13, "Permission denied", str(folder))
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError) as error:
        image_files([tree], below=True)
    assert str(error.value) == "Cannot read 'tree/n01/deep': Permission denied."
