"""Do icons show what they claim to?

For each of six pairs of a photograph and a class, `tfvis explain` writes icons; they are read back
from their files, and O[g, h], the objective of group g on icon h, is measured without transforms.

    python -m benchmarks.icons --output /tmp/icons [--steps 512] [--dtype float32]

prints how often the largest entry of a row lies on the diagonal, and how often an icon's own
objective is at least 8 times that of the photograph, over the ten strongest groups of each pair.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.pairs import ICON_PAIRS, SHARED, photograph
from tfvis.cli import main

STRONGEST = 10


def measure(folder: Path, image: Path) -> tuple[np.ndarray, np.ndarray]:
    """O (groups, groups) and the objectives on the photograph (groups,)."""
    from tfvis import load_model
    from utils import images

    result = json.loads((folder / "result.json").read_text())
    net = load_model("googlenet", weights=SHARED / "weights")
    groups = result["groups"][:STRONGEST]
    weights = np.zeros((len(groups), net.n_channels(result["layer"])))
    for row, group in zip(weights, groups, strict=True):
        row[group["channels"]] = np.abs(group["attributions"])
    pictures = [images.load(folder / group["icon"]) for group in groups]
    pictures.append(images.load(image, net.input_size))
    means = [net.activations(p[np.newaxis], result["layer"]).mean(axis=(1, 2)) for p in pictures]
    matrix = weights @ np.concatenate(means).T
    return matrix[:, :-1], matrix[:, -1]


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--measure-only", action="store_true", help="icons are there already")
    arguments = parser.parse_args()
    on_diagonal, ratios = [], []
    for stem, label in ICON_PAIRS:
        start = time.perf_counter()
        if not arguments.measure_only:
            status = main([
                "explain", "--image", str(photograph(stem)), "--classes", label, "--quiet",
                "--weights", str(SHARED / "weights"), "--steps", str(arguments.steps),
                "--dtype", arguments.dtype, "--output", str(arguments.output),
            ])  # fmt: skip
            if status:
                raise SystemExit(status)
        above = arguments.output / stem / f"{label}_IGSG" / "FactorAnalysis"
        (folder,) = above.glob("mixed4d_pos*")
        matrix, on_picture = measure(folder, photograph(stem))
        hits = matrix.argmax(axis=1) == np.arange(len(matrix))
        ratio = np.diag(matrix) / on_picture
        on_diagonal += hits.tolist()
        ratios += ratio.tolist()
        print(
            f"{stem:12} {label:18} diagonal {hits.sum()}/{len(hits)}   objective / photograph's "
            f"{' '.join(f'{r:.0f}' for r in ratio)}   {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    on_diagonal, ratios = np.array(on_diagonal), np.array(ratios)
    print(
        f"pooled over {len(ratios)} groups: largest on the diagonal {on_diagonal.mean():.1%}, "
        f"at least 8 times the photograph's {(ratios >= 8).mean():.1%} "
        f"(median {np.median(ratios):.1f})"
    )


if __name__ == "__main__":
    run()
