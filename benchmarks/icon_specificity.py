"""Are icons specific to their groups, and does another network see the class in them?

    python -m benchmarks.icon_specificity [--scenes 16] [--steps 128] [--judges 3] [--grouping PCA]
                                         [--cosine-power 0] [--area 1]
                                         [--parameterisation aligned] [--learning-rate 0.05]

explains the first class of each scene, for and against, with each of the two bundled networks, and
shows the icons to the other one. It prints the scores of `tfvis.evaluation.study_icons`; those of
judges of random weights; and those of icons of a network of random weights. With `--judges 0` the
last two are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from benchmarks.pairs import SCENE_PAIRS
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.progress import Progress, silent

if TYPE_CHECKING:
    from tfvis.evaluation import IconStudy
    from tfvis.explainers.base import ClassMap, Explainer
    from tfvis.utils.image_sources import Images


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--scenes", type=int, default=len(SCENE_PAIRS))
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--judges", type=int, default=3, help="how many judges of random weights")
    parser.add_argument("--grouping", default=DEFAULT_GROUPING, help="how channels are grouped")
    parser.add_argument("--cosine-power", type=float, default=0.0, help="of the icons' objective")
    parser.add_argument("--area", type=float, default=1.0, help="share of an icon that is shown")
    parser.add_argument("--parameterisation", default="aligned", help="what icons are made of")
    parser.add_argument("--learning-rate", type=float, default=0.05, help="of the icons")
    arguments = parser.parse_args()
    with start_tensorflow():
        _run(arguments)


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model
    from tfvis.critters import render_scene
    from tfvis.critters.dataset import TEST_SEED
    from tfvis.evaluation import randomised, study_icons
    from tfvis.explainers import FeatureGroupExplainer
    from tfvis.utils.icon_options import IconOptions

    pairs = SCENE_PAIRS[: arguments.scenes]
    images = [render_scene(p, seed=TEST_SEED + 100_000 + k).image for k, p in enumerate(pairs)]
    classes = [first for first, _ in pairs]
    icons = IconOptions(
        steps=arguments.steps,
        cosine_power=arguments.cosine_power,
        area=arguments.area,
        parameterisation=arguments.parameterisation,
        learning_rate=arguments.learning_rate,
    )

    def remembering(net: Any, name: str) -> Explainer:
        """An explainer that explains each pair once: several judges are shown the same icons."""
        known: dict[tuple, ClassMap] = {}

        class Remembering:
            def __init__(self, net: Any, options: Any) -> None:
                self.net, self.options, self.name = net, options, name

            def explain(
                self, images: Images, classes: Sequence[str | int], *, progress: Progress = silent
            ) -> tuple[ClassMap, ...]:
                found = []
                for image, index in zip(images, classes, strict=True):
                    key = (self.options.sign, index, np.asarray(image).tobytes())
                    if key not in known:
                        own = FeatureGroupExplainer(self.net, self.options, icons=icons)
                        (known[key],) = own.explain([image], [index])
                    found.append(known[key])
                return tuple(found)

        return Remembering(net, FeatureGroupExplainer(net, grouping=arguments.grouping).options)

    first, second = (cast(Any, load_model(name)) for name in ("critters", "critters_resnet"))
    for net, judge in ((first, second), (second, first)):
        explainer = remembering(net, net.name)
        for name, own in (
            (judge.name, judge),
            *((f"random {k}", randomised(judge, k)) for k in range(arguments.judges)),
        ):
            found = study_icons(net, images, classes, explainer, judge=own, against=True)
            _print(f"{net.name}, judged by {name}", found)
    if not arguments.judges:
        return
    net = randomised(first)
    explainer = remembering(net, "random weights")
    found = study_icons(net, images, classes, explainer, judge=second, against=True)
    _print(f"random weights, judged by {second.name}", found)


def _print(title: str, found: IconStudy) -> None:
    print(f"{title}; specificity by chance {found.chance:.2f}")
    for score in found.scores:
        own = found.estimate(score)
        print(f"  {score:14} {own.mean:.2f} [{own.low:.2f}, {own.high:.2f}]", flush=True)


if __name__ == "__main__":
    in_one_line(run)
