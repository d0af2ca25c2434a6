"""A user without a home: no $HOME, no entry among the system's users, no $XDG_CACHE_HOME."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from PIL import Image

FOLDERS = ("HOME", "XDG_CACHE_HOME", "TFVIS_CACHE_DIR", "TFVIS_WEIGHTS_DIR", "KERAS_HOME")

HOMELESS = """
    import pwd, sys
    from pathlib import Path

    def unknown(user):
        raise KeyError(f"getpwuid(): uid not found: {user}")

    pwd.getpwuid = unknown
    try:
        Path.home()
    except RuntimeError:
        pass
    else:
        raise AssertionError("There is a home.")

    from tfvis.cli import main

    model = sys.argv[1]
    own = ["--model", model, "--value-range", "0", "1"]
    every = [*own, "--output", "out", "--quiet"]
    quick = ["--icon-steps", "1", "--icon-size", "32", "--attribution-steps", "2",
             "--n-groups", "1", "--layers", "second", "--classes", "0"]
    assert main(["models"]) == 0
    assert main(["models", model]) == 0
    assert main(["explain", "a.png", *every, *quick]) == 0
    assert main(["invert", "a.png", *every, "--iterations", "1", "1"]) == 0
    assert main(["localise", "boxes.csv", *every, "--methods", "Grad-CAM"]) == 0
    assert main(["explain", "a.png", "--model", "googlenet", "--quiet"]) == 2
"""


@pytest.mark.slow
def test_every_command_works(own_model, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (48, 48, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (tmp_path / "boxes.csv").write_text("image,left,top,right,bottom\na.png,9,9,30,30\n")
    environment = {key: value for key, value in os.environ.items() if key not in FOLDERS}
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HOMELESS), str(own_model)],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stderr.splitlines()[-1] == (
        "tfvis: error: No home folder to keep downloads in. Expected $TFVIS_CACHE_DIR to name a "
        "folder."
    )
    assert "downloaded to 'InceptionV1_caffe.pb' when they are needed" in found.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "boxes.csv", "out"]
