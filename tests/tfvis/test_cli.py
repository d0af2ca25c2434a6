"""The command line's own: arguments, help, interrupts, scripts and processes."""

import shlex
import subprocess
import sys

import pytest
from command_line import OF_OWN, QUICK, ROOT, residual_script, result_folders, run_own, script
from repeated_results import without_seconds

from tfvis.cli import _parser, main
from tfvis.commands import COMMANDS


@pytest.mark.slow
def test_quiet_prints_nothing(own_model, photo, tmp_path, capsys):
    assert run_own(own_model, photo, tmp_path, *OF_OWN, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "--icon-steps", "many"], "argument --icon-steps: invalid int value: 'many'"),
        (["explain", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["explain", "--stepz", "3"], "unrecognized arguments: --stepz"),
        (["explian"], "invalid choice: 'explian'"),
    ],
)
def test_arguments_that_make_no_sense_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("explian", "invalid choice: 'explian' (choose from 'explain', 'invert', 'localise', "
         "'batch', 'evaluate', 'attack', 'compare', 'experiments', 'mosaic', 'report', 'layers', "
         "'models', 'completion'). Closest: explain"),
        ("explain --icon-stps 128", "unrecognized arguments: --icon-stps. Closest: --icon-steps"),
        ("explain --icon_steps=128", "arguments: --icon_steps=128. Closest: --icon-steps"),
        ("explain -layers mixed4d", "unrecognized arguments: -layers. Closest: --layers"),
        ("explain --stepz", "unrecognized arguments: --stepz"),  # not the earlier name --steps
        ("localise --metods Grad-CAM", "unrecognized arguments: --metods. Closest: --methods"),
        ("invert --xyzzy", "unrecognized arguments: --xyzzy"),
        ("explain --laiers a --clases b", "--laiers --clases b. Closest: --layers, --classes"),
    ],
)  # fmt: skip
def test_what_is_misspelt_gets_the_closest(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments.split())
    assert error.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    # From Python 3.12 choices have no quotation marks.
    assert line.replace("'", "").endswith(f"{message} (see --help)".replace("'", ""))


def test_help_shows_every_default(capsys):
    with pytest.raises(SystemExit) as error:
        main(["--image", "x", "--help"], prog="GroupClassDiscVis.py", command="explain")
    assert error.value.code == 0
    text = capsys.readouterr().out
    options = [line for line in text.splitlines() if line.startswith("  --")]
    assert len(options) == 54
    assert text.count("(default:") == len(options)


def test_an_interrupt_ends_cleanly(own_model, photo, tmp_path, monkeypatch, capsys):
    from tfvis.utils import ascent

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(ascent, "warp", interrupt)
    assert run_own(own_model, photo, tmp_path, *OF_OWN, "--quiet") == 130
    kept = "1 of 1 result folders without icons and 1 of 1 attribution files were finished and are"
    err = capsys.readouterr().err
    assert err == f"tfvis: interrupted; {kept} in {str(tmp_path / 'out')!r}.\n"
    assert not list((tmp_path / "out").rglob("*partial*"))
    assert list((tmp_path / "out").rglob("IGSG_second_class 1.txt"))


@pytest.mark.slow
def test_the_script_names_itself(tmp_path):
    found = script("--layers", "nosuch", "--output", tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith(
        "GroupClassDiscVis.py: error: googlenet: Unknown layer 'nosuch'."
    )
    assert found.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_reader_that_leaves_ends_the_run_without_a_traceback(random_weights, photo, tmp_path):
    command = (
        f"{sys.executable} {ROOT / 'GroupClassDiscVis.py'} --image '{photo}' --weights "
        f"'{random_weights}' --classes 1 --icon-steps 1 --icon-size 16 --output '{tmp_path}' | true"
    )
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
    assert "BrokenPipe" not in found.stderr


def test_help_works_in_a_folder_that_cannot_be_written_to():
    found = script("--help", cwd="/proc")
    assert found.returncode == 0
    assert found.stdout.startswith("usage: GroupClassDiscVis.py")


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(photo, tmp_path):
    """Of a network with branches, which threads may take in any order."""
    written = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        found = script(
            "--image", photo, "--model", "critters", "--classes", "1", "--output",
            "out", "--icon-steps", "4", "--icon-size", "32", "--n-groups", "3",
            "--attribution-steps", "4",
            cwd=tmp_path / name,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        assert "I0000" not in found.stderr  # TensorFlow's start-up lines
        written.append(without_seconds(tmp_path / name))
    first, second = written
    assert len(first) >= 6
    assert [name for name in first if first[name] != second.get(name)] == []
    assert list(first) == list(second)


@pytest.fixture
def here_offline(offline, monkeypatch):
    """This process has neither weights nor a network."""
    for name, value in offline.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
def test_the_residual_script_says_how_to_get_weights_that_are_not_there(here_offline, capsys):
    assert residual_script("--model", "resnet50", "--quiet") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("GroupKernelVisShapResNet.py: error: Cannot download 'https://")
    assert "resnet50_weights_tf_dim_ordering_tf_kernels.h5" in line
    assert "--weights" in line


@pytest.mark.slow
def test_the_residual_script_runs_offline(here_offline, tmp_path, capsys):
    given = ["--classes", "cat", "--output", str(tmp_path / "out")]
    assert residual_script(*QUICK, *given) == 0
    assert capsys.readouterr().out.startswith("Using the bundled network, critters_resnet")
    found = result_folders(tmp_path / "out")
    assert [result.split("_pos")[0] for result in found] == [
        f"dog_cat224/cat_IGSG/PCA/{layer}" for layer in ("conv4_block1_out", "conv5_block1_out")
    ]


def test_without_a_command_the_help_is_printed(capsys):
    with pytest.raises(SystemExit) as error:
        main([])
    assert error.value.code == 0
    found = capsys.readouterr()
    assert found.out.startswith("usage: tfvis ")
    assert found.err == ""


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_help_has_examples_that_need_no_download(command, capsys):
    with pytest.raises(SystemExit):
        main([*([] if command is None else [command]), "--help"])
    help_text = capsys.readouterr().out
    examples = help_text.split("\nExamples:\n")[1].replace("\\\n", "").splitlines()
    assert 2 <= len(examples) <= 3
    for line in examples:
        words = shlex.split(line)
        if command == "completion":
            assert f"tfvis {command} " in line
            continue
        assert words[0] == "tfvis"
        arguments = _parser("tfvis", None, "inception").parse_args(words[1:])
        assert command in (None, words[1]) or words[1] in ("attack", "explain")  # what it needs
        assert getattr(arguments, "model", None) in (None, "critters", "auto")
        if arguments.command in ("explain", "invert", "attack", "compare"):
            assert arguments.model == "critters"


def test_the_examples_of_a_script_run_the_script(capsys):
    with pytest.raises(SystemExit):
        main(["--help"], prog="GroupClassDiscVis.py", command="explain")
    examples = capsys.readouterr().out.split("\nExamples:\n")[1].splitlines()
    assert all(line.startswith("  python GroupClassDiscVis.py ") for line in examples)


@pytest.mark.parametrize("name", ["GroupClassDiscVis.py", "GroupKernelVisShapResNet.py"])
def test_a_python_without_the_environment_is_told_in_one_line(name):
    # -S leaves out what is installed, -I the folders that the environment names.
    found = subprocess.run(
        [sys.executable, "-S", "-I", ROOT / name], capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr.startswith(f"{name}: error: this Python lacks ")
    assert "`. .venv/bin/activate`" in found.stderr
    assert found.stderr.count("\n") == 1
