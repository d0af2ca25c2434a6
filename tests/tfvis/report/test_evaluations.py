"""Evaluations are written, read back equal, and kept beside those of another question."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from tfvis import load_result
from tfvis.utils.errors import InputError


def rows(file):
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_is_written_is_read_back_equal(evaluated, tmp_path, require_equal):
    found = evaluated()
    folder = found.save(tmp_path)
    assert folder == tmp_path / "evaluation" / "evaluation"
    assert {file.name for file in folder.iterdir()} == {
        "means.csv", "scores.csv", "scores.parquet", "overview.png", "arrays.npz", "report.html",
        "result.json",
    }  # fmt: skip
    again = load_result(folder)
    require_equal(again, found)
    assert again.estimates == found.estimates


def test_the_means_have_their_intervals_the_best_explainer_first(evaluated, tmp_path):
    found = evaluated()
    told = rows(found.save(tmp_path) / "means.csv")
    assert [(row["metric"], row["explainer"]) for row in told] == [
        (metric, name) for metric in found.facts for name in found.ranked(metric)
    ]
    for row in told:
        own = found.estimate(row["explainer"], row["metric"])
        numbers = [float(row[key]) for key in ("mean", "low", "high")]
        np.testing.assert_allclose(numbers, [own.mean, own.low, own.high], rtol=1e-5)
    assert {row["more is better"] for row in told if row["metric"] == "average_drop"} == {"False"}


def test_every_score_is_in_both_tables(evaluated, tmp_path):
    pandas = pytest.importorskip("pandas")
    found = evaluated()
    folder = found.save(tmp_path)
    told = rows(folder / "scores.csv")
    table = pandas.read_parquet(folder / "scores.parquet")
    assert len(told) == len(table) == len(list(found.rows()))
    for row, (_, other), (explainer, metric, case, value, _) in zip(
        told, table.iterrows(), found.rows(), strict=True
    ):
        assert (row["explainer"], row["metric"], row["image"]) == (explainer, metric, case.picture)
        assert float(row["value"]) == pytest.approx(value) == other["value"]
    assert table.columns.tolist() == list(told[0])


def test_the_summary_says_what_people_ask_for(evaluated, tmp_path):
    found = evaluated()
    said = json.loads((found.save(tmp_path) / "result.json").read_text())
    assert said["format"]["kind"] == "evaluation"
    assert (said["cases"], said["seed"]) == (6, 5)
    assert said["metrics"]["average_drop"] == {
        "about": "Loses.", "more_is_better": False, "chance": None,
    }  # fmt: skip
    own = said["explainers"]["mine, too"]
    assert own["scores"]["pointing"]["mean"] == found.estimate("mine, too", "pointing").mean
    assert (own["problems"], own["first_problem"], own["seconds"]) == (1, "It diverged.", 1.25)
    assert "group_deletion" not in said["explainers"]["Grad-CAM"]["scores"]


def test_one_image_has_no_interval(evaluated, tmp_path):
    found = evaluated(1)
    folder = found.save(tmp_path)
    assert load_result(folder) == found
    assert {row["low"] for row in rows(folder / "means.csv")} == {""}


def test_another_question_of_the_same_name_is_kept(evaluated, tmp_path):
    first, other = evaluated(), evaluated(options={"metrics": ["pointing"]})
    folders = [found.save(tmp_path) for found in (first, first, other)]
    assert folders[0] == folders[1] != folders[2]
    assert load_result(folders[2]) == other


def test_results_that_do_not_say_what_made_them_do_not_replace_each_other(evaluated, tmp_path):
    one, other = (replace(evaluated(n), provenance=None) for n in (3, 4))
    folders = [found.save(tmp_path) for found in (one, other, one)]
    assert folders[0] == folders[2] != folders[1]


def test_a_name_is_that_of_the_folder(evaluated, tmp_path):
    assert evaluated().save(tmp_path, name="mine") == tmp_path / "mine" / "evaluation"


def test_a_folder_of_the_users_is_refused(evaluated, tmp_path):
    mine = tmp_path / "evaluation" / "evaluation" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        evaluated().save(tmp_path)
    assert mine.read_text() == "mine"
