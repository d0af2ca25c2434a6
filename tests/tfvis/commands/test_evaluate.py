"""`tfvis evaluate` as a user meets it."""

import csv
import json

import pytest
from PIL import Image

from tfvis import load_result
from tfvis.cli import main
from tfvis.evaluation.evaluation_plan import EvaluationPlan

FEW = ["--explainers", "Grad-CAM", "uniform", "--metrics", "pointing", "pixel_deletion",
       "single_deletion"]  # fmt: skip


@pytest.fixture
def evaluate(tmp_path, capsys):
    """Run `tfvis evaluate` of critters; returns status, stdout and stderr."""

    def run(*arguments):
        status = main(
            ["evaluate", "--model", "critters", "--output", str(tmp_path / "out"),
             *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in (("a", (200, 90, 10)), ("b", (20, 90, 180))):
        Image.new("RGB", (240, 224), colour).save(folder / f"{name}.png")
    return folder


@pytest.mark.slow
def test_scenes(evaluate, tmp_path):
    status, out, _ = evaluate("--scenes", "2", *FEW)
    assert status == 0
    folder = tmp_path / "out" / "critters scenes" / "evaluation"
    assert {file.name for file in folder.iterdir()} == {
        "means.csv", "scores.csv", "scores.parquet", "overview.png", "arrays.npz", "config.toml",
        "report.html", "result.json",
    }  # fmt: skip
    assert "critters: 2 explainers, 3 metrics, 6 cases" in out
    assert str(folder / "report.html") in out
    found = load_result(folder)
    assert found.estimate("Grad-CAM", "pointing").mean > found.estimate("uniform", "pointing").mean
    with (folder / "means.csv").open(newline="") as stream:
        told = {(row["metric"], row["explainer"]): row["mean"] for row in csv.DictReader(stream)}
    expected = found.estimate("Grad-CAM", "pixel_deletion").mean
    assert float(told["pixel_deletion", "Grad-CAM"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_images_of_a_folder_are_explained_for_each_class(evaluate, photos, tmp_path):
    status, _, _ = evaluate(
        "--images", photos, "--classes", "dog", "cat", "--explainers", "Grad-CAM",
        "--metrics", "average_drop", "--quiet",
    )  # fmt: skip
    assert status == 0
    found = load_result(tmp_path / "out" / "photos" / "evaluation")
    assert [(case.picture, case.label) for case in found.cases] == [
        ("a", "dog"), ("a", "cat"), ("b", "dog"), ("b", "cat"),
    ]  # fmt: skip


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_ended(evaluate, tmp_path, monkeypatch):
    whole = EvaluationPlan._finish
    done = []

    def interrupt(self, numbers):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(numbers)
        return whole(self, numbers)

    arguments = ("--scenes", "2", "--batch-size", "2", *FEW)
    monkeypatch.setattr(EvaluationPlan, "_finish", interrupt)
    status, _, err = evaluate(*arguments)
    assert status == 130
    assert "4 of 6 cases were finished" in err
    monkeypatch.setattr(EvaluationPlan, "_finish", whole)
    status, out, _ = evaluate(*arguments)
    assert status == 0
    assert "4 of 6 cases are taken over from an interrupted run." in out
    folder = tmp_path / "out" / "critters scenes"
    assert [path.name for path in folder.iterdir()] == ["evaluation"]
    once = load_result(folder)
    assert main(["evaluate", "--output", str(tmp_path / "again"), "--quiet", *arguments]) == 0
    again = load_result(tmp_path / "again")
    assert again.estimates == once.estimates


@pytest.mark.slow
def test_as_json_there_is_one_line(evaluate, tmp_path):
    status, out, _ = evaluate("--scenes", "1", *FEW, "--json")
    assert status == 0
    assert json.loads(out)["folder"].endswith("evaluation")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics", "pionting"], "Closest: pointing"),
        (["--explainers", "Grad-CAN"], "Closest: Grad-CAM"),
        (["--images", "gone"], "No image or folder 'gone'"),
        (["--scenes", "0"], "--scenes"),
    ],
)
def test_what_cannot_be_used_is_one_line(evaluate, arguments, message):
    status, out, err = evaluate(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_images_do_not_say_where_objects_are(evaluate, photos):
    status, _, err = evaluate("--images", photos, "--metrics", "pointing")
    assert status == 2
    assert "'pointing' needs cases of the kind two objects, received image" in err


@pytest.mark.slow
def test_a_file_of_a_folder_that_cannot_be_read_is_left_out(evaluate, photos, tmp_path):
    (photos / "c.png").write_text("no image")
    status, out, _ = evaluate(
        "--images", photos, "--explainers", "uniform", "--metrics", "average_drop"
    )
    assert status == 0
    assert out.count("Left out: ") == 1 and "c.png" in out
    assert len(load_result(tmp_path / "out" / "photos").cases) == 2


def test_a_file_that_is_named_must_be_an_image(evaluate, photos):
    (photos / "c.png").write_text("no image")
    status, _, err = evaluate("--images", photos / "c.png")
    assert status == 2
    assert "c.png" in err
