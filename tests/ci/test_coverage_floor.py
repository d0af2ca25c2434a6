"""The check that no file is left almost untested."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("shares", "status", "named"),
    [
        ({"a.py": 74.9, "b.py": 99.0}, 1, "a.py: 74.9 %"),
        ({"a.py": 75.0, "b.py": 99.0}, 0, "a.py: 75.0 %"),
        # Loops that TensorFlow runs are counted like any other file.
        ({"tfvis/runtime/loop_progress.py": 74.9}, 1, "tfvis/runtime/loop_progress.py: 74.9 %"),
        ({}, 1, ""),
    ],
)
def test_a_file_below_the_floor_fails(tmp_path, shares, status, named):
    files = {name: {"summary": {"percent_covered": share}} for name, share in shares.items()}
    (tmp_path / "coverage.json").write_text(json.dumps({"files": files}))
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "coverage_floor.py", tmp_path / "coverage.json", "75"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert done.stdout.startswith(named)
    assert len(done.stdout.splitlines()) == len(named and [named])


def test_pyright_finds_utils_inside_tfvis():
    assert (ROOT / ".ci" / "types" / "tfvis" / "utils").samefile(ROOT / "utils")
