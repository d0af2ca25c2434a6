"""What `tfvis batch` does with lists of images that are not what they seem."""

import shutil

import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.report.batch_folder import BatchFolder

QUICK = ["--model", "critters", "--explainers", "grad-cam", "--backend", "serial"]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with two images, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, colour in (("a", "teal"), ("b", "olive")):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.new("RGB", (224, 224), colour).save(tmp_path / "photos" / f"{name}.png")
    return tmp_path / "photos"


def test_results_that_lie_below_the_images_are_no_images(photos, capsys):
    for _ in range(2):
        assert main(["batch", "photos", "--output", "photos/out", *QUICK]) == 0
        assert BatchFolder(photos / "out").names() == ("a", "b")
    for image in photos.glob("*.png"):
        image.unlink()
    capsys.readouterr()
    assert main(["batch", "photos/out", "--output", "photos/out", *QUICK]) == 2
    assert "found the results in " in capsys.readouterr().err


def test_a_shard_may_have_no_image(photos, capsys):
    assert main(["batch", "photos", "--output", "out", "--shard", "3/3", *QUICK]) == 0
    assert "0 images, 0 with a problem." in capsys.readouterr().out


def test_shards_of_a_list_that_has_grown_are_refused(photos, capsys):
    call = ["batch", "photos", "--output", "out", "--shard", "1/2", *QUICK]
    assert main(call) == 0
    shutil.copy(photos / "a.png", photos / "c.png")
    capsys.readouterr()
    assert main(call) == 2
    assert "Expected list of images (SHA-256) " in capsys.readouterr().err


def test_a_shard_without_labels_is_one_of_a_labelled_list_all_the_same(photos, capsys):
    (photos / "list.csv").write_text("image,class\na.png,cat\nb.png,\n")
    for k in (1, 2):
        call = ["batch", "photos/list.csv", "--output", f"out-{k}", "--shard", f"{k}/2", *QUICK]
        assert main(call) == 0
    assert main(["batch", "--merge", "out-1", "out-2", "--output", "out"]) == 0
    first, second = (BatchFolder(photos.parent / "out").finished(name) for name in "ab")
    assert (first.rows[0].class_name, first.rows[0].label) == ("cat", "cat")
    assert (second.rows[0].rank, second.rows[0].label) == (1, None)


def test_an_image_that_is_added_must_not_take_the_folder_of_another(photos, capsys):
    for folder in ("x", "y"):
        (photos / folder).mkdir()
        shutil.copy(photos / "a.png", photos / folder / "1.png")
    call = ["batch", "photos", "--output", "out", *QUICK]
    assert main(call) == 0
    (photos / "w" / "x").mkdir(parents=True)
    shutil.copy(photos / "b.png", photos / "w" / "x" / "1.png")
    capsys.readouterr()
    assert main(call) == 2
    err = capsys.readouterr().err
    assert "with new images others get other folders" in err and len(err.splitlines()) == 1
