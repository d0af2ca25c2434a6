"""The examples in docstrings are run, and everything public in utils has one."""

import doctest
import importlib
from pathlib import Path

import pytest
from known_networks import load_once

import tfvis
import tfvis.models
from tfvis import utils

PACKAGES = {"tfvis": tfvis.__path__, "tfvis.utils": utils.__path__}
WITHOUT = {
    "Fourier", "FeatureGroup", "FeatureGroups", "ICON_TRANSFORMS", "ImageParameters",
    "LowResolution", "Network", "Rendering", "aumann_shapley", "evaluate", "overview",
    "render", "responsive_init", "shapley_sampling",
}  # fmt: skip
"""Parts of what others' examples show, or too slow for an example: docs/ show these."""


SLOW = (
    "tfvis.attacks.gradient_attacks",
    "tfvis.attacks.patch",
    "tfvis.evaluation.icon_specificity",
    "tfvis.explainers.layer_recommendation",
    "tfvis.utils.icons",
    "tfvis.utils.memory_bounds",
)


def modules_with_examples():
    for package, (folder, *_) in PACKAGES.items():
        for file in sorted(Path(folder).rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            if ">>> " in file.read_text() and "__main__" not in parts:
                yield ".".join([package, *(part for part in parts if part != "__init__")])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in modules_with_examples()
    ],
)
def test_the_examples_of_a_module_give_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    for package in {tfvis, tfvis.models} - {module}:  # examples share networks, traced once
        monkeypatch.setattr(package, "load_model", load_once)
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", sorted(set(utils.__all__) - WITHOUT))
def test_what_is_public_in_utils_has_an_example(name):
    assert ">>> " in (getattr(utils, name).__doc__ or "")


def test_an_example_that_is_wrong_is_found():
    def wrong():
        """
        >>> 1 + 1
        3
        """

    (example,) = doctest.DocTestFinder().find(wrong, "wrong")
    assert doctest.DocTestRunner(verbose=False).run(example, out=lambda text: None).failed == 1
