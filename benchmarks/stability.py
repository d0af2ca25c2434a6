"""Do two seeds of sampled Shapley values agree?

    python -m benchmarks.stability [--pairs 50]

prints the correlation of two runs with different seeds on GoogLeNet's mixed4d, their mean
standard error, and the efficiency gap; about 6 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.pairs import SHARED, photograph
from benchmarks.running import in_one_line


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=50)
    arguments = parser.parse_args()

    from tfvis import load_model
    from tfvis.utils import images, shapley_sampling

    net = load_model("googlenet", weights=SHARED / "weights")
    image = images.load(photograph("dog_cat224"), net.input_size)
    classes = ["tiger cat", "golden retriever", "Egyptian cat"]
    start = time.perf_counter()
    runs = [
        shapley_sampling(
            net, image, "mixed4d", classes=classes, permutations=2 * arguments.pairs, seed=seed
        )
        for seed in (0, 1)
    ]
    for label, first, second in zip(classes, *runs, strict=True):
        correlation = np.corrcoef(first.values, second.values)[0, 1]
        print(
            f"{label:18} correlation {correlation:.4f}, mean |φ| "
            f"{np.abs(first.values).mean():.4f}, mean standard error "
            f"{first.standard_error.mean():.4f}, efficiency gap {first.completeness_gap:.1e}"
        )
    print(f"{time.perf_counter() - start:.0f} s for both seeds")


if __name__ == "__main__":
    in_one_line(run)
