"""Running the program as a user does, and what it has written."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

from tfvis.cli import main

ROOT = Path(__file__).parents[2]
QUICK = ["--icon-steps", "2", "--icon-size", "32", "--attribution-steps", "4", "--n-groups", "3"]
OF_OWN = ["--value-range", "0", "1", "--layers", "second", "--classes", "1"]
"""What is said of the small model of one's own, and asked for."""


def result_folders(folder):
    return sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("result.json"))


def without_config(words):
    """The words of a command line without the file that they take options from."""
    if "--config" not in words:
        return words
    place = words.index("--config")
    return [*words[:place], *words[place + 2 :]]


def script(*arguments, cwd=None):
    """Run the script in a process of its own, with as many threads as a user has."""
    environment = {name: own for name, own in os.environ.items() if name != "OMP_NUM_THREADS"}
    return subprocess.run(
        [sys.executable, str(ROOT / "GroupClassDiscVis.py"), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd, env=environment,
    )  # fmt: skip


def run_own(own_model, photo, tmp_path, *arguments):
    return main(
        ["explain", "--image", str(photo), "--model", str(own_model), "--output",
         str(tmp_path / "out"), *QUICK, *arguments]
    )  # fmt: skip


def residual_script(*arguments):
    """Run the script in this process; returns the exit status."""
    file = ROOT / "GroupKernelVisShapResNet.py"
    with mock.patch.object(sys, "argv", [str(file), *arguments]):
        try:
            runpy.run_path(str(file), run_name="__main__")
        except SystemExit as ended:
            return ended.code
    raise AssertionError("The script does not end itself.")


def paint(file, seed):
    """A photograph of random colours."""
    file.parent.mkdir(exist_ok=True)
    colours = np.random.default_rng(seed).integers(0, 255, (60, 50, 3), np.uint8)
    Image.fromarray(colours).save(file)
    return file


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


def the_result(tmp_path):
    (file,) = (tmp_path / "out").rglob("result.json")
    return json.loads(file.read_text())


def remove_results(tmp_path):
    """Leave the files of attributions alone."""
    for result in list((tmp_path / "out").rglob("result.json")):
        shutil.rmtree(result.parent)
