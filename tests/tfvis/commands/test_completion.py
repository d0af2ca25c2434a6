"""`tfvis completion` as shells use it."""

import shutil
import subprocess
import sys

import pytest

from tfvis.cli import main
from tfvis.commands import COMMANDS
from tfvis.commands.completion import SHELLS


def script_for(shell, capsys):
    assert main(["completion", shell]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


@pytest.fixture
def complete(capsys, tmp_path):
    """What bash offers for the last word of a command line."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash on this machine")
    (tmp_path / "tfvis.bash").write_text(script_for("bash", capsys))
    (tmp_path / "photo.jpg").touch()
    (tmp_path / "folder").mkdir()

    def run(line):
        words = line.split(" ")
        code = (
            "source ./tfvis.bash; "
            f"COMP_WORDS=({' '.join(word or repr('') for word in words)}); "
            f"COMP_CWORD={len(words) - 1}; _shtab_tfvis; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
        found = subprocess.run(
            [bash, "--noprofile", "--norc", "-c", code], cwd=tmp_path, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        return found.stdout.split()

    return run


def test_bash_completes_commands_options_and_files(complete):
    assert complete("tfvis exp") == ["explain", "experiments"]
    assert complete("tfvis explain --icon-st") == ["--icon-steps"]
    assert complete("tfvis explain --config ph") == ["photo.jpg"]
    assert complete("tfvis explain ph") == ["photo.jpg"]
    assert complete("tfvis explain --output fol") == ["folder"]
    assert complete("tfvis explain --output ph") == []  # no folder


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_with_every_command(shell, capsys):
    script = script_for(shell, capsys)
    for word in ("explain", "localise", "icon-steps", "completion"):
        assert word in script
    if shell != "bash":  # which shows no descriptions
        shown = script.replace("'\"'\"'", "'").replace("\\'", "'")
        assert all(text in shown for text in COMMANDS.values())


def test_another_shell_is_refused_with_the_closest(capsys):
    with pytest.raises(SystemExit) as error:
        main(["completion", "bsh"])
    assert error.value.code == 2
    assert "Closest: bash" in capsys.readouterr().err


def test_a_missing_library_is_one_line_that_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert capsys.readouterr().err == (
        "tfvis: error: Expected the library shtab, which completion needs: pip install "
        "'tfvis[completion]'.\n"
    )
