"""`--json`: a line for each result on standard output, all else on stderr."""

import json

from command_line import paint

from tfvis import load_result
from tfvis.cli import main
from tfvis.experiments.registry import EXPERIMENTS
from tfvis.models import SPECS


def records(out):
    return [json.loads(line) for line in out.splitlines()]


def test_each_explanation_is_a_line(own_model, tmp_path, capsys):
    images = [
        str(paint(tmp_path / f"{name}.png", seed)) for seed, name in enumerate(("one", "two"))
    ]
    asked = ["--value-range", "0", "1", "--layers", "second", "--classes", "1", "--no-icons",
             "--attribution-steps", "4", "--output", str(tmp_path / "out")]  # fmt: skip
    assert main(["explain", *images, "--model", str(own_model), *asked, "--json"]) == 0
    out, err = capsys.readouterr()
    found = records(out)
    assert [(own["kind"], own["image"], own["class"]) for own in found] == [
        ("explanation", "one", "class 1"), ("explanation", "two", "class 1"),
    ]  # fmt: skip
    for own in found:
        result = load_result(own["folder"])
        assert [group["score"] for group in own["groups"]] == [g.score for g in result.groups]
        assert (own["layer"], own["sign"], own["icons"]) == ("second", "pos", "none")
    lines = err.splitlines()
    assert any(line.startswith("one: mine sees:") for line in lines)
    assert lines[-1].endswith("overview.png")


def test_an_error_is_one_line_on_stderr(tmp_path, capsys):
    assert main(["explain", "nowhere.png", "--model", "critters", "--json"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "tfvis: error: No image file 'nowhere.png'.\n")


def test_networks_are_lines(capsys, own_model, tmp_path, monkeypatch):
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert main(["models", "--json", "--layers"]) == 0
    out, err = capsys.readouterr()
    found = {own["name"]: own for own in records(out)}
    assert (list(found), err) == (list(SPECS), "")
    assert found["critters"]["bundled"]
    assert found["critters"]["weights"].endswith(SPECS["critters"].weights[0])
    assert found["resnet50"]["weights"] is None
    assert found["resnet50"]["url"] == SPECS["resnet50"].url
    assert found["googlenet"]["layers"] == dict(SPECS["googlenet"].channels)
    assert main(["models", str(own_model), "--json"]) == 0
    (own,) = records(capsys.readouterr().out)
    assert (own["name"], own["classes"], own["input_size"]) == ("mine", 3, [48, 48])
    assert own["layers"] == {"first": 12, "second": 16}
    assert own["default_layers"] == ["second"]


def test_the_list_of_experiments_is_lines(capsys):
    assert main(["experiments", "--list", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [own["name"] for own in records(out)] == list(EXPERIMENTS)
    assert err == ""
