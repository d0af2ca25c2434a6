"""All figures by one command: what is kept, and what is not run again."""

import subprocess
import sys

import pytest

from benchmarks import evidence


@pytest.fixture
def ran(monkeypatch):
    """The commands that were run, which print their last word; one that has `fail` fails."""
    commands = []

    def run(words, **options):
        if words[-1] == "--version":
            return subprocess.CompletedProcess(words, 0, "tfvis 1\nPython 3\n", "")
        commands.append(words[2:])
        status = int("fail" in words)
        return subprocess.CompletedProcess(words, status, f"{words[-1]}\n", "it broke\n")

    monkeypatch.setattr(evidence.subprocess, "run", run)
    monkeypatch.setattr(
        evidence, "COMMANDS", {"one": ("benchmarks.one",), "two": ("benchmarks.two", "--all")}
    )
    return commands


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["evidence", *map(str, arguments)])
    evidence.in_one_line(evidence.run)


def test_each_figure_says_its_command_and_versions(ran, monkeypatch, tmp_path):
    call(monkeypatch, "--output", tmp_path / "new")
    assert {file.name for file in (tmp_path / "new").iterdir()} == {"one.md", "two.md"}
    assert (tmp_path / "new" / "two.md").read_text() == (
        "`python -m benchmarks.two --all`\n\ntfvis 1\nPython 3\n\n--all\n"
    )


def test_what_is_there_is_not_run_again(ran, monkeypatch, tmp_path):
    call(monkeypatch, "--output", tmp_path, "--only", "one")
    (tmp_path / "one.md").write_text("mine")
    call(monkeypatch, "--output", tmp_path)
    assert ran == [["benchmarks.one"], ["benchmarks.two", "--all"]]
    assert (tmp_path / "one.md").read_text() == "mine"


def test_a_run_that_fails_leaves_nothing(ran, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(evidence, "COMMANDS", {"one": ("benchmarks.one", "fail")})
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, "--output", tmp_path)
    assert ended.value.code == 2
    assert "failed: it broke" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_quick_run_takes_few_scenes(ran, monkeypatch, tmp_path):
    monkeypatch.setattr(
        evidence, "COMMANDS", {"one": ("benchmarks.one", "--scenes", "60", "--all")}
    )
    call(monkeypatch, "--output", tmp_path, "--quick")
    assert ran == [["benchmarks.one", "--scenes", "4", "--all"]]
    call(monkeypatch, "--output", tmp_path)  # which does not take the quick run for a whole one
    assert len(ran) == 2


def test_an_unknown_figure_is_one_line(ran, monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, "--output", tmp_path, "--only", "on")
    assert ended.value.code == 2
    assert "Unknown figure 'on'. Closest: one" in capsys.readouterr().err


def test_every_module_that_is_named_is_there():
    import importlib.util

    for command in evidence.COMMANDS.values():
        assert importlib.util.find_spec(command[0]) is not None
