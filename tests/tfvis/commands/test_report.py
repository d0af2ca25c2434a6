"""`tfvis report` as a user meets it."""

import webbrowser

import pytest

from tfvis.cli import main


@pytest.fixture
def result(own, tmp_path):
    """The folder of a result of `tfvis explain`."""
    assert own("--n-groups", "2")[0] == 0
    (file,) = (tmp_path / "out").rglob("result.json")
    return file.parent


def test_a_page_is_built_again(result, tmp_path, capsys):
    before = (result / "report.html").read_bytes()
    capsys.readouterr()
    (result / "report.html").unlink()
    assert main(["report", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"In a browser: {(result / 'report.html').as_uri()}\n"
    assert (result / "report.html").read_bytes() == before


def test_a_page_is_opened(result, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert main(["report", str(result), "--open", "--quiet"]) == 0
    assert opened == [(result / "report.html").as_uri()]


@pytest.mark.parametrize("name", ["a b", "ü 猫", "x" * 200])
def test_names_of_any_kind(result, name, tmp_path, capsys):
    (tmp_path / "out").rename(tmp_path / name)
    assert main(["report", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out.startswith(f"In a browser: {(tmp_path / name).as_uri()}/")


def test_no_result(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tfvis: error: Expected results of tfvis in ")
    assert told.count("\n") == 1
