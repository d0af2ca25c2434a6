"""What `tfvis --version` prints."""

import configparser
import importlib.metadata
import platform
import re
from pathlib import Path

import pytest

from tfvis import _version
from tfvis.cli import main
from tfvis.runtime.version_lines import version_lines


def test_a_line_for_tfvis_python_and_each_library(capsys):
    with pytest.raises(SystemExit) as error:
        main(["--version"])
    assert error.value.code == 0
    first, second, *others = capsys.readouterr().out.splitlines()
    assert (first, second) == (
        f"tfvis {_version.__version__}",
        f"Python {platform.python_version()}",
    )
    found = dict(line.split() for line in others)
    assert {"tensorflow", "keras", "numpy", "scikit-learn", "pillow"} <= set(found)
    assert all(importlib.metadata.version(name) == found[name] for name in found)


def test_every_library_that_tfvis_needs_is_told():
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).parents[3] / "setup.cfg")
    needed = [
        re.split(r"[<>=~;]", line)[0].strip()
        for line in setup["options"]["install_requires"].split("\n")
        if line and "python_version" not in line
    ]
    assert "tensorflow" in needed
    assert set(needed) <= {line.split()[0] for line in version_lines()}


def test_a_library_that_is_missing_is_said(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    lines = list(version_lines())
    assert "tensorflow is not installed" in lines
    assert not any("shtab" in line for line in lines)  # an extra
