"""Runs at once into one folder: the same question has one result, two questions have one each."""

import json
import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tfvis.report import folder_locks
from tfvis.report.earlier import answer_folder
from tfvis.report.folder_locks import locked
from tfvis.report.writing import write_result
from tfvis.utils.provenance import Provenance


@pytest.fixture(params=["locks", "no locks"])
def locks(request, monkeypatch):
    """Also on a system without locks, as Windows is."""
    if request.param == "no locks":
        monkeypatch.setattr(folder_locks, "fcntl", None)
    elif folder_locks.fcntl is None:
        pytest.skip("this system has no locks")


def made(seed):
    return Provenance("test", "net", "0f", "a", "photo", options={"seed": seed})


def answer(own, seed, ready=None, says=None):
    """Write an answer to the question that a seed is; waits for others before it is in place."""
    with answer_folder(own, made(seed), {"class": 3}) as folder:
        (folder.new / f"{seed}.txt").write_text(str(says))
        summary = {"class": 3, "says": says}
        write_result(folder.new, "test", summary, None, made(seed))
        if ready is not None:
            ready.wait()
    return folder.target


def at_once(own, seeds):
    """Where answers go that are all begun before the first is in place."""
    ready, targets = threading.Barrier(len(seeds), timeout=60), {}

    def run(number, seed):
        targets[number] = answer(own, seed, ready, number)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(seeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return targets


def results(folder):
    """The seed that each result answers, by its folder; each is asserted to be whole."""
    found = {}
    for path in folder.iterdir():
        result = json.loads((path / "result.json").read_text())
        seed = result["provenance"]["options"]["seed"]
        assert (path / f"{seed}.txt").read_text() == str(result["says"])
        assert {file.name for file in path.iterdir()} == set(result["files"])
        found[path.name] = seed
    return found


@pytest.mark.parametrize("count", [2, 6])
def test_different_questions_at_once_have_a_folder_each(tmp_path, locks, count):
    targets = at_once(tmp_path / "one", range(count))
    found = results(tmp_path)
    assert "one" in found
    assert sorted(found.values()) == list(range(count))
    assert {number: found[target.name] for number, target in targets.items()} == {
        number: number for number in range(count)
    }


@pytest.mark.parametrize("earlier", [None, 0, 1])
def test_the_same_question_has_one_result(tmp_path, locks, earlier):
    if earlier is not None:
        answer(tmp_path / "one", earlier)
    targets = at_once(tmp_path / "one", [0] * 5)
    assert len(set(targets.values())) == 1
    assert sorted(results(tmp_path).values()) == ([0, 1] if earlier == 1 else [0])


def test_questions_that_cannot_be_told_are_numbered(tmp_path, locks):
    unknown = Provenance("test", "net", "0f", "a", "photo", options={
        "grouper": {"class": "Mine", "module": "mine", "parameters": None}
    })  # fmt: skip
    ready = threading.Barrier(4, timeout=60)

    def run():
        with answer_folder(tmp_path / "one", unknown, {}) as folder:
            write_result(folder.new, "test", {}, None, unknown)
            ready.wait()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "one_2", "one_3", "one_4"}


RACE = """
    import sys
    from pathlib import Path
    from tfvis.report import folder_locks
    from tfvis.report.earlier import answer_folder
    from tfvis.report.writing import write_result
    from tfvis.utils.provenance import Provenance

    target, seed, has_locks = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
    if not has_locks:
        folder_locks.fcntl = None
    made = Provenance("test", "net", "0f", "a", "photo", options={"seed": seed})
    for k in range(25):
        with answer_folder(target, made, {}) as folder:
            (folder.new / f"{seed}.txt").write_text(str(k))
            write_result(folder.new, "test", {"says": k}, None, made)
"""


@pytest.mark.parametrize("has_locks", [True, False])
def test_processes_that_ask_two_questions_leave_two_results(tmp_path, has_locks):
    code = [sys.executable, "-c", textwrap.dedent(RACE), str(tmp_path / "one")]
    runs = [
        subprocess.Popen([*code, str(seed), str(has_locks)], stderr=subprocess.PIPE, text=True)
        for seed in (0, 1, 0, 1)
    ]
    for run in runs:
        assert (run.communicate()[1], run.returncode) == ("", 0)
    assert sorted(results(tmp_path).values()) == [0, 1]


def test_a_run_waits_for_another_one_only_so_long(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_locks, "_PATIENCE", 0.05)
    start = time.monotonic()
    with locked(tmp_path), locked(tmp_path):
        assert 0.05 <= time.monotonic() - start < 5
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_locked_is_used_without(tmp_path, monkeypatch):
    def refused(handle, how):
        raise OSError(45, "Operation not supported")

    if folder_locks.fcntl is not None:
        monkeypatch.setattr(folder_locks.fcntl, "flock", refused)
    with locked(tmp_path), locked(tmp_path / "nowhere"):
        (tmp_path / "one").mkdir()
    assert os.listdir(tmp_path) == ["one"]  # noqa: PTH208
