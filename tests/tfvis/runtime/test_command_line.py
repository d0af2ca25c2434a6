"""The command line that results are made with."""

from pathlib import Path

import pytest
from toml_files import toml

from tfvis.runtime.command_line import CommandLine, current, resolve, running


@pytest.fixture
def line():
    return CommandLine(
        words=("tfvis", "explain", "a.jpg"),
        command="explain",
        options={
            "images": [Path("a.jpg")], "model": "auto", "layers": None, "cut": 0.5, "seed": 5,
            "random_start": False,
        },
    )  # fmt: skip


def test_the_file_has_the_command_and_what_was_set(line):
    assert toml(line.config_text) == {
        "command": "explain", "images": ["a.jpg"], "model": "auto", "cut": 0.5, "seed": 5,
        "random_start": False,
    }  # fmt: skip


def test_what_is_chosen_takes_its_place(line):
    with running(line):
        resolve(model="critters", layers=("a", "b"))
        told = toml(current().config_text)
        assert (told["model"], told["layers"]) == ("critters", ["a", "b"])
        assert list(told)[:4] == ["command", "images", "model", "layers"]  # in the parser's order
    assert line.options["model"] == "auto"


def test_there_is_none_before_and_after_a_run(line):
    assert current() is None
    with pytest.raises(RuntimeError), running(line):
        assert current() is line
        raise RuntimeError
    assert current() is None
    resolve(model="critters")  # nothing to note it in
    assert current() is None


def test_the_file_has_names_that_are_hard_to_write():
    hard = 'a "quoted" \\ back\nslash\ttab é'
    text = CommandLine(words=(), command="explain", options={"name": hard}).config_text
    assert toml(text)["name"] == hard
