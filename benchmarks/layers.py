"""Does the recommended layer point at the object as often as the best layer?

    python -m benchmarks.layers --scenes 200 [--models critters critters_resnet] [--markdown]

surveys all layers of the bundled networks for both objects of each scene of two, and scores the
heat map of each layer's selected channels against the object's mask, as `localise_scenes` does. The
last row is of the layer that the survey recommends for the object, which knows no mask. The rule of
the recommendation was chosen on other scenes (`--first 30000`). It takes 15 seconds of processor
time a scene for critters, 5 for critters_resnet.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.localisation import HEADER, Scenes, markdown, table
from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Bars, Parser, aligned, progress_bars
from tfvis.utils.errors import require_count
from tfvis.utils.image_sources import Images
from tfvis.utils.progress import Progress, silent

MODELS = ("critters", "critters_resnet")
RECOMMENDED = "recommended"


class Together:
    """A grouping that puts all channels into one group: maps here are of all of them anyway."""

    def fit_predict(self, X: np.ndarray) -> np.ndarray:
        return np.zeros(X.shape[1], int)


class Surveys:
    """Surveys of the image that was asked for last, which all layers' explainers share."""

    def __init__(self, net, steps: int) -> None:  # noqa: ANN001
        self.net, self._steps = net, steps
        self._key, self._found = None, {}
        self.chosen = Counter[str]()

    def of(self, image, classes: Sequence[str | int]):  # noqa: ANN001, ANN201
        """A survey of each class, by index."""
        from tfvis.explainers import survey_layers

        found: Any
        key = (image.digest, tuple(classes))
        if key != self._key:
            found = survey_layers(
                self.net, image, classes, attribution_steps=self._steps, grouping=Together()
            )
            self._key, self._found = key, {own.class_index: own for own in found}
            self.chosen.update(own.recommendation.layer for own in found)
        return self._found


class LayerMaps:
    """An explainer: the heat map of one layer, or of the one that is recommended for each image."""

    def __init__(self, surveys: Surveys, name: str) -> None:
        self.name, self._surveys = name, surveys

    def explain(self, images: Images, classes: Sequence[str | int], *, progress: Progress = silent):  # noqa: ANN201
        from tfvis.explainers import ClassMap
        from tfvis.explainers.base import Pairs

        pairs = Pairs.of(self._surveys.net, images, classes)
        found = []
        for image, index in zip(pairs.images, pairs.classes, strict=True):
            survey: Any = self._surveys.of(image, pairs.classes)[index]
            layer = survey.recommendation.layer if self.name == RECOMMENDED else self.name
            found.append(
                ClassMap(
                    map=survey.evidence_of(layer).heat_map(image.size),
                    image=image.pixels,
                    class_index=index,
                    label=survey.label,
                    method=self.name,
                )
            )
            progress(len(found), len(pairs))
        return tuple(found)


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="so many scenes are left out before")
    parser.add_argument("--attribution-steps", type=int, default=32)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    in_one_line(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> None:
    require_count("--scenes", arguments.scenes)
    require_count("--first", arguments.first, 0)
    with progress_bars(quiet=False) as bars:
        for name in arguments.models:
            _measure(name, arguments, bars)


def _measure(name: str, arguments: argparse.Namespace, bars: Bars) -> None:
    from tfvis import load_model
    from tfvis.evaluation import localise_scenes

    net = load_model(name)
    surveys = Surveys(net, arguments.attribution_steps)
    start, cpu = time.perf_counter(), time.process_time()
    found = localise_scenes(
        net,
        Scenes(arguments.scenes, net.input_size[0], arguments.first),
        [LayerMaps(surveys, layer) for layer in (*net.layers, RECOMMENDED)],
        progress=bars(f"{name}: scenes", "scene"),
    )
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    rows = [(*row[:-1], str(surveys.chosen[row[0]] or "")) for row in table(found)]
    rows = [(*HEADER[:-1], "recommended for"), *rows]
    print(f"\n{name}: {found.n_scenes} scenes from number {arguments.first} on, "
          f"{2 * found.n_scenes} objects, {arguments.attribution_steps} gradients\n")  # fmt: skip
    print("\n".join(markdown(rows) if arguments.markdown else aligned(rows)))
    best = max(net.layers, key=lambda layer: found.estimate(layer, "pointing").mean)
    gain = found.difference(RECOMMENDED, best, "pointing")
    print(
        f"\npointing of the recommended layer less that of {best}, the best: {gain.mean:+.3f} "
        f"[{gain.low:+.3f}, {gain.high:+.3f}]; {seconds:.0f} s, {cpu:.0f} s of processor time",
        flush=True,
    )


if __name__ == "__main__":
    run()
