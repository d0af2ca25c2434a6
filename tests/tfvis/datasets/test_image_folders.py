"""Images in folders."""

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
