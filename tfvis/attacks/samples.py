"""An image that was changed so that a network answers otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tfvis.utils import plots
from tfvis.utils.answers import Answer
from tfvis.utils.provenance import Provenance

from ..runtime.saving import Shown
from .levels import TOP, to_levels

__all__ = ["AdversarialSample"]

MOST_CHANGED = 200
"""Of so many classes a sample knows the names, apart from its top answers."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AdversarialSample(Shown):
    """An attacked image: before, after, and what the network says of both.

    Attributes:
        image: the image before, rounded to 8 bits: float32 (H, W, 3) in [0, 1].
        sample: the image after, in 8 bits as well: written as PNG and read back it is the same.
        class_index: the class that the network answered before.
        label: its name.
        target: the class that it was to answer; None if any other would do.
        target_label: its name; "" without a target.
        logits: of the image, (classes,).
        sample_logits: of the sample, (classes,).
        answer_label: the name of the class that the network answers now.
        method: the attack's name: "fgsm", "pgd" or "patch".
        patch: that was pasted, in 8 bits: float32 (side, side, 3) in [0, 1]; None if none was.
        provenance: what made the sample; see `Provenance`.
        answers: the network's top answers for the image, best first, then the classes above.
        sample_answers: the same for the sample.
        changed_answers: what the network answers for the sample with the classes whose logits
            changed most, at most `MOST_CHANGED`, that of the largest change first.
    """

    image: np.ndarray = field(repr=False)
    sample: np.ndarray = field(repr=False)
    class_index: int
    label: str
    target: int | None = None
    target_label: str = ""
    answer_label: str
    logits: np.ndarray = field(repr=False)
    sample_logits: np.ndarray = field(repr=False)
    method: str
    patch: np.ndarray | None = field(default=None, repr=False)
    provenance: Provenance | None = field(default=None, repr=False)
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    sample_answers: tuple[Answer, ...] = field(default=(), repr=False)
    changed_answers: tuple[Answer, ...] = field(default=(), repr=False)

    @property
    def answer(self) -> int:
        """The class that the network answers now."""
        return int(np.argmax(self.sample_logits))

    @property
    def succeeded(self) -> bool:
        """Whether the network answers the target, or without one anything but the class."""
        return self.answer == self.target if self.target is not None else (
            self.answer != self.class_index
        )  # fmt: skip

    @property
    def change(self) -> np.ndarray:
        """Sample less image in whole levels of 1/255: int16 (H, W, 3)."""
        return (to_levels(self.sample) - to_levels(self.image)).astype(np.int16)

    @property
    def largest_change(self) -> int:
        """The L∞ norm of the change, in 1/255."""
        return int(np.abs(self.change).max(initial=0))

    @property
    def length_of_change(self) -> float:
        """The L2 norm of the change, in 1/255."""
        return float(np.linalg.norm(self.change.astype(np.float64)))

    def magnified(self) -> np.ndarray:
        """The change around middle grey, as large as it fits: float32 (H, W, 3) in [0, 1]."""
        factor = (TOP / 2) / max(1, self.largest_change)
        return np.float32(0.5) + self.change.astype(np.float32) * np.float32(factor / TOP)

    def sheet(self) -> np.ndarray:
        """The image, the change magnified and the sample, with what the network says of both.

        Returns:
            float32 (height, width, 3) in [0, 1].
        """
        c, now = self.class_index, self.answer
        aim = "" if self.target is None else f"\ntarget: {self.target_label}"
        before = f"{self.label}\nlogit {self.logits[c]:.2f}"
        after = (
            f"{'succeeded' if self.succeeded else 'did not succeed'}\n\n"
            f"{self.label}: {self.logits[c]:.2f} to {self.sample_logits[c]:.2f}\n"
            f"{self.answer_label}: {self.logits[now]:.2f} to {self.sample_logits[now]:.2f}"
        )
        title = (
            f"{self.method}\n{before}{aim}\n\nlargest change {self.largest_change} / 255\n"
            f"length of the change {self.length_of_change:.0f} / 255"
        )
        rows = [((self.magnified(), self.sample), after)]
        return plots.overview(title, rows, self.image, ("change, magnified", "sample"))

    def __repr__(self) -> str:
        aimed = "" if self.target is None else f", target={self.target_label!r}"
        return (
            f"{type(self).__name__}(method={self.method!r}, label={self.label!r}{aimed}, "
            f"succeeded={self.succeeded}, largest_change={self.largest_change})"
        )
