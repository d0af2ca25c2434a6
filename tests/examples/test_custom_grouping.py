import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

FILE = Path(__file__).parents[2] / "examples" / "custom_grouping.py"


@pytest.mark.slow
def test_a_grouping_of_ones_own_is_a_few_lines(tmp_path):
    code = FILE.read_text(encoding="utf-8")
    assert len(code.splitlines()) < 30
    assert '"icon_steps": 128' in code
    file = tmp_path / "custom_grouping.py"
    file.write_text(code.replace('"icon_steps": 128', '"icon_steps": 32'), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, file], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**environment, "PYTHONPATH": str(FILE.parents[1])},
    )  # fmt: skip
    assert done.stderr == ""  # no icon has stayed grey
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("score ") for line in lines)
    with Image.open(tmp_path / "custom_grouping.png") as sheet:
        assert sheet.size == (4 * 224, 2 * 224)
