"""`tfvis explain --icon-…`: what each option of icons changes."""

import json

import numpy as np
import pytest
from command_line import OF_OWN, paint, remove_results, run_own
from toml_files import toml

from tfvis import load_result


def pictures(folder):
    """Icons, heat maps, attributions at positions, and attributions: each by the files' names."""
    return [
        {path.name: path.read_bytes() for path in folder.rglob(f"*{kind}*")}
        for kind in ("_opt", "_SpatialHM", "SpatialAttrs.txt", "IGSG_second")
    ]


@pytest.fixture(scope="module")
def of_defaults(own_model, tmp_path_factory):
    """The pictures of a run without options of icons."""
    folder = tmp_path_factory.mktemp("defaults")
    photo = paint(folder / "photo.png", 0)
    assert run_own(own_model, photo, folder, *OF_OWN, "--quiet") == 0
    return pictures(folder / "out")


@pytest.mark.slow
@pytest.mark.parametrize(
    "option",
    [
        ["--icon-steps", "3"],
        ["--icon-size", "48"],
        ["--icon-learning-rate", "0.5"],
        ["--icon-beta-1", "0.9"],
        ["--icon-beta-2", "0.5"],
        ["--icon-parameterisation", "fourier"],
        ["--icon-parameterisation", "phases"],
        ["--icon-decay", "2"],
        ["--icon-transforms", "jitter"],
        ["--icon-transforms", "none"],
        ["--icon-dtype", "bfloat16"],
    ],
    ids=" ".join,
)
def test_each_option_of_icons_changes_them_and_nothing_else(own, tmp_path, of_defaults, option):
    assert own("--quiet", *option)[0] == 0
    (icons, *rest), (changed, *same) = of_defaults, pictures(tmp_path / "out")
    assert icons
    assert icons.keys() == changed.keys()
    assert all(changed[name] != icons[name] for name in icons)
    assert same == rest


@pytest.mark.slow
def test_the_batch_of_icons_only_bounds_the_memory(own, tmp_path):
    found = []
    for size in (1, 3):
        remove_results(tmp_path)
        assert own("--quiet", "--icon-batch-size", size)[0] == 0
        (result,) = (tmp_path / "out").rglob("result.json")
        found.append(load_result(result).icons)
    np.testing.assert_allclose(*found, atol=0.02)


@pytest.mark.slow
def test_a_run_says_its_number_format_and_after_how_many_steps_icons_settled(own, tmp_path):
    options = ["--icon-steps", 9, "--icon-patience", 2, "--icon-redirected-relu-steps", 0]
    status, out, _ = own(*options, "--icon-tolerance", 100)
    assert status == 0
    assert "Icons are computed in float32, for a test.\n" in out
    assert "the icons' objectives settled after 4 of 9 steps.\n" in out
    (result,) = (tmp_path / "out").rglob("result.json")
    assert json.loads(result.read_text())["icon_steps"] == 4
    found = load_result(result)
    assert found.icon_steps == 4
    assert found.provenance.options["icons"]["dtype"] == "float32"
    config = toml((result.parent / "config.toml").read_text())
    assert config["icon_dtype"] == "float32"
    remove_results(tmp_path)
    status, out, _ = own(*options, "--icon-tolerance", 0)
    assert "settled" not in out
    (result,) = (tmp_path / "out").rglob("result.json")
    assert load_result(result).icon_steps == 9
