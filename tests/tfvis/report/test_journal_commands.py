"""An interrupted `tfvis localise` goes on where it ended, as a user sees it."""

import csv
import json
import os
import re
import signal

import numpy as np
import pytest
from PIL import Image
from repeated_results import without_seconds

from tfvis.cli import main
from tfvis.datasets.example_images import example_scene
from tfvis.evaluation import box_batches
from tfvis.explainers.grad_cam import GradCAM
from tfvis.utils.errors import InputError

pytestmark = pytest.mark.usefixtures("networks_are_loaded_once")

JOURNAL = r"\.localisation\.[0-9a-f]{12}\.journal"


SHAPES = {"a.png": (224, 224), "b.png": (448, 224), "c.png": (224, 300)}


@pytest.fixture
def localise(tmp_path, capsys):
    """Run `tfvis localise` with Grad-CAM, an image a batch; returns status, stdout and stderr."""

    def run(*arguments):
        status = main(
            ["localise", "--model", "critters", "--methods", "Grad-CAM", "--batch-size", "1",
             "--output", str(tmp_path / "out"), *map(str, arguments)]
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
def test_an_interrupted_run_goes_on(localise, table, tmp_path, killed):
    """After SIGTERM, and after Ctrl-C."""
    assert localise(table)[0] == 0
    (tmp_path / "out").rename(tmp_path / "whole")
    for number, status, finished in ((signal.SIGTERM, 143, 2), (signal.SIGINT, 130, 4)):
        restore = killed(1, number)
        code, out, err = localise(table)
        restore()
        (journal,) = (tmp_path / "out" / "boxes").iterdir()
        assert re.fullmatch(JOURNAL, journal.name)
        assert code == status
        last = err.splitlines()[-1]
        assert last == (
            f"tfvis: interrupted; {finished} of 6 objects were finished and are in "
            f"{str(journal)!r}."
        )
    assert "2 of 6 objects are taken over from an interrupted run." in out

    code, out, _ = localise(table)
    assert code == 0
    assert "4 of 6 objects are taken over from an interrupted run." in out
    resumed, whole = (tmp_path / name / "boxes" / "localisation" for name in ("out", "whole"))
    assert without_seconds(resumed) == without_seconds(whole)
    assert not journal.exists()
    assert "taken over" not in localise(table)[1]


def test_scenes_that_were_interrupted_go_on(localise, tmp_path, killed):
    restore = killed(1, signal.SIGTERM)
    code, _, err = localise("--scenes", "2")
    restore()
    (journal,) = (tmp_path / "out" / "critters scenes").iterdir()
    assert code == 143
    assert err.splitlines()[-1] == (
        f"tfvis: interrupted; 2 of 4 objects were finished and are in {str(journal)!r}."
    )
    code, out, _ = localise("--scenes", "2")
    assert code == 0
    assert "2 of 4 objects are taken over from an interrupted run." in out


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
