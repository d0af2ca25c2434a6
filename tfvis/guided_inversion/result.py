"""What guided feature inversion, and methods like it, find."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Inversion:
    """A mask, and what the network makes of what it keeps and what it hides.

    Attributes:
        image: (H, W, 3) in [0, 1].
        background: what stands where the mask is 0, (H, W, 3) in [0, 1].
        mask: (H, W) in [0, 1].
        weights: w, one a channel of the base layer, (C,), ≥ 0.
        losses: before each update, and after the last; float32 (updates + 1,).
        class_index: the class of step 2; None for step 1.
        logits: of the image, (classes,).
        kept: logits of Φ(x, m) before the first update and after the last, (2, classes).
        hidden: the same of Φ(x, 1 − m).
        problem: what went wrong, in words; None if nothing did.
    """

    image: np.ndarray = field(repr=False)
    background: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    class_index: int | None
    logits: np.ndarray = field(repr=False)
    kept: np.ndarray = field(repr=False)
    hidden: np.ndarray = field(repr=False)
    problem: str | None = None

    @property
    def mixture(self) -> np.ndarray:
        """Φ(x, m), (H, W, 3) in [0, 1]: what the mask keeps."""
        m = self.mask[..., np.newaxis]
        return self.image * m + self.background * (1 - m)

    @property
    def complement(self) -> np.ndarray:
        """Φ(x, 1 − m), (H, W, 3) in [0, 1]: what it hides."""
        m = self.mask[..., np.newaxis]
        return self.image * (1 - m) + self.background * m


def problem(mask: np.ndarray, weights: np.ndarray, maps: np.ndarray) -> str | None:
    """What went wrong, in words; None if nothing did.

    Args:
        mask: (H, W).
        weights: (C,).
        maps: of the base layer, (h, w, C).
    """
    if not maps.any():
        return "the base layer is silent on this image"
    if not weights.any():
        return "all weights fell to zero: the penalty outweighs the rest"
    if np.ptp(mask) == 0:
        return "the mask is constant"
    if not np.isfinite(weights).all():
        return "the weights are not finite"
    return None
