"""What `tfvis localise` writes: tables, a histogram, and JSON."""

import csv
import json
import re
from dataclasses import replace

import pytest

from tfvis.datasets.boxed_images import FailedBox
from tfvis.report import load_result, write
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
        "arrays.npz", "errors.csv", "iou_histogram.png", "objects.csv",
        "report.html", "result.json",
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
    assert "unreadable.csv" not in names(localisation().save(tmp_path))


def test_a_file_that_the_new_result_has_no_more_goes(tmp_path, localisation, made):
    known = {"provenance": made(None, image=None)}  # with the digest of a table
    folder = write(localisation(unreadable=(("gone.png", "It is gone."),), **known), tmp_path)
    assert "unreadable.csv" in names(folder)
    assert write(localisation(**known), tmp_path) == folder
    assert "unreadable.csv" not in names(folder)


def test_the_users_files_stay(tmp_path, localisation):
    folder = write(localisation(), tmp_path)
    (folder / "mynotes.txt").write_text("mine")
    write(localisation(), tmp_path)
    assert (folder / "mynotes.txt").read_text() == "mine"


def other_objects(found):
    """The same with a box that was drawn again."""
    first, *others = found.objects
    return {"objects": (replace(first, boxes=first.boxes + 1), *others)}


OTHERS = {
    "a box": other_objects,
    "an image of the same name": lambda found: {
        "objects": (replace(found.objects[0], logit=1.6), *found.objects[1:])
    },
    "an object that fails": lambda found: {
        "failed": (FailedBox("z.jpg", "dog", (1.0, 2.0, 3.0, 4.0), "why"),)
    },
    "an unreadable image": lambda found: {"unreadable": (("z.jpg", "why"),)},
    "the alphas": lambda found: {"alphas": (0.0, 2.0)},
    "another method": lambda found: {
        name: {"n": getattr(found, name)["m"]} for name in ("overlaps", "found", "problems")
    },
}


@pytest.mark.parametrize("has_provenance", [True, False])
@pytest.mark.parametrize("other", OTHERS)
def test_what_answers_something_else_goes_beside_the_earlier(
    tmp_path, localisation, has_provenance, other
):
    known = {} if has_provenance else {"provenance": None}
    found = localisation(**known)
    second = replace(found, **OTHERS[other](found))
    folders = [write(each, tmp_path) for each in (found, second)]
    assert folders[0].name == "localisation"
    assert re.fullmatch("localisation_[0-9a-f]{8}", folders[1].name)
    # Each is replaced by its like.
    for each, folder in zip((found, second), folders, strict=True):
        again = replace(each, seconds=77.0)
        assert write(again, tmp_path) == folder
        assert load_result(folder) == again
    assert names(tmp_path / "my_table") == sorted(folder.name for folder in folders)


@pytest.mark.parametrize(
    "changes",
    [
        {"image_file": "e" * 64},
        {"options": {"folder": "/elsewhere"}},
        {"options": {"seed": 6}},
        {"weights": "6" * 64},
    ],
    ids=str,
)
def test_of_a_table_that_is_known_all_but_the_answer_counts(tmp_path, localisation, made, changes):
    def found(**others):
        own = {"image": None, "image_name": "my/table", "image_file": "d" * 64}
        return localisation(provenance=made(None, **own | others))

    first, second = write(found(), tmp_path), write(found(**changes), tmp_path)
    assert first.name == "localisation"
    assert re.fullmatch("localisation_[0-9a-f]{8}", second.name)
    # An image that could be downloaded this time, say.
    assert write(replace(found(), unreadable=(("z.jpg", "why"),)), tmp_path) == first
    assert write(found(**changes, versions={"numpy": "3"}), tmp_path) == second
    assert names(tmp_path / "my_table") == [first.name, second.name]


def test_results_of_explainers_without_options_all_stay(tmp_path, localisation, made):
    """Of one's own: nothing tells two of a name apart."""
    own = {
        "image": None,
        "image_file": None,
        "options": {"explainers": {"m": {"class": "M", "module": "m", "parameters": None}}},
    }
    found = localisation(provenance=made(None, **own))
    folders = [write(found, tmp_path).name for _ in range(3)]
    assert folders == ["localisation", "localisation_2", "localisation_3"]


def test_titles_from_outside_stay_inside(tmp_path, localisation):
    folder = write(localisation(title="../../up"), tmp_path / "out")
    assert folder.parents[1] == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, localisation):
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match=r"Cannot write '.*out/my_table/localisation'"):
        write(localisation(), tmp_path / "out")
