"""Result folders of runs that fail, are killed, or run at the same time."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from written_results import content, says, write

from tfvis.report import require_result_folder, result_folder, write_result
from tfvis.report.working_folder import WorkingFolder

DAY = 86_400


@pytest.fixture
def target(tmp_path):
    """An earlier result of two files, and a file and a folder of the user's."""
    target = tmp_path / "results" / "one"
    write(target, "a.txt", "b.txt", says="old")
    (target / "mynotes.txt").write_text("mine")
    (target / "drafts").mkdir()
    (target / "drafts" / "a.txt").write_text("mine")
    return target


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
