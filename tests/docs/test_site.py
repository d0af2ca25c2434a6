"""The site that `make docs` builds: without warnings, with every public name, and by itself."""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("sphinx", "myst_parser", "furo")
NAMESPACES = (
    "tfvis",
    "tfvis.attacks",
    "tfvis.critters",
    "tfvis.datasets",
    "tfvis.evaluation",
    "tfvis.explainers",
    "tfvis.models",
    "tfvis.report",
    "tfvis.utils",
)

pytestmark = pytest.mark.slow


def run(*command):
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` builds it."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here; pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = run("-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going",
               "-d", folder / "doctrees", "docs", folder / "html")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_its_links_lead_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    done = run(".ci/check_links.py", site)
    assert (done.returncode, done.stdout) == (0, "")


def test_each_public_name_is_in_the_reference_also_those_that_are_imported_late(site):
    text = "".join(file.read_text() for file in (site / "api").glob("*.html"))
    anchors = {*re.findall(r'id="(?:module-)?(tfvis\.[\w.]+)"', text)}
    public = {
        f"{namespace}.{name}"
        for namespace in NAMESPACES
        for name in importlib.import_module(namespace).__all__
        if not name.startswith("_")
    }
    # A name of the front door is described there alone.
    shown = {name for name in public if f"tfvis.{name.rpartition('.')[2]}" in anchors}
    assert public - {*NAMESPACES} - shown - anchors == set()


def test_equations_are_mathml(site):
    for page in ("methods", "guided_inversion"):
        text = (site / f"{page}.html").read_text()
        assert len(re.findall(r'<math [^>]*display="block"', text)) >= 3
        assert "\\frac" not in text
        assert not re.search(r"<script[^>]*(mathjax|katex)", text, re.I)


def test_each_page_of_the_folder_is_reached_from_the_first(site):
    text = (site / "index.html").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        if page.stem != "index":
            assert f'href="{page.stem}.html"' in text
