"""Running the program as a user does, and what it has written."""

import os
import subprocess
import sys
from pathlib import Path

from tfvis.cli import main

ROOT = Path(__file__).parents[2]
QUICK = ["--icon-steps", "2", "--icon-size", "32", "--attribution-steps", "4", "--n-groups", "3"]


def result_folders(folder):
    return sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("result.json"))


def script(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, str(ROOT / "GroupClassDiscVis.py"), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def run_own(own_model, photo, tmp_path, *arguments):
    return main(
        ["explain", "--image", str(photo), "--model", str(own_model), "--output",
         str(tmp_path / "out"), *QUICK, *arguments]
    )  # fmt: skip


def residual_script(*arguments, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "GroupKernelVisShapResNet.py", *arguments], capture_output=True,
        text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
