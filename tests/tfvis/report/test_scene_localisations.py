"""Scores on scenes are written, read back equal, and kept beside those of another question."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from tfvis import load_result
from tfvis.utils.errors import InputError
from tfvis.utils.images import size_of


def test_what_is_written_is_read_back_equal(scored, tmp_path, require_equal):
    found = scored()
    folder = found.save(tmp_path)
    assert folder == tmp_path / "scenes" / "scene_localisation"
    assert {file.name for file in folder.iterdir()} == {
        "scores.csv", "overview.png", "arrays.npz", "report.html", "result.json",
    }  # fmt: skip
    again = load_result(folder)
    require_equal(again, found)
    assert again == found
    assert again.estimate("Grad-CAM", "iou") == found.estimate("Grad-CAM", "iou")


def test_results_that_do_not_say_what_made_them_do_not_replace_each_other(scored, tmp_path):
    one, other = (replace(scored(n), provenance=None) for n in (4, 5))
    folders = [found.save(tmp_path) for found in (one, other, one)]
    assert folders[0] == folders[2] != folders[1]
    assert load_result(folders[0]) == one
    assert load_result(folders[1]) == other


def test_a_result_without_scores_is_none(scored, tmp_path):
    with pytest.raises(InputError, match="Expected scores of at least one method"):
        replace(scored(), scores={})
    with pytest.raises(InputError, match="Expected seed to be a whole number >= 0, received -1"):
        replace(scored(), seed=-1)


def test_the_table_has_each_mean_and_its_interval(scored, tmp_path):
    found = scored()
    with (found.save(tmp_path) / "scores.csv").open(newline="") as stream:
        head, *rows = csv.reader(stream)
    assert head == ["method", "metric", "mean", "low", "high"]
    assert [row[:2] for row in rows] == [
        [method, metric] for method in ("Grad-CAM", "mine, too") for metric in ("pointing", "iou")
    ]
    for method, metric, *numbers in rows:
        own = found.estimate(method, metric)
        np.testing.assert_allclose(
            [float(n) for n in numbers], [own.mean, own.low, own.high], rtol=1e-5
        )


def test_the_summary_says_what_people_ask_for(scored, tmp_path):
    found = scored()
    said = json.loads((found.save(tmp_path) / "result.json").read_text())
    assert said["format"]["kind"] == "scene_localisation"
    assert (said["scenes"], said["nothing_selected"], said["seed"]) == (4, 1, 5)
    own = said["methods"]["mine, too"]
    assert own["scores"]["pointing"] == vars(found.estimate("mine, too", "pointing"))
    assert own["thresholds"] == {"iou": found.scores["mine, too"].threshold("iou")}
    assert (own["problems"], own["first_problem"]) == (1, "It diverged.")
    assert said["methods"]["Grad-CAM"]["problems"] == 0


def test_one_scene_has_no_interval(scored, tmp_path):
    found = scored(1)
    folder = found.save(tmp_path)
    assert load_result(folder) == found
    said = json.loads((folder / "result.json").read_text())
    assert said["methods"]["Grad-CAM"]["scores"]["iou"]["low"] is None
    with (folder / "scores.csv").open(newline="") as stream:
        assert all(row[3:] == ["", ""] for row in [*csv.reader(stream)][1:])


def test_the_chart_grows_with_the_methods(scored, tmp_path):
    one = scored()
    many = replace(one, scores={f"m{k}": own for k in range(9) for own in one.scores.values()})
    (few, _), (more, _) = (size_of(r.save(tmp_path) / "overview.png") for r in (one, many))
    assert few < more


def test_a_name_is_that_of_the_folder_and_of_the_provenance(scored, tmp_path):
    folder = scored().save(tmp_path, name="dogs/cats")
    assert folder.parent.parent == tmp_path
    assert load_result(folder).provenance.image_name == "dogs/cats"
    without = replace(scored(), provenance=None)
    assert without.save(tmp_path, name="by hand") == tmp_path / "by hand" / "scene_localisation"
    with pytest.raises(InputError, match="Expected name to have a letter"):
        scored().save(tmp_path, name=" ")


def test_another_question_of_the_same_name_is_kept(scored, tmp_path):
    first = scored()
    folder = first.save(tmp_path)
    assert first.save(tmp_path) == folder  # the same question
    others = [
        scored(scenes={"count": 4, "sha256": "f"}),
        scored(explainers={"Grad-CAM": {"layer": "b"}}),
        scored(seed=6),
    ]
    folders = [other.save(tmp_path) for other in others]
    assert len({folder, *folders}) == 4
    for own, result in zip([folder, *folders], [first, *others], strict=True):
        assert own.parent == folder.parent
        assert load_result(own) == result
    assert [other.save(tmp_path) for other in others] == folders


def test_explainers_of_unknown_options_are_never_replaced(scored, tmp_path):
    unknown = {"class": "Mine", "module": "mine", "parameters": None}
    found = scored(explainers={"Mine": unknown})
    assert [found.save(tmp_path).name for _ in range(2)] == [
        "scene_localisation", "scene_localisation_2",
    ]  # fmt: skip


def test_a_folder_of_the_users_is_refused(scored, tmp_path):
    mine = tmp_path / "scenes" / "scene_localisation" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        scored().save(tmp_path)
    assert mine.read_text() == "mine"
