"""Do groups for one class rather than another find the one object, and not the other?

    python -m benchmarks.contrasts [--model critters] [--scenes 200] [--layer LAYER]

renders scenes of two objects and scores the best group's heat map, and all groups' together, for
each object's class alone and for that class rather than the other one's: pointing game, energy
ratio and right object over the other, with 95 % bootstrap intervals over scenes. The scenes are
others than those of `benchmarks.localisation` and `benchmarks.maps`.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from tfvis.critters import CLASSES, render_scene
from tfvis.critters.dataset import TEST_SEED
from tfvis.runtime.terminal import Parser, aligned, progress_bars
from tfvis.utils.errors import InputError, require_count

FIRST = 80_000_000
"""Of the scenes, after `TEST_SEED`."""


def scores(net, layer: str, n_scenes: int, progress) -> dict[tuple[str, str], list]:  # noqa: ANN001
    """For each way and each part of the maps the scores of every object, scene by scene."""
    from tfvis.evaluation.map_metrics import energy_ratio, pointing_game, right_over_other
    from tfvis.explainers import FeatureGroupExplainer

    rng = np.random.default_rng(0)
    found = defaultdict(list)
    for scene_number in range(n_scenes):
        pair = [CLASSES[int(k)] for k in rng.choice(len(CLASSES), 2, replace=False)]
        scene = render_scene(pair, seed=TEST_SEED + FIRST + scene_number, size=net.input_size[0])
        image = np.asarray(scene.image, np.float32)
        for k in range(2):
            mask, other = scene.masks[k], scene.masks[1 - k]
            for way, rather_than in (("alone", None), ("rather than the other", pair[1 - k])):
                explainer = FeatureGroupExplainer(net, layer=layer, rather_than=rather_than)
                (result,) = explainer.explain([image], [pair[k]])
                parts = {"best group": result.maps[0], "all groups": result.map}
                for part, a_map in parts.items():
                    found[way, part].append(
                        (
                            pointing_game(a_map, mask),
                            energy_ratio(a_map, mask),
                            right_over_other(a_map, mask, other),
                        )
                    )
        progress(scene_number + 1, n_scenes)
    return found


def table(found: dict[tuple[str, str], list]) -> list[list[str]]:
    """A row a way and part: the mean of each score and its interval."""
    rng = np.random.default_rng(0)
    rows = [["explained", "maps", "pointing", "energy ratio", "right over other"]]
    for (way, part), values in found.items():
        by_scene = np.array(values).reshape(-1, 2, 3).mean(axis=1)
        draws = rng.integers(0, len(by_scene), (2000, len(by_scene)))
        low, high = np.quantile(by_scene[draws].mean(axis=1), (0.025, 0.975), axis=0)
        cells = [
            f"{mean:.3f} [{a:.3f}, {b:.3f}]"
            for mean, a, b in zip(by_scene.mean(axis=0), low, high, strict=True)
        ]
        rows.append([f"a class {way}", part, *cells])
    return rows


def main() -> None:
    """Print the table."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="critters", help="critters or critters_resnet")
    parser.add_argument("--scenes", type=int, default=200, help="how many scenes")
    parser.add_argument("--layer", help="the layer (default: the network's first default layer)")
    arguments = parser.parse_args()
    try:
        require_count("scenes", arguments.scenes)
        from tfvis import load_model

        net = load_model(arguments.model)
        layer = net.require_layer(arguments.layer or net.default_layers[0])
    except InputError as error:
        parser.error(str(error))
    with progress_bars(False) as progress:
        found = scores(net, layer, arguments.scenes, progress("scenes", unit="scene"))
    for line in aligned(table(found)):
        print(line)


if __name__ == "__main__":
    main()
