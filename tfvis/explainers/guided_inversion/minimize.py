"""Gradient descent with weights that stay above zero, as one compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled_apart


class _State(NamedTuple):
    """What an update takes over from the one before; its tensors begin with the images' axis."""

    step: Any  # how many updates were made, a scalar
    go_on: Any
    settled: Any
    updates: Any
    weights: Any
    first: Any  # moment, of the slopes
    second: Any
    best: Any  # weights
    least: Any  # badness, of these
    found: tuple[Any, Any, Any]  # loss, badness, slope; of settled images those found last
    earlier: tuple[Any, Any]  # loss and mask, when it was last looked whether images have settled
    reached: tuple[Any, Any]  # the least and the greatest loss so far
    losses: Any  # a TensorArray, an element an update


def minimize(
    loss_of: Callable[[tf.Tensor, tf.Tensor | None], tuple[tf.Tensor, tf.Tensor]],
    start: tf.Tensor,
    *,
    rates: Sequence[float] | np.ndarray,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    damping: float = 0.0,
    tolerance: float = 0.0,
    patience: int = 5,
    mask_of: Callable[[tf.Tensor], tf.Tensor] = lambda weights: weights,
    keep: str = "last",
    report: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = lambda done, weights: tf.constant(True),
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Minimise losses that do not depend on each other's weights, all together.

    Adam (Kingma, Ba 2015, arXiv 1412.6980, algorithm 1); after every update weights below 0 are set
    to 0. Call it in a compiled function.

    Args:
        loss_of: from weights (n, C) and the places of their images among all N, int32 (n,) or None
            for all, to losses (n,), and to what tells how good they are, (n,), less being better;
            see `keep`.
        start: the first weights, (N, C).
        rates: the learning rate of each update.
        betas: Adam's decay rates.
        epsilon: Adam's, added to the root of the slopes' mean square.
        damping: this share of the root mean square of all an image's roots is added to each too.
        tolerance: an image's weights stay when within `patience` updates neither its mask nor its
            loss has changed by more than this share; never if 0. The share of a mask is 1 less the
            sum of both masks' minima over that of their maxima, the share of a loss that of the
            range of all its losses so far. Images whose weights stay are left out of `loss_of` from
            then on, so the others take no longer for them.
        patience: see `tolerance`.
        mask_of: from weights (N, C) to their masks, (N, ...), ≥ 0.
        keep: which weights are returned, the "last" ones or each image's "best".
        report: called with how many updates are done and the weights, while the loop is traced;
            returns whether the loop is to go on, a scalar bool. See `LoopProgress`.

    Returns:
        The weights (N, C); the losses before each update and after the last, (updates + 1, N); and
        how many updates there were of each, int32 (N,), after which its losses are the same.
    """
    beta1, beta2 = betas
    steps = tf.constant(np.asarray(rates, np.float32))  # a list takes seconds if it is long

    def more(*state: Any) -> tf.Tensor:
        now = _State(*state)
        unsettled = tf.logical_not(tf.reduce_all(now.settled))
        return tf.logical_and(tf.logical_and(now.step < len(rates), now.go_on), unsettled)

    def update(*state: Any) -> _State:
        now = _State(*state)
        loss, badness, slope = found = _found(loss_of, now, some=bool(tolerance))
        best, least = _better(now.weights, badness, now.best, now.least)
        t: Any = tf.cast(now.step + 1, tf.float32)
        first = beta1 * now.first + (1 - beta1) * slope
        second = beta2 * now.second + (1 - beta2) * slope**2
        ahead = first / (1 - beta1**t)
        square: Any = second / (1 - beta2**t)
        size = tf.sqrt(square) + epsilon
        if damping:
            size += damping * tf.sqrt(tf.reduce_mean(square, axis=1, keepdims=True))
        moved = tf.maximum(now.weights - steps[now.step] * ahead / size, 0.0)
        weights = tf.where(now.settled[:, tf.newaxis], now.weights, moved)
        settled, earlier = now.settled, now.earlier
        low, high = reached = tf.minimum(now.reached[0], loss), tf.maximum(now.reached[1], loss)
        if tolerance:
            due = tf.equal(tf.math.floormod(now.step, patience), patience - 1)
            mask = mask_of(now.weights)
            still: Any = tf.abs(loss - earlier[0]) <= tolerance * (high - low)
            still &= _alike(mask, earlier[1], tolerance)
            settled = tf.logical_or(settled, tf.logical_and(due, still))
            earlier = tf.where(due, loss, earlier[0]), tf.where(due, mask, earlier[1])
        return _State(
            step=now.step + 1,
            go_on=report(now.step + 1, weights),
            settled=settled,
            updates=now.updates + tf.cast(tf.logical_not(now.settled), tf.int32),
            weights=weights,
            first=first,
            second=second,
            best=best,
            least=least,
            found=found,
            earlier=earlier,
            reached=reached,
            losses=now.losses.write(now.step, loss),
        )

    zeros = tf.zeros_like(start)
    n = tf.shape(start)[:1]
    unknown = tf.fill(n, float("nan"))  # nothing is near it
    state = _State(
        step=0,
        go_on=True,
        settled=tf.fill(n, value=False),
        updates=tf.zeros(n, tf.int32),
        weights=start,
        first=zeros,
        second=zeros,
        best=start,
        least=tf.fill(n, float("inf")),
        found=(unknown, unknown, zeros),
        earlier=(unknown, tf.zeros_like(mask_of(start)) if tolerance else zeros),
        reached=(tf.fill(n, float("inf")), tf.fill(n, float("-inf"))),
        losses=tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[None]),
    )
    last = _State(*tf.while_loop(more, update, state))
    loss, badness = loss_of(last.weights, None)
    best, _ = _better(last.weights, badness, last.best, last.least)
    weights = best if keep == "best" else last.weights
    losses = last.losses.write(last.step, loss).stack()
    # Where weights stayed, the loss is that of the end from then on.
    before: Any = tf.range(last.step + 1)[:, tf.newaxis] < last.updates
    return weights, tf.where(before, losses, loss), last.updates


def _found(
    loss_of: Callable[[tf.Tensor, tf.Tensor | None], tuple[tf.Tensor, tf.Tensor]],
    now: _State,
    *,
    some: bool,
) -> tuple[Any, Any, Any]:
    """Loss, badness and slope of each image; of those that have settled what was found last."""
    places: Any = None
    weights = now.weights
    if some:
        places = tf.cast(tf.where(tf.logical_not(now.settled))[:, 0], tf.int32)
        weights = tf.gather(weights, places)

    @compiled_apart
    def slopes(weights: tf.Tensor) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss, badness = loss_of(weights, places)
        return loss, badness, tape.gradient(loss, weights)

    found = slopes(weights)
    if not some:
        return found
    at = tf.expand_dims(places, -1)
    loss, badness, slope = (
        tf.tensor_scatter_nd_update(old, at, new) for old, new in zip(now.found, found, strict=True)
    )
    return loss, badness, slope


def _better(
    weights: tf.Tensor, badness: tf.Tensor, best: tf.Tensor, least: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Of each image the better weights, and their badness."""
    return tf.where((badness < least)[:, tf.newaxis], weights, best), tf.minimum(badness, least)


def _alike(mask: tf.Tensor, before: tf.Tensor, tolerance: float) -> tf.Tensor:
    """Whether each image's mask is what it was before, but for a share."""
    axes = list(range(1, mask.shape.rank))
    shared: Any = tf.reduce_sum(tf.minimum(mask, before), axis=axes)
    joined: Any = tf.reduce_sum(tf.maximum(mask, before), axis=axes)
    return shared >= (1 - tolerance) * joined
