"""The attacks' options, known before any heavy library is imported."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.options import option

__all__ = ["METHODS", "FgsmOptions", "PatchOptions", "PgdOptions"]

PATCH = "patch"
NORMS = ("linf", "l2")
_DEFAULT_EPSILON = {"linf": 4.0, "l2": 400.0}


def require_epsilon(epsilon: float, norm: str) -> None:
    """Raise an `InputError` for a budget that allows no change, or any."""
    if norm == "l2":
        require_number(
            "epsilon of at least 1 (in 1/255) for the norm l2", epsilon, lambda given: given >= 1
        )
    else:
        require_number(
            "epsilon to be a whole number from 1 to 255 (in 1/255)",
            epsilon,
            lambda given: given % 1 == 0 and 1 <= given <= 255,
        )


def require_number(expected: str, value: object, fits: Callable[[float], bool]) -> None:
    """Raise an `InputError` unless a value is a finite number of which something holds.

    Args:
        expected: what it is to be, in the message.
        value: of any type; a bool is no number.
        fits: whether a finite number will do.
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    if number is None or not math.isfinite(number) or not fits(number):
        received = repr(value) if number is None else f"{number:g}"
        raise InputError(f"Expected {expected}, received {received}.")


@dataclass(frozen=True, kw_only=True)
class FgsmOptions:
    """The budget of the fast gradient sign method.

    Attributes:
        epsilon: the largest change of a pixel's channel, in 1/255.
        batch_size: images that are attacked together; bounds the memory.
    """

    epsilon: float = option(8, "largest change of a pixel's channel, in 1/255", metavar="LEVELS")
    batch_size: int = option(16, "images that are attacked together", metavar="N")

    def __post_init__(self) -> None:
        require_epsilon(self.epsilon, "linf")
        require_count("batch_size", self.batch_size)


@dataclass(frozen=True, kw_only=True)
class PgdOptions:
    """How projected gradient descent goes.

    Attributes:
        norm: "linf" bounds each pixel's channel, "l2" the Euclidean norm of the whole change.
        epsilon: the budget, in 1/255; 4 for linf and 400 for l2 if None. (An l2 budget of 400 is
            1.6 in units of [0, 1].)
        steps: how many gradients.
        step_size: how far a step goes, in 1/255; 2.5 epsilon / steps if None.
        random_start: whether to begin at a random place within the budget instead of at the image.
        seed: of the random start.
        batch_size: images that are attacked together; bounds the memory.
    """

    norm: str = option(
        "linf", "linf bounds each pixel's channel, l2 the Euclidean norm of the change",
        metavar="NORM",
    )  # fmt: skip
    epsilon: float | None = option(
        None,
        "the budget, in 1/255",
        metavar="LEVELS",
        shown="4 for pgd, 400 for pgd with --norm l2, 8 for fgsm",
    )
    steps: int = option(20, "how many gradients", metavar="N")
    step_size: float | None = option(
        None, "how far a step goes, in 1/255", metavar="LEVELS", shown="2.5 epsilon / steps"
    )
    random_start: bool = option(True, "begin at a random place within the budget")
    seed: int = option(0, "random seed", metavar="N")
    batch_size: int = option(16, "images that are attacked together", metavar="N")

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise unknown("norm", str(self.norm), NORMS)
        if self.epsilon is not None:
            require_epsilon(self.epsilon, self.norm)
        require_count("steps", self.steps)
        if self.step_size is not None:
            require_number("step_size above 0", self.step_size, lambda given: given > 0)
        require_count("seed", self.seed, 0)
        require_count("batch_size", self.batch_size)

    @property
    def budget(self) -> float:
        """`epsilon`, or the norm's own."""
        return _DEFAULT_EPSILON[self.norm] if self.epsilon is None else self.epsilon

    @property
    def rate(self) -> float:
        """`step_size`, or what follows from the budget and the steps."""
        return 2.5 * self.budget / self.steps if self.step_size is None else self.step_size


@dataclass(frozen=True, kw_only=True)
class PatchOptions:
    """How an adversarial patch is trained.

    Attributes:
        side: height and width of the patch, in pixels.
        steps: of Adam.
        learning_rate: of Adam, on the patch before a sigmoid.
        scales: the smallest and the largest magnification while it is trained.
        degrees: the largest rotation while it is trained, in either direction.
        batch_size: images a step.
        seed: of the first patch, of its places and of the order of the images.
    """

    side: int = option(90, "height and width of the patch", metavar="PIXELS")
    steps: int = option(150, "steps of the patch's optimisation", metavar="N")
    learning_rate: float = option(0.1, "learning rate of the patch's optimisation", metavar="RATE")
    scales: tuple[float, float] = option(
        (0.9, 1.1), "smallest and largest magnification in training", metavar=("LOW", "HIGH")
    )
    degrees: float = option(20.0, "largest rotation in training", metavar="DEGREES")
    batch_size: int = option(16, "images a step", metavar="N")
    seed: int = option(0, "random seed", metavar="N")

    def __post_init__(self) -> None:
        require_count("side", self.side)
        require_count("steps", self.steps)
        require_count("batch_size", self.batch_size)
        require_count("seed", self.seed, 0)
        require_number("learning_rate above 0", self.learning_rate, lambda given: given > 0)
        expected = "scales (smallest, largest), both above 0"
        if not isinstance(self.scales, tuple | list) or len(self.scales) != 2:
            raise InputError(f"Expected {expected}, received {self.scales!r}.")
        low, high = self.scales
        for scale in self.scales:
            require_number(expected, scale, lambda given: given > 0)
        if low > high:
            raise InputError(f"Expected {expected}, received {self.scales!r}.")
        require_number("degrees from 0 to 180", self.degrees, lambda given: 0 <= given <= 180)


METHODS: dict[str, type] = {"fgsm": FgsmOptions, "pgd": PgdOptions, PATCH: PatchOptions}
"""The attacks by name, and their options."""
