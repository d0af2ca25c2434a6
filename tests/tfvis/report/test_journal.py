"""An interrupted localisation goes on where it ended, and ends as if nothing had happened."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.datasets.boxed_images import BoxedImage, FailedBox, Target
from tfvis.datasets.example_images import example_scene
from tfvis.evaluation import box_batches
from tfvis.evaluation.box_localisation import localisation_provenance, localise_boxes
from tfvis.evaluation.box_results import FinishedBatch, LocatedObject
from tfvis.explainers.grad_cam import GradCAM
from tfvis.models.keras_network import KerasNetwork
from tfvis.report import write
from tfvis.report.journal import Journal
from tfvis.report.localisations import localisation_folder
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels
from tfvis.utils.provenance import Provenance

SIDE = 16
METHODS = ["Grad-CAM", "uniform"]
ROOT = Path(__file__).parents[3]
JOURNAL = r"\.localisation\.[0-9a-f]{12}\.journal"


@pytest.fixture(scope="module")
def net():
    """A random network of two classes."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="features")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))
    labels = Labels([("one",), ("two",)])
    return KerasNetwork(model, layers=["features"], labels=labels, input_size=(SIDE, SIDE))


@pytest.fixture(scope="module")
def images():
    """Five noisy images; the third cannot be read."""

    def image(k):
        pixels = np.random.default_rng(k).random((SIDE, SIDE, 3), np.float32)

        def load(size):
            if k == 2:
                raise InputError("It ends early.")
            return pixels

        box = np.array([[0.1 * k, 0.2, 0.5 + 0.1 * k, 0.9]])
        return BoxedImage(f"image {k}", load, (30, 40), (Target(k % 2, box), Target(None, box)))

    return [image(k) for k in range(5)]


@pytest.fixture
def run(net, images):
    """A function that does what `tfvis localise` does, into a folder."""

    def run(output, progress=lambda done, total: None, methods=METHODS, **asked):
        made = localisation_provenance(net, methods)
        with Journal(localisation_folder(output, "objects"), made, **asked) as journal:
            known = len(journal.known)
            found = localise_boxes(net, images, methods, batch_size=2, known=journal.known,
                                   finished=journal.add, progress=progress)  # fmt: skip
            folder = write(found, output)
            journal.remove()
        return known, folder

    return run


class Interruption(KeyboardInterrupt):
    pass


def after(batches):
    """A listener that ends a run once so many batches are done."""

    def progress(done, total):
        if done >= batches * 2 * len(METHODS):
            raise Interruption

    return progress


def interrupted(run, output, batches=1, **options):
    with pytest.raises(Interruption):
        run(output, after(batches), **options)
    files = [path for path in output.rglob("*") if path.is_file()]
    assert all(path.parent == output / "objects" for path in files)
    assert all(re.fullmatch(JOURNAL, path.name) for path in files)
    return max(files, key=lambda path: path.stat().st_mtime_ns)


def contents(folder):
    """All files byte for byte, but for the seconds, which are asserted to be there."""
    found = {file.name: file.read_bytes() for file in folder.iterdir()}
    result = json.loads(found["result.json"])
    assert result.pop("seconds") > 0
    assert result["value"]["fields"].pop("seconds") > 0
    return {**found, "result.json": json.dumps(result)}


@pytest.mark.parametrize("batches", [1, 2])
def test_a_resumed_run_ends_like_one_that_was_never_interrupted(run, tmp_path, batches):
    known, whole = run(tmp_path / "whole")
    assert known == 0
    interrupted(run, tmp_path / "cut", batches)
    known, resumed = run(tmp_path / "cut")
    assert known == batches
    assert contents(resumed) == contents(whole)
    assert [path.name for path in resumed.parent.iterdir()] == ["localisation"]


def test_a_run_may_be_interrupted_again(run, tmp_path):
    _, whole = run(tmp_path / "whole")
    interrupted(run, tmp_path / "cut", 1)
    before = interrupted(run, tmp_path / "cut", 2).read_bytes()
    assert before.count(b"\n") == 3  # what is asked for, and two batches
    known, resumed = run(tmp_path / "cut")
    assert known == 2
    assert contents(resumed) == contents(whole)


def test_what_is_known_is_not_explained_again(run, tmp_path, monkeypatch):
    interrupted(run, tmp_path)
    calls, explain = [], GradCAM.explain
    monkeypatch.setattr(
        GradCAM, "explain",
        lambda own, images, *a, **k: calls.append(len(images)) or explain(own, images, *a, **k),
    )  # fmt: skip
    run(tmp_path)
    assert calls == [2, 2]  # the second batch has one image that can be read, the third one


@pytest.mark.parametrize(
    "other", [{"methods": ["uniform", "Grad-CAM"]}, {"methods": ["Grad-CAM"]}, {"table": "abc"}]
)
def test_what_was_asked_otherwise_starts_anew(run, tmp_path, other):
    _, whole = run(tmp_path / "whole", **other)
    interrupted(run, tmp_path / "cut")
    known, resumed = run(tmp_path / "cut", **other)
    assert known == 0
    assert contents(resumed) == contents(whole)


def test_runs_with_other_options_leave_a_journal_alone(run, tmp_path):
    _, whole = run(tmp_path / "whole")
    file = interrupted(run, tmp_path / "cut")
    before = file.read_bytes()
    other = interrupted(run, tmp_path / "cut", table="abc")
    assert other != file
    assert file.read_bytes() == before
    known, folder = run(tmp_path / "cut", table="abc")  # to its end
    assert known == 1
    assert not other.exists()
    assert file.read_bytes() == before
    known, resumed = run(tmp_path / "cut")
    assert known == 1
    assert contents(resumed) == contents(whole)
    assert [path.name for path in folder.parent.iterdir()] == ["localisation"]


DAMAGE = {
    "cut short": lambda line: line[: len(line) // 2],
    "without its end": lambda line: line.removesuffix(b"\n"),
    "not JSON": lambda line: b"\0" * 40 + b"\n",
    "of another kind": lambda line: b'{"value": 3, "arrays": {}}\n',
    "with an array of no kind": lambda line: line.replace(b'"<f8"', b'"|O"'),
    "with arrays too short": lambda line: line.replace(b'"shape": [', b'"shape": [9, '),
    "not text": lambda line: b"\xff\xfe\n",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_last_line_is_dropped(run, tmp_path, damage):
    _, whole = run(tmp_path / "whole")
    file = interrupted(run, tmp_path / "cut", 2)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:-1], DAMAGE[damage](lines[-1])]))
    interrupted(run, tmp_path / "cut", 2)
    again = file.read_bytes().splitlines(keepends=True)
    assert again[:-1] == lines[:-1]  # the damaged line was written anew
    known, resumed = run(tmp_path / "cut")
    assert known == 2
    assert contents(resumed) == contents(whole)


def test_a_journal_that_ends_within_its_first_line_is_begun_anew(run, tmp_path):
    file = interrupted(run, tmp_path)
    whole = file.read_bytes()
    for length in (0, 10, 60):
        file.write_bytes(whole[:length])
        known, _ = run(tmp_path)
        assert known == 0


def test_the_first_line_says_what_is_asked_for(run, net, tmp_path):
    file = interrupted(run, tmp_path, table="abc")
    head = json.loads(file.read_text().splitlines()[0])
    assert head["format"] == {"name": "tfvis journal", "version": 1}
    made = Provenance.from_json(head["provenance"])
    assert (made.network, made.weights) == (net.name, net.digest)
    assert list(made.options["explainers"]) == METHODS
    assert head["table"] == "abc"


@pytest.fixture
def made():
    return Provenance("box localisation", "net", "0f", None, "objects")


def batch(key="k"):
    nan = np.array([[[np.nan, 1, 2, 1 / 3]]])
    found = LocatedObject("a.png", (30, 40), 1, "cat", np.array([[0.0, 1, 2, 3]]), 0.5)
    return FinishedBatch(key, (found,), {"m": np.array([[0.1]])}, {"m": nan}, {"m": (None,)},
                         (FailedBox("ä\udcff.png", "", (0.5, 1 / 3, 2.0, 3.0), "It is\nodd."),),
                         0.25)  # fmt: skip


def known_to(journal):
    with journal:
        return journal.known


def test_a_batch_comes_back_bit_by_bit(made, tmp_path):
    with Journal(tmp_path / "a", made) as journal:
        journal.add(batch())
    found = known_to(Journal(tmp_path / "a", made))["k"]
    assert found.failed == batch().failed
    assert found.problems == {"m": (None,)}
    assert found.seconds == 0.25
    np.testing.assert_array_equal(found.overlaps["m"], batch().overlaps["m"], strict=True)
    np.testing.assert_array_equal(found.found["m"], batch().found["m"], strict=True)


def test_a_network_of_unknown_weights_takes_nothing_over(tmp_path):
    made = Provenance("box localisation", "net", None, None, "objects")
    with Journal(tmp_path / "a", made) as journal:
        journal.add(batch())
    assert known_to(Journal(tmp_path / "a", made)) == {}


def test_nothing_is_written_before_a_batch_is_finished(made, tmp_path):
    with Journal(tmp_path / "out" / "b" / "a", made) as journal:
        journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_users_is_left_alone(made, tmp_path):
    file = Journal(tmp_path / "a", made).file
    file.write_text("mine")
    with pytest.raises(InputError, match="Expected a journal of tfvis, found something else"):
        Journal(tmp_path / "a", made)
    assert file.read_text() == "mine"
    file.unlink()
    (tmp_path / "theirs").write_text("mine")
    file.symlink_to(tmp_path / "theirs")
    with pytest.raises(InputError, match="Expected a journal of tfvis, found something else"):
        Journal(tmp_path / "a", made)
    file.unlink()
    with Journal(tmp_path / "a", made) as journal:
        file.mkdir()
        with pytest.raises(InputError, match="Expected a journal of tfvis, found something else"):
            journal.add(batch())


def test_what_the_system_refuses_is_one_line(made, tmp_path):
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "a", made)
    with pytest.raises(InputError) as error, journal:
        pass
    assert "\n" not in str(error.value)


def test_nothing_is_written_or_removed_outside_of_the_block(made, tmp_path):
    with Journal(tmp_path / "a", made) as journal:
        journal.add(batch())
    for forbidden in (lambda: journal.add(batch("late")), journal.remove):
        with pytest.raises(RuntimeError, match="within its `with` block"):
            forbidden()
    assert list(known_to(Journal(tmp_path / "a", made))) == ["k"]


DAMAGED_PARTS = {
    "objects that are none": {"objects": 5},
    "objects of another kind": {"objects": {"tuple": [7]}},
    "more objects than overlaps": {"objects": {"tuple": []}},
    "a key that is no text": {"key": {"mapping": []}},
    "overlaps that are none": {"overlaps": {"tuple": []}},
    "problems of another method": {"problems": {"mapping": [["w", {"tuple": [None]}]]}},
    "too few problems": {"problems": {"mapping": [["m", {"tuple": []}]]}},
    "failures that are none": {"failed": {"tuple": [3]}},
    "seconds that are no number": {"seconds": "long"},
}


@pytest.mark.parametrize("damage", DAMAGED_PARTS)
def test_a_line_whose_parts_are_damaged_is_dropped_with_all_after_it(made, tmp_path, damage):
    with Journal(tmp_path / "a", made) as journal:
        for key in ("first", "k", "last"):
            journal.add(batch(key))
    head, first, line, last = journal.file.read_text().splitlines(keepends=True)
    parsed = json.loads(line)
    parsed["value"]["fields"].update(DAMAGED_PARTS[damage])
    line = json.dumps(parsed) + "\n"
    journal.file.write_text("".join([head, first, line, last]))
    with Journal(tmp_path / "a", made) as journal:
        assert list(journal.known) == ["first"]
        assert journal.n_objects == 1
        journal.add(batch("new"))
    assert list(known_to(Journal(tmp_path / "a", made))) == ["first", "new"]


def test_a_second_run_with_the_same_options_is_refused(made, tmp_path):
    with Journal(tmp_path / "a", made) as journal:
        journal.add(batch("one"))
        second = Journal(tmp_path / "a", made)
        with (
            pytest.raises(InputError, match="Expected no other run with the same") as error,
            second,
        ):
            pass
        assert "\n" not in str(error.value)
        assert second.known == {}
        journal.add(batch("two"))
    assert list(known_to(second)) == ["one", "two"]
    assert list(tmp_path.iterdir()) == [journal.file]


def test_runs_with_other_options_are_alive_at_the_same_time(made, tmp_path):
    with Journal(tmp_path / "a", made, seed=0) as one, Journal(tmp_path / "a", made, seed=1) as two:
        one.add(batch("one"))
        two.add(batch("two"))
        two.remove()
        one.add(batch("three"))
    assert list(known_to(Journal(tmp_path / "a", made, seed=0))) == ["one", "three"]


@pytest.mark.slow
def test_a_killed_run_locks_nobody_out(made, tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from tfvis.report.journal import Journal
from tfvis.utils.provenance import Provenance
made = Provenance("box localisation", "net", "0f", None, "objects")
with Journal(Path({str(tmp_path / "a")!r}), made):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    found = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT)
    assert found.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1  # its lock
    with Journal(tmp_path / "a", made) as journal:
        journal.add(batch())
    assert list(tmp_path.iterdir()) == [journal.file]


# The same through the command line.

SHAPES = {"a.png": (224, 224), "b.png": (448, 224), "c.png": (224, 300)}


@pytest.fixture
def localise(tmp_path, capsys):
    """Run `tfvis localise` with Grad-CAM, an image a batch; returns status, stdout and stderr."""

    def run(*arguments, output="out"):
        status = main(
            ["localise", "--model", "critters", "--methods", "Grad-CAM", "--batch-size", "1",
             "--output", str(tmp_path / output), *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def table(tmp_path):
    """A table of both animals of an example scene, in three files."""
    scene = example_scene("dog_cat224")
    pixels = (scene.image * 255).round().astype("uint8")
    lines = ["image,left,top,right,bottom,class"]
    for name, (width, height) in SHAPES.items():
        Image.fromarray(pixels).resize((width, height)).save(tmp_path / name)
        scale = np.array([width, height, width, height]) / 224
        for label, box in zip(scene.labels, scene.boxes, strict=True):
            lines.append(",".join([name, *map(str, np.array(box) * scale), label]))
    file = tmp_path / "boxes.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture
def killed(monkeypatch):
    """Let a signal come when the image after so many is explained."""

    def kill(after, number=signal.SIGINT):
        explain, calls = GradCAM.explain, []

        def explained(own, *arguments, **named):
            calls.append(own)
            if len(calls) > after:
                os.kill(os.getpid(), number)
            return explain(own, *arguments, **named)

        monkeypatch.setattr(GradCAM, "explain", explained)
        return lambda: monkeypatch.setattr(GradCAM, "explain", explain)

    return kill


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_goes_on(localise, table, tmp_path, killed, number, status):
    assert localise(table, output="whole")[0] == 0
    restore = killed(2, number)
    code, _, err = localise(table)
    restore()
    (journal,) = (tmp_path / "out" / "boxes").iterdir()
    assert re.fullmatch(JOURNAL, journal.name)
    assert code == status
    last = err.splitlines()[-1]
    assert last == f"tfvis: interrupted; 4 of 6 objects were finished and are in {str(journal)!r}."

    code, out, _ = localise(table)
    assert code == 0
    assert "4 of 6 objects are taken over from an interrupted run." in out
    resumed, whole = (tmp_path / name / "boxes" / "localisation" for name in ("out", "whole"))
    assert contents(resumed) == contents(whole)
    assert not journal.exists()
    assert "taken over" not in localise(table)[1]


def test_an_interruption_before_the_first_object_leaves_nothing(localise, table, tmp_path, killed):
    killed(0)
    status, _, err = localise(table)
    assert status == 130
    assert err.splitlines()[-1] == "tfvis: interrupted; nothing was finished."
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_that_takes_over_everything_counts_it_when_interrupted(localise, table, killed):
    restore = killed(1)
    localise(table)
    restore()
    killed(0)
    status, _, err = localise(table)
    assert status == 130
    assert "interrupted; 2 of 6 objects were finished" in err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["seed", "table", "method"])
def test_other_options_start_anew(localise, table, killed, change):
    restore = killed(1)
    localise(table)
    restore()
    options = {"seed": ["--seed", "7"], "method": ["--methods", "Grad-CAM", "uniform"]}
    if change == "table":
        lines = table.read_text().splitlines()
        table.write_text("\n".join(lines[:-1]) + "\n")
    status, out, _ = localise(table, *options.get(change, []))
    assert status == 0
    assert "taken over" not in out


def test_objects_that_fail_are_listed_and_told(localise, table, tmp_path, monkeypatch):
    explain = GradCAM.explain

    def picky(own, images, classes, **named):
        if second is not None and any(np.shares_memory(image, second) for image in images):
            raise InputError("Too\u00a0wide.")
        return explain(own, images, classes, **named)

    second, load = None, box_batches.explain_all

    def watched(contenders, images, classes, **named):
        nonlocal second
        watched.calls += 1
        second = images[0] if watched.calls in (2, 3) else None
        return load(contenders, images, classes, **named)

    watched.calls = 0
    monkeypatch.setattr(box_batches, "explain_all", watched)
    monkeypatch.setattr(GradCAM, "explain", picky)
    with table.open("a") as stream:
        stream.write("a.png,1,2,300,4,owl\n")
    status, out, _ = localise(table)
    assert status == 0
    folder = tmp_path / "out" / "boxes" / "localisation"
    with (folder / "failed.csv").open(newline="", encoding="utf-8") as stream:
        failed = list(csv.reader(stream))
    assert failed[0] == ["image", "class", "box", "reason"]
    boxes = example_scene("dog_cat224").boxes * np.array([2, 1, 2, 1])  # in pixels of b.png
    dog, cat = (" ".join(map(str, box)) for box in boxes)
    assert [row[:3] for row in failed[1:]] == [
        ["a.png", "owl", "1 2 300 4"], ["b.png", "dog", dog], ["b.png", "cat", cat]
    ]  # fmt: skip
    assert "expected a box inside 'a.png', 224 x 224, received 1, 2, 300, 4" in failed[1][3]
    result = json.loads((folder / "result.json").read_text())
    assert result["objects"] == 4
    assert [[own["image"], own["class"], own["reason"]] for own in result["failed"]] == [
        [image, label, reason] for image, label, _, reason in failed[1:]
    ]
    assert result["failed"][0]["box"] == [1, 2, 300, 4]
    assert "failed.csv" in result["files"]
    assert "Share of 4 objects missed" in out
    assert "3 boxes left out:" in out
    assert "  'b.png', dog: Too\u00a0wide." in out


def test_where_nothing_fails_there_is_no_list(localise, table, tmp_path):
    status, out, _ = localise(table)
    assert status == 0
    assert "could not be explained" not in out
    assert not (tmp_path / "out" / "boxes" / "localisation" / "failed.csv").exists()


def test_a_users_file_under_the_journals_name_is_refused(localise, table, tmp_path, killed):
    restore = killed(1)
    localise(table)
    restore()
    (theirs,) = (tmp_path / "out" / "boxes").iterdir()
    theirs.write_text("mine")
    status, _, err = localise(table, "--quiet")
    assert status == 2
    assert err.count("\n") == 1
    assert "Expected a journal of tfvis, found something else in" in err
    assert theirs.read_text() == "mine"
