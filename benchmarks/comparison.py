"""Do the groups that `tfvis compare` names as most changed carry an attack's effect?

    python -m benchmarks.comparison [--images 100] [--attacks fgsm:8 pgd:4] [--layer mixed4d]
    python -m benchmarks.comparison --model googlenet --attacks fgsm:8 pgd:4 pgd:4:targeted --each

attacks scenes that critters answers rightly, or photographs with GoogLeNet. Where an attack
succeeds, the activations of the three most changed groups are put back to what they were, beside
20 random sets of as many channels. Printed are means over image–attack pairs, with 95 % bootstrap
intervals: the share of the margin (logit of the first answer less that of the second) that
returns, and how often the first answer itself does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.intervals import mean, share, show
from benchmarks.photographs import NAMED, OTHERS, photographs
from benchmarks.running import in_one_line
from benchmarks.victims import MODELS, network, scenes
from tfvis.runtime.terminal import Bars, Parser, progress_bars
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.network import Network

if TYPE_CHECKING:
    from tfvis.attacks import AdversarialSample
    from tfvis.explainers.restoration import Restoration

TARGETED = "targeted"


@dataclass(frozen=True)
class Attack:
    """An attack as it is written: "fgsm:8", "pgd:4", "pgd:4:targeted"."""

    method: str
    epsilon: int
    targeted: bool

    @classmethod
    def parse(cls, text: str) -> Attack:
        method, *rest = text.split(":")
        if (
            method not in ("fgsm", "pgd")
            or not rest
            or not rest[0].isdigit()
            or rest[1:] not in ([], [TARGETED])
        ):
            raise InputError(
                f"Expected an attack such as fgsm:8, pgd:4 or pgd:4:{TARGETED}, received {text!r}."
            )
        return cls(method, int(rest[0]), bool(rest[1:]))

    def __str__(self) -> str:
        return f"{self.method} {self.epsilon}/255{', targeted' if self.targeted else ''}"

    def run(
        self, net: Network, images: Sequence[SourceImage], bars: Bars
    ) -> tuple[AdversarialSample, ...]:
        """The samples; a target is the answer to the next image that has another answer."""
        from tfvis import attacks

        targets = None
        if self.targeted:
            answers = [net.top(image, 1)[0][0] for image in images]
            turned = [(*answers[k + 1 :], *answers[:k]) for k in range(len(answers))]
            targets = [
                next(other for other in others if other != own)
                for own, others in zip(answers, turned, strict=True)
            ]
        attack = getattr(attacks, self.method)
        return attack(
            net, images, targets=targets, epsilon=self.epsilon, progress=bars(str(self), "step")
        )


def _row(name: str, attacked: int, found: Sequence[Restoration]) -> list[str]:
    def averaged(values: Sequence[float]) -> str:
        return mean(values) if len(values) else "none"

    if not found:
        return [name, str(attacked), "0", *["none"] * 6]
    return [
        name,
        str(attacked),
        str(len(found)),
        averaged([own.share for own in found]),
        averaged([own.random_share for own in found]),
        averaged([own.selected_share for own in found]),
        f"{np.mean([own.n_restored / own.n_channels for own in found]):.1%}, "
        f"{np.mean([own.n_selected / own.n_channels for own in found]):.1%}",
        share([own.answer == own.a for own in found]),
        share([own.selected_answer == own.a for own in found]),
    ]


HEADER = (
    "attack", "images", "pairs", "share, three groups", "share, random sets",
    "share, all selected", "channels: groups, selected", "first answer again",
    "again, all selected",
)  # fmt: skip


def _run(arguments: argparse.Namespace, bars: Bars) -> None:
    from tfvis.explainers.comparison import ImageComparison

    net = network(arguments.model)
    attacks = [Attack.parse(text) for text in arguments.attacks]
    if arguments.model == "critters":
        victims, _ = scenes(net, arguments.images, bars("scenes", "scene"))
        images = [victim.image for victim in victims]
    else:
        files = photographs().values()
        images = [read_image(file, net.input_size) for file in files][: arguments.images]
    check = ImageComparison(
        net,
        layer=arguments.layer,
        attribution_steps=arguments.attribution_steps,
        restored_groups=arguments.groups,
        random_sets=arguments.random_sets,
    )
    every, rows, start = [], [], time.perf_counter()
    for attack in attacks:
        samples = attack.run(net, images, bars)
        taken = [k for k, sample in enumerate(samples) if sample.succeeded]
        taken = taken[: arguments.pairs]
        progress, found = bars(f"checks of {attack}", "pair"), []
        for done, k in enumerate(taken):
            after = read_image(samples[k].sample)
            before = read_image(samples[k].image)
            own = check.restoration(before, after)
            if own is not None:
                found.append(own)
                if arguments.each:
                    name = images[k].name or f"scene {k}"
                    print(
                        f"{name:18} {attack!s:24} {own.labels[0]} > {own.labels[1]}: "
                        f"{own.share:.2f}, random {own.random_share:.2f}, selected "
                        f"{own.selected_share:.2f}, {own.n_restored} of {own.n_channels} channels"
                        f"{', answer again' if own.answer == own.a else ''}",
                        flush=True,
                    )
            progress(done + 1, len(taken))
        rows.append(_row(str(attack), len(images), found))
        every += found
    if len(attacks) > 1:
        rows.append(_row("all", len(images), every))
    show(HEADER, rows)
    print(
        f"{net.name}, {check.layer}, {arguments.attribution_steps} attribution steps, "
        f"{arguments.groups} groups, {arguments.random_sets} random sets a pair; "
        f"{time.perf_counter() - start:.0f} s"
    )


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="critters", choices=MODELS)
    parser.add_argument("--layer", default="mixed4d")
    parser.add_argument(
        "--images", type=int, help="scenes (100 if left out), or the first so many photographs"
    )
    parser.add_argument("--attacks", nargs="+", default=["fgsm:8", "pgd:4"], metavar="ATTACK")
    parser.add_argument("--pairs", type=int, help="at most so many pairs an attack")
    parser.add_argument("--attribution-steps", type=int, default=32)
    parser.add_argument("--groups", type=int, default=3, help="that are put back")
    parser.add_argument("--random-sets", type=int, default=20)
    parser.add_argument("--each", action="store_true", help="print each pair")
    found = parser.parse_args(words)
    if found.images is None:
        found.images = 100 if found.model == "critters" else len((*NAMED, *OTHERS))
    for name in ("images", "attribution_steps", "groups", "random_sets", "pairs"):
        if getattr(found, name) is not None:
            require_count(f"--{name.replace('_', '-')}", getattr(found, name))
    return found


def run() -> None:
    arguments = _arguments()
    with progress_bars(quiet=False) as bars:
        _run(arguments, bars)


if __name__ == "__main__":
    in_one_line(run)
