"""Small pictures of a table's images: those that are there, and no others."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvis.evaluation.box_results import LocatedObject
from tfvis.report.page.thumbnails import thumbnails


def located(image, size=(40, 80)):
    return LocatedObject(image, size, 0, "cat", np.array([[1.0, 2, 3, 4]]), 1.0)


@pytest.fixture
def table(localisation, made, tmp_path):
    """A folder with images, and a result that names it."""
    folder = tmp_path / "table"
    (folder / "below").mkdir(parents=True)
    Image.new("RGB", (80, 40), (255, 0, 51)).save(folder / "a.png")
    Image.new("RGB", (800, 400), "red").save(folder / "below" / "large.png")
    Image.new("RGB", (80, 40), "red").save(tmp_path / "outside.png")
    (folder / "broken.png").write_bytes(b"no image")
    return localisation(provenance=made(None, options={"folder": str(folder)}))


def test_an_image_is_as_large_as_it_is_or_scaled_down(table):
    found = thumbnails(table, [located("a.png"), located("below/large.png", (400, 800))])
    assert [own.shape for own in found.values()] == [(40, 80, 3), (80, 160, 3)]
    np.testing.assert_allclose(found["a.png"], np.broadcast_to([1, 0, 0.2], (40, 80, 3)))


def test_an_image_of_another_size_is_not_the_one_that_was_explained(table):
    assert not thumbnails(table, [located("a.png", (80, 40))])


@pytest.mark.parametrize(
    "name", ["missing.png", "broken.png", "below", "", "a.png\0", "x" * 5000, "\udcff.png"]
)
def test_what_cannot_be_read_has_no_picture(table, name):
    assert not thumbnails(table, [located(name)])


def test_no_name_leads_out_of_the_folder(table, tmp_path):
    absolute = str(tmp_path / "outside.png")
    assert Path(absolute).is_file()
    for name in ("../outside.png", absolute, "below/../../outside.png", "..\\outside.png"):
        assert not thumbnails(table, [located(name)])


def test_only_so_many_images_are_read(table, tmp_path):
    names = [f"{k}.png" for k in range(40)]
    for name in names:
        Image.new("RGB", (80, 40)).save(tmp_path / "table" / name)
    assert list(thumbnails(table, map(located, names))) == names[:36]


def test_downloads_are_taken_from_the_cache_and_nothing_is_requested(table, tmp_path, monkeypatch):
    monkeypatch.setattr("tfvis.datasets.image_downloads.cache_directory", lambda: tmp_path)
    monkeypatch.setattr("tfvis.datasets.image_downloads.download", None)
    address = "https://example.org/a.png"
    (tmp_path / "images").mkdir()
    Image.new("RGB", (80, 40)).save(
        tmp_path / "images" / hashlib.sha256(address.encode()).hexdigest(), "PNG"
    )
    found = thumbnails(table, [located(address), located("https://example.org/b.png")])
    assert list(found) == [address]


def test_rendered_scenes_are_rendered_again(localisation, made):
    scenes = localisation(provenance=made(None))
    found = thumbnails(scenes, [located("scene 5", (224, 224)), located("scene 6", (10, 10))])
    assert found["scene 5"].shape == (160, 160, 3)
    assert len(found) == 1
    assert not thumbnails(scenes, [located("photo.png", (224, 224))])


def test_a_folder_that_is_none_is_no_error(localisation, made):
    for folder in (None, 5, "nowhere", "\0", "\udcff"):
        result = localisation(provenance=made(None, options={"folder": folder}))
        assert not thumbnails(result, [located("a.png")])
    assert not thumbnails(localisation(provenance=None), [located("a.png")])
