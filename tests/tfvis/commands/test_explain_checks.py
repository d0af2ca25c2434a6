"""`tfvis explain --check`: which groups can be relied on."""

import json
import re

import numpy as np
import pytest
from command_line import result_folders

from tfvis import load_result
from tfvis.evaluation import group_game
from tfvis.explainers.group_check import VERDICTS


def test_each_group_has_a_verdict_everywhere(own, tmp_path):
    assert own("--classes", "0", "--check")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    said = json.loads((tmp_path / "out" / folder / "result.json").read_text(encoding="utf-8"))
    found = load_result(tmp_path / "out" / folder)
    assert len(found.checks) == len(found.groups)
    for group, check in zip(said["groups"], found.checks, strict=True):
        assert group["check"] == {"verdict": check.verdict, **vars(check)}
        assert check.verdict in VERDICTS
    page = (tmp_path / "out" / folder / "report.html").read_text(encoding="utf-8")
    shown = re.findall(r'class="note check"><b>([a-z ]+)</b>', page)
    assert shown == [check.verdict for check in found.checks]


def test_the_line_counts_verdicts(own, tmp_path):
    out = own("--classes", "0", "--check")[1]
    (folder,) = result_folders(tmp_path / "out")
    checks = load_result(tmp_path / "out" / folder).checks
    (line,) = [
        line for line in out.splitlines() if re.search(r"pos: \d+ (reliable|unstable|not)", line)
    ]
    counts = {name: int(n) for n, name in re.findall(r"(\d+) ([a-z ]+)", line.split("pos: ")[1])}
    verdicts = [check.verdict for check in checks]
    assert counts == {name: verdicts.count(name) for name in set(verdicts)}


def test_without_it_nothing_is_checked(own, tmp_path):
    assert own("--classes", "0")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    said = json.loads((tmp_path / "out" / folder / "result.json").read_text(encoding="utf-8"))
    assert not any("check" in group for group in said["groups"])
    assert load_result(tmp_path / "out" / folder).checks == ()
    assert "note check" not in (tmp_path / "out" / folder / "report.html").read_text()


def test_icons_keep_the_checks(own, tmp_path):
    assert own("--classes", "0", "--check")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    found = load_result(tmp_path / "out" / folder)
    assert found.icons is not None
    assert len(found.checks) == len(found.groups)


def test_the_same_run_finds_the_same(own, tmp_path):
    def run():
        assert own("--classes", "0", "--check")[0] == 0
        (folder,) = result_folders(tmp_path / "out")
        return load_result(tmp_path / "out" / folder).checks

    assert run() == run()


def test_the_game_of_groups_is_written_shown_and_read_back(own, tmp_path):
    assert own("--classes", "0", "--check")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    folder = tmp_path / "out" / folder
    found = load_result(folder)
    game, said = found.game, json.loads((folder / "result.json").read_text("utf-8"))["game"]
    players = [row["group"] for row in said["players"]]
    assert players == [*range(len(found.groups)), None]
    assert [row["shapley_value"] for row in said["players"]] == game.values.tolist()
    assert [row["attributed"] for row in said["players"]] == game.attributed.tolist()
    assert [row["difference"] for row in said["players"]] == game.difference.tolist()
    assert said["interactions"] == game.interactions.tolist()
    assert (said["total"], said["problem"]) == (game.total, None)
    # The attributions' sums are the groups' scores, and the exact values sum to the logit's rise.
    np.testing.assert_allclose(game.attributed[:-1], [group.score for group in found.groups])
    assert game.values.sum() == pytest.approx(game.total)
    assert 'id="worths-of-groups"' in (folder / "report.html").read_text("utf-8")
    assert {"checks", "game"} <= set(found.seconds)


def test_of_too_many_groups_there_is_a_sentence_instead(own, tmp_path, monkeypatch):
    monkeypatch.setattr(group_game, "MAX_PLAYERS", 1)
    _, out, _ = own("--classes", "0", "--check")
    (folder,) = result_folders(tmp_path / "out")
    found = load_result(tmp_path / "out" / folder)
    n = len(found.groups) + 1
    assert found.game is None
    assert found.game_problem == (
        f"The exact values are computed for at most 1 players, and here are {n}: "
        f"{n - 1} groups and the channels in none."
    )
    assert found.game_problem in out
    result = json.loads((tmp_path / "out" / folder / "result.json").read_text("utf-8"))
    assert result["game"] == {"problem": found.game_problem}
    assert found.game_problem in (tmp_path / "out" / folder / "report.html").read_text("utf-8")
    assert len(found.checks) == len(found.groups)


def test_without_the_check_there_is_no_game(own, tmp_path):
    assert own("--classes", "0")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    found = load_result(tmp_path / "out" / folder)
    assert (found.game, found.game_problem) == (None, None)
    folder = tmp_path / "out" / folder
    assert "game" not in json.loads((folder / "result.json").read_text("utf-8"))
    assert 'id="worths' not in (folder / "report.html").read_text("utf-8")
