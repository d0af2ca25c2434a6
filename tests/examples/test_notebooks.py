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
# What takes long and decides nothing that is asserted is cut short. Each must be there.
SHORTENED = {
    "quickstart.ipynb": {
        "icon_steps=128": "icon_steps=2",
        "Inversion(net)": "Inversion(net, iterations=(10, 30))",
    },
    "your_model.ipynb": {
        '"icon_steps": 64': '"icon_steps": 2',
        "scenes(400,": "scenes(240,",
        "scenes(100,": "scenes(60,",
    },
}


def code_cells(file):
    return [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]


def shortened(file, folder):
    """A copy of a notebook that takes less time."""
    notebook = nbformat.read(file, as_version=4)
    for long, short in SHORTENED[file.name].items():
        assert any(long in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(long, short)
    nbformat.write(notebook, folder / file.name)
    return folder / file.name


def test_both_are_there():
    assert [*SHORTENED] == NAMES


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
    (tmp_path / "given").mkdir()
    given = shortened(file, tmp_path / "given")
    asked = code_cells(given)
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "notebooks.py", given, "--output", tmp_path],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    again, stored = code_cells(tmp_path / file.name), code_cells(file)
    assert [cell.source for cell in again] == [cell.source for cell in asked]
    for one, other in zip(again, stored, strict=True):
        kinds = [[sorted(out.get("data", ())) for out in cell.outputs] for cell in (one, other)]
        assert kinds[0] == kinds[1]
