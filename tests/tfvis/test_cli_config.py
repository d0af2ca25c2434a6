"""`--config`, and the file that repeats a run, as a user meets them."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import paint, result_folders
from toml_files import toml

from tfvis import load_result
from tfvis.cli import _parser, main
from tfvis.commands import COMMANDS

WRITING = [name for name in COMMANDS if name not in ("report", "models", "completion")]


@pytest.mark.parametrize("command", WRITING)
def test_each_command_that_writes_results_takes_a_file(command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([command, "--config", "run.toml"]) == 2
    assert capsys.readouterr().err == "tfvis: error: No configuration file 'run.toml'.\n"
    Path("run.toml").write_text('command = "models"')
    assert main([command, "--config", "run.toml"]) == 2
    assert capsys.readouterr().err == (
        f"tfvis: error: Expected a configuration of tfvis {command} in 'run.toml', received one "
        "of tfvis models.\n"
    )
    Path("run.toml").write_text("outputt = 'x'")
    assert main([command, "--config", "run.toml"]) == 2
    assert capsys.readouterr().err == (
        "tfvis: error: Unknown option 'outputt' in 'run.toml'. Closest: output.\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["run.toml"]


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        ("explain", "image = 'a.png'", {"images": [Path("a.png")]}),
        ("invert", "images = ['a.png', 'b.png']", {"images": [Path("a.png"), Path("b.png")]}),
        ("attack", "class = 3\nrandom_start = false", {"classes": ["3"], "random_start": False}),
        ("compare", "before = 'a'\nafter = 'b'", {"before": Path("a"), "after": Path("b")}),
        ("localise", "boxes = 'a.csv'\nmethods = ['Grad-CAM']", {"boxes": Path("a.csv")}),
        ("experiments", "names = ['two-classes']", {"names": ["two-classes"], "images": []}),
        ("mosaic", "results = 'out'\nformat = ['png']", {"results": [Path("out")]}),
    ],
)
def test_arguments_without_dashes_have_names_too(command, text, expected, tmp_path):
    (tmp_path / "run.toml").write_text(text)
    found = _parser("tfvis", None, "inception").parse_args(
        [command, "--config", str(tmp_path / "run.toml")]
    )
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("words", [["c.png"], ["--image", "c.png"]])
def test_images_that_are_typed_take_the_place_of_the_files(words, tmp_path):
    (tmp_path / "run.toml").write_text("images = ['a.png', 'b.png']")
    found = _parser("tfvis", None, "inception").parse_args(
        ["explain", "--config", str(tmp_path / "run.toml"), *words]
    )
    assert found.images == [Path("c.png")]


def explain(*words):
    """Run `tfvis explain` in the current folder; returns its one result folder below `out`."""
    assert main(["explain", *words, "--quiet"]) == 0
    (name,) = result_folders(Path("out"))
    return Path("out") / name


@pytest.fixture(scope="module")
def explained(own_model, tmp_path_factory):
    """A folder with a photograph, and what `tfvis explain` has made of it with some words."""
    folder = tmp_path_factory.mktemp("explained")
    paint(folder / "photo.png", 0)
    words = ["photo.png", "--model", str(own_model), "--value-range", "0", "1", "--layers",
             "second", "--classes", "1", "--attribution-steps", "4", "--no-icons", "--output",
             "out"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        explain(*words)
    return folder, words


@pytest.fixture
def here(explained, tmp_path, monkeypatch):
    """A copy of that folder, which is the current one."""
    folder, words = explained
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    (name,) = result_folders(Path("out"))
    return Path("out") / name, words


def told(folder):
    """A result's files, without what tells one run from another."""
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert files.pop("report.html")  # it tells the command and the seconds too
    result = json.loads(files.pop("result.json"))
    command = result.pop("command")
    assert result.pop("seconds")
    assert result["value"]["fields"].pop("seconds")
    return command, result, files


def test_the_file_of_a_result_has_the_options_that_were_set_or_chosen(here):
    folder, words = here
    command, result, files = told(folder)
    assert command == ["tfvis", "explain", *words, "--quiet"]
    assert "config.toml" in result["files"]
    assert toml(files["config.toml"].decode()) == {
        "command": "explain", "images": ["photo.png"], "model": words[2], "value_range": [0, 1],
        "layers": ["second"], "classes": ["1"], "sign": "pos", "preset": "tfvis",
        "attribution_steps": 4, "no_icons": True, "seed": 5, "fit": "crop", "output": "out",
    }  # fmt: skip


def test_the_file_of_a_result_repeats_it(here):
    folder, _ = here
    before = told(folder)
    (folder / "config.toml").rename("again.toml")
    assert explain("--config", "again.toml") == folder  # the same question
    command, *after = told(folder)
    assert command == ["tfvis", "explain", "--config", "again.toml", "--quiet"]
    assert tuple(after) == before[1:]


def test_paths_in_a_file_begin_at_the_current_folder(here, monkeypatch, capsys):
    Path("below").mkdir()
    file = Path("below/run.toml").absolute()
    file.write_text("images = ['text.png']\nmodel = 'critters'")
    Path("text.png").write_text("no image")
    asked = ["explain", "--config", str(file)]
    assert main(asked) == 2
    assert "Expected an image" in capsys.readouterr().err
    monkeypatch.chdir("below")
    assert main(asked) == 2
    assert "No image file 'text.png'" in capsys.readouterr().err


def test_a_result_that_python_saves_has_no_command(here):
    folder, _ = here
    assert load_result(folder).save("out") == folder
    found = json.loads((folder / "result.json").read_text())
    assert found["command"] is None
    assert "config.toml" not in found["files"]
    assert not (folder / "config.toml").exists()


def test_no_icons_means_none(here):
    folder, _ = here
    assert json.loads((folder / "result.json").read_text())["icons"] == "none"
    assert load_result(folder).icons is None
    assert not load_result(folder).icons_missing
