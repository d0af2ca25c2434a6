import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

FILE = Path(__file__).parents[2] / "examples" / "custom_grouping.py"


@pytest.mark.slow
def test_a_grouping_of_ones_own_is_a_few_lines(tmp_path):
    assert len(FILE.read_text().splitlines()) < 30
    done = subprocess.run(
        [sys.executable, FILE], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(FILE.parents[1])},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("score ") for line in lines)
    with Image.open(tmp_path / "custom_grouping.png") as sheet:
        assert sheet.size == (4 * 224, 2 * 224)
