"""Which folder is an image's, by its name, where there are earlier results."""

import json

import numpy as np
import pytest

from tfvis.evaluation.evaluations import CaseScores
from tfvis.explainers.masks import Inversion
from tfvis.report import load_result
from tfvis.report.earlier import digest_of_scores
from tfvis.utils.errors import InputError


def stored(folder):
    return json.loads((folder / "result.json").read_text())["provenance"]


def test_a_name_stands_in_the_path_and_in_the_provenance(tmp_path, any_result):
    found = any_result
    plain = found.save(tmp_path)
    named = found.save(tmp_path, name="photo: 2")
    assert named.relative_to(tmp_path).parts[0] == "photo_ 2"
    assert named.relative_to(tmp_path).parts[1:] == plain.relative_to(tmp_path).parts[1:]
    assert stored(named) == {**stored(plain), "image_name": "photo: 2"}
    again = load_result(named)
    steps = (again.saliency, *again.discriminated) if isinstance(again, Inversion) else (again,)
    assert [step.provenance.image_name for step in steps] == ["photo: 2"] * len(steps)
    assert load_result(plain) == found  # which itself keeps its name


def test_a_table_may_have_another_name(tmp_path, localisation):
    folder = localisation().save(tmp_path, name="mine")
    assert folder == tmp_path / "mine" / "localisation"
    again = load_result(folder)
    assert again.title == again.provenance.image_name == "mine"


def test_several_arrays_can_be_saved_under_names_of_their_own(tmp_path, class_map):
    found = [
        class_map(provenance=None, image=np.full((8, 8, 3), shade, np.float32))
        for shade in (0.0, 0.5)
    ]
    found[0].save(tmp_path)
    with pytest.raises(
        InputError, match=r"in Python save\(\.\.\., name=\.\.\.\), on the .* --name"
    ):
        found[1].save(tmp_path)
    folders = [each.save(tmp_path, name=f"image {k}") for k, each in enumerate(found)]
    assert [folder.parent.name for folder in folders] == ["image 0", "image 1"]


@pytest.mark.parametrize("first", ["table", "image"])
def test_a_table_of_the_images_name_is_no_other_image(
    tmp_path, any_result, localisation, monkeypatch, first
):
    """Its results, which may be large, are not even read."""
    monkeypatch.setattr("tfvis.report.values.load_value", None)
    results = [localisation(title="photo", provenance=None), any_result]
    results = results if first == "table" else results[::-1]
    folders = [found.save(tmp_path) for found in results]
    monkeypatch.undo()
    assert {folder.relative_to(tmp_path).parts[0] for folder in folders} == {"photo"}
    assert [load_result(folder) for folder in folders] == results
    assert [found.save(tmp_path) for found in results] == folders


@pytest.mark.parametrize("name", ["", "  ", 5])
def test_a_name_has_a_letter(tmp_path, class_map, name):
    with pytest.raises(InputError, match=f"Expected name to have a letter or more, .*{name!r}"):
        class_map().save(tmp_path, name=name)
    assert not any(tmp_path.iterdir())


def test_scores_are_told_apart_by_their_explainer_metric_and_values():
    def digest(explainer="a", metric="hit", values=(0, 1)):
        scores = CaseScores({metric: np.array(values, float)}, (None, None))
        return digest_of_scores({explainer: scores})

    assert digest() == digest()
    others = [digest(explainer="b"), digest(metric="miss"), digest(values=(1, 0))]
    assert len({digest(), *others, digest(values=((0, 1),))}) == 5
