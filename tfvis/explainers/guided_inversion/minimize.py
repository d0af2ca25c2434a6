"""Gradient descent with weights that stay above zero, as one compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def minimize(
    loss_of: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    start: tf.Tensor,
    *,
    rates: Sequence[float] | np.ndarray,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    tolerance: float = 0.0,
    patience: int = 10,
    keep: str = "last",
    report: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = lambda done, weights: tf.constant(True),
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Minimise losses that do not depend on each other's weights, all together.

    Adam (Kingma, Ba 2015, arXiv 1412.6980, algorithm 1); after every update weights below 0 are set
    to 0. To be called while a `tf.function` is traced.

    Args:
        loss_of: from weights (N, C) to losses (N,), and to what tells how good they are, (N,), less
            being better; see `keep`.
        start: the first weights.
        rates: the learning rate of each update.
        betas: Adam's decay rates.
        epsilon: Adam's, added to the root of the slopes' mean square.
        tolerance: an image's weights stay when its loss has not changed by more than this share
            within `patience` updates; never if 0.
        patience: see `tolerance`.
        keep: which weights are returned, the "last" ones or each image's "best".
        report: called with how many updates are done and the weights, while the loop is traced;
            returns whether the loop is to go on, a scalar bool. See `LoopProgress`.

    Returns:
        The weights (N, C); the losses before each update and after the last, (updates + 1, N); and
        how many updates there were of each, int32 (N,), after which its losses are the same.
    """
    beta1, beta2 = betas
    steps = tf.constant(np.asarray(rates, np.float32))  # a list takes seconds if it is long

    def more(step: tf.Tensor, go_on: tf.Tensor, settled: tf.Tensor, *_: Any) -> tf.Tensor:
        unsettled = tf.logical_not(tf.reduce_all(settled))
        return tf.logical_and(tf.logical_and(step < len(rates), go_on), unsettled)

    def better(
        weights: tf.Tensor, badness: tf.Tensor, best: tf.Tensor, least: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.where((badness < least)[:, tf.newaxis], weights, best), tf.minimum(badness, least)

    def update(
        step: tf.Tensor,
        _: tf.Tensor,
        settled: tf.Tensor,
        updates: tf.Tensor,
        weights: tf.Tensor,
        first: tf.Tensor,
        second: tf.Tensor,
        earlier: tf.Tensor,
        best: tf.Tensor,
        least: tf.Tensor,
        losses: tf.TensorArray,
    ) -> tuple[Any, ...]:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss, badness = loss_of(weights)
        best, least = better(weights, badness, best, least)
        slope: Any = tape.gradient(loss, weights)
        t: Any = tf.cast(step + 1, tf.float32)
        first = beta1 * first + (1 - beta1) * slope
        second = beta2 * second + (1 - beta2) * slope**2
        ahead = first / (1 - beta1**t)
        size = tf.sqrt(second / (1 - beta2**t)) + epsilon
        moved = tf.maximum(weights - steps[step] * ahead / size, 0.0)
        weights = tf.where(settled[:, tf.newaxis], weights, moved)
        updates += tf.cast(tf.logical_not(settled), tf.int32)
        losses = losses.write(step, loss)
        if tolerance:
            due = tf.equal(tf.math.floormod(step, patience), patience - 1)
            change = tf.abs(loss - earlier) <= tolerance * tf.abs(earlier)
            settled = tf.logical_or(settled, tf.logical_and(due, change))
            earlier = tf.where(due, loss, earlier)
        moments = first, second
        go_on = report(step + 1, weights)
        return step + 1, go_on, settled, updates, weights, *moments, earlier, best, least, losses

    zeros = tf.zeros_like(start)
    losses = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[None])
    n = tf.shape(start)[:1]
    unknown = tf.fill(n, float("nan"))  # nothing is near it
    first = (0, True, tf.fill(n, value=False), tf.zeros(n, tf.int32), start, zeros, zeros, unknown)
    step, _, _, updates, weights, _, _, _, best, least, losses = tf.while_loop(
        more, update, (*first, start, tf.fill(n, float("inf")), losses)
    )
    loss, badness = loss_of(weights)
    best, _ = better(weights, badness, best, least)
    weights = best if keep == "best" else weights
    return weights, losses.write(step, loss).stack(), updates
