"""The example notebooks: what is stored, and that they run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "examples").glob("*.ipynb"))
NAMES = [file.name for file in FILES]


def code_cells(file):
    return [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]


def test_both_are_there():
    assert NAMES == ["quickstart.ipynb", "your_model.ipynb"]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_the_stored_outputs_are_small_and_whole(file):
    assert file.stat().st_size < 500_000
    cells = code_cells(file)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {
        "display_data",
        "execute_result",
        "stream",
    }
    assert sum("image/jpeg" in output.get("data", {}) for output in outputs) >= 3
    for output in outputs:
        assert output.get("name") != "stderr"
        assert "image/png" not in output.get("data", {})
        assert "<iframe" not in str(output.get("data", {}).get("text/html"))


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_links_lead_somewhere(file):
    text = "\n".join(cell.source for cell in nbformat.read(file, as_version=4).cells)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert all((file.parent / link.partition("#")[0]).is_file() for link in links)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_notebook_runs_and_finds_what_it_says(file, tmp_path):
    """Its own assertions hold; what it finds it asserts."""
    assert sum("assert " in cell.source for cell in code_cells(file)) >= 4
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "notebooks.py", file, "--output", tmp_path],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    again, stored = code_cells(tmp_path / file.name), code_cells(file)
    assert [cell.source for cell in again] == [cell.source for cell in stored]
    for one, other in zip(again, stored, strict=True):
        kinds = [[sorted(out.get("data", ())) for out in cell.outputs] for cell in (one, other)]
        assert kinds[0] == kinds[1]
