"""Result folders: whole or not at all, whoever is killed when, and never at the user's cost."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tfvis.report import require_result_folder, result_folder, write_result
from tfvis.report.own_files import is_plain, own_files
from tfvis.report.working_folder import WorkingFolder
from tfvis.utils.errors import InputError

DAY = 86_400


def write(target, *names, says="new"):
    """A result folder of these files."""
    with result_folder(target) as folder:
        for name in names:
            (folder / name).write_text(says)
        write_result(folder, "test", {"says": says}, None, None)


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != "result.json"}


def says(folder):
    return json.loads((folder / "result.json").read_text())["says"]


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


def test_a_failure_leaves_the_earlier_result(target):
    with pytest.raises(KeyboardInterrupt), result_folder(target) as folder:
        (folder / "a.txt").write_text("half")
        raise KeyboardInterrupt
    assert says(target) == (target / "a.txt").read_text() == "old"
    assert (target / "mynotes.txt").is_file()
    assert [path.name for path in target.parent.iterdir()] == ["one"]


def test_an_interrupt_between_the_renames_brings_the_earlier_result_back(target, monkeypatch):
    original = Path.rename

    def interrupted(path, to):
        if path.name == "new":
            raise KeyboardInterrupt
        return original(path, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(target, "a.txt")
    assert says(target) == (target / "a.txt").read_text() == "old"
    assert (target / "drafts").is_dir()
    assert [path.name for path in target.parent.iterdir()] == ["one"]


KILLED = """
    # For k = 0, 1, 2, ... a process that is killed before its k-th change to the file system.
    import os, sys
    from pathlib import Path
    from tfvis.report.earlier import replace_siblings
    from tfvis.report.writing import result_folder, write_result
    from tfvis.utils.provenance import Provenance

    MADE = Provenance(method="test", network="net", weights=None, image=None, image_name=None)
    CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.chmod", "open"}

    def write(target, says, names=("a.txt", "b.txt")):
        with result_folder(target) as folder:
            for name in names:
                (folder / name).write_text(says)
            write_result(folder, "test", {"says": says}, None, MADE)

    def prepared(root, k):
        target = root / str(k) / "r1"
        write(target, "old")
        (target / "mynotes.txt").write_text("mine")
        return target

    def replaced(target):
        write(target, "new", ("b.txt", "c.txt"))

    def outnumbered(target):
        replace_siblings(target.with_name("r2"), "r")

    root, what = Path(sys.argv[1]), sys.argv[2]
    done = 256
    k = 0
    while done:
        target = prepared(root, k)
        if what == "outnumbered":
            write(target.with_name("r2"), "new", ("b.txt", "c.txt"))
        if not (child := os.fork()):
            left = k
            def hook(event, arguments):
                global left
                if event in CHANGES and (event != "open" or "w" in str(arguments[1])):
                    if not left:
                        os._exit(1)
                    left -= 1
            sys.addaudithook(hook)
            globals()[what](target)
            os._exit(0)
        done = os.waitpid(child, 0)[1]
        k += 1
"""


def killed(root, what):
    """The folders of runs that were killed at each moment, the last one not at all."""
    code = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), what]
    found = subprocess.run(code, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return sorted(root.iterdir(), key=lambda folder: int(folder.name))


def visible(folder):
    """All that is there, and nothing hidden."""
    names = sorted(path.name for path in folder.iterdir())
    assert not [name for name in names if name.startswith(".")]
    return names


OLD = {"a.txt": "old", "b.txt": "old"}
NEW = {"b.txt": "new", "c.txt": "new"}
MINE = {"mynotes.txt": "mine"}


def test_a_run_that_is_killed_at_any_moment_loses_nothing(tmp_path):
    folders = killed(tmp_path, "replaced")
    assert len(folders) > 15
    left = []
    for folder in folders:
        target = folder / "r1"
        if target.exists():
            found = content(target)
            left.append("old" if says(target) == "old" else "new")
            assert found in (OLD | MINE, NEW, NEW | MINE)
        else:
            left.append("gone")
        with pytest.raises(RuntimeError), result_folder(target):
            # The next run has brought it to an end before it begins.
            assert content(target) == (NEW if left[-1] == "new" else OLD) | MINE
            raise RuntimeError
        assert content(target) == (NEW if left[-1] == "new" else OLD) | MINE
        assert says(target) == ("new" if left[-1] == "new" else "old")
        assert visible(folder) == ["r1"]
    # Each of them did occur, and in this order.
    assert list(dict.fromkeys(left)) == ["old", "gone", "new"]


def test_a_run_that_is_killed_while_it_removes_a_sibling_loses_nothing(tmp_path):
    from tfvis.report.earlier import replace_siblings

    folders = killed(tmp_path, "outnumbered")
    assert len(folders) > 8
    for folder in folders:
        replace_siblings(folder / "r2", "r")
        assert content(folder / "r1") == MINE
        assert content(folder / "r2") == NEW
        assert visible(folder) == ["r1", "r2"]


@pytest.fixture
def begun(tmp_path):
    """What another run has begun; its lock says what a test wants."""

    def make(age=0.0, text=None, **owner):
        working = WorkingFolder(tmp_path / "one")
        working.begin()
        lock = working.folder / "lock.json"
        said = json.loads(lock.read_text())
        assert set(said) == {"host", "process", "run"}
        lock.write_text(json.dumps({**said, **owner}) if text is None else text)
        then = time.time() - age
        os.utime(lock, (then, then))
        return working.folder

    return make


@pytest.fixture
def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("age", "owner", "stays"),
    [
        (0, {}, True),
        (3 * DAY, {}, True),  # a process that was stopped over the weekend lives
        (0, {"process": "gone"}, False),
        (0, {"process": "gone", "host": "elsewhere"}, True),
        (0.9 * DAY, {"host": "elsewhere"}, True),
        (1.1 * DAY, {"host": "elsewhere"}, False),
        (-DAY, {"host": "elsewhere"}, True),
        (0, {"process": -1}, True),
        (0, {"process": 2**80}, True),
        (0, {"text": ""}, True),
        (1.1 * DAY, {"text": ""}, False),
        (1.1 * DAY, {"text": "[]"}, False),
    ],
)
def test_only_what_is_certainly_dead_is_removed(tmp_path, begun, gone, age, owner, stays):
    if owner.get("process") == "gone":
        owner = {**owner, "process": gone}
    other = begun(age, **owner)
    write(tmp_path / "one", "a.txt")
    assert other.exists() is stays
    assert content(tmp_path / "one") == {"a.txt": "new"}


def test_what_has_no_lock_yet_stays_for_a_day(tmp_path, begun):
    other = begun()
    (other / "lock.json").unlink()
    write(tmp_path / "one", "a.txt")
    assert other.is_dir()
    os.utime(other, (1, 1))
    write(tmp_path / "one", "a.txt")
    assert not other.exists()


def test_what_belongs_to_a_target_of_a_similar_name_stays(tmp_path, begun, gone):
    other = begun(process=gone)
    similar = other.with_name(other.name.replace(".one.", ".one.b."))
    other.rename(similar)
    write(tmp_path / "one", "a.txt")
    assert similar.is_dir()


def test_of_two_runs_at_once_the_later_one_wins(target):
    with result_folder(target) as first:
        with result_folder(target) as second:
            for folder, name in ((first, "first"), (second, "second")):
                (folder / f"{name}.txt").write_text(name)
                write_result(folder, "test", {"says": name}, None, None)
        assert says(target) == "second"
    assert says(target) == "first"
    assert set(content_names(target)) == {"drafts", "first.txt", "mynotes.txt", "result.json"}
    assert [path.name for path in target.parent.iterdir()] == ["one"]


def content_names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_result_that_is_replaced_while_it_is_looked_at_is_not_taken_for_anothers(
    target, monkeypatch
):
    def looked_at(folder):
        monkeypatch.undo()
        write(target, "c.txt")  # another run's; the folder that was looked at is gone

    monkeypatch.setattr("tfvis.report.writing.own_files", looked_at)
    require_result_folder(target)


RACE = """
    import sys
    from pathlib import Path
    from tfvis.report.writing import result_folder, write_result

    for k in range(40):
        with result_folder(Path(sys.argv[1])) as folder:
            for name in (sys.argv[2], "both.txt"):
                (folder / name).write_text(sys.argv[2])
            write_result(folder, "test", {"says": sys.argv[2]}, None, None)
"""


def test_many_runs_at_once_all_finish_and_leave_one_whole_result(target):
    code = [sys.executable, "-c", textwrap.dedent(RACE), str(target)]
    runs = [subprocess.Popen([*code, name], stderr=subprocess.PIPE, text=True) for name in "xyz"]
    for run in runs:
        assert (run.communicate()[1], run.returncode) == ("", 0)
    (target / "drafts" / "a.txt").unlink()
    (target / "drafts").rmdir()
    name = says(target)
    assert content(target) == {name: name, "both.txt": name, "mynotes.txt": "mine"}
    assert [path.name for path in target.parent.iterdir()] == ["one"]


def test_what_cannot_be_put_back_is_kept_and_named(target, monkeypatch, caplog):
    original = Path.rename

    def refused(path, to):
        if path.name == "mynotes.txt":
            raise PermissionError(1, "Operation not permitted")
        return original(path, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        write(target, "a.txt")
    assert says(target) == "new"
    (hidden,) = (path for path in target.parent.iterdir() if path.name != "one")
    assert f"Cannot put back what is in {hidden}: Operation not permitted" in caplog.text
    lock = hidden / "lock.json"
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "host": "elsewhere"}))
    os.utime(lock, (1, 1))
    write(target, "a.txt")  # a later run puts it back
    assert (target / "mynotes.txt").read_text() == "mine"
    assert [path.name for path in target.parent.iterdir()] == ["one"]
