"""`tfvis explain` with too few steps for icons."""

import pytest


@pytest.mark.slow
def test_a_warning_names_layer_class_and_sign_and_the_option(explain):
    status, _, err = explain("--classes", "1", "--sign", "both")
    assert status == 0
    told = [line for line in err.splitlines() if "developed" in line]
    assert [line.split("'")[1] for line in told] == [
        "groups of mixed4d for goldfish",
        "groups of mixed4d against goldfish",
    ]
    for line in told:
        assert line.startswith("tfvis: The icon")
        assert line.endswith("hardly developed in 2 steps: give more --icon-steps.")
