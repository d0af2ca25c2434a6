"""The runner of `benchmarks.peers`, with a fake peer and without any environment."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.peers import environments
from benchmarks.peers.__main__ import arguments, chosen
from benchmarks.peers.comparisons import COMPARISONS, PEERS, Comparison, Settings, Side, fewest
from benchmarks.peers.rounds import Outcome, Runner, Timing, ratios
from benchmarks.peers.subjects import Subject
from benchmarks.peers.tables import HEADER, lines, ratio, seconds
from benchmarks.peers.workers import ROOT, Answer, FailedError
from tfvis.utils.errors import InputError

FAKE = Side(environments.OURS, "tests.support.fake_peer", "counting", "counts")


def to_a_gap(ours, theirs, settings):
    steps = fewest(theirs, "steps", (1, 2, 4, 8), lambda found: found.numbers["gap"] < 0.1)
    return {"steps": 1}, {"steps": steps}


COMPARISON = Comparison("counting", "captum", "counting", FAKE, FAKE, to_a_gap)


@pytest.fixture
def runner(tmp_path):
    with Runner(tmp_path, tmp_path / "environments", lambda text: None) as runner:
        yield runner


def test_both_sides_run_in_processes_of_their_own_with_what_was_chosen(runner, tmp_path):
    found = runner.run(COMPARISON, Settings(), rounds=3)
    assert (tmp_path / "prepared.txt").read_text() == "yes"
    assert [own.numbers["steps"] for own in found.ours.rounds] == [1, 1, 1]
    assert [own.numbers["steps"] for own in found.theirs.rounds] == [4, 4, 4]
    assert found.theirs.numbers["gap"] == 0.5**4
    assert len(found.ratios) == 3
    assert all(own.seconds > 0 and own.peak_mib > 1 for own in found.ours.rounds)
    # What it prints is in its log, and not among the answers.
    assert (tmp_path / "fake_peer_counting.log").read_text() == "a library's word on stdout\n"


def test_what_a_peer_cannot_do_is_told_in_one_line(runner):
    with runner.start(FAKE) as worker:
        with pytest.raises(FailedError, match=r"^ValueError: Expected fewer steps\.$"):
            worker.run(steps=101)
        assert worker.run(steps=2).numbers == {"gap": 0.25, "steps": 2}  # it lives on


def test_a_peer_that_dies_is_told_with_its_last_words(runner):
    with pytest.raises(FailedError, match=r"its process ended: Killed for memory\."):
        runner.start(replace(FAKE, task="silent"))


def test_a_goal_that_no_value_reaches_is_told():
    asked = []

    def ask(steps):
        asked.append(steps)
        return Answer(1.0, numbers={"gap": 1 / steps})

    assert fewest(ask, "steps", (1, 2, 4, 8), lambda found: found.numbers["gap"] <= 0.3) == 4
    assert asked == [1, 2, 4]
    with pytest.raises(FailedError, match="not reached with 2 steps"):
        fewest(ask, "steps", (1, 2), lambda found: found.numbers["gap"] <= 0.3)


def timing(*values, peak=100.0, **numbers):
    return Timing(9.0, tuple(Answer(value, peak_mib=peak, numbers=numbers) for value in values))


def test_ratios_are_of_rounds_that_ran_one_after_the_other():
    ours, theirs = timing(1, 2, 4), timing(3, 4, 20)
    assert ratios(ours.rounds, theirs.rounds) == (3, 2, 5)
    assert ours.seconds == 2
    assert ratio((3, 2, 5)) == "3.0 (2.0 to 5.0)"
    assert ratio((0.5, 0.25, 1.5)) == "0.5 (0.25 to 1.5)"  # the peer is ahead
    assert [seconds(value) for value in (0.01234, 2.345, 123.4)] == ["0.0123", "2.35", "123"]


def test_the_table_has_a_row_for_each_also_where_a_peer_could_not_be_run():
    ours, theirs = timing(1, 1, 2, steps=8, gap=0.004), timing(3, 4, 2, peak=300.0, steps=16)
    outcome = Outcome(COMPARISON, ours, theirs, correlation=0.99912)
    header, rule, row, failed = lines([outcome, (COMPARISON, "no | such module")])
    assert header == f"| {' | '.join(HEADER)} |"
    assert len({line.count("|") for line in (header, rule, row, failed)}) == 1
    assert row == (
        "| counting | counts | captum 0.9.0: counts | 1 | 3 | 3.0 (1.0 to 4.0) | 9, 9 | 100, 300 "
        "| 8 steps, gap 0.40%; 16 steps; correlation 0.999 |"
    )
    assert failed.endswith("| not run: no / such module |")


def test_a_network_that_differs_is_refused_before_anything_is_timed(tmp_path):
    logits = np.float32([1, -4, 2])
    one = np.zeros((1, 1), np.float32)
    subject = Subject("critters", None, "mixed4d", (1, 0), one, logits, one, {"a/kernel": one},
                      tmp_path)  # fmt: skip
    subject.write()
    again = Subject.read(tmp_path)
    assert (again.classes, [*again.arrays]) == ((1, 0), ["a/kernel"])
    again.require_logits(logits + 0.003)
    with pytest.raises(ValueError, match=r"received some 1\.0% off"):
        again.require_logits(logits + 0.04)


def test_an_environment_is_made_again_when_its_list_has_changed(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(environments, "_do", lambda words, name: calls.append(words))
    (tmp_path / "torch").mkdir()  # which venv makes
    for _ in range(2):
        environments.interpreter("torch", tmp_path, lambda text: None)
    assert [words[2] for words in calls] == ["venv", "pip"]
    (tmp_path / "torch" / environments.BUILT_OF).write_text("torch==1.0\n")
    environments.interpreter("torch", tmp_path, lambda text: None)
    assert len(calls) == 4


def test_packages_that_cannot_be_installed_are_told_in_one_line():
    script = "import sys; sys.exit('WARNING: x\\nERROR: No matching distribution\\nmore')"
    with pytest.raises(InputError, match=r"^Cannot make the environment of torch: ERROR: No mat"):
        environments._do([sys.executable, "-c", script], "torch")


def test_every_peer_has_a_comparison_a_module_and_pinned_versions():
    assert {own.peer for own in COMPARISONS} == {*PEERS}
    for own in COMPARISONS:
        for side in (own.ours, own.theirs):
            assert (ROOT / f"{side.module.replace('.', '/')}.py").is_file()
    for _, environment in PEERS.values():
        if environment != environments.OURS:
            names = (environments.LISTS / f"{environment}.txt").read_text().splitlines()
            packages = [name for name in names if not name.startswith(("#", "--"))]
            assert packages and all("==" in name for name in packages)


def test_peers_and_comparisons_are_chosen_by_name():
    names = [own.name for own in chosen(arguments(["captum", "lucent"]))]
    assert {"shapley", "icons-lucent"} <= {*names}
    assert "icons-maco" not in names
    assert [own.name for own in chosen(arguments(["--comparisons", "craft"]))] == ["craft"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["captom"], "Unknown peer 'captom'. Closest: captum."),
        (["--comparisons", "icons"], "Unknown comparison 'icons'."),
        (["--rounds", "0"], "Expected --rounds to be a whole number >= 1, received 0."),
    ],
)
def test_a_name_that_is_unknown_is_one_line(words, message, monkeypatch, capsys):
    from benchmarks.peers.__main__ import run
    from benchmarks.running import in_one_line

    monkeypatch.setattr(sys, "argv", ["peers", *words])
    with pytest.raises(SystemExit) as ended:
        in_one_line(run)
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {message}")
    assert captured.err.count("\n") == 1
