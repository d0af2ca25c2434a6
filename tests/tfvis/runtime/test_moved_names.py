"""What was moved says where it is now."""

import importlib
import re
import subprocess
import sys

import pytest
from source_modules import ROOT

import tfvis
from tfvis import utils
from tfvis.runtime.moved_names import MODULES, NAMES


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tfvis.method_names", "tfvis.explainers.registry"),
        ("tfvis.models.own", "tfvis.models.custom"),
        ("tfvis.utils.grouping", "tfvis.utils.feature_groups"),
        ("utils.grouping", "tfvis.utils.feature_groups"),
        ("tfvis.guided_inversion.minimize", "tfvis.explainers.guided_inversion.minimize"),
        ("tfvis.guided_inversion.settings", "tfvis.settings.invert"),
    ],
)
def test_a_moved_module_says_where_it_is_now(old, new):
    with pytest.raises(ImportError, match=rf"is now {new}\."):
        importlib.import_module(old)


def test_every_new_place_of_a_moved_name_is_there():
    for place in MODULES.values():
        importlib.import_module(place)
    for place in NAMES.values():
        module, _, name = place.rpartition(".")
        assert hasattr(importlib.import_module(module), name), place


def test_no_old_name_is_still_in_use():
    for old in MODULES:
        with pytest.raises(ImportError):
            importlib.import_module(old)
    for old in NAMES:
        module, _, name = old.rpartition(".")
        assert not hasattr(importlib.import_module(module), name), old


def test_a_moved_name_says_where_it_is_now():
    place = r"is now tfvis\.GuidedFeatureInversion\."
    with pytest.raises(ImportError, match=place):
        from tfvis.guided_inversion import GuidedFeatureInversion  # noqa: F401
    with pytest.raises(AttributeError, match=place):
        _ = tfvis.guided_inversion.GuidedFeatureInversion


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("experiments.explain", "explain"),
        ("experiments.Explanation", "Explanation"),
        ("MatrixDecomposer", "utils.MatrixDecomposer"),
        ("Localisation", "evaluation.SceneLocalisation"),
        ("KerasNetwork", "models.KerasNetwork"),
        ("baselines", "explainers.grad_cam"),
        ("examples", "datasets.example_images"),
        ("faithfulness", "evaluation.scene_localisation"),
        ("guided_inversion.presets", "explainers.guided_inversion.presets"),
        ("models.own", "models.custom"),
        ("utils.KerasNetwork", "models.KerasNetwork"),
        ("utils.awake", "utils.responsive_init"),
        ("utils.grouping", "utils.feature_groups"),
    ],
)
def test_a_name_that_left_the_top_level_says_where_it_is(old, new):
    *package, name = f"tfvis.{old}".split(".")
    module = importlib.import_module(".".join(package))
    with pytest.raises(AttributeError, match=rf"is now tfvis\.{re.escape(new)}\."):
        getattr(module, name)


@pytest.mark.parametrize("name", ["KerasNetwork", "awake"])
def test_a_name_that_left_utils_says_where_it_is_under_both_names(name):
    place = NAMES[f"tfvis.utils.{name}"]
    bare = importlib.import_module("utils")
    assert bare is utils
    with pytest.raises(AttributeError, match=f"is now {place}"):
        getattr(bare, name)
    found = run(f"from utils import {name}", cwd=ROOT)
    assert f"tfvis.utils.{name} is now {place}." in found.stderr.splitlines()[-1]


def test_a_package_that_kept_its_name_says_where_its_names_are():
    found = run("import tfvis; tfvis.experiments", cwd=ROOT).stderr.splitlines()[-1]
    assert "no attribute 'experiments' before 'import tfvis.experiments'" in found
    for old, new in NAMES.items():
        assert (f"{old} is now {new}" in found) == old.startswith("tfvis.experiments.")
