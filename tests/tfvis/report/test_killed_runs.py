"""A run that is killed before any one change to the disk: the next run repairs what it left."""

import json
import subprocess
import sys
import textwrap

import pytest

from tfvis.report.earlier import answer_folder
from tfvis.report.folders import AttributionFiles
from tfvis.report.journal import Journal
from tfvis.report.writing import write_result
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.provenance import Provenance

KILLED = """
    # For k = 0, 1, 2, ... a process that is killed before its k-th change to the disk.
    import os, sys
    from pathlib import Path
    from tfvis.report.earlier import answer_folder
    from tfvis.report.folders import AttributionFiles
    from tfvis.report.writing import write_result
    from tfvis.utils.channel_attribution import ChannelAttribution
    from tfvis.utils.provenance import Provenance

    CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.chmod",
               "os.truncate", "open"}

    def answer(target, says, seed=0, meanwhile=lambda: None, siblings=None):
        made = Provenance("test", "net", "0f", "a", "photo", options={"seed": seed})
        with answer_folder(target, made, {}, siblings=siblings) as folder:
            (folder.new / f"{says}.txt").write_text(says)
            write_result(folder.new, "test", {"says": says}, None, made)
            meanwhile()

    def replaced(root):
        answer(root / "r1", "old")
        (root / "r1" / "mynotes.txt").write_text("mine")
        yield
        answer(root / "r1", "new")

    def siblings(root):
        answer(root / "r2", "old")
        (root / "r2" / "mynotes.txt").write_text("mine")
        yield
        answer(root / "r1", "new", siblings="r")

    def turned(root):
        yield
        # Another run takes the place that this one had in view.
        answer(root / "r1", "new", meanwhile=lambda: answer(root / "r1", "other", seed=1))

    def attributed(root):
        for value in (1.0, 2.0):
            made = Provenance("IGSG", "net", "0f", "a", "photo", class_name="cat", layer="l")
            found = ChannelAttribution("IGSG", "l", 0, [value, value], provenance=made)
            AttributionFiles(root, "photo", "cat", "IGSG").save(found)
            if value == 1:
                yield

    def kept(root):
        import numpy as np
        from tfvis.evaluation.box_results import FinishedBatch
        from tfvis.report.journal import Journal

        yield
        made = Provenance("box localisation", "net", "0f", None, "objects")
        with Journal(root / "localisation", made) as journal:
            for key in ("one", "two"):
                overlaps, found = {"m": np.ones((0, 2))}, {"m": np.ones((0, 2, 4))}
                batch = FinishedBatch(key, (), overlaps, found, {"m": ()}, (), 0.5)
                journal.add(batch)
            journal.remove()

    root, what, done, k = Path(sys.argv[1]), globals()[sys.argv[2]], 256, 0
    while done:
        (root / str(k)).mkdir()
        steps = what(root / str(k))
        next(steps)
        if not (child := os.fork()):
            left = k
            def hook(event, arguments):
                global left
                if event in CHANGES and (
                    event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)
                ):
                    if not left:
                        os._exit(137)
                    left -= 1
            sys.addaudithook(hook)
            next(steps, None)
            os._exit(0)
        done = os.waitpid(child, 0)[1]
        steps.close()
        k += 1
"""


def killed(root, what):
    """The folders of runs that were killed at each moment, the last one not at all."""
    code = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), what]
    found = subprocess.run(code, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return sorted(root.iterdir(), key=lambda folder: int(folder.name))


def made(seed=0):
    return Provenance("test", "net", "0f", "a", "photo", options={"seed": seed})


def answer(target, seed=0, siblings=None):
    with answer_folder(target, made(seed), {}, siblings=siblings) as folder:
        (folder.new / "next.txt").write_text("next")
        write_result(folder.new, "test", {"says": "next"}, None, made(seed))
    return folder.target


def says(folder):
    """What a result says, which is whole; the user's files beside it are no matter."""
    result = json.loads((folder / "result.json").read_text())
    assert {file.name for file in folder.iterdir()} - {"mynotes.txt"} == set(result["files"])
    return result["says"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def shown(folder):
    return [name for name in names(folder) if not name.startswith(".")]


def test_a_result_that_replaces_another(tmp_path):
    left = []
    for folder in killed(tmp_path, "replaced"):
        (notes,) = folder.rglob("mynotes.txt")
        assert notes.read_text() == "mine"
        left.append(says(folder / "r1") if (folder / "r1" / "result.json").exists() else "hidden")
        answer(folder / "r1")
        assert names(folder) == ["r1"]
        assert names(folder / "r1") == ["mynotes.txt", "next.txt", "result.json"]
    assert list(dict.fromkeys(left)) == ["old", "hidden", "new"]
    assert len(left) > 15


def test_a_result_that_replaces_a_sibling(tmp_path):
    for folder in killed(tmp_path, "siblings"):
        assert {says(path) for path in folder.glob("r*") if (path / "result.json").exists()}
        (notes,) = folder.rglob("mynotes.txt")
        assert notes.read_text() == "mine"
        answer(folder / "r1", siblings="r")
        assert names(folder) == ["r1", "r2"]
        assert names(folder / "r1") == ["next.txt", "result.json"]
        assert names(folder / "r2") == ["mynotes.txt"]


def test_a_result_whose_place_another_one_takes_meanwhile(tmp_path):
    for folder in killed(tmp_path, "turned"):
        stood = {says(path) for path in folder.glob("r1*")}
        assert stood in (set(), {"other"}, {"other", "new"})
        targets = [answer(folder / "r1", seed) for seed in (1, 0)]
        assert names(folder) == sorted(target.name for target in targets)
        assert len({*targets}) == 2
        assert [says(target) for target in targets] == ["next", "next"]


def test_attributions(tmp_path):
    for folder in killed(tmp_path, "attributed"):
        files = AttributionFiles(folder, "photo", "cat", "IGSG")
        found = files.load("l", 0, 2)
        assert found.values.tolist() in ([1, 1], [2, 2])
        assert found.provenance is not None
        files.save(ChannelAttribution("IGSG", "l", 0, [3.0, 3.0], provenance=found.provenance))
        assert names(files.folder) == ["IGSG_l_cat.npz", "IGSG_l_cat.txt"]
        assert files.load("l", 0, 2).values.tolist() == [3, 3]


@pytest.mark.slow  # it imports TensorFlow
def test_a_journal(tmp_path):
    asked = Provenance("box localisation", "net", "0f", None, "objects")
    known = []
    for folder in killed(tmp_path, "kept"):
        assert shown(folder) == []
        with Journal(folder / "localisation", asked) as journal:
            known.append(tuple(journal.known))
            assert known[-1] in ((), ("one",), ("one", "two"))
            journal.remove()
        assert names(folder) == []
    assert {("one",), ("one", "two")} <= set(known)
    assert known[-1] == ()
