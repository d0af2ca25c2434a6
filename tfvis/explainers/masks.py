"""What methods find that explain an image by a mask over it, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.progress import Progress

if TYPE_CHECKING:
    from tfvis.utils.network import Network

__all__ = ["MaskExplanation", "class_indices", "explain_in_batches"]


@dataclass(frozen=True, eq=False)
class MaskExplanation:
    """A mask, and what the network makes of what it keeps and of what it hides.

    Attributes:
        image: (H, W, 3) in [0, 1].
        mask: (H, W) in [0, 1]; 1 keeps a pixel.
        mixture: Φ(x, m), what the mask keeps, (H, W, 3) in [0, 1].
        complement: Φ(x, 1 − m), what it hides, (H, W, 3) in [0, 1].
        weights: what was optimised, ≥ 0: of guided feature inversion one a channel of the base
            layer, (C,); of an extremal perturbation one a cell of its grid, (h, w).
        losses: before each update, and after the last; float32 (updates + 1,). The weights need not
            be the last ones; see `Preset.keep`.
        class_index: the class that is explained; None if none is.
        logits: of the image, (classes,).
        kept: logits of Φ(x, m) before the first update, and with `mask`, (2, classes).
        hidden: the same of Φ(x, 1 − m).
        area: the share of the image that the mask was to keep; None if any would do.
        silent: whether the maps that the mask is made of are zero everywhere.
    """

    image: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    mixture: np.ndarray = field(repr=False)
    complement: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    class_index: int | None
    logits: np.ndarray = field(repr=False)
    kept: np.ndarray = field(repr=False)
    hidden: np.ndarray = field(repr=False)
    area: float | None = None
    silent: bool = False

    @property
    def problem(self) -> str | None:
        """What went wrong, in words; None if nothing did."""
        if self.silent:
            return "the base layer is silent on this image"
        if not np.isfinite(self.weights).all():
            return "the weights are not finite"
        if not self.weights.any():
            return "all weights fell to zero: the penalty outweighs the rest"
        if np.ptp(self.mask) == 0:
            return "the mask is constant"
        if self.area is not None and abs(self.mask.mean() - self.area) > self.area / 2:
            return (
                f"the mask keeps {self.mask.mean():.0%} of the image, not {self.area:.0%}: it may "
                "need more iterations"
            )
        if np.allclose(self.mixture, self.complement, rtol=0, atol=0.5 / 255):
            return "what the mask keeps and what it hides look the same"
        c = self.class_index
        if c is not None and not self.kept[1][c] > self.hidden[1][c]:
            return "what the mask keeps speaks no more for the class than what it hides"
        if c is not None and all(np.array_equal(*found) for found in (self.kept, self.hidden)):
            return "no better mask was found than the one that it began with"
        return None


def class_indices(net: Network, classes: Sequence[str | int], n_images: int) -> np.ndarray:
    """The classes that are explained, int32 (n_images,).

    Raises:
        InputError: an unknown class, or not one for each image.
    """
    indices = [net.class_index(name) for name in classes]
    if len(indices) != n_images:
        raise InputError(
            f"Expected one class an image, received {len(indices)} for {n_images} images."
        )
    return np.array(indices, np.int32)


def explain_in_batches(
    explain: Callable[[slice, Callable[[int], None]], Sequence[MaskExplanation]],
    n_images: int,
    batch_size: int,
    iterations: int,
    progress: Progress,
) -> tuple[MaskExplanation, ...]:
    """What is found for one part of the images after the other, in their order.

    Args:
        explain: explains a part; it tells its second argument how many iterations it has done.
        n_images: how many there are.
        batch_size: how many make a part.
        iterations: of each part, at most.
        progress: called with iterations done and iterations in all, those of all parts.
    """
    found: list[MaskExplanation] = []
    starts = range(0, n_images, batch_size)
    total, reached = len(starts) * iterations, 0

    def reach(done: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            progress(done, total)

    for k, first in enumerate(starts):
        before = k * iterations
        found += explain(
            slice(first, first + batch_size), lambda done, before=before: reach(before + done)
        )
        reach(before + iterations)  # where it ended early
    return tuple(found)
