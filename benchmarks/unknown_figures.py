"""What do the bundled networks make of figures that belong to no class?

    python -m benchmarks.unknown_figures [--scenes 100] [--models critters critters_resnet]

renders scenes of each figure of no class, alone and beside a figure of a known class, and as many
of known classes alone. It prints, a row a figure:

- the three classes that are the answer (the largest logit) most often;
- the mean of the largest probability, by a softmax over all classes;
- how often a scene of a known class has a larger one than a scene of the figure (1/2: the
  probability tells nothing);
- how often a known class is the answer where it stands beside the figure.

`--sheet FILE` writes a picture of examples instead. About three minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import softmax
from scipy.stats import rankdata

from benchmarks.localisation import markdown
from benchmarks.running import in_one_line
from tfvis.critters import CLASSES, UNKNOWN_FIGURES, render_scene
from tfvis.critters.dataset import TEST_SEED
from tfvis.runtime.terminal import Parser, aligned, progress_bars
from tfvis.utils.errors import require_count

if TYPE_CHECKING:
    from tfvis.utils.progress import Progress

FIRST = 300_000
"""Of the scenes, after `TEST_SEED`."""

Row = tuple[str, ...]
MODELS = ("critters", "critters_resnet")
HEADER = ("figure", "answers", "largest probability", "larger for a known class",
          "a known class beside it is the answer")  # fmt: skip


def scenes(
    figure: str | None, count: int, *, beside: bool, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Images, float32 (count, 224, 224, 3), and the index of the known class that each holds.

    Args:
        figure: of no class; None for scenes of a known class alone. The same number of a scene
            has the same seed, and so the same background, with every figure.
        count: how many.
        beside: whether a figure of a known class stands beside it; classes come in turn.
        progress: called with scenes done and scenes in all.
    """
    images = np.empty((count, 224, 224, 3), np.float32)
    known = np.arange(count) % len(CLASSES)
    for k in range(count):
        names = [] if figure is None else [figure]
        if beside or figure is None:
            names.append(CLASSES[known[k]])
        images[k] = render_scene(names, seed=TEST_SEED + FIRST + k).image
        progress(k + 1, count)
    return images, known


def larger(of_known: np.ndarray, of_figure: np.ndarray) -> float:
    """How often a value of the first is larger than one of the second; a tie counts a half.

    It is the area under the curve of hits over false alarms.
    """
    n = len(of_known)
    ranks = rankdata(np.concatenate([of_known, of_figure]))[:n].sum()
    return float((ranks - n * (n + 1) / 2) / (n * len(of_figure)))


def answers(top: np.ndarray) -> str:
    """The three most frequent classes, with their shares."""
    often = Counter(top.tolist()).most_common(3)
    return ", ".join(f"{CLASSES[k]} {count / len(top):.0%}" for k, count in often)


def sheet(file: Path, columns: int = 6, size: int = 112) -> None:
    """Write a picture of scenes: a row a figure."""
    from tfvis.utils import images

    seeds = range(TEST_SEED + FIRST, TEST_SEED + FIRST + columns)
    rows = [
        np.concatenate([render_scene([name], seed=k, size=size).image for k in seeds], axis=1)
        for name in UNKNOWN_FIGURES
    ]
    images.save(file, np.concatenate(rows))


class Judged(NamedTuple):
    """What a network makes of some scenes: for each, the answer, its probability, the truth."""

    answer: np.ndarray
    probability: np.ndarray
    known: np.ndarray

    @property
    def right(self) -> str:
        """How often the answer is the known class."""
        return f"{(self.answer == self.known).mean():.0%}"


def tables(models: Sequence[str], count: int) -> dict[str, list[Row]]:
    """For each network a row for known classes and one a figure of no class; see `HEADER`."""
    from tfvis import load_model

    nets = {model: load_model(model) for model in models}
    with progress_bars(quiet=False) as bars:

        def judged(figure: str | None, *, beside: bool = False) -> dict[str, Judged]:
            name = f"{figure or 'known classes'}{', beside a known class' if beside else ''}"
            images, known = scenes(figure, count, beside=beside, progress=bars(name, "scene"))
            found = {model: softmax(net.logits(images), axis=1) for model, net in nets.items()}
            return {
                model: Judged(shares.argmax(axis=1), shares.max(axis=1), known)
                for model, shares in found.items()
            }

        usual = judged(None)
        rows: dict[str, list[Row]] = {
            model: [
                ("of known classes", f"right in {u.right}", f"{u.probability.mean():.2f}", "", "")
            ]
            for model, u in usual.items()
        }
        for name in UNKNOWN_FIGURES:
            alone, beside = judged(name), judged(name, beside=True)
            for model in models:
                probability = alone[model].probability
                rows[model].append(
                    (
                        name,
                        answers(alone[model].answer),
                        f"{probability.mean():.2f}",
                        f"{larger(usual[model].probability, probability):.2f}",
                        beside[model].right,
                    )
                )
    return rows


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0],
                    formatter_class=argparse.ArgumentDefaultsHelpFormatter)  # fmt: skip
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--scenes", type=int, default=100, help="of each figure")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write a picture of examples")
    arguments = parser.parse_args()
    require_count("--scenes", arguments.scenes)
    if arguments.sheet:
        sheet(arguments.sheet)
        return
    start = time.perf_counter()
    for model, rows in tables(arguments.models, arguments.scenes).items():
        table = [HEADER, *rows]
        print(f"{model}, {arguments.scenes} scenes of each figure\n")
        print("\n".join(markdown(table) if arguments.markdown else aligned(table)) + "\n")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    in_one_line(run)
