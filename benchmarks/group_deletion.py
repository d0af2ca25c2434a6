"""Do the groups carry the class? Delete them, and random groups of the same sizes beside them.

    python -m benchmarks.group_deletion [--model critters] [--scenes 200] [--insert]

explains both classes of each scene (with GoogLeNet the classes of the photographs), deletes the
groups of mixed4d one after the other, and prints how far the logit and the probability fall on the
way, with 95 % intervals over the images. The control: groups that the same method finds on networks
of random weights, deleted from the trained one, should do no better than random groups. With
`--insert` groups are inserted into an empty layer, and it is how far the scores rise. With
`--absent means` channels that are out take their means over the images instead of zero. With
`--estimators` the same groups are deleted in the order of each estimator of their importance, where
there are two or more of them and at most 11.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.intervals import show
from benchmarks.pairs import COMPLETENESS_PAIRS, SHARED, photograph
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters", help="critters, critters_resnet, googlenet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--twins", type=int, default=1, help="networks of random weights")
    parser.add_argument("--insert", action="store_true")
    parser.add_argument("--absent", choices=("zero", "means"), default="zero")
    parser.add_argument("--estimators", action="store_true")
    arguments = parser.parse_args()
    with start_tensorflow():
        _run(arguments)


def pairs(model: str, n_scenes: int, size: int) -> Iterator[tuple[Any, Any]]:
    """Images, each with a class that is in it."""
    if model == "googlenet":
        yield from ((photograph(stem), label) for stem, label in COMPLETENESS_PAIRS)
        return
    from benchmarks.localisation import Scenes

    for scene in Scenes(n_scenes, size):
        yield from ((scene.image, label) for label in scene.labels)


class Reordered:
    """An explainer's groups in the order of an estimator of their importance.

    Args:
        net: the network.
        explainer: whose groups.
        name: of the estimator.
    """

    def __init__(self, net: Any, explainer: Any, name: str) -> None:
        self._net, self._explainer, self.name = net, explainer, name

    def explain(self, images: Any, classes: Any, *, progress: Any = None) -> list[Any]:
        """What the explainer finds; nothing where an order says nothing."""
        from tfvis.evaluation import group_importance, ordered_by
        from tfvis.evaluation.group_game import MAX_PLAYERS
        from tfvis.explainers.base import NothingSelected

        results = []
        for image, result in zip(images, self._explainer.explain(images, classes), strict=True):
            if isinstance(result, NothingSelected) or not 2 <= len(result.groups) < MAX_PLAYERS:
                own = {name: getattr(result, name) for name in ("map", "image", "class_index")}
                nothing = NothingSelected(
                    **own, label=result.label, method=self.name, problem="too few or many groups"
                )
                results.append(nothing)
                continue
            scores = group_importance(self._net, image, result.groups, self.name)
            results.append(replace(result, groups=ordered_by(result.groups, scores)))
        return results


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model
    from tfvis.evaluation import randomised, study_deletion
    from tfvis.evaluation.group_deletion import GROUPS, ORDERS, RANDOM, SCORES
    from tfvis.evaluation.group_estimators import ESTIMATORS
    from tfvis.explainers.feature_groups import FeatureGroupExplainer
    from tfvis.utils.images import load

    net: Any = load_model(
        arguments.model, weights=SHARED / "weights" if arguments.model == "googlenet" else None
    )
    layer = net.require_layer(arguments.layer or net.default_layers[0])
    images, classes = zip(*pairs(arguments.model, arguments.scenes, net.input_size[0]), strict=True)
    images = [load(one, net.input_size) if not isinstance(one, np.ndarray) else one
              for one in images]  # fmt: skip
    explainers: list[Any] = [FeatureGroupExplainer(net, layer=layer)]
    explainers[0].name = "groups of the network"
    for seed in range(arguments.twins):
        explainers.append(FeatureGroupExplainer(randomised(net, seed), layer=layer))
        explainers[-1].name = f"groups of random weights, seed {seed}"
    absent = None
    if arguments.absent == "means":
        absent = net.activations(np.stack(images), layer).mean(axis=(0, 1, 2))
    if arguments.estimators:
        explainers = [Reordered(net, explainers[0], name) for name in ESTIMATORS]
    found = study_deletion(net, images, classes, explainers, insert=arguments.insert, absent=absent)
    what = "rise on insertion" if arguments.insert else "fall on deletion"
    print(f"{net.name}, {layer}, {len(classes)} pairs of {len(set(found.images))} images, "
          f"{what}, absent channels: {arguments.absent}")  # fmt: skip
    if arguments.estimators:
        rows = [
            (name, *(_cell(found.estimate(name, GROUPS, score)) for score in SCORES),
             *(_cell(found.advantage(name, ESTIMATORS[0], score)) for score in SCORES))
            for name in ESTIMATORS
        ]  # fmt: skip
        show(("order of", *SCORES, *(f"{own}, more than {ESTIMATORS[0]}" for own in SCORES)), rows)
        return
    rows = [
        (f"{name}: {order}" if order == GROUPS else order,
         *(_cell(found.estimate(name, order, score)) for score in SCORES))
        for name in list(found.found)[:1]
        for order in ORDERS
    ]  # fmt: skip
    rows += [
        (name, *(_cell(found.estimate(name, GROUPS, score)) for score in SCORES))
        for name in list(found.found)[1:]
    ]
    show(("what is moved", *SCORES), rows)
    show(
        (f"more than {RANDOM} of the same sizes", *SCORES),
        [
            (name, *(_cell(found.advantage(name, RANDOM, score)) for score in SCORES))
            for name in found.found
        ],
    )


def _cell(estimate: Any) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


if __name__ == "__main__":
    in_one_line(run)
