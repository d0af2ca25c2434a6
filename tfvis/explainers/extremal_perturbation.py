"""Extremal perturbations: of all masks of a given area, the smooth one that keeps the class best.

Fong, Patrick, Vedaldi: Understanding deep networks via extremal perturbations and smooth masks.
ICCV 2019, arXiv 1910.08485. A mask of area a is extremal if it maximises the class's score on what
it keeps,

    m_a = argmax_m t_c(m ⊗ x),   among smooth masks that keep the share a of the image  (eq. 2)

found as the maximum of t_c(m ⊗ x) − λ R_a(m), where R_a(m) = mean (sorted(m) − r_a)² and r_a holds
as many ones as the area asks for, and zeros (eq. 3). Smooth masks are smooth maxima of kernels on a
coarse grid (section 3.2); m ⊗ x blurs each pixel the more, the less the mask keeps of it (section
3.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.ndimage
import tensorflow as tf

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..runtime.loop_progress import LoopProgress
from .masks import MaskExplanation, class_indices, explain_in_batches

__all__ = ["VARIANTS", "ExtremalPerturbation"]

VARIANTS = ("preserve", "delete", "hybrid")
"""Masks that raise the class on what they keep, that lower it on what they hide, or both."""

_COLDNESS = 20.0
_MOMENTUM = 0.9
_GROWTH = 1.0035


class ExtremalPerturbation:
    """Masks of a given area that keep a class best.

    Args:
        net: the network.
        area: the share of the image that is kept, in (0, 1).
        variant: one of `VARIANTS`.
        iterations: of gradient ascent with momentum 0.9.
        learning_rate: of it.
        area_weight: λ at the start; it grows by 0.35 % an iteration.
        step: the side of a cell of the mask's grid, in pixels.
        sigma: the kernels' radius, in pixels.
        max_blur: the blur's standard deviation where the mask is 0, in pixels.
        levels: how many blurred images there are, between which pixels are interpolated.
        flip: whether every other iteration looks at the mirrored image.
        batch_size: images that are optimised together; memory grows with it.

    Raises:
        InputError: for a value that cannot be used.
    """

    def __init__(
        self,
        net: Network,
        *,
        area: float = 0.1,
        variant: str = "preserve",
        iterations: int = 800,
        learning_rate: float = 0.01,
        area_weight: float = 300.0,
        step: int = 7,
        sigma: float = 21.0,
        max_blur: float = 20.0,
        levels: int = 8,
        flip: bool = True,
        batch_size: int = 4,
    ) -> None:
        if not 0 < area < 1:
            raise InputError(f"Expected an area between 0 and 1, received {area!r}.")
        if variant not in VARIANTS:
            raise unknown("variant", variant, VARIANTS)
        for name, count, least in (
            ("iterations", iterations, 1),
            ("step", step, 1),
            ("levels", levels, 2),
            ("batch_size", batch_size, 1),
        ):
            require_count(name, count, least)
        for name, value in (
            ("learning_rate", learning_rate),
            ("area_weight", area_weight),
            ("sigma", sigma),
            ("max_blur", max_blur),
        ):
            if not 0 < value < float("inf"):
                raise InputError(f"Expected {name} above 0, received {value!r}.")
        self.net, self.area, self.variant = net, area, variant
        self.iterations, self.learning_rate, self.area_weight = (
            iterations, learning_rate, area_weight,
        )  # fmt: skip
        self.step, self.sigma = step, sigma
        self.max_blur, self.levels, self.flip = max_blur, levels, flip
        self.batch_size = batch_size
        self._progress = LoopProgress()
        self._classify = net.classifier()
        self._ascend = tf.function(self._ascend_untraced, reduce_retracing=True)
        self._show = tf.function(self._show_untraced, reduce_retracing=True)

    def explain(
        self,
        images: np.ndarray,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[MaskExplanation, ...]:
        """For each image the mask that keeps a class best.

        Args:
            images: (N, H, W, 3) in [0, 1].
            classes: one an image: indices, WordNet ids or names. To ask for several classes of one
                image, repeat it.
            progress: called with iterations done and iterations in all.
        """
        images = self.net.require_images(images)
        indices = class_indices(self.net, classes, len(images))
        return explain_in_batches(
            lambda part, report: self._explain_batch(images[part], indices[part], report),
            len(images),
            self.batch_size,
            self.iterations,
            progress,
        )

    def pyramid(self, images: np.ndarray) -> np.ndarray:
        """The images, more and more blurred, (N, levels, H, W, 3): level 0 most, the last not."""
        blurred = [
            images
            if level == self.levels - 1
            else scipy.ndimage.gaussian_filter(
                images,
                self.max_blur * (1 - level / (self.levels - 1)),
                axes=(1, 2),
                mode="mirror",
            )
            for level in range(self.levels)
        ]
        return np.clip(np.stack(blurred, axis=1), 0, 1)

    def _explain_batch(
        self, images: np.ndarray, classes: np.ndarray, report: Callable[[int], None]
    ) -> list[MaskExplanation]:
        height, width = images.shape[1:3]
        grid = (math.ceil(height / self.step), math.ceil(width / self.step))
        kernels = tf.constant(_kernels(self.step, self.sigma))
        levels, wanted = tf.constant(self.pyramid(images)), tf.constant(classes)
        start = tf.ones([len(images), *grid])
        _, *before = self._show(levels, start, kernels)
        with self._progress.to(report):
            weights, losses = self._ascend(levels, start, kernels, wanted)
        after = [part.numpy() for part in self._show(levels, weights, kernels)]
        masks, mixtures, complements, *answers = after
        logits = self.net.logits(images)
        earlier = [part.numpy() for part in before[2:]]
        return [
            MaskExplanation(
                image=images[k],
                mask=masks[k],
                mixture=mixtures[k],
                complement=complements[k],
                weights=weights[k].numpy(),
                losses=losses[:, k].numpy(),
                class_index=int(classes[k]),
                area=self.area,
                logits=logits[k],
                kept=np.stack([earlier[0][k], answers[0][k]]),
                hidden=np.stack([earlier[1][k], answers[1][k]]),
            )
            for k in range(len(images))
        ]

    def _mask(self, weights: tf.Tensor, kernels: tf.Tensor, size: Any) -> tf.Tensor:
        """m, (N, H, W) in [0, 1]: the smooth maximum of the kernels around each pixel.

        Args:
            weights: of the grid's cells, (N, h, w).
            kernels: from `_kernels`.
            size: (H, W).
        """
        reach = math.isqrt(kernels.shape[-1]) // 2
        padded = tf.pad(weights, [[0, 0], [reach, reach], [reach, reach]])
        around = tf.image.extract_patches(
            padded[..., tf.newaxis], [1, 2 * reach + 1, 2 * reach + 1, 1], [1] * 4, [1] * 4, "VALID"
        )
        # A cell's pixels have the same cells around them, at distances of their own.
        values = around[:, :, tf.newaxis, :, tf.newaxis] * kernels[:, tf.newaxis]
        shares = tf.exp(_COLDNESS * (values - 1))
        smooth = tf.reduce_sum(shares * values, axis=-1) / tf.reduce_sum(shares, axis=-1)
        grid = tf.shape(weights)
        whole = tf.reshape(smooth, [-1, grid[1] * self.step, grid[2] * self.step])
        return whole[:, : size[0], : size[1]]

    def _perturbed(self, levels: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """m ⊗ x, (N, H, W, 3): each pixel between the two blurred images that its mask names."""
        place = mask * (self.levels - 1)
        # Where the mask is 1, the slope is that from below.
        floor = tf.stop_gradient(tf.clip_by_value(tf.floor(place), 0.0, self.levels - 2.0))
        share = (place - floor)[:, tf.newaxis]
        lower = tf.one_hot(tf.cast(floor, tf.int32), self.levels, axis=1)
        upper = tf.one_hot(tf.cast(floor, tf.int32) + 1, self.levels, axis=1)
        return tf.einsum("nlhw,nlhwc->nhwc", lower * (1 - share) + upper * share, levels)

    def _show_untraced(
        self, levels: tf.Tensor, weights: tf.Tensor, kernels: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Masks, what they keep, what they hide, and the logits of both."""
        mask = self._mask(weights, kernels, tf.shape(levels)[2:4])
        kept, hidden = self._perturbed(levels, mask), self._perturbed(levels, 1 - mask)
        answers = tf.cast(self._classify(tf.concat([kept, hidden], axis=0)), tf.float32)
        return mask, kept, hidden, *tf.split(answers, 2)

    def _loss(
        self,
        levels: tf.Tensor,
        weights: tf.Tensor,
        kernels: tf.Tensor,
        classes: tf.Tensor,
        area_weight: tf.Tensor,
        mirrored: tf.Tensor,
    ) -> tf.Tensor:
        """−t_c(m ⊗ x) + λ R_a(m) of each image, (N,)."""
        height, width = tf.unstack(tf.shape(levels)[2:4])
        mask = self._mask(weights, kernels, (height, width))
        wanted_masks = {"preserve": (mask,), "delete": (1 - mask,), "hybrid": (mask, 1 - mask)}
        shown = [self._perturbed(levels, m) for m in wanted_masks[self.variant]]
        seen = tf.concat(shown, axis=0)
        seen = tf.where(mirrored, seen[:, :, ::-1], seen)
        answers = tf.cast(self._classify(seen), tf.float32)
        scores = tf.gather(answers, tf.tile(classes, [len(shown)]), batch_dims=1)
        signs = {"preserve": (1.0,), "delete": (-1.0,), "hybrid": (1.0, -1.0)}[self.variant]
        reward = tf.einsum("vn,v->n", tf.reshape(scores, [len(signs), -1]), tf.constant(signs))
        n = tf.cast(height * width, tf.float32)
        wanted = tf.cast(tf.range(n) >= tf.round(n * (1 - self.area)), tf.float32)
        ordered = tf.sort(tf.reshape(mask, [tf.shape(mask)[0], -1]), axis=1)
        return area_weight * tf.reduce_mean((ordered - wanted) ** 2, axis=1) - reward

    def _ascend_untraced(
        self, levels: tf.Tensor, start: tf.Tensor, kernels: tf.Tensor, classes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """All masks together, by gradient ascent with momentum, weights kept in [0, 1].

        Returns:
            The weights (N, h, w), and the losses before each update and after the last.
        """
        n = self.iterations

        def loss_of(weights: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
            area_weight = self.area_weight * _GROWTH ** tf.cast(step, tf.float32)
            mirrored = tf.logical_and(self.flip, step % 2 == 0)
            return self._loss(levels, weights, kernels, classes, area_weight, mirrored)

        def update(
            step: tf.Tensor, weights: tf.Tensor, velocity: tf.Tensor, losses: tf.TensorArray
        ) -> tuple[Any, ...]:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                loss = loss_of(weights, step)
            slope = tape.gradient(loss, weights)
            velocity = _MOMENTUM * velocity + (1 - _MOMENTUM) * slope
            weights = tf.clip_by_value(weights - self.learning_rate * velocity, 0.0, 1.0)
            self._progress(step + 1, weights)
            return step + 1, weights, velocity, losses.write(step, loss)

        losses = tf.TensorArray(tf.float32, size=n + 1, element_shape=[None])
        _, weights, _, losses = tf.while_loop(
            lambda step, *_: step < n,
            update,
            (0, start, tf.zeros_like(start), losses),
        )
        return weights, losses.write(n, loss_of(weights, tf.constant(n))).stack()


def _kernels(step: int, sigma: float) -> np.ndarray:
    """k(u − v) = exp(−2 max(0, ‖u − v‖ / sigma − 1/2)²), for each pixel u of a cell.

    Returns:
        (step, step, (2 r + 1)²): of the cells v around it, those up to r = 1 + ⌈sigma / step⌉ away.
    """
    reach = 1 + math.ceil(sigma / step)
    centre = (step - 1) / 2
    offset = np.arange(step) - centre
    cells = step * np.arange(-reach, reach + 1)
    squared = (offset[:, np.newaxis] - cells) ** 2
    distance = np.sqrt(squared[:, np.newaxis, :, np.newaxis] + squared[np.newaxis, :, np.newaxis])
    kernels = np.exp(-2 * np.maximum(0, distance / sigma - 0.5) ** 2)
    return np.float32(kernels.reshape(step, step, -1))
