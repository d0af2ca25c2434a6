"""How much faster are masks than with all iterations, and are they the same masks?

    python -m benchmarks.mask_speed [--model critters] [--scenes 2] [--batch 10] [--repeats 3]
    python -m benchmarks.mask_speed --model vgg19 --random --dtypes float32 bfloat16
    python -m benchmarks.mask_speed --methods "extremal perturbation" --scenes 40 --repeats 0

Each way is run in turn with its slow form, after a run of each that does not count: guided
inversion with its default tolerance and with 0, which makes all iterations; a batch of images and
the same images one by one; extremal perturbations with the default schedule and with the published
one. Printed are the medians of the seconds a mask and their ratios, and of the masks of both forms
the mean overlap (the sum of their minima over that of their maxima), how many point at the object,
and their energy on it. With `--random` the network has random weights, and images have no truth.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.localisation import Scenes
from benchmarks.running import in_one_line
from tfvis.runtime.startup import start_tensorflow
from tfvis.utils.choices import AUTO
from tfvis.utils.errors import require_count, unknown

METHODS = ("guided inversion", "batch", "extremal perturbation")
PUBLISHED = {"iterations": 800, "learning_rate": 0.01}

Way = Callable[[], Sequence[Any]]


def in_turn(ways: dict[str, Way], repeats: int) -> dict[str, tuple[float, Sequence[Any]]]:
    """Median seconds of each way, run in turn, and what it found; the first run counts if alone."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, Sequence[Any]] = {}
    for _ in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            found[name] = way()
            seconds[name].append(time.perf_counter() - start)
    return {
        name: (statistics.median(times[1:] or times), found[name])
        for name, times in seconds.items()
    }


def overlap(masks: Sequence[Any], others: Sequence[Any]) -> float:
    """The mean over pairs of masks of Σ min / Σ max."""
    return float(
        np.mean(
            [
                np.minimum(one.mask, other.mask).sum() / np.maximum(one.mask, other.mask).sum()
                for one, other in zip(masks, others, strict=True)
            ]
        )
    )


def tell(title: str, ways: dict[str, Way], repeats: int, objects: Sequence[np.ndarray]) -> None:
    """Print a line a way, the slow form last."""
    from tfvis.evaluation.map_metrics import energy_ratio, pointing_game

    results = in_turn(ways, repeats)
    *_, (slow, reference) = results.values()
    for name, (seconds, found) in results.items():
        c = [own.class_index for own in found]
        logits = [own.kept_logits[1][k] for own, k in zip(found, c, strict=True)]
        cells = [
            f"{seconds / len(found):.2f} s a mask ({slow / seconds:.2f} times faster)",
            f"{np.mean([own.iterations for own in found]):.0f} iterations",
            f"overlap {overlap(found, reference):.3f}",
            f"mean of the mask {np.mean([own.mask.mean() for own in found]):.3f}",
            f"logit on what is kept {np.mean(logits):.2f}",
        ]
        for metric, call in (("pointing", pointing_game), ("energy", energy_ratio)):
            if objects:
                scores = [call(own.mask, it) for own, it in zip(found, objects, strict=True)]
                cells.append(f"{metric} {np.mean(scores):.3f}")
        print(f"{title}, {name}: {', '.join(cells)}", flush=True)


def run() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters")
    parser.add_argument("--random", action="store_true", help="random weights")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--preset", default="tfvis")
    parser.add_argument("--dtypes", nargs="+", default=[AUTO])
    parser.add_argument("--scenes", type=int, default=2)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    for name, least in (("scenes", 1), ("batch", 1), ("repeats", 0)):
        require_count(f"--{name}", getattr(arguments, name), least)
    with start_tensorflow():
        _run(arguments)


def _network(name: str, *, random: bool) -> Any:
    import keras

    from tfvis import load_model
    from tfvis.models import spec_of
    from tfvis.models.keras_applications import network

    if not random:
        weights = os.environ.get("TFVIS_WEIGHTS_DIR") if name == "googlenet" else None
        return load_model(name, weights=None if weights is None else Path(weights))
    kinds = {"vgg19": keras.applications.VGG19, "resnet50": keras.applications.ResNet50}
    if name not in kinds:
        raise unknown("model", name, kinds)
    keras.utils.set_random_seed(0)
    return network(spec_of(name), kinds[name](weights=None, classifier_activation=None))


def _run(arguments: argparse.Namespace) -> None:
    from tfvis.explainers import ExtremalPerturbation
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion

    net = _network(arguments.model, random=arguments.random)
    knows = arguments.model.startswith("critters") and not arguments.random
    scenes = list(Scenes(max(arguments.scenes, arguments.batch), net.input_size[0]))
    images = [scene.image for scene in scenes]
    classes = [scene.labels[0] if knows else net.top(scene.image, 1)[0][0] for scene in scenes]
    objects = [scene.masks[0] for scene in scenes] if knows else []
    n, repeats = arguments.scenes, arguments.repeats
    for dtype in arguments.dtypes if "guided inversion" in arguments.methods else ():
        quick, whole = (
            GuidedFeatureInversion(net, preset=arguments.preset, dtype=dtype, tolerance=tolerance)
            for tolerance in (0.03, 0.0)
        )
        ways: dict[str, Way] = {
            name: lambda own=own: own.discriminate(images[:n], classes[:n])
            for name, own in (("until masks settle", quick), ("all iterations", whole))
        }
        tell(f"guided inversion, {quick.options.dtype}", ways, repeats, objects[:n])
    if "batch" in arguments.methods:
        batch = arguments.batch
        own = GuidedFeatureInversion(net, preset=arguments.preset, batch_size=batch)
        ways = {
            f"a batch of {batch}": lambda: own.discriminate(images[:batch], classes[:batch]),
            "one by one": lambda: [
                found
                for k in range(batch)
                for found in own.discriminate(images[k : k + 1], classes[k : k + 1])
            ],
        }
        tell("guided inversion", ways, repeats, objects[:batch])
    if "extremal perturbation" in arguments.methods:
        ways = {
            name: lambda own=own: own.explain(images[:n], classes[:n])
            for name, own in (
                ("default", ExtremalPerturbation(net)),
                ("published schedule", ExtremalPerturbation(net, **PUBLISHED)),
            )
        }
        tell("extremal perturbation", ways, repeats, objects[:n])


if __name__ == "__main__":
    in_one_line(run)
