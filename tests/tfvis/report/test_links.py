"""Links in the tree of results: followed above a result folder; nothing outside is deleted."""

import json
import os
import subprocess
import sys

import pytest

from tfvis.report import load_result, require_result_folder
from tfvis.report.earlier import replace_siblings
from tfvis.report.folders import AttributionFiles
from tfvis.report.journal import Journal
from tfvis.report.working_folder import WorkingFolder
from tfvis.settings.base import RunSettings
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.provenance import Provenance

ABOVE = {"output": 0, "image": 1, "class": 2, "grouping": 3}


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def place(tmp_path, explanation):
    """The path of a level of a result that is not there yet; and the folder outside."""
    parts = explanation().save(tmp_path / "model").relative_to(tmp_path / "model").parts
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")

    def path(level):
        return (tmp_path / "output").joinpath(*parts[:level])

    return path, outside


def refused(attempt, match):
    with pytest.raises(InputError, match=match) as error:
        attempt()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("level", ABOVE)
def test_a_link_to_a_folder_is_followed_above_a_result(place, explanation, level):
    path, outside = place
    link = path(ABOVE[level])
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    found = explanation()
    for _ in range(2):
        assert found.save(path(0)) == path(4)
        assert link.is_symlink()
        assert (outside / "mine.txt").read_text() == "mine"
        assert load_result(path(4)) == found
    assert path(4).resolve().is_relative_to(outside)
    assert not list(outside.rglob(".*"))


@pytest.mark.parametrize("level", [*ABOVE, "result"])
@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_link_to_anything_else_is_refused(place, explanation, level, kind):
    path, outside = place
    link = path({**ABOVE, "result": 4}[level])
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside / ("mine.txt" if kind == "a file" else "nothing"))
    before = contents(path(0)), contents(outside)
    refused(
        lambda: explanation().save(path(0)),
        r"which is a link" if level == "result" else r"is a link to nothing|is no folder",
    )
    assert link.is_symlink()
    assert (contents(path(0)), contents(outside)) == before


def test_a_link_in_the_place_of_a_result_is_refused(place, explanation):
    path, outside = place
    found = explanation()
    real = found.save(outside)
    path(3).mkdir(parents=True)
    path(4).symlink_to(real)
    before = contents(outside)
    refused(lambda: found.save(path(0)), "which is a link")
    refused(lambda: require_result_folder(path(4)), "which is a link")
    assert contents(outside) == before
    # A result of another question goes beside it, as ever.
    other = explanation(n=2, origin=None, provenance=None).save(path(0))
    assert other != path(4)
    assert contents(outside) == before


def test_a_link_beside_a_result_is_no_sibling(place, explanation):
    path, outside = place
    target = explanation(n=2).save(path(0))
    sibling = explanation(n=1).save(outside)
    link = target.with_name(sibling.name)
    link.symlink_to(sibling)
    before = contents(outside)
    replace_siblings(target, "blocka_pos")
    assert link.is_symlink()
    assert contents(outside) == before


@pytest.mark.parametrize("level", ABOVE)
def test_folders_are_looked_at_before_anything_is_computed(tmp_path, level):
    files = AttributionFiles(tmp_path / "out", "photo", "cat", "IGSG")
    places = [files.output, files.folder.parent, files.folder, files.folder / "NMF"]
    link = places[ABOVE[level]]
    link.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    files.require_folders("NMF", ["layer_pos3"])
    link.unlink()
    link.symlink_to(tmp_path / "nothing")
    refused(lambda: files.require_folders("NMF"), "is a link to nothing")


def test_an_output_that_is_a_link(tmp_path):
    output = tmp_path / "out"
    output.symlink_to(tmp_path / "there")
    for folder in (output, output / "below"):
        refused(
            lambda folder=folder: RunSettings(output=folder).require_files(),
            r"Expected --output to be a folder: '.*out' is a link to nothing\.",
        )
    (tmp_path / "there").mkdir()
    RunSettings(output=output / "below").require_files()


def test_links_in_the_place_of_attributions_are_replaced_and_not_written_through(tmp_path):
    files = AttributionFiles(tmp_path / "out", "photo", "cat", "IGSG")
    file = files.file("layer")
    file.parent.mkdir(parents=True)
    outside = tmp_path / "mine.txt"
    outside.write_text("mine")
    for link in (file, file.with_suffix(".npz")):
        link.symlink_to(outside)
    made = Provenance("m", "net", "0f", "a", "photo", class_name="cat", layer="layer")
    files.save(ChannelAttribution("IGSG", "layer", 0, [1.0, 2.0], provenance=made))
    assert outside.read_text() == "mine"
    assert not file.is_symlink()
    assert files.load("layer", 0, 2).provenance == made


def test_a_journal_follows_links_above_it_and_no_other(tmp_path):
    made = Provenance("box localisation", "net", "0f", None, "objects")
    (tmp_path / "there").mkdir()
    (tmp_path / "table").symlink_to(tmp_path / "there")
    journal = Journal(tmp_path / "table" / "localisation", made)
    with journal:
        assert (tmp_path / "there").is_dir()
    assert not any((tmp_path / "there").iterdir())
    journal.file.symlink_to(tmp_path / "mine.txt")
    refused(journal.__enter__, "found something else in")
    assert journal.file.is_symlink()


@pytest.mark.parametrize("name", ["new", "previous001", "removed001", "lock.json"])
def test_links_in_a_killed_runs_folder_point_to_nothing_that_is_deleted(
    place, explanation, tmp_path, name
):
    path, outside = place
    found = explanation()
    real = found.save(outside)
    target = found.save(path(0))
    killed = WorkingFolder(target)
    killed.begin()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    lock = killed.folder / "lock.json"
    text = json.dumps({**json.loads(lock.read_text()), "process": process.pid})
    lock.write_text(text)
    if name == "lock.json":
        (outside / "lock").write_text(text)
        lock.unlink()
        lock.symlink_to(outside / "lock")
    else:
        (killed.folder / name).rmdir() if name == "new" else None
        (killed.folder / name).symlink_to(real)
    before = contents(outside)
    assert found.save(path(0)) == target
    assert contents(outside) == before
    assert load_result(target) == found


def test_a_link_under_a_hidden_folders_name_is_left_alone(place, explanation):
    path, outside = place
    target = explanation().save(path(0))
    link = target.with_name(f".{target.name}.{'0' * 16}.partial")
    link.symlink_to(outside)
    os.utime(outside, (1, 1))
    before = contents(outside)
    assert explanation().save(path(0)) == target
    assert link.is_symlink()
    assert contents(outside) == before
