"""Do icons show what they claim to?

For pairs of an image and a class (six of photographs for GoogLeNet, one for each class of
critters) `tfvis explain` writes icons; they are read back from their files, and O[g, h], the
objective of group g on icon h, is measured without transforms.

    python -m benchmarks.icons --output /tmp/icons [--model critters] [--steps 512] [--sheet FILE]

prints how often the largest entry of a row lies on the diagonal, and how often an icon's own
objective is at least 8 times that of the image, over the ten strongest groups of each pair; the
sheet shows the two strongest groups of each pair beside the image.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.pairs import ICON_PAIRS, SCENE_PAIRS, SHARED, photograph
from tfvis import load_model
from tfvis.cli import main
from tfvis.critters import render_scene
from tfvis.critters.dataset import TEST_SEED
from tfvis.runtime.terminal import Parser
from tfvis.utils import images
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.network import Network

STRONGEST = 10
SIDE = 128  # of a picture in the sheet


def measure(net: Network, folder: Path, image: Path) -> tuple[np.ndarray, np.ndarray]:
    """O (groups, groups) and the objectives on the image (groups,)."""
    result = json.loads((folder / "result.json").read_text())
    groups = result["groups"][:STRONGEST]
    weights = np.zeros((len(groups), net.n_channels(result["layer"])))
    for row, group in zip(weights, groups, strict=True):
        row[group["channels"]] = group["icon_weights"]
    pictures = [images.load(folder / group["icon"]) for group in groups]
    pictures.append(images.load(image, net.input_size))
    means = [net.activations(p[np.newaxis], result["layer"]).mean(axis=(1, 2)) for p in pictures]
    matrix = weights @ np.concatenate(means).T
    return matrix[:, :-1], matrix[:, -1]


def _scene(folder: Path, k: int) -> Path:
    """The file of the k-th scene of `SCENE_PAIRS`, rendered."""
    file = folder / f"scene{k}.png"
    folder.mkdir(parents=True, exist_ok=True)
    images.save(file, render_scene(SCENE_PAIRS[k], seed=TEST_SEED + 100_000 + k).image)
    return file


def _row(folder: Path, file: Path, shown: int = 2) -> np.ndarray:
    """The image, and heat map and icon of the strongest groups, side by side."""
    groups = json.loads((folder / "result.json").read_text())["groups"]
    names = [name for g in groups[:shown] for name in (g["heat_map"], g["icon"])]
    files = [file, *(folder / name for name in names)]
    blank = np.ones((SIDE, SIDE * (2 * shown + 1 - len(files)), 3), np.float32)
    return np.concatenate([*(images.load(f, (SIDE, SIDE)) for f in files), blank], axis=1)


def _sheet(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows below each other, in two columns with a white line between."""
    rows = [*rows, np.ones_like(rows[0])][: len(rows) + len(rows) % 2]
    left, right = np.concatenate(rows[::2]), np.concatenate(rows[1::2])
    return np.concatenate([left, np.ones((len(left), 8, 3), np.float32), right], axis=1)


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--model", default="googlenet", choices=("googlenet", "critters"))
    parser.add_argument("--weights", type=Path, help="a file or folder")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--measure-only", action="store_true", help="icons are there already")
    arguments = parser.parse_args()
    try:
        require_count("--steps", arguments.steps)
        _run(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _run(arguments: argparse.Namespace) -> None:
    on_diagonal, ratios, rows = [], [], []
    if arguments.model == "googlenet":
        weights = arguments.weights or SHARED / "weights"
        pairs = [(photograph(stem), label) for stem, label in ICON_PAIRS]
    else:
        weights = arguments.weights
        pairs = [(_scene(arguments.output, k), pair[0]) for k, pair in enumerate(SCENE_PAIRS)]
    net = load_model(arguments.model, weights=weights)
    named = [] if weights is None else ["--weights", str(weights)]
    for file, label in pairs:
        start = time.perf_counter()
        if not arguments.measure_only:
            status = main([
                "explain", "--image", str(file), "--classes", label, "--quiet", *named,
                "--model", arguments.model, "--icon-steps", str(arguments.steps),
                "--icon-dtype", arguments.dtype, "--output", str(arguments.output),
            ])  # fmt: skip
            if status:
                raise SystemExit(status)
        above = arguments.output / file.stem / f"{label}_IGSG" / DEFAULT_GROUPING
        (folder,) = above.glob("mixed4d_pos*")
        matrix, on_picture = measure(net, folder, file)
        hits = matrix.argmax(axis=1) == np.arange(len(matrix))
        ratio = np.diag(matrix) / on_picture
        on_diagonal += hits.tolist()
        ratios += ratio.tolist()
        print(
            f"{file.stem:12} {label:18} diagonal {hits.sum()}/{len(hits)}   objective / image's "
            f"{' '.join(f'{r:.0f}' for r in ratio)}   {time.perf_counter() - start:.0f} s",
            flush=True,
        )
        rows.append(_row(folder, file))
    if arguments.sheet is not None:
        images.save(arguments.sheet, _sheet(rows))
    on_diagonal, ratios = np.array(on_diagonal), np.array(ratios)
    print(
        f"pooled over {len(ratios)} groups: largest on the diagonal {on_diagonal.mean():.1%}, "
        f"at least 8 times the image's {(ratios >= 8).mean():.1%} "
        f"(median {np.median(ratios):.1f})"
    )


if __name__ == "__main__":
    run()
