"""What methods find that explain an image by a mask over it, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..runtime.saving import Shown
from . import overviews
from .base import ClassMap

__all__ = ["Inversion", "MaskExplanation", "problem_of"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class MaskExplanation(ClassMap):
    """A mask, and what the network makes of what it keeps and of what it hides.

    `map` is the mask, (H, W) in [0, 1]; 1 keeps a pixel.

    Attributes:
        mixture: Φ(x, m), what the mask keeps, (H, W, 3) in [0, 1].
        complement: Φ(x, 1 − m), what it hides, (H, W, 3) in [0, 1].
        weights: what was optimised, ≥ 0: of guided feature inversion one a channel of the base
            layer, (C,); of an extremal perturbation one a cell of its grid, (h, w).
        losses: before each update, and after the last; float32 (updates + 1,). The weights need not
            be the last ones; see `Preset.keep`.
        logits: of the image, (classes,).
        kept_logits: logits of Φ(x, m) before the first update, and with the mask, (2, classes).
        hidden_logits: the same of Φ(x, 1 − m).
    """

    mixture: np.ndarray = field(repr=False)
    complement: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    logits: np.ndarray = field(repr=False)
    kept_logits: np.ndarray = field(repr=False)
    hidden_logits: np.ndarray = field(repr=False)

    @property
    def mask(self) -> np.ndarray:
        """`map`: (H, W) in [0, 1]; 1 keeps a pixel."""
        return self.map

    @property
    def iterations(self) -> int:
        """How many updates were made."""
        return max(0, len(self.losses) - 1)

    def sheet(self) -> np.ndarray:
        """See `ClassMap.sheet`."""
        return overviews.mask_sheet(self.method, {self.label or "saliency": self})


@dataclass(frozen=True, eq=False, kw_only=True)
class Inversion(Shown):
    """Both steps of guided feature inversion for one image.

    Attributes:
        saliency: step 1's result.
        discriminated: step 2's, one a class.
        seconds: how long the steps took, for how many images.
    """

    saliency: MaskExplanation
    discriminated: tuple[MaskExplanation, ...]
    seconds: Mapping[str, float] = field(default_factory=dict, repr=False)

    def sheet(self) -> np.ndarray:
        """A row a mask, step 1's first: float32 (height, width, 3) in [0, 1]."""
        made = self.saliency.provenance
        named = None if made is None else made.image_name
        title = ("Guided feature inversion", *([] if named is None else [named]))
        masks = {f"step 2, mask {k}": found for k, found in enumerate(self.discriminated)}
        return overviews.mask_sheet("\n".join(title), {"saliency": self.saliency, **masks})


def problem_of(
    *,
    mask: np.ndarray,
    mixture: np.ndarray,
    complement: np.ndarray,
    weights: np.ndarray,
    kept_logits: np.ndarray,
    hidden_logits: np.ndarray,
    class_index: int | None,
    area: float | None = None,
    silent: bool = False,
) -> str | None:
    """What went wrong with a mask, in words; None if nothing did.

    Args:
        mask: (H, W) in [0, 1].
        mixture: see `MaskExplanation`.
        complement: see `MaskExplanation`.
        weights: see `MaskExplanation`.
        kept_logits: see `MaskExplanation`.
        hidden_logits: see `MaskExplanation`.
        class_index: the class that the mask was optimised for; None if for none.
        area: the share of the image that the mask was to keep; None if any would do.
        silent: whether the maps that the mask is made of are zero everywhere.
    """
    if silent:
        return "the base layer is silent on this image"
    if not np.isfinite(weights).all():
        return "the weights are not finite"
    if not weights.any():
        return "all weights fell to zero: the penalty outweighs the rest"
    if np.ptp(mask) == 0:
        return "the mask is constant"
    if area is not None and abs(mask.mean() - area) > area / 2:
        return (
            f"the mask keeps {mask.mean():.0%} of the image, not {area:.0%}: it may need more "
            "iterations"
        )
    if np.allclose(mixture, complement, rtol=0, atol=0.5 / 255):
        return "what the mask keeps and what it hides look the same"
    c = class_index
    if c is not None and not kept_logits[1][c] > hidden_logits[1][c]:
        return "what the mask keeps speaks no more for the class than what it hides"
    if c is not None and all(np.array_equal(*own) for own in (kept_logits, hidden_logits)):
        return "no better mask was found than the one that it began with"
    return None
