"""Does a class's map find the class's object?

    python -m benchmarks.localisation --model critters [--scenes 200] [--layer mixed4d]

prints how well each method finds the objects in scenes of two, with 95 % bootstrap intervals over
the scenes: the share of hits by the map's maximum, the map's energy on the object (1 is chance),
how often the map is denser on the right object than on the other (1/2 is chance), and the
intersection over union at the best threshold. With `--randomise` the network keeps its
architecture but nothing that it has learnt; one such network may be off chance by more than the
interval over scenes, so try several seeds. About 3 minutes for 200 scenes on 2 cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tfvis.critters import render_scene
from tfvis.critters.dataset import TEST_SEED, composition
from tfvis.runtime.terminal import Parser, aligned, progress_bars
from tfvis.utils.errors import InputError, require_count

if TYPE_CHECKING:
    from tfvis.evaluation.scene_localisation import Estimate, Scene, SceneLocalisation

COMPARED = (
    ("all groups", "all groups, activation"),
    ("all groups", "Grad-CAM"),
    ("all groups", "Grad-CAM, cut"),
    ("all groups", "layer integrated gradients"),
    ("best group", "best group, activation"),
    ("best group", "Grad-CAM"),
    ("best group", "Grad-CAM, cut"),
    ("best group", "best channel"),
    ("every group", "every channel"),
)

HEADER = ("method", "pointing", "energy", "right over other", "IoU", "threshold")


class Scenes(Sequence):
    """Scenes of two different classes, each rendered when it is asked for.

    The first is that of seed `TEST_SEED + first`.
    """

    def __init__(self, count: int, size: int, first: int = 0) -> None:
        self._n, self.size, self._first = count, size, first

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> Scene:
        if not 0 <= index < self._n:
            raise IndexError(index)
        seed = TEST_SEED + self._first + index
        return render_scene(composition(seed, (0, 1)), seed=seed, size=self.size)


def table(found: SceneLocalisation) -> list[tuple[str, ...]]:
    """A row a method, cells as in `HEADER`."""
    from tfvis.evaluation.metric_registry import metric_names

    def cell(estimate: Estimate) -> str:
        return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"

    def row(method: str) -> tuple[str, ...]:
        cells = (cell(found.estimate(method, metric)) for metric in metric_names())
        return (method, *cells, f"{found.scores[method].threshold():.2f}")

    return [row(method) for method in found.scores]


def markdown(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a Markdown table."""
    header, *body = rows
    for row in (header, ["---"] * len(header), *body):
        yield f"| {' | '.join(row)} |"


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters")
    parser.add_argument("--weights", type=Path, help="a file or folder")
    parser.add_argument("--layer", default="mixed4d")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--methods", nargs="+", help="all that are not optimised, if left out")
    parser.add_argument("--randomise", action="store_true", help="fresh weights")
    parser.add_argument("--seed", type=int, default=0, help="of fresh weights, and the bootstrap")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    try:
        _run(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _run(arguments: argparse.Namespace) -> None:

    from tfvis import load_model
    from tfvis.evaluation import localise_scenes, randomised
    from tfvis.evaluation.metric_registry import metric_names
    from tfvis.explainers import method_of
    from tfvis.models.keras_network import KerasNetwork

    require_count("--scenes", arguments.scenes)
    net = load_model(arguments.model, weights=arguments.weights)
    if arguments.randomise:
        net = randomised(cast(KerasNetwork, net), arguments.seed)
    methods = arguments.methods
    of_layer = methods is None or any(method_of(name).takes("layer") for name in methods)
    start = time.perf_counter()
    with progress_bars(quiet=False) as bars:
        found = localise_scenes(
            net,
            Scenes(arguments.scenes, net.input_size[0]),
            methods,
            layer=arguments.layer if of_layer else None,
            seed=arguments.seed,
            progress=bars("scenes", "scene"),
        )
    seconds = time.perf_counter() - start
    rows = [HEADER, *table(found)]
    print("\n".join(markdown(rows) if arguments.markdown else aligned(rows)))
    print()
    for metric in metric_names():
        for first, second in COMPARED:
            if not {first, second} <= set(found.scores):
                continue
            gain = found.difference(first, second, metric)
            print(
                f"{metric.replace('_', ' ')}, {first} less {second}: {gain.mean:+.3f} "
                f"[{gain.low:+.3f}, {gain.high:+.3f}]"
            )
    print(
        f"{found.n_scenes} scenes, {arguments.layer}, "
        f"{'random' if arguments.randomise else 'trained'} weights, "
        f"{found.nothing_selected} classes without a channel that stands out; "
        f"{seconds:.0f} s"
    )


if __name__ == "__main__":
    run()
