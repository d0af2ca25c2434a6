"""A page is built again from its folder alone."""

import json
import os

import numpy as np
import pytest

from tfvis.report import write
from tfvis.report.own_files import PAGE
from tfvis.report.rebuilding import command_of, find_results, rebuild_page
from tfvis.utils.errors import InputError


@pytest.fixture
def folder(explanation, tmp_path):
    """A result folder with its page."""
    return write(explanation(), tmp_path / "out")


def said(folder):
    return json.loads((folder / "result.json").read_text())


def change(folder, **changes):
    (folder / "result.json").write_text(json.dumps(said(folder) | changes))


def test_a_result_has_a_page_which_it_lists(folder):
    assert (folder / PAGE).is_file()
    assert PAGE in said(folder)["files"]


def test_the_page_is_the_same_again(folder):
    before = (folder / PAGE).read_bytes()
    (folder / PAGE).unlink()
    assert rebuild_page(folder) == folder / PAGE
    assert (folder / PAGE).read_bytes() == before


def test_nothing_else_is_touched(folder):
    (folder / "notes.txt").write_text("mine")
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir() if file.name != PAGE}
    rebuild_page(folder)
    assert {
        file: file.stat().st_mtime_ns for file in folder.iterdir() if file.name != PAGE
    } == before


def test_a_page_needs_none_of_the_pictures(folder):
    before = (folder / PAGE).read_bytes()
    for picture in [*folder.glob("*.jpg"), *folder.glob("*.png")]:
        picture.unlink()
    assert rebuild_page(folder).read_bytes() == before


def test_a_result_without_a_page_gets_one_that_is_its_own(folder):
    (folder / PAGE).unlink()
    change(folder, files=[name for name in said(folder)["files"] if name != PAGE])
    rebuild_page(folder)
    assert PAGE in said(folder)["files"]


def test_a_rebuild_that_was_cut_short_can_be_done_again(folder, monkeypatch):
    """The list of files is written before the page: without its page the result is whole."""
    (folder / PAGE).unlink()
    change(folder, files=[name for name in said(folder)["files"] if name != PAGE])
    replace, done = os.replace, []

    def cut_short(source, target):
        if done:
            raise KeyboardInterrupt
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", cut_short)
    with pytest.raises(KeyboardInterrupt):
        rebuild_page(folder)
    monkeypatch.undo()
    assert rebuild_page(folder).is_file()


@pytest.mark.parametrize("files", [[1], [[]], [None, "overview.png"]])
def test_files_that_are_no_names_are_passed_over(folder, files):
    (folder / PAGE).unlink()
    change(folder, files=files)
    rebuild_page(folder)
    assert said(folder)["files"] == sorted({PAGE, *(own for own in files if type(own) is str)})


def test_a_page_of_the_users_own_is_left(folder):
    (folder / PAGE).write_text("mine")
    change(folder, files=[name for name in said(folder)["files"] if name != PAGE])
    with pytest.raises(InputError, match="Expected a page of tfvis in .*report.html', found an"):
        rebuild_page(folder)
    assert (folder / PAGE).read_text() == "mine"


def test_the_command_is_on_the_page(folder):
    change(folder, command=["tfvis", "explain", "--image", "a b.png"])
    assert "tfvis explain --image &#39;a b.png&#39;" in rebuild_page(folder).read_text()


@pytest.mark.parametrize("words", [None, [], "tfvis", [1], {"a": 1}])
def test_what_is_no_command_is_none(words):
    assert command_of({"command": words}) is None


def test_all_results_below_a_folder_are_found(explanation, class_map, tmp_path):
    written = [write(explanation(), tmp_path / "out"), write(class_map(), tmp_path / "out", "b")]
    (tmp_path / "out" / ".hidden").mkdir()
    assert set(find_results([tmp_path / "out"])) == set(written)
    assert find_results([written[0] / "result.json", written[0]]) == (written[0],)


def test_no_result(tmp_path):
    with pytest.raises(InputError, match="Expected results of tfvis in .*, found none"):
        find_results([tmp_path])


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="which is not there"):
        find_results([tmp_path / "gone"])


def test_damaged_json(folder):
    (folder / "result.json").write_text("{")
    with pytest.raises(InputError, match="found a damaged or foreign result.json"):
        find_results([folder])


def test_another_version(folder):
    change(folder, format={**said(folder)["format"], "version": 99})
    with pytest.raises(InputError, match="found one of a later version of tfvis"):
        rebuild_page(folder)


def test_missing_arrays(folder):
    (folder / "arrays.npz").unlink()
    with pytest.raises(InputError, match="arrays.npz"):
        rebuild_page(folder)


def test_a_page_that_would_be_too_large_is_a_warning_and_the_result_stays(
    explanation, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr("tfvis.report.page.LIMIT", 1000)
    monkeypatch.setattr("tfvis.report.page.page_of.__kwdefaults__", {"limit": 1000})
    folder = write(explanation(), tmp_path / "out")
    assert not (folder / PAGE).exists()
    assert PAGE not in said(folder)["files"]
    assert "has no page. Expected a page of at most 1,000 bytes" in caplog.text


def test_arrays_are_not_in_the_page_twice(explanation, tmp_path):
    """A page is small beside the arrays of its result."""
    icons = np.random.default_rng(0).random((2, 128, 128, 3), np.float32)
    folder = write(explanation(icons=icons), tmp_path / "out")
    assert (folder / PAGE).stat().st_size < (folder / "arrays.npz").stat().st_size
