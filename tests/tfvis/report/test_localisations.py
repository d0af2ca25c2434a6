"""What `tfvis localise` writes: tables, a histogram, and JSON."""

import csv
import json

import pytest

from tfvis.report import write
from tfvis.report.localisations import error_table, localisation_folder
from tfvis.utils.errors import InputError


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_the_error_table(localisation):
    assert error_table(localisation()) == [("alpha", "m"), ("0", "0.333"), ("1.5", "0.667")]


def test_a_localisation_has_its_files(tmp_path, localisation):
    folder = write(localisation(unreadable=(("gone.png", "It is gone."),)), tmp_path)
    assert folder == tmp_path / "my_table" / "localisation"
    assert folder == localisation_folder(tmp_path, "my/table")
    assert names(folder) == [
        "arrays.npz", "errors.csv", "iou_histogram.png", "objects.csv", "result.json",
        "unreadable.csv",
    ]  # fmt: skip
    with (folder / "objects.csv").open(newline="", encoding="utf-8") as stream:
        first, second, third = csv.DictReader(stream)
    assert first["image"] == "a,b.jpg"
    assert second["image"] == '"q".png'
    assert (first["width"], first["height"], first["logit"]) == ("40", "30", "1.5")
    assert (first["class_index"], first["class"]) == ("0", "crane")
    assert first["boxes"] == "1 2 3.2 4; 5 6 7 8"
    assert (first["m: alpha"], first["m: box"], first["m: iou"]) == ("0.0", "0 1 2 3", "0.9")
    assert second["m: problem"] == "it is silent"
    assert third["m: box"] == ""
    assert (folder / "unreadable.csv").read_text() == "image,reason\ngone.png,It is gone.\n"
    result = json.loads((folder / "result.json").read_text())
    assert result["format"] == {"name": "tfvis result", "version": 1, "kind": "localisation"}
    assert result["methods"]["m"]["best_alpha"] == 0
    assert result["methods"]["m"]["errors"] == pytest.approx([1 / 3, 2 / 3])
    assert result["methods"]["m"]["mean_iou"] == pytest.approx([0.5, 1.3 / 3])
    assert result["methods"]["m"]["problems"] == 1
    assert result["objects"] == 3
    assert result["alphas"] == [0, 1.5]
    assert result["unreadable"] == [{"image": "gone.png", "reason": "It is gone."}]
    assert result["seconds"] == 1.235
    assert result["files"] == names(folder)


def test_where_all_images_can_be_read_there_is_no_list_of_the_others(tmp_path, localisation):
    write(localisation(unreadable=(("gone.png", "It is gone."),)), tmp_path)
    assert "unreadable.csv" not in names(localisation().save(tmp_path))


def test_the_users_files_stay(tmp_path, localisation):
    folder = write(localisation(), tmp_path)
    (folder / "mynotes.txt").write_text("mine")
    write(localisation(), tmp_path)
    assert (folder / "mynotes.txt").read_text() == "mine"


def test_titles_from_outside_stay_inside(tmp_path, localisation):
    folder = write(localisation(title="../../up"), tmp_path / "out")
    assert folder.parents[1] == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, localisation):
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match=r"Cannot write '.*out/my_table/localisation'"):
        write(localisation(), tmp_path / "out")
