"""`tfvis explain --check`: which groups can be relied on."""

import json
import re

from command_line import result_folders

from tfvis import load_result
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
