"""`tfvis experiments`."""

import json

import pytest
from command_line import paint

from tfvis import cli, load_result
from tfvis.experiments.registry import EXPERIMENTS

QUICK = ("--icon-steps", "0", "--patch-steps", "1", "--patch-side", "16", "--quiet")


@pytest.fixture
def run(tmp_path, capsys):
    """Run `tfvis experiments` on critters; returns status, stdout and stderr."""

    def run(*arguments):
        status = cli.main(
            ["experiments", *arguments, "--model", "critters", "--output", str(tmp_path)]
        )
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def summary(tmp_path, name):
    return tmp_path / "experiments" / "critters" / name / "summary"


def test_each_is_listed_with_what_it_needs_and_takes(run, tmp_path):
    status, out, err = run("--list")
    assert (status, err) == (0, "")
    for spec in EXPERIMENTS.values():
        assert f"{spec.name}: {spec.title}\n    needs {spec.needs}\n    takes " in out
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_experiment_is_one_line(run, tmp_path):
    status, out, err = run("two-clases")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("tfvis: error: Unknown experiment 'two-clases'. Closest: two-classes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--icon-steps", "-1"), "Expected --icon-steps to be"),
        (("--epsilon", "0"), "Expected --epsilon"),
        (("--patch-side", "0"), "Expected --patch-side"),
        (("--patch-side", "500"), "Expected a patch"),
        (("--classes", "dog", "cta"), "Unknown class 'cta'. Closest: cat"),
    ],
)
def test_options_that_cannot_be_are_one_line(run, tmp_path, options, message):
    status, out, err = run(*options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_finished_experiment_is_not_run_again(run, tmp_path):
    assert run("single-channels", *QUICK)[0] == 0
    target = summary(tmp_path, "single-channels")
    before = (target / "result.json").stat().st_mtime_ns
    status, out, err = run("single-channels", *QUICK[:-1], "--json")
    assert status == 0
    assert "single-channels: finished before (--again runs it again)" in err
    *results, last = (json.loads(line) for line in out.splitlines())
    assert (last["kind"], last["name"]) == ("experiment", "single-channels")
    assert last["folder"] == str(target)
    assert last["folders"] == [own["folder"] for own in results]
    assert (target / "result.json").stat().st_mtime_ns == before
    assert run("single-channels", *QUICK, "--again")[0] == 0
    assert (target / "result.json").stat().st_mtime_ns > before


@pytest.fixture
def run_own(own_model, tmp_path, capsys):
    """Run `tfvis experiments` on a small model of one's own."""

    def run(*arguments, quick=QUICK, **program):
        status = cli.main(
            [*arguments, "--model", str(own_model), "--value-range", "0", "1",
             "--image", str(paint(tmp_path / "photo.png", 0)), "--output", str(tmp_path / "out"),
             *quick],
            **program,
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.slow
def test_other_options_get_folders_of_their_own(run_own, tmp_path):
    for options in ((), ("--seed", "6"), ("--epsilon", "2"), ("--channels", "1")):
        assert run_own("experiments", "lost-features", *options) == (0, "", "")
    (network,) = (tmp_path / "out" / "experiments").iterdir()
    folders = {path.name for path in network.iterdir()}
    assert len(folders) == 3  # --channels is of another experiment
    assert all(name.split("_")[0] == "lost-features" for name in folders)


def test_a_network_with_classes_of_its_own_has_no_other_network(run_own, tmp_path):
    status, _, err = run_own("experiments", "other-networks")
    assert (status, err.count("\n")) == (2, 1)
    assert "Expected a network whose classes a residual network knows too" in err
    assert not (tmp_path / "out").exists()


BUNDLED_ALONE = ("no-class", "other-networks")
"""Experiments that need rendered figures, or a network with the same classes."""


@pytest.mark.slow
def test_every_experiment_writes_its_results_and_a_figure(run, run_own, tmp_path):
    of_any = [name for name in EXPERIMENTS if name not in BUNDLED_ALONE]
    assert run_own("experiments", *of_any) == (0, "", "")
    status, _, err = run(*BUNDLED_ALONE, *QUICK)
    assert (status, err) == (0, "")
    figures = list(tmp_path.rglob("summary/mosaic.pdf"))
    written = {file.parent.parent.name: file.parent for file in figures}
    assert written.keys() == EXPERIMENTS.keys()
    assert len(figures) == len(EXPERIMENTS)
    for name, target in written.items():
        files = {file.name for file in target.iterdir()}
        assert files == {"mosaic.png", "mosaic.pdf", "findings.txt", "result.json", "arrays.npz",
                         "config.toml", "report.html"}  # fmt: skip
        found = load_result(target)
        assert (found.name, found.title) == (name, EXPERIMENTS[name].title)
        assert found.findings
        assert (target / "findings.txt").read_text().splitlines() == list(found.findings)
        for folder in found.folders:
            load_result(target.parent / folder)
        said = json.loads((target / "result.json").read_text())
        assert said["format"]["kind"] == "experiment"
    kinds = {
        json.loads(file.read_text())["format"]["kind"]
        for file in written["lost-features"].parent.rglob("result.json")
    }
    assert kinds == {"attack", "comparison", "experiment"}
    # The script runs two of them; they are finished.
    program = {"prog": "GroupClassDiscVis.py", "command": "explain"}
    status, out, _ = run_own("--experiments", quick=QUICK[:-1], **program)
    assert status == 0
    run_before = [line.split(":")[0] for line in out.splitlines() if "finished before" in line]
    assert run_before == ["two-classes", "lost-features"]
    assert out.count("/summary/") == 1 and " s -> " not in out  # none was run again


def test_the_scripts_help_names_them(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"], prog="GroupClassDiscVis.py", command="explain")
    assert "--experiments" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["--experiments", "--help"], prog="GroupClassDiscVis.py", command="explain")
    shown = " ".join(capsys.readouterr().out.split())
    assert "two-classes, single-channels, lost-features" in shown
