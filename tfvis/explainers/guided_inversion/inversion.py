"""Guided feature inversion: which part of an image does the inner representation keep?

Du, Liu, Song, Hu: Towards explanation of DNN-based prediction with guided feature inversion. KDD
2018, arXiv 1804.00506. A mask m is built of the channel maps A of a base layer,

    m = scaled(Σ_k w_k A_k), resized to the image, w ≥ 0,

and mixes the image x with a background p that tells nothing: Φ(x, m) = x ⊙ m + p ⊙ (1 − m). Step 1
chooses w such that Φ(x, m) looks to the inversion layer as x does; step 2 starts there and raises
the class on Φ(x, m) and lowers it on Φ(x, 1 − m).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, part_of, silent

from ...runtime.loop_progress import LoopProgress
from ..masks import MaskExplanation, class_indices, explain_in_batches
from .minimize import minimize
from .mixing import backgrounds, joined, mask_of, mixtures
from .presets import BACKGROUNDS, DTYPES, PRESETS, Preset


class GuidedFeatureInversion:
    """Both steps, for a network and two of its layers.

    Args:
        net: the network.
        base_layer: whose channel maps the mask is made of; the network's own choice if left out.
            Several may be given: their maps, each layer's divided by its largest absolute value,
            are used together at the first one's resolution.
        inversion_layer: whose activations are to be kept; not before the base layer. The network's
            own choice if left out.
        preset: a name in `PRESETS`, or a `Preset`.
        background: "blur" (by the preset's Gaussian), "mean" (the image's mean colour), "noise"
            (each pixel's colour at random), or an image (H, W, 3) in [0, 1].
        seed: of the noise.
        batch_size: images that are optimised together; memory grows with it.
        dtype: what the network computes in while weights are optimised, one of `DTYPES`; the
            logits of results are those of the network itself.
        **changes: of single terms of the preset.

    Raises:
        InputError: an unknown layer, term or dtype, layers in the wrong order, a value that cannot
            be used; and from the methods, a base layer whose maps have one position only.
    """

    def __init__(
        self,
        net: Network,
        base_layer: str | Sequence[str] | None = None,
        inversion_layer: str | None = None,
        *,
        preset: str | Preset = "tfvis",
        background: str | np.ndarray = "blur",
        seed: int = 0,
        batch_size: int = 8,
        dtype: str = "float32",
        **changes: Any,
    ) -> None:
        if isinstance(preset, str):
            if preset not in PRESETS:
                raise unknown("preset", preset, PRESETS)
            preset = PRESETS[preset]
        terms = preset.__dataclass_fields__
        for name in changes:
            if name not in terms:
                raise unknown("term", name, terms)
        self.net = net
        self.preset = replace(preset, **changes)
        *base, inversion = net.inversion_layers
        base_layer = base if base_layer is None else base_layer
        bases = (base_layer,) if isinstance(base_layer, str) else tuple(base_layer)
        if not bases:
            raise InputError("Expected at least one base layer, received none.")
        self.base_layers = tuple(dict.fromkeys(net.require_layer(layer) for layer in bases))
        self.inversion_layer = net.require_layer(inversion_layer or inversion)
        for layer in self.base_layers:
            if not net.precedes(layer, self.inversion_layer):
                raise InputError(
                    f"Expected the base layer not behind the inversion layer: {layer!r} comes "
                    f"after {self.inversion_layer!r}."
                )
        if dtype not in DTYPES:
            raise unknown("dtype", dtype, DTYPES)
        require_count("batch_size", batch_size)
        require_count("seed", seed, 0)
        if isinstance(background, str) and background not in BACKGROUNDS:
            raise unknown("background", background, BACKGROUNDS)
        self.background, self.seed, self.batch_size = background, seed, batch_size
        self._progress = LoopProgress()
        quick = net.astype(dtype)
        self._classify = quick.classifier()
        self._invert = quick.head(self.inversion_layer)
        self._look = net.head(*self.base_layers)
        self._minimize = tf.function(self._minimize_untraced, reduce_retracing=True)
        classify = net.classifier()
        self._logits = tf.function(
            lambda images: tf.cast(classify(images), tf.float32), reduce_retracing=True
        )

    def saliency(
        self, images: np.ndarray, *, progress: Progress = silent
    ) -> tuple[MaskExplanation, ...]:
        """Step 1: for each image the mask that keeps the inner representation.

        Args:
            images: (N, H, W, 3) in [0, 1].
            progress: called with iterations done and iterations in all.
        """
        images = self.net.require_images(images)
        c = sum(self.net.n_channels(layer) for layer in self.base_layers)
        weights = np.full((len(images), c), self.preset.start, np.float32)
        return self._run(images, weights, None, progress)

    def discriminate(
        self,
        images: np.ndarray,
        classes: Sequence[str | int],
        *,
        start: Sequence[MaskExplanation] | None = None,
        progress: Progress = silent,
    ) -> tuple[MaskExplanation, ...]:
        """Step 2: for each image the mask that speaks for a class.

        Args:
            images: (N, H, W, 3) in [0, 1].
            classes: one an image: indices, WordNet ids or names. To ask for several classes of one
                image, repeat it.
            start: step 1's results for these images; found if left out.
            progress: called with iterations done and iterations in all, those of step 1 included
                if it is not given.
        """
        images = self.net.require_images(images)
        indices = class_indices(self.net, classes, len(images))
        if len(self.net.labels) == 1 and self.preset.score != "logit":
            raise InputError(
                f"Expected score='logit' for a network of one class, received "
                f"{self.preset.score!r}: its softmax is always 1."
            )
        if start is None:
            batches = math.ceil(len(images) / self.batch_size)
            before, after = (batches * n for n in self.preset.iterations)
            start = self.saliency(images, progress=part_of(progress, 0, before + after))
            progress = part_of(progress, before, before + after)
        c = sum(self.net.n_channels(layer) for layer in self.base_layers)
        if len(start) != len(images) or any(found.weights.shape != (c,) for found in start):
            raise InputError(
                f"Expected step 1's result of each of {len(images)} images, with {c} weights, "
                f"received {[found.weights.shape for found in start]}."
            )
        weights = np.array([found.weights for found in start]).reshape(-1, c)
        return self._run(images, weights, indices, progress)

    def _run(
        self,
        images: np.ndarray,
        weights: np.ndarray,
        classes: np.ndarray | None,
        progress: Progress,
    ) -> tuple[MaskExplanation, ...]:
        return explain_in_batches(
            lambda part, report: self._run_batch(
                images[part], weights[part], None if classes is None else classes[part], report
            ),
            len(images),
            self.batch_size,
            self.preset.iterations[int(classes is not None)],
            progress,
        )

    def _run_batch(
        self,
        images: np.ndarray,
        weights: np.ndarray,
        classes: np.ndarray | None,
        report: Callable[[int], None],
    ) -> list[MaskExplanation]:
        backgrounds = self.backgrounds(images)
        x, p = tf.constant(images), tf.constant(backgrounds)
        maps = self._maps(x)
        # Step 2 looks at the logits alone.
        target = tf.cast(self._invert(x)[0], tf.float32) if classes is None else tf.zeros([])
        logits = self._logits(x)
        _, _, _, *before = self._shown(x, p, maps, tf.constant(weights))
        wanted = np.zeros(len(images), np.int32) if classes is None else classes
        with self._progress.to(report):
            final, losses, updates = self._minimize(
                x, p, maps, target, tf.constant(weights), tf.constant(wanted), classes is not None
            )
        masks, kept, hidden, *after = self._shown(x, p, maps, final)
        return [
            MaskExplanation(
                image=images[k],
                mask=masks[k],
                mixture=kept[k],
                complement=hidden[k],
                weights=final[k].numpy(),
                losses=losses[: int(updates[k]) + 1, k].numpy(),
                class_index=None if classes is None else int(classes[k]),
                logits=logits[k].numpy(),
                kept=np.stack([before[0][k], after[0][k]]),
                hidden=np.stack([before[1][k], after[1][k]]),
                silent=not maps[k].numpy().any(),
            )
            for k in range(len(images))
        ]

    def backgrounds(self, images: np.ndarray) -> np.ndarray:
        """What stands where the mask is 0, for images (N, H, W, 3): the same shape, in [0, 1]."""
        preset = self.preset
        return backgrounds(
            images,
            self.background,
            sigma=preset.sigma,
            radius=preset.blur_radius or round(4 * preset.sigma),
            seed=self.seed,
        )

    def _maps(self, x: tf.Tensor) -> tf.Tensor:
        """Channel maps (N, h, w, C) of all base layers."""
        bases = [tf.cast(base, tf.float32) for base in self._look(x)]
        for layer, base in zip(self.base_layers, bases, strict=True):
            if base.shape[1] * base.shape[2] == 1:
                raise InputError(
                    f"Expected a base layer whose maps have several positions: {layer!r} has one, "
                    f"1 x 1. Name an earlier one: {self.net.name!r} has {self.net.layers[0]!r} to "
                    f"{self.net.layers[-1]!r}."
                )
        return joined(bases)

    def _shown(
        self, x: tf.Tensor, p: tf.Tensor, maps: tf.Tensor, weights: tf.Tensor
    ) -> tuple[np.ndarray, ...]:
        """m, Φ(x, m), Φ(x, 1 − m), and the logits of both, (N, classes)."""
        mask = mask_of(maps, weights, x.shape[1:3], self.preset.scaling)
        shown = mixtures(x, p, mask)
        answers = [self._logits(mixture) for mixture in shown]
        return tuple(part.numpy() for part in (mask, *shown, *answers))

    def _loss(
        self,
        x: tf.Tensor,
        p: tf.Tensor,
        maps: tf.Tensor,
        target: tf.Tensor,
        weights: tf.Tensor,
        classes: tf.Tensor,
        discriminate: bool,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The loss of each image, (N,), and the same without the penalty on the weights."""
        preset = self.preset
        mask = mask_of(maps, weights, tf.shape(x)[1:3], preset.scaling)
        kept, hidden = mixtures(x, p, mask)
        if discriminate:
            # One pass for both: each half of the batch is a batch.
            answers = tf.cast(self._classify(tf.concat([kept, hidden], axis=0)), tf.float32)
            raised, lowered = tf.split(self._scores(answers, tf.tile(classes, [2])), 2)
            loss = lowered - raised
        else:
            (found,) = self._invert(kept)
            axes = list(range(1, found.shape.rank))
            loss = tf.reduce_sum((tf.cast(found, tf.float32) - target) ** 2, axis=axes)
            if preset.distance == "relative":
                loss = tf.math.divide_no_nan(loss, tf.reduce_sum(target**2, axis=axes))
        if preset.area:
            loss += preset.area * tf.reduce_mean(mask, axis=[1, 2])
        if preset.total_variation:
            rows = tf.reduce_mean(tf.abs(mask[:, 1:] - mask[:, :-1]), axis=[1, 2])
            columns = tf.reduce_mean(tf.abs(mask[:, :, 1:] - mask[:, :, :-1]), axis=[1, 2])
            loss += preset.total_variation * (rows + columns)
        penalty = tf.reduce_sum(weights**preset.penalty_power, axis=1)
        return loss + preset.penalties[int(discriminate)] * penalty, loss

    def _scores(self, answers: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """What of logits (2N, classes) is to be raised in the first half, lowered in the other."""
        if self.preset.score == "logit":
            return tf.gather(answers, classes, batch_dims=1)
        own = tf.gather(tf.nn.log_softmax(answers), classes, batch_dims=1)
        if self.preset.score == "probability":
            return tf.exp(own)
        # log(1 - p) is that of all other classes together.
        chosen = tf.one_hot(classes, answers.shape[-1]) > 0
        others = tf.where(chosen, -np.inf, answers)
        not_own = tf.reduce_logsumexp(others, axis=1) - tf.reduce_logsumexp(answers, axis=1)
        return tf.concat([tf.split(own, 2)[0], -tf.split(not_own, 2)[1]], axis=0)

    def _minimize_untraced(
        self,
        x: tf.Tensor,
        p: tf.Tensor,
        maps: tf.Tensor,
        target: tf.Tensor,
        start: tf.Tensor,
        classes: tf.Tensor,
        discriminate: bool,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """What `minimize` finds for these images."""
        preset, step = self.preset, int(discriminate)
        return minimize(
            lambda weights: self._loss(x, p, maps, target, weights, classes, discriminate),
            start,
            rates=preset.rates(step),
            betas=preset.betas,
            epsilon=preset.epsilon,
            tolerance=preset.tolerance,
            patience=preset.patience,
            keep=preset.keep if discriminate else "last",
            report=self._progress,
        )
