"""What runs notebooks keeps small outputs."""

import base64
import importlib.util
import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

FILE = Path(__file__).parents[2] / ".ci" / "notebooks.py"


@pytest.fixture(scope="module")
def notebooks():
    spec = importlib.util.spec_from_file_location("ci_notebooks", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def png(width, height):
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def notebook_with(*outputs):
    cell = nbformat.v4.new_code_cell("1", outputs=list(outputs), metadata={"execution": {"a": "b"}})
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("Text."), cell], metadata={"widgets": {}}
    )


def shown(**data):
    return nbformat.v4.new_output("display_data", data)


def test_a_picture_is_kept_as_a_small_jpeg_and_the_page_beside_it_goes(notebooks):
    page = "<iframe srcdoc='…'></iframe>"
    found = notebook_with(
        shown(**{"image/png": png(1800, 10), "text/html": page, "text/plain": "repr"})
    )
    notebooks.shrink(found)
    (output,) = found.cells[1].outputs
    assert set(output.data) == {"image/jpeg", "text/plain"}
    with Image.open(io.BytesIO(base64.b64decode(output.data["image/jpeg"]))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (notebooks.WIDTH, 5))
    nbformat.validate(found)


def test_a_small_picture_keeps_its_size(notebooks):
    found = notebook_with(shown(**{"image/png": png(30, 20)}))
    notebooks.shrink(found)
    data = base64.b64decode(found.cells[1].outputs[0].data["image/jpeg"])
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (30, 20)


def test_tables_and_words_stay_and_logs_and_metadata_go(notebooks):
    found = notebook_with(
        shown(**{"text/html": "<table></table>", "text/plain": "table"}),
        nbformat.v4.new_output("stream", name="stdout", text="said"),
        nbformat.v4.new_output("stream", name="stderr", text="I0000 of TensorFlow"),
    )
    notebooks.shrink(found)
    table, said = found.cells[1].outputs
    assert set(table.data) == {"text/html", "text/plain"}
    assert said.text == "said"
    assert not found.cells[1].metadata
    assert set(found.metadata) == {"kernelspec", "language_info"}


@pytest.mark.slow
def test_a_cell_that_fails_is_told_and_nothing_is_stored(notebooks, tmp_path, capsys):
    file = tmp_path / "wrong.ipynb"
    cells = [nbformat.v4.new_code_cell(code) for code in ("1 + 1", "assert 1 + 1 == 3")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    before = file.read_bytes()
    (tmp_path / "out").mkdir()
    assert notebooks.main([str(file), "--output", str(tmp_path / "out")]) == 1
    assert "assert 1 + 1 == 3" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert not list((tmp_path / "out").iterdir())
