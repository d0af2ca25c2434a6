"""The compiled part of guided feature inversion, kept with the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled
from tfvis.utils.network import Network

from ...runtime.loop_progress import LoopProgress
from .minimize import minimize
from .mixing import grid_mask, mask_of, mixtures
from .noise import mean_of_copies, with_noise
from .presets import Preset


@dataclass(frozen=True)
class Plan:
    """What is compiled: layers, terms and number format."""

    base_layers: tuple[str, ...]
    inversion_layer: str
    preset: Preset
    dtype: str


class CompiledInversion:
    """Losses and their minimisation for one network and plan.

    Args:
        net: the network.
        plan: the layers and terms.
    """

    def __init__(self, net: Network, plan: Plan) -> None:
        self.preset = plan.preset
        self.progress = LoopProgress()
        quick = net.astype(plan.dtype)
        self._classify = quick.classifier()
        self._invert = quick.head(plan.inversion_layer)
        self.minimize = compiled(self._minimize)
        self._look = net.head(*plan.base_layers)
        classify = net.classifier()
        self.logits = compiled(lambda images: tf.cast(classify(images), tf.float32))

    def bases(self, x: tf.Tensor) -> list[tf.Tensor]:
        """Each base layer's activations: (N, h, w, C)."""
        return [tf.cast(base, tf.float32) for base in self._look(x)]

    def target(self, x: tf.Tensor) -> tf.Tensor:
        """The inversion layer's activations."""
        return tf.cast(self._invert(x)[0], tf.float32)

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
            k, both = preset.noise_copies, tf.concat([kept, hidden], axis=0)
            noisy = with_noise(both, k, preset.noise_deviation)
            answers = tf.cast(self._classify(noisy), tf.float32)
            scores = self._scores(answers, tf.repeat(tf.tile(classes, [2]), k))
            raised, lowered = tf.split(mean_of_copies(scores, k), 2)
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

    def _minimize(
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

        def loss_of(weights: tf.Tensor, places: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
            given = x, p, maps, target, classes
            if places is not None:
                # Of step 2 the target is a scalar that nothing reads.
                given = [tf.gather(one, places) if one.shape.rank else one for one in given]
            *images, wanted = given
            return self._loss(*images, weights, wanted, discriminate)

        return minimize(
            loss_of,
            start,
            rates=preset.rates(step),
            betas=preset.betas,
            epsilon=preset.epsilon,
            damping=preset.damping if discriminate else 0.0,
            tolerance=preset.tolerance,
            patience=preset.patience,
            mask_of=lambda weights: grid_mask(maps, weights, preset.scaling),
            keep=preset.keep if discriminate else "last",
            report=self.progress,
        )
