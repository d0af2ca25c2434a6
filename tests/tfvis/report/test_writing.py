"""Result folders: whole or not at all, and never at the user's cost."""

import json
from pathlib import Path

import pytest
from written_results import content, says, write

from tfvis.report import require_result_folder, result_folder, write_result
from tfvis.report.own_files import is_plain, own_files
from tfvis.runtime.command_line import CommandLine, running
from tfvis.utils.errors import InputError


@pytest.fixture
def target(tmp_path):
    """An earlier result of two files, and a file and a folder of the user's."""
    target = tmp_path / "results" / "one"
    write(target, "a.txt", "b.txt", says="old")
    (target / "mynotes.txt").write_text("mine")
    (target / "drafts").mkdir()
    (target / "drafts" / "a.txt").write_text("mine")
    return target


def test_a_result_says_what_it_is_and_which_files_are_its_own(tmp_path):
    write(tmp_path / "one", "b.txt", "a.txt")
    result = json.loads((tmp_path / "one" / "result.json").read_text())
    assert result == {
        "format": {"name": "tfvis result", "version": 1, "kind": "test"},
        "command": None,
        "provenance": None,
        "says": "new",
        "files": ["a.txt", "b.txt", "result.json"],
        "value": None,
    }


def test_the_users_files_stay_when_a_result_is_replaced(target):
    notes = (target / "mynotes.txt").stat().st_ino
    write(target, "b.txt", "c.txt")
    assert sorted(p.name for p in target.iterdir()) == [
        "b.txt", "c.txt", "drafts", "mynotes.txt", "result.json"
    ]  # fmt: skip
    assert (target / "b.txt").read_text() == says(target) == "new"
    assert (target / "mynotes.txt").stat().st_ino == notes
    assert (target / "drafts" / "a.txt").read_text() == "mine"
    assert [path.name for path in target.parent.iterdir()] == ["one"]


def test_a_file_of_the_users_that_has_a_new_results_name_is_kept_under_another(target, caplog):
    (target / "c.txt").write_text("mine")
    write(target, "c.txt")
    assert (target / "c.txt").read_text() == "new"
    assert (target / "c (1).txt").read_text() == "mine"
    assert "the one that was there is called c (1).txt" in caplog.text


def test_links_and_folders_are_never_a_results_own(target, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    (target / "a.txt").unlink()
    (target / "a.txt").symlink_to(outside)
    (target / "b.txt").unlink()
    (target / "b.txt").mkdir()
    write(target)
    assert (target / "a.txt").is_symlink()
    assert (target / "b.txt").is_dir()
    assert outside.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../mynotes.txt", "/etc/passwd", "drafts/a.txt", "..", ".", "", "a\\b", "c:a", "a\0"]
)
def test_only_plain_names_are_a_results_own(target, name):
    assert not is_plain(name)
    result = json.loads((target / "result.json").read_text())
    (target / "result.json").write_text(json.dumps({**result, "files": [name, "a.txt"]}))
    assert own_files(target) == {"a.txt", "result.json"}
    (target.parent / "mynotes.txt").write_text("mine")
    write(target)
    assert (target.parent / "mynotes.txt").read_text() == "mine"
    assert (target / "drafts" / "a.txt").is_file()


FOREIGN = {
    "no result": None,
    "no JSON": "{",
    "no object": "[1]",
    "somebody else's": '{"accuracy": 0.5, "configuration": {}, "versions": {"numpy": "2"}}',
    "another format": '{"format": {"name": "other"}, "files": []}',
    "no list": '{"format": {"name": "tfvis result"}, "files": "mynotes.txt"}',
    "binary": "\udcff",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_folder_of_somebody_elses_is_refused(tmp_path, text):
    target = tmp_path / "theirs"
    target.mkdir()
    (target / "photograph.jpg").touch()
    if text is not None:
        (target / "result.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    before = sorted(tmp_path.rglob("*"))
    for attempt in (lambda: require_result_folder(target), lambda: write(target)):
        with pytest.raises(InputError, match=r"earlier result of tfvis, received '.*theirs'") as e:
            attempt()
        assert "\n" not in str(e.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_becomes_somebody_elses_meanwhile_is_left_alone(tmp_path):
    target = tmp_path / "one"
    with pytest.raises(InputError, match="holds something else"), result_folder(target) as folder:
        write_result(folder, "test", {}, None, None)
        target.mkdir()
        (target / "photograph.jpg").touch()
    assert [path.name for path in target.iterdir()] == ["photograph.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_nothing_or_an_empty_folder_or_a_result_is_accepted(tmp_path, target):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "a" / "b" / "nowhere", tmp_path / "empty", target):
        require_result_folder(path)
    assert not (tmp_path / "a").exists()
    write(tmp_path / "empty", "a.txt")
    assert content(tmp_path / "empty") == {"a.txt": "new"}


def test_a_result_of_a_command_has_its_words_and_the_file_that_repeats_it(tmp_path):
    options = {"images": [Path("b\udcff\u00e9.png")], "seed": 5}  # a name that is not UTF-8
    words = ("tfvis", "explain", "b\udcff\u00e9.png")
    target = tmp_path / "one"
    with running(CommandLine(words=words, command="explain", options=options)):
        write(target, "a.txt")
    result = json.loads((target / "result.json").read_text())
    assert result["command"] == list(words)
    assert result["files"] == ["a.txt", "config.toml", "result.json"]
    text = (target / "config.toml").read_bytes()
    assert text.endswith(
        b'command = "explain"\nimages = [\n    "b\xff\xc3\xa9.png",\n]\nseed = 5\n'
    )
    write(target, "a.txt")  # without a command: the file goes, as it is the result's own
    assert content(target) == {"a.txt": "new"}
    assert json.loads((target / "result.json").read_text())["command"] is None


def test_a_file_of_the_users_that_is_called_as_ours_is_kept_under_another_name(target, caplog):
    (target / "config.toml").write_text("mine")
    with running(CommandLine(words=("tfvis",), command="explain")):
        write(target, "a.txt")
    assert (target / "config (1).toml").read_text() == "mine"
    assert 'command = "explain"' in (target / "config.toml").read_text()
    assert "is a file of the result now" in caplog.text


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_target_that_is_no_folder_is_refused(tmp_path, kind):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "one"
    if kind == "file":
        target.touch()
    else:
        target.symlink_to(tmp_path / ("elsewhere" if kind == "link" else "nowhere"))
    with pytest.raises(InputError, match=r"one'.* (is a link|is no folder)"):
        write(target)
    assert target.is_symlink() or target.is_file()


def test_a_file_above_the_target_is_named(tmp_path):
    (tmp_path / "photo").touch()
    with pytest.raises(InputError, match=r"Cannot write '.*photo/a/b': '.*photo' is no folder"):
        require_result_folder(tmp_path / "photo" / "a" / "b")


UNMARKED = {
    "explain": (
        {"grouping": {"name": "NMF"}, "heat_maps": {"file": "maps.npz"},
         "groups": [{"heat_map": "x_HM0.jpg", "icon": "x_opt0.jpg"}]},
        ["maps.npz", "x_HM0.jpg", "x_opt0.jpg", "NMFcat_SpatialAttrs.txt", "overview.png"],
    ),
    "invert": (
        {"steps": [{"files": ["saliency_mask.png"]}, {"files": ["cat_mask.png"]}]},
        ["saliency_mask.png", "cat_mask.png", "overview.png"],
    ),
    "localise": (
        {"methods": {}}, ["errors.csv", "objects.csv", "unreadable.csv", "iou_histogram.png"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", UNMARKED)
def test_an_earlier_result_without_the_mark_is_known_by_its_keys(tmp_path, command):
    keys, names = UNMARKED[command]
    target = tmp_path / "one"
    target.mkdir()
    for name in [*names, "mynotes.txt", "photo.jpg"]:
        (target / name).touch()
    # The user's own file, also where it is named as what was asked for.
    result = {"configuration": {"file": "photo.jpg"}, "versions": {"tfvis": "0.1.0"}, **keys}
    (target / "result.json").write_text(json.dumps(result))
    write(target, "a.txt")
    assert set(content(target)) == {"a.txt", "mynotes.txt", "photo.jpg"}
