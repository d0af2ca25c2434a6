"""An interrupted localisation goes on where it ended, and ends as if nothing had happened."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from repeated_results import without_seconds

from tfvis.datasets.boxed_images import BoxedImage, FailedBox, Target
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


@pytest.mark.parametrize("batches", [1, 2])
def test_a_resumed_run_ends_like_one_that_was_never_interrupted(run, tmp_path, batches):
    known, whole = run(tmp_path / "whole")
    assert known == 0
    interrupted(run, tmp_path / "cut", batches)
    known, resumed = run(tmp_path / "cut")
    assert known == batches
    assert without_seconds(resumed) == without_seconds(whole)
    assert [path.name for path in resumed.parent.iterdir()] == ["localisation"]


def test_a_run_may_be_interrupted_again(run, tmp_path):
    _, whole = run(tmp_path / "whole")
    interrupted(run, tmp_path / "cut", 1)
    before = interrupted(run, tmp_path / "cut", 2).read_bytes()
    assert before.count(b"\n") == 3  # what is asked for, and two batches
    known, resumed = run(tmp_path / "cut")
    assert known == 2
    assert without_seconds(resumed) == without_seconds(whole)


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
    assert without_seconds(resumed) == without_seconds(whole)


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
    assert without_seconds(resumed) == without_seconds(whole)
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
    assert without_seconds(resumed) == without_seconds(whole)


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


class Filling:
    """A stream that takes a part of what is written, and then finds its disk full."""

    def __init__(self, stream):
        self._stream, self._left = stream, 10

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, data):
        if not self._left:
            raise OSError(28, "No space left on device")
        count = self._stream.write(data[: self._left])
        self._left = 0
        return count


def test_a_line_that_was_cut_short_by_a_full_disk_spoils_none_after_it(net, images, tmp_path):
    made, folder = localisation_provenance(net, METHODS), localisation_folder(tmp_path, "objects")
    batches = []
    localise_boxes(net, images, METHODS, batch_size=2, finished=batches.append)
    with Journal(folder, made) as journal:
        journal.add(batches[0])
        stream, journal._stream = journal._stream, Filling(journal._stream)
        with pytest.raises(InputError, match="No space left on device"):
            journal.add(batches[1])
        journal._stream = stream
        journal.add(batches[2])
    with Journal(folder, made) as journal:
        assert len(journal.known) == 2
