"""Which choices make a group's map find its object?

    python -m benchmarks.maps --model critters [--scenes 60] [--layer mixed4d]

scores maps of attributions that are made in other ways than the default: with other rules and
counts of gradients, cut at a quantile, averaged over noise, enlarged along the image's edges, and
of groups that are found on attributions rather than activations. The scenes are others than those
of `benchmarks.localisation`. About 3 minutes for 60 scenes on 2 cores.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import ndimage

from benchmarks.localisation import markdown
from tfvis.critters import render_scene
from tfvis.critters.dataset import TEST_SEED, composition
from tfvis.runtime.terminal import Parser, aligned, progress_bars
from tfvis.utils.activation_maps import QUANTILE, shown, summed_map
from tfvis.utils.errors import InputError

FIRST = 20_000
"""Of the scenes, after `TEST_SEED`."""
NOISE, COPIES = 0.03, 4
_AT_THE_END = "all gradients at the end of the path"


def guided(a_map: np.ndarray, image: np.ndarray, radius: int = 8, eps: float = 1e-3) -> np.ndarray:
    """A map enlarged bilinearly, then filtered with the grey image as a guide.

    He, Sun, Tang: Guided image filtering (2013), equations 5 to 8.
    """
    guide, large = image.mean(axis=-1), shown(a_map, image.shape[:2])

    def mean(values: np.ndarray) -> np.ndarray:
        return ndimage.uniform_filter(values, 2 * radius + 1, mode="nearest")

    variance = mean(guide * guide) - mean(guide) ** 2
    slope = (mean(guide * large) - mean(guide) * mean(large)) / (variance + eps)
    offset = mean(large) - slope * mean(guide)
    return np.maximum(mean(slope) * guide + mean(offset), 0)


def plain(a_map: np.ndarray, image: np.ndarray) -> np.ndarray:
    return shown(a_map, image.shape[:2])


def cut(a_map: np.ndarray, image: np.ndarray) -> np.ndarray:
    return shown(a_map, image.shape[:2], QUANTILE)


Enlarge = Callable[[np.ndarray, np.ndarray], np.ndarray]


def variants(net, image: np.ndarray, layer: str, label: str):  # noqa: ANN001, ANN201
    """Yields the name of each way, and its maps of all groups and of the best one."""
    from tfvis.utils import aumann_shapley, group_channels

    def attribution(image: np.ndarray, **options: Any):  # noqa: ANN202
        return aumann_shapley(net, image, layer, classes=[label], **options)[0]

    default = attribution(image)
    activations = net.activations(image[np.newaxis], layer)[0]
    groups = group_channels(activations, default)

    def maps(found, groups, enlarge: Enlarge = plain) -> list[np.ndarray]:  # noqa: ANN001
        every = np.concatenate([group.channels for group in groups])
        return [
            enlarge(summed_map(found.maps, channels), image)
            for channels in (every, groups[0].channels)
        ]

    yield "default: 64 gradients, graded", maps(default, groups)
    for steps in (8, 16, 32):
        found = attribution(image, steps=steps)
        yield f"{steps} gradients", maps(found, group_channels(activations, found))
    for rule in ("midpoint", "left"):
        found = attribution(image, rule=rule)
        yield f"rule {rule}", maps(found, group_channels(activations, found))
    found = attribution(image, steps=1, rule=_AT_THE_END)
    yield "one gradient, at A", maps(found, group_channels(activations, found))
    yield f"cut at {QUANTILE:g}", maps(default, groups, cut)
    yield "enlarged along edges", maps(default, groups, guided)
    # Maps of attributions are positive where a channel speaks for the class: none is turned.
    on_maps = group_channels(np.asarray(default.maps), replace(default, directions=None))
    yield "grouped on attributions", maps(default, on_maps)
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(image + rng.normal(0, NOISE, image.shape), 0, 1).astype(np.float32)
        for _ in range(COPIES)
    ]
    mean = np.mean([np.asarray(attribution(copy, steps=16).maps) for copy in noisy], axis=0)
    yield (
        f"mean of {COPIES} noisy images",
        [
            plain(summed_map(mean, channels), image)
            for channels in (np.concatenate([g.channels for g in groups]), groups[0].channels)
        ],
    )


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters")
    parser.add_argument("--layer", default="mixed4d")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    try:
        _run(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _run(arguments: argparse.Namespace) -> None:
    from tfvis import load_model
    from tfvis.evaluation.map_metrics import energy_ratio, pointing_game, right_over_other
    from tfvis.utils.quadrature import RULES

    RULES[_AT_THE_END] = lambda n: (np.ones(n), np.full(n, 1 / n))
    net = load_model(arguments.model)
    scores = defaultdict(list)
    start = time.perf_counter()
    with progress_bars(quiet=False) as bars:
        bar = bars("scenes", "scene")
        for number in range(arguments.scenes):
            seed = TEST_SEED + FIRST + number
            scene = render_scene(composition(seed, (0, 1)), seed=seed, size=net.input_size[0])
            for k, label in enumerate(scene.labels):
                mask, other = scene.masks[k], scene.masks[1 - k]
                for name, maps in variants(net, scene.image, arguments.layer, label):
                    scores[name].append(
                        [
                            (
                                pointing_game(m, mask),
                                energy_ratio(m, mask),
                                right_over_other(m, mask, other),
                            )
                            for m in maps
                        ]
                    )
            bar(number + 1, arguments.scenes)
    head = ("pointing", "energy", "right over other")
    rows = [
        ("way", *(f"{which}: {name}" for which in ("all groups", "best group") for name in head))
    ]
    base = np.array(scores["default: 64 gradients, graded"])
    for name, found in scores.items():
        values = np.array(found)
        gain = values - base
        # Both objects of a scene share what is random: errors are of scenes.
        error = gain.reshape(-1, 2, *gain.shape[1:]).mean(axis=1).std(axis=0) / np.sqrt(
            len(gain) / 2
        )
        cells = [
            f"{value:.3f} ({step:+.3f} ± {spread:.3f})"
            for value, step, spread in zip(
                values.mean(axis=0).ravel(), gain.mean(axis=0).ravel(), error.ravel(), strict=True
            )
        ]
        rows.append((name, *cells))
    print("\n".join(markdown(rows) if arguments.markdown else aligned(rows)))
    print(f"{arguments.scenes} scenes, {arguments.layer}; {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    run()
