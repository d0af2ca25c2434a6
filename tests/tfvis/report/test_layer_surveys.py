"""Surveys of layers are written, read back equal, and kept beside those of another question."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from tfvis import load_result
from tfvis.utils.errors import InputError

FILES = {"layers.csv", "overview.png", "arrays.npz", "report.html", "result.json"}


def said(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_what_is_written_is_read_back_equal(surveyed, tmp_path, require_equal):
    found = surveyed()
    folder = found.save(tmp_path)
    assert folder.parent == tmp_path / "photo"
    assert folder.name.startswith("layers_cat")
    assert {file.name for file in folder.iterdir()} == FILES
    again = load_result(folder)
    require_equal(again, found)
    assert again == found
    np.testing.assert_array_equal(again.sheet(), found.sheet())


def test_a_survey_without_an_image_goes_to_the_networks_folder(structure, tmp_path, require_equal):
    folder = structure.save(tmp_path)
    assert folder.parent.parent == tmp_path
    assert folder.name == "layers"
    assert {file.name for file in folder.iterdir()} == FILES
    require_equal(load_result(folder), structure)
    assert structure.save(tmp_path, name="mine") == tmp_path / "mine" / "layers"
    assert said(folder)["recommended"] is None


def test_the_summary_says_what_people_ask_for(surveyed, tmp_path):
    found = said(surveyed().save(tmp_path))
    assert found["format"]["kind"] == "layer_survey"
    assert found["class"] == {"index": 3, "label": "cat / dog"}
    assert found["recommended"] == {"layer": "block/a", "reason": "so it is"}
    first, second = found["layers"]
    assert (first["height"], first["width"], first["channels"]) == (4, 4, 6)
    assert (first["field_height"], first["field_width"], first["field_by"]) == (3, 5, "computed")
    assert (first["multiply_adds"], first["work"]) == (123_456, 0.25)
    assert (first["share_of_channels"], first["share_of_groups"]) == (0.75, 0.5)
    assert (first["area"], first["agreement"], first["gap"]) == (0.125, 1, 0.25)
    assert second["field_by"] is second["work"] is second["share_of_groups"] is None
    assert second["problem"] == "It is silent."


def test_the_table_has_a_row_a_layer(surveyed, structure, tmp_path):
    for own, columns in ((surveyed(), 20), (structure, 9)):
        with (own.save(tmp_path) / "layers.csv").open(newline="") as stream:
            head, first, second = csv.reader(stream)
        assert len(head) == len(first) == len(second) == columns
        assert first[head.index("layer")] == "block/a"
        assert second[head.index("layer")] == "'=b"  # no formula
        assert second[head.index("work")] == ""


def test_another_question_of_the_same_name_is_kept(surveyed, tmp_path):
    first, other = surveyed(), surveyed(attribution_steps=5)
    folders = [own.save(tmp_path) for own in (first, other, first, other)]
    assert folders[:2] == folders[2:]
    assert folders[0] != folders[1]
    assert load_result(folders[0]) == first
    assert load_result(folders[1]) == other


def test_results_of_another_image_of_the_same_name_are_not_joined(surveyed, made, tmp_path):
    found = surveyed()
    found.save(tmp_path)
    origin = made(method="layers", layer=None, image="b" * 64, image_file="c" * 64)
    with pytest.raises(InputError, match="found some of another image"):
        replace(found, provenance=origin).save(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f["recommendation"]["fields"].pop("reason"), "reason"),
        (lambda f: f["layers"]["tuple"].pop(), "Expected evidence of each of 1 layers"),
        (lambda f: f["recommendation"]["fields"]["agreement"]["tuple"].pop(), "Expected the agree"),
        (lambda f: f["recommendation"]["fields"].update(layer="c"), "recommended layer 'c'"),
        (lambda f: f.update(input_size={"tuple": [1, "x"]}), "input_size"),
        (lambda f: f["evidence"]["tuple"][0]["fields"].update(signed_map=f["image"]), "signed_map"),
    ],
)
def test_a_damaged_result_is_told(surveyed, tmp_path, change, message):
    folder = surveyed().save(tmp_path)
    found = said(folder)
    change(found["value"]["fields"])
    (folder / "result.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match=f"Cannot read the result in .*{message}"):
        load_result(folder)
