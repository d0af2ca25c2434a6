"""Which groups pass their checks, and which should not?

    python -m benchmarks.group_checks [--model critters] [--scenes 50]

explains both classes of each scene (with GoogLeNet those of the photographs) and checks each group.
It prints how many groups are reliable, unstable and not specific; how many of those whose deletion
lowers the class significantly, that is more than 95 % of random sets of as many channels, are not
called reliable; how many groups of attributions that were shuffled among the channels are; and the
time of the checks as a multiple of the attributions' time.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace

import numpy as np

from benchmarks.group_deletion import pairs
from benchmarks.intervals import share
from benchmarks.pairs import SHARED
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.runtime.terminal import Parser


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters", help="critters, critters_resnet, googlenet")
    parser.add_argument("--layer", help="the network's first default layer if left out")
    parser.add_argument("--scenes", type=int, default=50)
    arguments = parser.parse_args()
    with start_tensorflow():
        _run(arguments)


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model
    from tfvis.evaluation import check_groups
    from tfvis.explainers.base import NothingSelected
    from tfvis.explainers.feature_groups import FeatureGroupExplainer
    from tfvis.explainers.group_check import LEAST_RANK, RELIABLE
    from tfvis.utils import aumann_shapley, group_channels
    from tfvis.utils.image_sources import read_image

    net = load_model(
        arguments.model, weights=SHARED / "weights" if arguments.model == "googlenet" else None
    )
    layer = net.require_layer(arguments.layer or net.default_layers[0])
    explainer = FeatureGroupExplainer(net, layer=layer)
    rng = np.random.default_rng(0)
    verdicts, refused, passed, ratios = Counter(), list[bool](), list[bool](), list[float]()
    for image, label in pairs(arguments.model, arguments.scenes, net.input_size[0]):
        source = read_image(image, net.input_size)
        (found,) = explainer.explain([source.pixels], [label])
        if isinstance(found, NothingSelected):
            continue
        groups = found.groups  # type: ignore[attr-defined]
        start = time.perf_counter()
        checks = check_groups(net, source, groups, explainer)
        taken = time.perf_counter() - start
        net.memory.clear()
        start = time.perf_counter()
        aumann_shapley(net, source, layer, classes=[groups.attribution.class_index])
        ratios.append(taken / (time.perf_counter() - start))
        verdicts.update(own.verdict for own in checks)
        refused += [
            own.verdict != RELIABLE for own in checks if own.rank >= LEAST_RANK and own.fall > 0
        ]
        values = rng.permutation(groups.attribution.values)
        shuffled = replace(
            groups.attribution, values=values, directions=None, ambiguous=None, maps=None
        )
        activations = net.activations_of(source, layer)
        moved = group_channels(activations, shuffled)
        passed += [own.verdict == RELIABLE for own in check_groups(net, source, moved, explainer)]
    print(f"{net.name}, {layer}, {len(ratios)} pairs, {verdicts.total()} groups")
    print(", ".join(f"{name} {count}" for name, count in verdicts.most_common()))
    print(
        f"of the groups that lower the class significantly, not called reliable: {share(refused)}"
    )
    print(f"of groups of shuffled attributions, called reliable: {share(passed)}")
    quartiles = np.quantile(ratios, [0.25, 0.5, 0.75])
    print("checks / attributions, seconds: {:.2f} ({:.2f} to {:.2f})".format(*quartiles[[1, 0, 2]]))


if __name__ == "__main__":
    in_one_line(run)
