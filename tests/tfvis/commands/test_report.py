"""`tfvis report` as a user meets it."""

import json
import os
import shutil
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


@pytest.fixture
def browser(monkeypatch):
    """The addresses that a browser was given."""
    opened = []

    def open_page(address):
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    return opened


def test_a_page_is_opened(result, browser):
    assert main(["report", str(result), "--open", "--quiet"]) == 0
    assert browser == [(result / "report.html").as_uri()]


def test_of_several_pages_that_of_the_newest_result_is_opened(result, tmp_path, browser):
    for name, made in (("a", 2_000_000), ("b", 3_000_000), ("c", 1_000_000)):
        shutil.copytree(result, tmp_path / "several" / name)
        os.utime(tmp_path / "several" / name / "result.json", (made, made))
    assert main(["report", str(tmp_path / "several"), "--open", "--quiet"]) == 0
    assert browser == [(tmp_path / "several" / "b" / "report.html").as_uri()]


def test_a_result_that_gets_its_first_page_is_as_old_as_before(result, tmp_path):
    file = result / "result.json"
    said = json.loads(file.read_text())
    said["files"].remove("report.html")
    file.write_text(json.dumps(said))
    (result / "report.html").unlink()
    os.utime(file, (2_000_000, 2_000_000))
    assert main(["report", str(result), "--quiet"]) == 0
    assert "report.html" in json.loads(file.read_text())["files"]
    assert file.stat().st_mtime == 2_000_000


def test_without_a_browser_the_address_is_told(result, monkeypatch, capsys):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert main(["report", str(result), "--open"]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "No browser" in line]
    assert line.endswith((result / "report.html").as_uri())


@pytest.mark.parametrize("name", ["a b", "ü 猫", "x" * 200])
def test_names_of_any_kind(result, name, tmp_path, capsys):
    (tmp_path / "out").rename(tmp_path / name)
    assert main(["report", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out.startswith(f"In a browser: {(tmp_path / name).as_uri()}/")


def test_results_that_cannot_be_read_are_told_and_the_others_have_their_pages(
    result, tmp_path, capsys
):
    for name, text in (("damaged", "{"), ("older", None)):
        shutil.copytree(result, tmp_path / "out" / name)
        file = tmp_path / "out" / name / "result.json"
        if text is None:
            said = json.loads(file.read_text())
            text = json.dumps(said | {"format": said["format"] | {"version": 0}})
        file.write_text(text)
    foreign = tmp_path / "out" / "another program's"
    foreign.mkdir()
    (foreign / "result.json").write_text("{}")
    capsys.readouterr()
    (result / "report.html").unlink()
    assert main(["report", str(tmp_path / "out")]) == 2
    assert (result / "report.html").exists()
    told = capsys.readouterr()
    assert told.out == f"In a browser: {(result / 'report.html').as_uri()}\n"
    *_, warning, error = told.err.splitlines()  # before them the progress
    assert warning.startswith("tfvis: ") and "older" in warning
    assert error.startswith("tfvis: error: ") and "damaged" in error


def test_no_result(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tfvis: error: Expected results of tfvis in ")
    assert told.count("\n") == 1
