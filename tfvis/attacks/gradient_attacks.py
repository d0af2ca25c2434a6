"""Attacks along the gradient: FGSM and PGD.

FGSM: Goodfellow, Shlens, Szegedy: Explaining and harnessing adversarial examples. ICLR 2015, arXiv
1412.6572. x' = x + ε sign ∇_x J(x, y), J being the cross-entropy of class y (section 4).

PGD: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to adversarial
attacks. ICLR 2018, arXiv 1706.06083. x ← Π(x + α d(∇_x J)), where d is the steepest direction of
the norm and Π the projection onto the budget (section 2.1).

With a target t, J(x, t) is lowered instead. The gradient is taken at the sample in whole levels,
and steps add up without rounding, so that steps below a level are not lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled, compiled_apart
from tfvis.utils.image_sources import Images
from tfvis.utils.memory_bounds import CLASSIFIER, batch_size_within
from tfvis.utils.network import Network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, in_batches, part_of, silent

from ..runtime.loop_progress import LoopProgress
from . import levels
from .options import FgsmOptions, PgdOptions
from .samples import AdversarialSample
from .victims import Victims

__all__ = ["fgsm", "pgd"]


def fgsm(
    net: Network,
    images: Images,
    classes: Sequence[str | int] | None = None,
    *,
    targets: Sequence[str | int] | str | int | None = None,
    options: FgsmOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> tuple[AdversarialSample, ...]:
    """One step of the fast gradient sign method.

    Args:
        net: the network.
        images: of any kind that `read_image` takes. They are rounded to 8 bits first.
        classes: the class of each image, which must be the network's answer; its answer if None.
        targets: the class that the network is to answer, one an image or one for all; None for any
            other than its present answer.
        options: see `FgsmOptions`.
        progress: called with steps done and steps in all; a step is one gradient of one batch.
        **changes: of single options: `epsilon=4`.

    Returns:
        A sample an image, in their order, whether or not the attack succeeded.

    Raises:
        InputError: an image, class, target or option cannot be used, see `Victims.of`; or the
            logits of all changes of an image are NaN.

    Example:
        >>> import tfvis
        >>> from tfvis.attacks import fgsm
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> (found,) = fgsm(net, [image], epsilon=2)
        >>> found.largest_change
        2
    """
    chosen = changed(FgsmOptions, options, changes)
    steps = Steps("linf", chosen.epsilon, chosen.epsilon, 1)
    return _attack(
        Victims.of(net, images, classes, targets), steps, "fgsm", chosen, chosen.batch_size,
        None, progress,
    )  # fmt: skip


def pgd(
    net: Network,
    images: Images,
    classes: Sequence[str | int] | None = None,
    *,
    targets: Sequence[str | int] | str | int | None = None,
    options: PgdOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> tuple[AdversarialSample, ...]:
    """Projected gradient descent; of all iterates the one that persuades the network best.

    Args:
        net: the network.
        images: see `fgsm`.
        classes: see `fgsm`.
        targets: see `fgsm`.
        options: see `PgdOptions`.
        progress: see `fgsm`; each batch has `options.steps` steps.
        **changes: of single options: `epsilon=8, steps=40`.

    Returns:
        See `fgsm`.

    Raises:
        InputError: see `fgsm`.

    Example:
        >>> import tfvis
        >>> from tfvis.attacks import pgd
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> (found,) = pgd(net, [image], epsilon=2, steps=2)
        >>> found.largest_change <= 2
        True
    """
    chosen = changed(PgdOptions, options, changes)
    steps = Steps(chosen.norm, chosen.budget, chosen.rate, chosen.steps)
    seed = chosen.seed if chosen.random_start else None
    return _attack(
        Victims.of(net, images, classes, targets), steps, "pgd", chosen, chosen.batch_size,
        seed, progress,
    )  # fmt: skip


@dataclass(frozen=True)
class Steps:
    """How far to go: a norm, its budget, a step's size, both in 1/255, and how many steps."""

    norm: str
    epsilon: float
    size: float
    count: int


def _attack(
    victims: Victims,
    steps: Steps,
    method: str,
    options: Any,
    batch_size: int,
    seed: int | None,
    progress: Progress,
) -> tuple[AdversarialSample, ...]:
    batch_size = batch_size_within(victims.net, CLASSIFIER, most=batch_size)
    groups = list(victims.by_size())
    total = sum(math.ceil(len(places) / batch_size) * steps.count for places in groups)
    done, found = 0, dict[int, AdversarialSample]()
    for places in groups:
        samples = in_batches(
            lambda part, report, places=places: _attack_batch(
                victims, places[part], steps, method, options, seed, report
            ),
            len(places),
            batch_size,
            steps.count,
            part_of(progress, done, total),
        )
        done += math.ceil(len(places) / batch_size) * steps.count
        found.update(zip(places, samples, strict=True))
    return tuple(found[k] for k in range(len(victims)))


def _attack_batch(
    victims: Victims,
    places: Sequence[int],
    steps: Steps,
    method: str,
    options: Any,
    seed: int | None,
    report: Callable[[int], None],
) -> list[AdversarialSample]:
    origin = levels.to_levels(np.stack([victims.images[k] for k in places]))
    start = np.zeros_like(origin)
    if seed is not None:
        for own, before, k in zip(start, origin, places, strict=True):
            own[:] = levels.random_change(
                before, steps.epsilon, steps.norm, seed, victims.sources[k].digest
            )
    aims = victims.classes if victims.targets is None else victims.targets
    ascent = victims.net.compiled(CompiledAscent, steps.norm)
    change, logits = ascent.progress.run(
        ascent.ascend,
        tf.constant(origin),
        tf.constant(start),
        tf.constant([aims[k] for k in places]),
        tf.constant(1.0 if victims.targets is None else -1.0),
        tf.constant(float(steps.epsilon)),
        tf.constant(float(steps.size)),
        tf.constant(steps.count),
        report=report,
    )
    samples = levels.to_images(origin + change.numpy())
    return [
        victims.sample(k, sample, own, method=method, options=vars(options))
        for k, sample, own in zip(places, samples, logits.numpy(), strict=True)
    ]


class CompiledAscent:
    """The compiled loop of a network for a norm.

    Args:
        net: the network.
        norm: "linf" or "l2".
    """

    def __init__(self, net: Network, norm: str) -> None:
        self._classify = net.classifier()
        self._norm = norm
        self.progress = LoopProgress()
        pixels = tf.TensorSpec([None, None, None, 3])
        number = tf.TensorSpec([])
        self.ascend = compiled(
            self._ascend,
            [
                pixels, pixels, tf.TensorSpec([None], tf.int32), number, number, number,
                tf.TensorSpec([], tf.int32),
            ],
        )  # fmt: skip

    def _answers(self, origin: tf.Tensor, change: tf.Tensor) -> Any:
        return tf.cast(self._classify((origin + change) / levels.TOP), tf.float32)

    def _ascend(
        self,
        origin: tf.Tensor,
        start: tf.Tensor,
        labels: tf.Tensor,
        sign: tf.Tensor,
        epsilon: tf.Tensor,
        size: tf.Tensor,
        count: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The change that persuades best, in whole levels, and the logits with it: NaN if none.

        Args:
            origin: images in whole levels, (N, H, W, 3).
            start: the first change, in levels.
            labels: the class that is attacked, or the target, (N,).
            sign: 1 to raise the cross-entropy of `labels`, -1 to lower it.
            epsilon: the budget.
            size: of a step.
            count: how many steps.
        """

        @compiled_apart
        def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, Any]:
            rounded = levels.whole(change, origin, epsilon, self._norm)
            with tf.GradientTape() as tape:
                tape.watch(rounded)
                answers = self._answers(origin, rounded)
                loss = sign * tf.reduce_sum(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(labels, answers)
                )
            return rounded, answers, tape.gradient(loss, rounded)

        def better(
            rounded: tf.Tensor,
            answers: tf.Tensor,
            best: tf.Tensor,
            own: tf.Tensor,
            least: tf.Tensor,
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            """The more persuasive of two changes, its logits and how far it persuades."""
            margin = sign * _margin(answers, labels)
            wins = margin > least
            return (
                tf.where(wins[:, tf.newaxis, tf.newaxis, tf.newaxis], rounded, best),
                tf.where(wins[:, tf.newaxis], answers, own),
                tf.where(wins, margin, least),
            )

        def update(
            step: tf.Tensor,
            _: tf.Tensor,
            change: tf.Tensor,
            best: tf.Tensor,
            own: tf.Tensor,
            least: tf.Tensor,
        ) -> tuple[Any, ...]:
            rounded, answers, slope = gradient(change)
            # What the attack begins with is no result of it.
            known = tf.where(step > 0, least, np.inf)
            best, own, found = better(rounded, answers, best, own, known)
            least = tf.where(step > 0, found, least)
            moved = change + size * levels.steepest(slope, self._norm)
            change = levels.project(moved, origin, epsilon, self._norm)
            return step + 1, self.progress(step + 1, change), change, best, own, least

        n = tf.shape(origin)[:1]
        classes = self._answers(origin[:1], start[:1]).shape[-1]
        nothing = tf.zeros(tf.concat([n, [classes]], 0)), tf.fill(n, -np.inf)
        _, _, change, best, own, least = tf.while_loop(
            lambda step, go_on, *_: tf.logical_and(step < count, go_on),
            update,
            (0, True, start, tf.zeros_like(origin), *nothing),
            shape_invariants=(
                tf.TensorShape([]), tf.TensorShape([]), origin.shape, origin.shape,
                tf.TensorShape([None, classes]), tf.TensorShape([None]),
            ),
        )  # fmt: skip
        rounded = levels.whole(change, origin, epsilon, self._norm)
        best, own, least = better(rounded, self._answers(origin, rounded), best, own, least)
        # NaN wins over nothing: `own` would still be the zeros that it began as.
        return best, tf.where(tf.math.is_inf(least)[:, tf.newaxis], np.nan, own)


def _margin(answers: tf.Tensor, labels: tf.Tensor) -> Any:
    """By how much the best other logit exceeds that of `labels`: (N,)."""
    chosen = tf.one_hot(labels, tf.shape(answers)[-1]) > 0
    others = tf.reduce_max(tf.where(chosen, -np.inf, answers), axis=-1)
    return others - tf.gather(answers, labels, batch_dims=1)
