"""The check of the built site's links."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / ".ci" / "check_links.py"


@pytest.fixture(scope="module")
def problems():
    spec = importlib.util.spec_from_file_location("check_links", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda site: list(module.problems(site))


@pytest.fixture
def site(tmp_path):
    """A page with some HTML, beside a folder with an index and a picture."""

    def made(body):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "index.html").write_text('<h1 id="top">Top</h1>')
        (tmp_path / "a picture.png").write_bytes(b"")
        (tmp_path / "page.html").write_text(body)
        return tmp_path

    return made


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<a href="folder/index.html#top">a</a> <a href="folder/">b</a>', []),
        ('<img src="a%20picture.png"> <img src="data:image/png;base64,">', []),
        ('<p id="here"></p> <a href="#here">a</a>', []),
        ('<a href="https://example.org/gone">followed by a reader</a>', []),
        ('<a href="gone.html">a</a>', ["page.html: gone.html is not there"]),
        ('<a href="../outside.html">a</a>', ["page.html: ../outside.html is not there"]),
        ('<a href="#gone">a</a>', ["page.html: #gone has no such anchor"]),
        ('<a href="folder/#gone">a</a>', ["page.html: folder/#gone has no such anchor"]),
        ('<img src="gone.png">', ["page.html: gone.png is not there"]),
        ('<link rel="stylesheet" href="//cdn.org/a.css">', ["page.html: loads //cdn.org/a.css"]),
        ('<script src="https://cdn.org/a.js"></script>', ["page.html: loads https://cdn.org/a.js"]),
        ('<link rel="next" href="https://example.org/">', []),
    ],
)
def test_a_broken_link_and_a_request_elsewhere_are_found(problems, site, body, found):
    assert problems(site(body)) == found


def test_a_site_with_a_problem_fails(site):
    folder = site('<a href="gone.html">a</a>')
    done = subprocess.run(
        [sys.executable, FILE, folder], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "page.html: gone.html is not there\n")


def test_a_folder_without_pages_fails(problems, tmp_path):
    assert problems(tmp_path) == [f"{tmp_path}: no pages"]
