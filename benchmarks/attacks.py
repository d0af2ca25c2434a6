"""How often do attacks succeed, and what do they cost?

    python -m benchmarks.attacks budgets [--scenes 200] [--epsilons 1 2 4 8 16]
    python -m benchmarks.attacks photographs [--names NAME ...]
    python -m benchmarks.attacks patch [--model googlenet] [--side 64] [--steps 500]
    python -m benchmarks.attacks speed [--model googlenet]

`budgets`: FGSM and PGD on scenes that critters answers rightly: the share whose answer is taken
away, for each budget. `photographs`: FGSM at 8/255 and PGD at 4/255 on GoogLeNet's answers.
`patch`: how often a patch reaches its class on images that it was not trained on. `speed`: PGD's
time beside that of the bare forward and backward passes of the same network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.intervals import share, show
from benchmarks.photographs import NAMED, OTHERS, crops, photographs
from benchmarks.running import in_one_line
from benchmarks.victims import MODELS, network, scenes
from tfvis.critters.dataset import TEST_SEED
from tfvis.runtime.terminal import Bars, Parser, progress_bars
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.network import Network

TRAINING_SCENES = TEST_SEED + 400_000
"""The first seed of the scenes that a patch is trained on."""


def budgets(arguments: argparse.Namespace, bars: Bars) -> None:
    from tfvis.attacks import fgsm, pgd

    net = network("critters")
    victims, tried = scenes(net, arguments.scenes, bars("scenes", "scene"))
    images = [victim.image for victim in victims]
    print(f"critters answers {len(images)} of {tried} scenes rightly; these are attacked")
    rows = []
    for epsilon in arguments.epsilons:
        start = time.perf_counter()
        one = fgsm(net, images, epsilon=epsilon, progress=bars(f"fgsm at {epsilon}", "step"))
        many = pgd(
            net, images[: arguments.pgd_scenes], epsilon=epsilon, steps=arguments.steps,
            progress=bars(f"pgd at {epsilon}", "step"),
        )  # fmt: skip
        rows.append([f"{epsilon}/255", *(share([s.succeeded for s in own]) for own in (one, many))])
        print(*rows[-1], f"{time.perf_counter() - start:.0f} s", flush=True)
    n = min(len(images), arguments.pgd_scenes)
    show(
        ["budget", f"FGSM, {len(images)} scenes", f"PGD, {arguments.steps} steps, {n} scenes"], rows
    )


def attack_photographs(arguments: argparse.Namespace, bars: Bars) -> None:
    from tfvis.attacks import fgsm, pgd

    net = network("googlenet")
    images = [read_image(file, net.input_size) for file in photographs(arguments.names).values()]
    found = {
        "FGSM, 8/255": fgsm(net, images, epsilon=8, progress=bars("fgsm", "step")),
        "PGD, 4/255": pgd(net, images, epsilon=4, progress=bars("pgd", "step")),
    }
    rows = []
    for k, name in enumerate(arguments.names):
        one = found["FGSM, 8/255"][k]
        row = [name, f"{one.label} {one.logits[one.class_index]:.1f}"]
        for samples in found.values():
            own = samples[k]
            row.append(
                f"{own.answer_label} {own.sample_logits.max():.1f} "
                f"({own.label} {own.sample_logits[own.class_index]:.1f})"
                if own.succeeded
                else "not taken away"
            )
        rows.append(row)
    show(["photograph", "answer", *found], rows)
    for name, samples in found.items():
        hits = [own.succeeded for own in samples]
        print(f"{name}: {sum(hits)} of {len(hits)}; of the first ten {sum(hits[:10])}")


def patch(arguments: argparse.Namespace, bars: Bars) -> None:
    from tfvis.attacks import AdversarialPatch

    net = network(arguments.model)
    target = arguments.target or {"critters": "owl", "googlenet": "toaster"}[arguments.model]
    label = net.labels[net.class_index(target)]
    trained_on, tested_on = _patch_images(net, label, arguments, bars)
    names = ("side", "steps", "learning_rate", "batch_size", "seed")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    attack = AdversarialPatch(net, label, **given)
    start = time.perf_counter()
    attack.fit(trained_on, progress=bars("patch", "step"))
    seconds = time.perf_counter() - start
    hits = np.array(
        [
            [own.succeeded for own in attack.attack(tested_on, seed=seed)]
            for seed in range(arguments.places)
        ]
    )
    options = attack.options
    tail = attack.losses_[-20:].mean()
    show(
        ["model", "class", "side", "steps", "rate", "batch", "trained on", "loss at the end",
         "tested on", "reached, first places", "reached, all places", "training"],
        [[net.name, label, str(options.side), str(options.steps), f"{options.learning_rate:g}",
          str(options.batch_size), str(len(trained_on)), f"{tail:.3f}", str(len(tested_on)),
          share(hits[0]), f"{hits.sum()} of {hits.size}", f"{seconds:.0f} s"]],
    )  # fmt: skip
    missed = [image.name for image, hit in zip(tested_on, hits[0], strict=True) if not hit]
    if arguments.model == "googlenet":
        print("tested on", ", ".join(str(image.name) for image in tested_on))
        print("missed at the first places:", ", ".join(map(str, missed)) or "none")


def _patch_images(
    net: Network, target: str, arguments: argparse.Namespace, bars: Bars
) -> tuple[list[SourceImage], list[SourceImage]]:
    """What a patch is trained on, and what it is tested on."""
    if arguments.model == "critters":
        own, _ = scenes(
            net, arguments.training, bars("scenes to train on", "scene"),
            first_seed=TRAINING_SCENES,
        )  # fmt: skip
        other, _ = scenes(
            net, arguments.scenes, bars("scenes to test on", "scene"), without=[target]
        )
        return [v.image for v in own], [v.image for v in other]
    # The photographs that are tested on show other things than those that are trained on.
    files = list(photographs(OTHERS).values())
    count = -(-arguments.training // len(files))
    side = net.input_size[0]
    own = [crop for file in files for crop in crops(file, count, side, seed=0)]
    tested_on = [read_image(file, net.input_size) for file in photographs(NAMED).values()]
    answered = [image for image in tested_on if net.labels[net.top(image, 1)[0][0]] != target]
    return own[: arguments.training], answered


def speed(arguments: argparse.Namespace, bars: Bars) -> None:
    import tensorflow as tf

    from tfvis.attacks import pgd
    from tfvis.utils.compiling import compiled

    net = network(arguments.model)
    random = np.random.default_rng(0)
    images = random.random((arguments.batch, *net.input_size, 3), np.float32)
    classify = net.classifier()
    labels = tf.constant(net.logits(images).argmax(axis=1), tf.int32)

    def passes(batch: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, classify(batch))
        return tape.gradient(loss, batch)

    bare = compiled(passes)
    batch = tf.constant(images)

    def plainly() -> None:
        for _ in range(arguments.steps):
            bare(batch).numpy()

    ways = {
        "bare passes": plainly,
        "pgd": lambda: pgd(net, images, steps=arguments.steps, batch_size=arguments.batch),
    }
    seconds = {name: [] for name in ways}
    progress = bars("repetitions", "repetition")
    for repeat in range(arguments.repeats + 1):  # the first does not count
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if repeat:
                seconds[name].append(time.perf_counter() - start)
        progress(repeat + 1, arguments.repeats + 1)
    plain, attack = (np.array(seconds[name]) for name in ("bare passes", "pgd"))
    ratios = attack / plain
    show(
        ["model", "images", "steps", "bare passes", "PGD", "ratio", "ratio of each pair"],
        [[net.name, str(arguments.batch), str(arguments.steps), f"{np.median(plain):.2f} s",
          f"{np.median(attack):.2f} s", f"{np.median(attack) / np.median(plain):.2f}",
          ", ".join(f"{ratio:.2f}" for ratio in ratios)]],
    )  # fmt: skip


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)

    own = parts.add_parser("budgets", help="critters: success by budget")
    own.add_argument("--scenes", type=int, default=200)
    own.add_argument("--pgd-scenes", type=int, default=200, help="the first so many, for PGD")
    own.add_argument("--epsilons", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    own.add_argument("--steps", type=int, default=20, help="of PGD")
    own.set_defaults(run=budgets)

    own = parts.add_parser("photographs", help="GoogLeNet: FGSM and PGD on photographs")
    own.add_argument("--names", nargs="+", default=[*NAMED, *OTHERS])
    own.set_defaults(run=attack_photographs)

    own = parts.add_parser("patch", help="how often a patch reaches its class")
    own.add_argument("--model", default="critters", choices=MODELS)
    own.add_argument("--target", help="owl for critters, toaster for GoogLeNet, if left out")
    own.add_argument("--training", type=int, default=64, help="images it is trained on")
    own.add_argument("--scenes", type=int, default=200, help="it is tested on (critters)")
    own.add_argument("--places", type=int, default=1, help="random places in each image")
    for name in ("side", "steps", "batch-size", "seed"):
        own.add_argument(f"--{name}", type=int, help="the patch's default if left out")
    own.add_argument("--learning-rate", type=float, help="the patch's default if left out")
    own.set_defaults(run=patch)

    own = parts.add_parser("speed", help="PGD beside the bare passes of the network")
    own.add_argument("--model", default="critters", choices=MODELS)
    own.add_argument("--batch", type=int, default=16)
    own.add_argument("--steps", type=int, default=20)
    own.add_argument("--repeats", type=int, default=5)
    own.set_defaults(run=speed)

    found = parser.parse_args(words)
    for name in ("scenes", "pgd_scenes", "steps", "training", "places", "batch", "repeats"):
        if getattr(found, name, None) is not None:
            require_count(f"--{name.replace('_', '-')}", getattr(found, name))
    if found.part == "patch" and found.model == "googlenet" and found.training < len(OTHERS):
        raise InputError(f"Expected --training of at least {len(OTHERS)}, one a photograph.")
    return found


def run() -> None:
    arguments = _arguments()
    with progress_bars(quiet=False) as bars:
        arguments.run(arguments, bars)


if __name__ == "__main__":
    in_one_line(run)
