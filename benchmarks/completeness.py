"""How near do the rules of Aumann–Shapley come to completeness?

    python -m benchmarks.completeness [--steps 32 64 100] [--layer mixed4d]

prints, for each rule and count, the gap |Σφ − (t(A) − t(0))| in per cent of t(A) − t(0) on fifteen
pairs of a photograph and a class, GoogLeNet.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.pairs import COMPLETENESS_PAIRS, SHARED, photograph
from benchmarks.running import in_one_line


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int, nargs="+", default=[32, 64, 100])
    parser.add_argument("--layer", default="mixed4d")
    arguments = parser.parse_args()

    from tfvis import load_model
    from tfvis.utils import aumann_shapley, images
    from tfvis.utils.quadrature import RULES

    net = load_model("googlenet", weights=SHARED / "weights")
    stems = dict.fromkeys(stem for stem, _ in COMPLETENESS_PAIRS)
    for steps in arguments.steps:
        for rule in RULES:
            gaps = {}
            for stem in stems:
                classes = [label for own, label in COMPLETENESS_PAIRS if own == stem]
                image = images.load(photograph(stem), net.input_size)
                for found in aumann_shapley(
                    net, image, arguments.layer, classes=classes, steps=steps, rule=rule
                ):
                    name = f"{stem}/{net.labels[found.class_index]}"
                    gaps[name] = 100 * (found.relative_gap or 0)
            worst = max(gaps, key=gaps.__getitem__)
            print(
                f"{steps:4} steps  {rule:15} largest gap {gaps[worst]:6.2f} % ({worst}), "
                f"median {np.median(list(gaps.values())):.2f} %",
                flush=True,
            )
            if rule == "graded":
                print("      " + ", ".join(f"{name} {gap:.2f}" for name, gap in gaps.items()))


if __name__ == "__main__":
    in_one_line(run)
