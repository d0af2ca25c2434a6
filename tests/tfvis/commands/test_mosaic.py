"""`tfvis mosaic` as a user runs it, on results of a small model."""

import json

import numpy as np
import pytest
from command_line import paint, run_own
from pdf_files import page_millimetres, picture_sizes, texts
from PIL import Image

import tfvis
from tfvis.cli import main
from tfvis.explainers.mosaics import signed


@pytest.fixture(scope="module")
def output(own_model, tmp_path_factory):
    """What `tfvis explain` has written for two signs, one without icons."""
    folder = tmp_path_factory.mktemp("explained")
    photo = paint(folder / "photo.png", 0)
    options = ["--value-range", "0", "1", "--layers", "second", "--quiet", "--grouping", "KMeans"]
    assert run_own(own_model, photo, folder, *options, "--classes", "1", "--sign", "both") == 0
    return folder / "out"


def mosaic(*arguments):
    return main(["mosaic", *map(str, arguments)])


def results(folder):
    found = [tfvis.load_result(file.parent) for file in folder.rglob("result.json")]
    return sorted(found, key=lambda own: own.sign, reverse=True)


def test_results_become_a_png_and_a_pdf(output, tmp_path, capsys):
    assert mosaic(output, "--output", tmp_path, "--width", 120, "--dpi", 100) == 0
    pos, neg = results(output)
    groups = len(pos.groups) + len(neg.groups)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"2 results, {groups} groups, 120 x ")
    assert said[1:] == [str(tmp_path / "mosaic.png"), str(tmp_path / "mosaic.pdf")]
    data = (tmp_path / "mosaic.pdf").read_bytes()
    assert page_millimetres(data)[0] == pytest.approx(120, abs=1e-6)
    assert len(picture_sizes(data)) == 2 * groups
    scores = [group.score for group in pos.groups] + [-group.score for group in neg.groups]
    expected = ["class 1", "class 1", "features for", "features against", *map(signed, scores)]
    assert sorted(texts(data)) == sorted(expected)
    with Image.open(tmp_path / "mosaic.png") as picture:
        assert picture.width == round(120 / 25.4 * 100)


def test_a_mosaic_is_a_line_of_json(output, tmp_path, capsys):
    file = tmp_path / "figure.png"
    assert mosaic(output, "--output", file, "--dpi", 50, "--json", "--quiet") == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["kind"], found["folder"]) == ("mosaic", str(tmp_path))
    assert (found["files"], found["results"], found["width"]) == ([str(file)], 2, 180)
    assert found["groups"] == sum(len(own.groups) for own in results(output))
    assert captured.err == ""


def test_it_is_drawn_again_in_place_and_users_files_stay(output, tmp_path, capsys):
    (folder,) = {file.parent for file in output.rglob("result.json") if "pos" in str(file.parent)}
    file = tmp_path / "figures" / "groups.pdf"
    for columns in (2, 3):
        assert mosaic(folder, "--output", file, "--columns", columns) == 0
    assert [own.name for own in file.parent.iterdir()] == ["groups.pdf"]
    file.write_text("mine")
    capsys.readouterr()
    assert mosaic(folder, "--output", file) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Move it away, or choose another --output" in line
    assert file.read_text() == "mine"


def test_results_of_other_kinds_are_named_and_skipped_or_refused(output, tmp_path, capsys):
    other = tfvis.ClassMap(
        map=np.ones((4, 4)), image=np.ones((4, 4, 3)), class_index=0, label="cat", method="mine"
    ).save(tmp_path / "maps")
    assert mosaic(output, other, "--output", tmp_path, "--format", "png", "--dpi", 50) == 0
    (line,) = (own for own in capsys.readouterr().err.splitlines() if own.startswith("tfvis:"))
    assert line == f"tfvis: Left out, since tfvis explain did not write it: '{other}' (map)."
    (tmp_path / "mosaic.png").unlink()
    assert mosaic(tmp_path / "maps", "--output", tmp_path) == 2
    assert capsys.readouterr().err.endswith(f"found only '{other}' (map).\n")
    assert [own.name for own in tmp_path.iterdir()] == ["maps"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns", "0"], "Expected --columns to be a whole number >= 1, received 0"),
        (["--columns", "99"], "Expected --columns <= 14 for --width 180, received 99"),
        (["--width", "2"], "Expected --width from 20 to 1000"),
        (["--dpi", "9999"], "Expected --dpi from 36 to 2400"),
        (["--format", "pngg"], "Closest: png"),
        (["--output", "figure.svg"], "Unknown format 'svg'"),
        (["--columns", "1", "--max-height", "50"], "Closest: --columns "),
        (["--max-height", "20"], "Take fewer results, or a greater --max-height"),
        (["nowhere"], "received 'nowhere', which is not there"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    arguments, message, output, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert mosaic(output, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].startswith("tfvis: error: ")
    assert message in captured.err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
