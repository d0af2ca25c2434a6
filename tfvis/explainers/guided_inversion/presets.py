"""The terms of guided feature inversion, known before any library for networks is imported."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tfvis.utils.choices import AUTO
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.options import option

BACKGROUNDS = ("blur", "mean", "noise")
"""What may stand where the mask is 0, by name."""

DTYPES = ("float32", "bfloat16")
"""What the network may compute in. The slopes of a small probability are 0 in float16."""


SCORES = ("auto", "logit", "probability", "cross-entropy")
"""What step 2 may raise."""


@dataclass(frozen=True)
class Preset:
    """The terms of both steps, and how they are optimised.

    Attributes:
        distance: of the inversion layer's activations on Φ(x, m) from those on x: "absolute",
            ‖h(Φ) − h(x)‖², or "relative", the same over ‖h(x)‖².
        score: what step 2 raises on Φ(x, m) and lowers on Φ(x, 1 − m): "logit", "probability" (p,
            of the softmax), "cross-entropy", log p on the one and −log (1 − p) on the other, whose
            gradient does not vanish where the class is not seen at first; or "auto", the
            probability, but the logit of a network that has only one.
        scaling: of the mask: "minmax", (s − min) / (max − min), or "max", (s − min) / max (by the
            range where that is larger, as it is where sums are below 0).
        penalty_power: 1 for Σ w, 2 for Σ w².
        penalties: its weights in step 1 and step 2.
        iterations: of step 1 and step 2.
        learning_rate: Adam's, which begins anew in each step.
        betas: Adam's memory of the gradient and of its square; with (0, 0) it forgets them at once,
            and every update has the size of the learning rate.
        epsilon: Adam's: slopes well below it move a weight by less than those above it. With a tiny
            one, channels that hardly matter move as far as those that matter most.
        damping: like epsilon, but relative, and in step 2 alone: this share of the root mean square
            of all channels' slopes is added too. With 0 Adam's first update moves all weights by
            the learning rate; with 1 or more it moves those by less whose slopes are small beside
            the others'.
        halve_every: iterations after which the learning rate is halved; never if 0.
        start: all weights before step 1.
        restart: step 1's weights are multiplied by a number, so that this is their mean when step 2
            starts; 0 to leave them. The mask stays the same, but an update changes it by less.
        keep: what step 2 returns: the weights after the "last" update, or the "best" ones on the
            way, by the loss without the penalty on the weights.
        sigma: of the background's Gaussian blur, in pixels.
        blur_radius: where the Gaussian is cut off, in pixels; at four sigma if 0.
        total_variation: the weight of the mask's mean absolute slope, in both steps.
        area: the weight of the mask's mean, in both steps.
        tolerance: an image's step ends when within `patience` iterations neither its mask nor its
            loss has changed by more than this share; 0 to make all of them. Of the loss it is a
            share of the range that it has gone through.
        patience: see `tolerance`.
        noise_copies: of what the mask keeps and of what it hides step 2 takes the score's mean over
            so many copies with noise, in one batch; 1 for the score itself, without noise. Its time
            is multiplied by this number.
        noise_deviation: the standard deviation of that noise, of pixels in [0, 1].

    Raises:
        InputError: on construction, for a value that cannot be used.
    """

    distance: str = option(
        "relative",
        "distance of the inversion layer's activations in step 1: absolute or relative",
        metavar="KIND",
    )
    score: str = option(
        "auto",
        "what step 2 raises: logit, probability, cross-entropy, or auto, the probability, but the "
        "logit of a network that has only one",
        metavar="KIND",
    )
    scaling: str = option(
        "max",
        "scaling of the mask less its minimum: minmax, by its range, or max, by its maximum",
        metavar="KIND",
    )
    penalty_power: int = option(
        2, "penalty on the weights: 1 for their sum, 2 for the sum of their squares", metavar="N"
    )
    penalties: tuple[float, float] = option(
        (5.0, 2.0), "weight of the penalty in each step", metavar=("STEP1", "STEP2")
    )
    iterations: tuple[int, int] = option(
        (11, 69), "iterations of each step", metavar=("STEP1", "STEP2")
    )
    learning_rate: float = option(0.01, "learning rate of Adam", metavar="RATE")
    betas: tuple[float, float] = option(
        (0.9, 0.999),
        "decay rates of Adam's means of the gradient and of its square; 0 0 for none",
        metavar=("BETA1", "BETA2"),
    )
    epsilon: float = option(
        1e-8, "Adam's epsilon: slopes well below it count less", metavar="SLOPE"
    )
    damping: float = option(
        0.0,
        "share of the root mean square of all channels' slopes that is added to Adam's epsilon in "
        "step 2; 0 for none",
        metavar="SHARE",
    )
    halve_every: int = option(
        10, "iterations after which the learning rate is halved; 0 for never", metavar="N"
    )
    start: float = option(0.1, "all weights before step 1", metavar="WEIGHT")
    restart: float = option(
        0.0,
        "mean of the weights before step 2, with the mask of step 1; 0 for the weights of step 1",
        metavar="WEIGHT",
    )
    keep: str = option(
        "last",
        "which weights step 2 returns: the last, or the best on the way",
        metavar="WHICH",
    )
    sigma: float = option(11.0, "standard deviation of the background's blur", metavar="PIXELS")
    blur_radius: int = option(
        0, "radius at which that blur is cut off; 0 for four sigma", metavar="PIXELS"
    )
    total_variation: float = option(0.0, "weight of the mask's total variation", metavar="WEIGHT")
    area: float = option(0.0, "weight of the mask's mean", metavar="WEIGHT")
    tolerance: float = option(
        0.0,
        "end an image's step when neither its mask nor its loss changes by more than this share "
        "in --patience iterations; 0 to make all of them",
        metavar="SHARE",
    )
    patience: int = option(5, "iterations over which --tolerance looks", metavar="N")
    noise_copies: int = option(
        1, "copies with noise over which step 2 averages the class's score; 1 for none", metavar="N"
    )
    noise_deviation: float = option(
        0.05, "standard deviation of that noise; pixels are from 0 to 1", metavar="DEVIATION"
    )

    def __post_init__(self) -> None:
        for name, choices in (
            ("distance", ("absolute", "relative")),
            ("score", SCORES),
            ("scaling", ("minmax", "max")),
            ("keep", ("last", "best")),
        ):
            if getattr(self, name) not in choices:
                raise unknown(name, getattr(self, name), choices)
        for name in ("iterations", "penalties", "betas"):
            if not isinstance(getattr(self, name), tuple | list):
                raise InputError(
                    f"Expected {name} to be two numbers, received {getattr(self, name)!r}."
                )
        for name in ("learning_rate", "epsilon", "damping", "start", "sigma", "total_variation",
                     "area", "tolerance", "noise_deviation", "restart"):  # fmt: skip
            if not isinstance(getattr(self, name), numbers.Real):
                raise InputError(
                    f"Expected {name} to be a number, received {getattr(self, name)!r}."
                )
        if self.penalty_power not in (1, 2):
            raise InputError(f"Expected penalty_power 1 or 2, received {self.penalty_power!r}.")
        if len(self.iterations) != 2:
            raise InputError(f"Expected two numbers of iterations, received {self.iterations!r}.")
        for count in self.iterations:
            require_count("iterations", count)
        for name in ("halve_every", "blur_radius"):
            require_count(name, getattr(self, name), 0)
        for name in ("patience", "noise_copies"):
            require_count(name, getattr(self, name))
        for name in ("learning_rate", "epsilon", "start", "sigma"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"Expected {name} above 0, received {getattr(self, name)!r}.")
        for name in ("damping", "total_variation", "area", "tolerance", "noise_deviation",
                     "restart"):  # fmt: skip
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(
                    f"Expected {name} to be at least 0, received {getattr(self, name)!r}."
                )
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise InputError(f"Expected two betas from 0 to below 1, received {self.betas!r}.")
        if len(self.penalties) != 2 or not all(0 <= p < float("inf") for p in self.penalties):
            raise InputError(f"Expected two penalties of at least 0, received {self.penalties!r}.")

    def fitted(self, n_classes: int) -> Preset:
        """The same for a network of so many classes: "auto" is settled.

        Raises:
            InputError: the network has one class, and the score is one that it cannot have.
        """
        score = self.score
        if score == "auto":
            score = "logit" if n_classes == 1 else "probability"
        if n_classes == 1 and score != "logit":
            raise InputError(
                f"Expected score to be logit or auto for a network of one class, received "
                f"{score!r}: the softmax of a single logit is always 1."
            )
        return replace(self, score=score)

    def rates(self, step: int) -> list[float]:
        """The learning rate of each iteration of step 1 (0) or step 2 (1)."""
        n = self.iterations[step]
        return [self.learning_rate * 0.5 ** (k // (self.halve_every or n)) for k in range(n)]


_AUTHORS = Preset(
    distance="relative", score="auto", scaling="max", penalty_power=2,
    penalties=(5.0, 2.0), iterations=(11, 69),
)  # fmt: skip

PRESETS: Mapping[str, Preset] = {
    "tfvis": replace(_AUTHORS, keep="best", tolerance=0.03),
    "authors": _AUTHORS,
    "reimplementation": Preset(
        distance="absolute", score="logit", scaling="minmax", penalty_power=1,
        penalties=(10.0, 1.0), iterations=(10, 70), blur_radius=11,
    ),
}  # fmt: skip
"""Ours, which is the authors' save for what step 2 returns and when a step ends, and the two public
implementations: that of the paper's authors, and an independent one."""


@dataclass(frozen=True, kw_only=True)
class InversionOptions:
    """The layers of guided feature inversion, and how its masks are found.

    Attributes:
        base_layer: the layers whose channel maps the mask is made of; the network's own choice if
            empty.
        inversion_layer: whose activations are to be kept; the network's own choice if None.
        preset: the terms: a name in `PRESETS`, or a `Preset`.
        background: what stands where the mask is 0: "blur", "mean", "noise", or an image.
        step: 1 for the mask that keeps the inner representation, 2 for the one of the class.
        seed: of the noise.
        batch_size: images that are optimised together; bounds the memory.
        dtype: what the network computes in while weights are optimised, one of `DTYPES`, or "auto";
            see `tfvis.utils.number_formats.fastest_format`. Results have what "auto" stood for.
    """

    base_layer: tuple[str, ...] = option(
        (), "the layers whose channel maps the mask is made of", metavar="LAYER",
        shown="the network's own choice",
    )  # fmt: skip
    inversion_layer: str | None = option(
        None, "the layer whose activations the mask keeps", metavar="LAYER",
        shown="the network's own choice",
    )  # fmt: skip
    preset: Any = option("tfvis", f"the terms: {', '.join(PRESETS)}", metavar="NAME")
    background: Any = option(
        "blur",
        f"what stands where the mask is 0: {', '.join(BACKGROUNDS)}, or an image",
        metavar="WHAT",
    )
    step: int = 2
    seed: int = option(0, "random seed", metavar="N")
    batch_size: int = option(8, "images that are optimised together", metavar="N")
    dtype: str = option(
        AUTO,
        f"number format of guided inversion: {', '.join(DTYPES)}, or auto, bfloat16 where the "
        "processor or GPU computes it fast",
        metavar="DTYPE",
    )

    def __post_init__(self) -> None:
        if isinstance(self.preset, str) and self.preset not in PRESETS:
            raise unknown("preset", self.preset, PRESETS)
        if self.step not in (1, 2):
            raise InputError(f"Expected step 1 or 2, received {self.step!r}.")
        if self.dtype not in (AUTO, *DTYPES):
            raise unknown("dtype", self.dtype, (AUTO, *DTYPES))
        require_count("batch_size", self.batch_size)
        require_count("seed", self.seed, 0)

    @property
    def terms(self) -> Preset:
        """The preset itself."""
        return PRESETS[self.preset] if isinstance(self.preset, str) else self.preset


def require_order(
    base: Iterable[str], inversion: str, precedes: Callable[[str, str], bool | None]
) -> None:
    """Raise an `InputError` for a base layer that comes after the inversion layer.

    Args:
        base: the base layers.
        inversion: the inversion layer.
        precedes: whether a layer comes before another, or is the same; None if nobody knows.
    """
    for layer in base:
        if precedes(layer, inversion) is False:
            raise InputError(
                f"Expected no base layer behind the inversion layer: {layer!r} comes after "
                f"{inversion!r}."
            )
