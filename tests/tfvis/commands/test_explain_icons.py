"""`tfvis explain --icon-…`: what each option of icons changes."""

import numpy as np
import pytest
from command_line import remove_results

from tfvis import load_result


@pytest.mark.slow
@pytest.mark.parametrize(
    "option",
    [
        ["--icon-steps", "3"],
        ["--icon-size", "48"],
        ["--icon-learning-rate", "0.5"],
        ["--icon-parameterisation", "fourier"],
        ["--icon-decay", "2"],
        ["--icon-transforms", "jitter"],
        ["--icon-transforms", "none"],
        ["--icon-dtype", "bfloat16"],
    ],
    ids=" ".join,
)
def test_each_option_of_icons_changes_them_and_nothing_else(own, tmp_path, option):
    pictures = []
    for given in ([], option):
        remove_results(tmp_path)
        assert own("--quiet", *given)[0] == 0
        folder = tmp_path / "out"
        pictures.append(
            [
                {path.name: path.read_bytes() for path in folder.rglob(f"*{kind}*")}
                for kind in ("_opt", "_SpatialHM", "SpatialAttrs.txt", "IGSG_second")
            ]
        )
    (icons, *rest), (changed, *same) = pictures
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
