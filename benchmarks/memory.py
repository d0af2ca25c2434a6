"""How much memory does a run take?

    python -m benchmarks.memory [--n-groups 40]

runs `tfvis explain` on a photograph in a process of its own, with as many groups of k-means, and
prints the process's peak.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.pairs import SHARED, photograph
from benchmarks.running import in_one_line


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--n-groups", type=int, default=40)
    arguments = parser.parse_args()
    for method, iterations in (("IGSG", "64"), ("Shap", "2")):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                "-m", "tfvis", "explain", "--image", photograph("dog_cat224"), "--classes",
                "tiger cat", "--weights", SHARED / "weights", "--grouping", "KMeans", "--icon-steps",
                "4", "--n-groups", arguments.n_groups, "--attribution", method, "--attribution-steps",
                iterations, "--output", folder, "--quiet",
            ]  # fmt: skip
            subprocess.run([sys.executable, *map(str, command)], check=True)
            (overview,) = Path(folder).rglob("overview.png")
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            print(f"{method}, {overview.parent.name}: peak so far {peak:.2f} GiB", flush=True)


if __name__ == "__main__":
    in_one_line(run)
