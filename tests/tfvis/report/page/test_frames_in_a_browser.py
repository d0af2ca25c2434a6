"""A framed page in a real browser: it works, and reaches nothing of the page around it."""

import csv
from pathlib import Path

import pytest
from browsers import Watched, chromium

from tfvis.explainers.explanation import Explanation
from tfvis.report.page.frames import framed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def watched(result_of, tmp_path_factory):
    """A page around a frame, as a notebook is; at the end nothing else was asked for."""
    file = tmp_path_factory.mktemp("around") / "notebook.html"
    text = f"<!doctype html><meta charset=utf-8><p>before</p>{framed(result_of(Explanation))}"
    file.write_text(text, encoding="utf-8")
    with chromium() as browser:
        found = Watched(browser, file.as_uri(), viewport={"width": 900, "height": 900})
        yield found
        assert found.requests == [file.as_uri()]
        assert found.complaints == []


@pytest.fixture
def frame(watched):
    _, found = watched.page.frames
    return found


def test_its_program_runs(frame):
    frame.click("#tab-channels")
    assert frame.is_visible("#channels")
    assert not frame.is_visible("#groups")


def test_numbers_can_be_downloaded(watched, frame, result_of):
    frame.click("#tab-made")
    with watched.page.expect_download() as download:
        frame.click("[data-download=csv]")
    with Path(download.value.path()).open(newline="") as stream:
        _, *rows = csv.reader(stream)
    assert len(rows) == len(result_of(Explanation).groups.attribution.values)


def test_a_link_inside_the_page_stays_there(watched, frame):
    frame.focus("a.skip")
    watched.page.keyboard.press("Enter")
    frame.wait_for_function("document.URL === 'about:srcdoc#main'")
    assert frame.is_visible("#tab-channels")


def test_the_page_around_it_is_out_of_reach(frame):
    with pytest.raises(Exception, match="SecurityError"):
        frame.evaluate("parent.document.title")
