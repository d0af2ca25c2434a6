"""Results whose icons are still to come: whole folders, which give way to the complete ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
from written_results import said

from tfvis.report import load_result, write
from tfvis.report.explanations import lacks_icons
from tfvis.utils import images


@pytest.fixture
def complete(explanation):
    return explanation()


@pytest.fixture
def early(complete):
    return replace(complete, icons=None, icon_objectives=None, zero_gradient=())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_early_result_is_whole_and_says_what_is_missing(tmp_path, early):
    folder = write(early, tmp_path)
    assert said(folder)["icons"] == "missing"
    assert said(folder)["files"] == names(folder)
    assert not any("_opt" in name for name in names(folder))
    assert load_result(folder) == early
    assert load_result(folder).icons_missing
    assert lacks_icons(folder)


def test_the_complete_result_takes_its_place(tmp_path, early, complete):
    folder = write(early, tmp_path)
    (folder / "mynotes.txt").write_text("mine")
    assert write(complete, tmp_path) == folder
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert said(folder)["icons"] == "rendered"
    assert not lacks_icons(folder)
    assert load_result(folder) == complete
    assert set(names(folder)) == {*said(folder)["files"], "mynotes.txt"}
    assert (folder / "mynotes.txt").read_text() == "mine"


def test_both_are_answers_to_one_question_beside_another_one(tmp_path, early, complete, made):
    """Then the folder's name ends in a digest."""
    other = write(replace(complete, provenance=made(options={"seed": 9})), tmp_path)
    before = (other / "result.json").read_bytes()
    folder = write(early, tmp_path)
    assert folder != other
    assert write(complete, tmp_path) == folder
    assert len(names(folder.parent)) == 2
    assert (other / "result.json").read_bytes() == before


def test_a_rerun_replaces_what_a_killed_run_has_left(tmp_path, early, complete):
    """Also where the earlier run found another number of groups."""
    one_group = replace(
        early, groups=replace(early.groups, groups=early.groups.groups[:1]),
        parts=early.parts[:1], signed_maps=early.signed_maps[:1],
    )  # fmt: skip
    left = write(one_group, tmp_path)
    folder = write(early, tmp_path)
    assert folder != left
    write(complete, tmp_path)
    assert names(folder.parent) == [folder.name]


def test_an_early_result_replaces_no_complete_one(tmp_path, early, complete):
    folder = write(complete, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert write(early, tmp_path) == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    # Nor one of another number of groups.
    one_group = replace(
        early, groups=replace(early.groups, groups=early.groups.groups[:1]),
        parts=early.parts[:1], signed_maps=early.signed_maps[:1],
    )  # fmt: skip
    write(one_group, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_where_no_icons_were_asked_for_none_are_missing(tmp_path, early, made):
    found = replace(early, provenance=made(options={"icons": None}))
    folder = write(found, tmp_path)
    assert said(folder)["icons"] == "none"
    assert not lacks_icons(folder)
    assert not load_result(folder).icons_missing


@pytest.mark.parametrize("colormap", ["viridis", "red"])
def test_a_result_that_was_read_back_draws_the_same(tmp_path, complete, colormap):
    found = replace(complete, colormap=colormap, show_against=True)
    again = load_result(write(found, tmp_path))
    assert again.colormap == colormap
    np.testing.assert_array_equal(again.sheet(), found.sheet())
    np.testing.assert_array_equal(again.overlays(), found.overlays())


def test_a_result_from_before_there_were_colour_maps_is_red_as_it_was(tmp_path, complete):
    folder = write(complete, tmp_path)
    result = said(folder)
    del result["value"]["fields"]["colormap"], result["icons"]
    (folder / "result.json").write_text(json.dumps(result))
    again = load_result(folder)
    assert again == replace(complete, colormap="red")
    assert not lacks_icons(folder)
    drawn = images.load(folder / result["groups"][0]["heat_map"])
    np.testing.assert_allclose(drawn, again.overlays()[0], atol=0.1)
