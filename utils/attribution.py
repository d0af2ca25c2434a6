"""How much each channel of a hidden layer speaks for or against a class.

Two estimators of the same kind of answer, a number φ_i for every channel i with
Σφ = t_c(A) − t_c(0), where A are the layer's activations, t the network behind it and c the class:

* `shapley_sampling`: Shapley values of the game whose players are the channels (Castro, Gómez,
  Tejada 2009), in antithetic pairs of orders (Mitchell, Cooper, Frank, Holmes 2022), stratified by
  a Latin hypercube (McKay, Beckman, Conover 1979);
* `aumann_shapley`: Aumann–Shapley values, that is integrated gradients along the path αA
  (Sundararajan, Taly, Yan 2017, equation 1), summed over positions.

Both are used for groups of features in Shi, Du, Fan (2020), section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from .channel_attribution import AMBIGUOUS, ChannelAttribution
from .choices import AUMANN_SHAPLEY, SHAPLEY
from .compiling import compiled
from .errors import InputError, require_count, unknown
from .image_sources import ImageLike, SourceImage, read_image
from .network import Network
from .progress import Progress, silent
from .provenance import provenance
from .quadrature import RULES

_BLOCK = 10
"""How many orders (or pairs of orders) are stratified together."""


@dataclass(frozen=True)
class _Cut:
    """A network cut at a layer for one image and some classes: what both estimators start from."""

    source: SourceImage
    activations: tf.Tensor
    classes: tuple[int, ...]
    totals: np.ndarray
    full: np.ndarray
    empty: np.ndarray

    @classmethod
    def at(cls, net: Network, image: ImageLike, layer: str, classes: Sequence[str | int]) -> _Cut:
        if isinstance(classes, str | int) or not len(classes):
            raise InputError(f"Expected a list of at least one class, received {classes!r}.")
        indices = tuple(net.class_index(name) for name in classes)
        source = read_image(image, net.input_size)
        activations = net.activations_of(source, layer)[np.newaxis]
        ends = net.logits_from(layer, np.concatenate([activations, np.zeros_like(activations)]))
        if not (np.isfinite(activations).all() and np.isfinite(ends).all()):
            raise InputError(
                f"Expected finite activations and logits, received NaN or infinity at {layer}: "
                "the network's weights are damaged or its number format overflows."
            )
        full, empty = np.asarray(ends[:, list(indices)], np.float64)
        return cls(source, tf.constant(activations[0]), indices, full - empty, full, empty)


def shapley_sampling(
    net: Network,
    image: ImageLike,
    layer: str,
    *,
    classes: Sequence[str | int],
    permutations: int = 100,
    antithetic: bool = True,
    tolerance: float | None = None,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress = silent,
) -> tuple[ChannelAttribution, ...]:
    """Sampled Shapley values of a layer's channels.

    A coalition's worth is the class's logit with all other channels set to 0, v(S) = t_c(A|S);
    φ_i is the mean of i's marginal contribution over random orders. As the contributions of one
    order telescope, Σφ = t_c(A) − t_c(0) holds for any number of orders. The head runs once; every
    coalition serves all classes.

    What a channel contributes depends on how many others are there already. So the orders are
    stratified: in every block of ten, each channel comes once in each tenth of the places. An
    order sorts the channels by independent uniform keys, so each is still uniform and the values
    unbiased. On GoogLeNet's mixed4d this took two fifths off the variance of 10 pairs.

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        layer: the layer whose channels are the players.
        classes: indices, WordNet ids or names.
        permutations: how many orders; with `antithetic` an odd number is rounded up.
        antithetic: draw orders in pairs, one the reverse of the other, which lowers the error.
        tolerance: stop early, after a whole block, when each class's standard error, averaged over
            channels, is below this (in units of the logit).
        seed: of the orders.
        batch_size: coalitions evaluated at once; bounds the memory.
        progress: called with orders done and orders in all; one that rounding up added is left out.

    Returns:
        One attribution a class, in the order of `classes`. `standard_error` comes from the
        squared differences of neighbouring strata, as the strata take the trend out of the error
        (von Neumann 1941).
    """
    require_count("permutations", permutations)
    require_count("batch_size", batch_size)
    if tolerance is not None and not tolerance > 0:
        raise InputError(f"Expected tolerance to be > 0, received {tolerance!r}.")
    layer = net.require_layer(layer)
    cut = _Cut.at(net, image, layer, classes)
    n_channels = net.n_channels(layer)
    prefix_logits = net.compiled(_prefix_logits, layer)
    indices = tf.constant(cut.classes)
    orders_per_sample = 2 if antithetic else 1
    n_samples = -(-permutations // orders_per_sample)
    rng = np.random.default_rng(seed)

    def contributions(order: np.ndarray) -> np.ndarray:
        """Each channel's marginal contribution in one order: (classes, C)."""
        rank = np.argsort(order).astype(np.int32)
        sizes = np.arange(1, n_channels, dtype=np.int32)
        inner = [
            prefix_logits(
                cut.activations, indices, tf.constant(rank), tf.constant(sizes[i : i + batch_size])
            ).numpy()
            for i in range(0, len(sizes), batch_size)
        ]
        worth = np.concatenate([cut.empty[np.newaxis], *inner, cut.full[np.newaxis]])
        return np.diff(worth, axis=0)[rank].T

    total = np.zeros((len(cut.classes), n_channels))
    squared_differences = np.zeros_like(total)
    error = np.full_like(total, math.nan)
    n = differences = 0
    while n < n_samples:
        keys = _stratified_keys(rng, min(_BLOCK, n_samples - n), n_channels, antithetic)
        samples = []
        for key in keys:
            order = np.argsort(key)
            sample = contributions(order)
            if antithetic:
                sample = (sample + contributions(order[::-1])) / 2
            samples.append(sample)
            n += 1
            progress(min(n * orders_per_sample, permutations), permutations)
        # What differs between a channel's strata: its place, either way round if antithetic.
        place = np.abs(keys - 0.5) if antithetic else keys
        ordered = np.take_along_axis(
            np.stack(samples), np.argsort(place, axis=0)[:, np.newaxis], axis=0
        )
        total += ordered.sum(axis=0)
        squared_differences += np.square(np.diff(ordered, axis=0)).sum(axis=0)
        differences += len(ordered) - 1
        if differences:
            error = np.sqrt(squared_differences / (2 * differences) / n)
            if tolerance is not None and error.mean(axis=1).max() < tolerance:
                break
    mean = total / n
    evaluations = n * orders_per_sample * (n_channels - 1) + 2
    options = {
        "permutations": permutations,
        "antithetic": antithetic,
        "tolerance": tolerance,
        "seed": seed,
    }
    return tuple(
        ChannelAttribution(
            SHAPLEY,
            layer,
            index,
            mean[k],
            error[k],
            float(cut.totals[k]),
            evaluations,
            provenance=provenance(
                net, cut.source, method=SHAPLEY, options=options, layer=layer, class_index=index
            ),
        )
        for k, index in enumerate(cut.classes)
    )


def _stratified_keys(
    rng: np.random.Generator, n: int, n_channels: int, antithetic: bool
) -> np.ndarray:
    """Keys (n, C), uniform in [0, 1] and independent within a row, whose columns are stratified.

    If antithetic, what is stratified is a key's distance from 1/2, which its mirror image shares.
    """
    strata = rng.permuted(np.repeat(np.arange(n)[:, np.newaxis], n_channels, axis=1), axis=0)
    keys = (strata + rng.random((n, n_channels))) / n
    if antithetic:
        keys = np.where(rng.random(keys.shape) < 0.5, keys, 2 - keys) / 2
    return keys


def _prefix_logits(
    net: Network, layer: str
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """A compiled function from (A, classes, ranks (C,), sizes (n,)) to logits (n, classes).

    The coalition of size k are the channels whose rank is below k.
    """
    tail = net.tail(layer)
    signature = [
        tf.TensorSpec([None, None, net.n_channels(layer)], tf.float32),
        *[tf.TensorSpec([None], tf.int32)] * 3,
    ]

    def prefix_logits(
        activations: tf.Tensor, classes: tf.Tensor, rank: tf.Tensor, sizes: tf.Tensor
    ) -> tf.Tensor:
        present = tf.cast(rank < sizes[:, tf.newaxis], tf.float32)
        logits = tail(activations * present[:, tf.newaxis, tf.newaxis, :])
        return tf.cast(tf.gather(logits, classes, axis=1), tf.float64)

    return compiled(prefix_logits, signature)


def aumann_shapley(
    net: Network,
    image: ImageLike,
    layer: str,
    *,
    classes: Sequence[str | int],
    steps: int = 64,
    rule: str = "graded",
    smooth: bool = False,
    seed: int = 0,
    batch_size: int = 16,
    maps: bool = True,
    progress: Progress = silent,
) -> tuple[ChannelAttribution, ...]:
    """Aumann–Shapley values of a layer's channels: integrated gradients over activations.

    φ_i = Σ_xy A_xy,i ∫₀¹ ∂t_c(αA)/∂A_xy,i dα. The head runs once. Σφ tends to t_c(A) − t_c(0);
    how far it is off is the result's `completeness_gap`. The terms of the sum over positions are
    the result's `maps`. Its `directions` are the same sum of |A|: where A < 0, φ > 0 does not say
    that raising the channel raises the logit.

    The integrand changes most near α = 0, where the biases rule. The default rule, the midpoint
    rule in u with α = u², puts its nodes there: with 64 nodes its gap was at most 0.4 % of the
    total on fifteen image–class pairs of GoogLeNet's mixed4d, against 0.8 % for Gauss–Legendre,
    2.8 % for midpoints and 8 % for left points (`python -m benchmarks.completeness`).

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        layer: the layer whose channels are attributed to.
        classes: indices, WordNet ids or names.
        steps: nodes of the rule, that is gradients a class.
        rule: "graded" (default), "midpoint", "gauss_legendre", or "left", the reference's left
            Riemann sum (there with 100 steps).
        smooth: the reference's smooth path: at each step every channel is also multiplied by
            (u₁ + u₂)/1.5 with u₁, u₂ uniform in [0, 1]. Completeness is then only approximate.
        seed: of the smooth path.
        batch_size: gradients computed at once; bounds the memory.
        maps: keep the attributions of every position, float32 (h, w, C) a class.
        progress: called with gradients done and gradients in all.

    Returns:
        One attribution a class, in the order of `classes`.
    """
    require_count("steps", steps)
    require_count("batch_size", batch_size)
    if rule not in RULES:
        raise unknown("rule", rule, RULES)
    layer = net.require_layer(layer)
    cut = _Cut.at(net, image, layer, classes)
    n_channels = net.n_channels(layer)
    nodes, weights = RULES[rule](steps)
    # A factor for each step, and with the smooth path for each channel too.
    scales = nodes[:, np.newaxis]
    if smooth:
        rng = np.random.default_rng(seed)
        scales = scales * rng.random((2, steps, n_channels)).sum(axis=0) / 1.5
    path_gradients = net.compiled(_path_gradients, layer)

    found = []
    for k, index in enumerate(cut.classes):
        gradients = np.zeros_like(cut.activations, np.float64)
        for i in range(0, steps, batch_size):
            batch = slice(i, i + batch_size)
            gradients += path_gradients(
                cut.activations,
                tf.constant(scales[batch], tf.float32),
                tf.constant(weights[batch], tf.float32),
                tf.constant(index),
            ).numpy()
            progress(k * steps + min(i + batch_size, steps), len(cut.classes) * steps)
        found.append(
            ChannelAttribution(
                AUMANN_SHAPLEY,
                layer,
                index,
                total=float(cut.totals[k]),
                evaluations=steps,
                provenance=provenance(
                    net,
                    cut.source,
                    method=AUMANN_SHAPLEY,
                    options={"steps": steps, "rule": rule, "smooth": smooth, "seed": seed},
                    layer=layer,
                    class_index=index,
                ),
                **_attributed(cut.activations.numpy(), gradients, maps),
            )
        )
    return tuple(found)


def _attributed(activations: np.ndarray, gradients: np.ndarray, maps: bool) -> dict[str, Any]:
    """What activations and their integrated gradients, both (h, w, C), say of each channel."""
    influence = activations * gradients
    values = influence.sum(axis=(0, 1))
    kept = np.float32(influence) if maps else None
    influence *= np.sign(activations)
    directions = influence.sum(axis=(0, 1))
    rising = np.maximum(influence, 0, out=influence).sum(axis=(0, 1))
    smaller, whole = np.minimum(rising, rising - directions), 2 * rising - directions
    return {
        "values": values,
        "maps": kept,
        "directions": directions,
        "ambiguous": (smaller >= AMBIGUOUS * whole) & (whole > 0),
    }


def with_directions(
    net: Network, image: ImageLike, attribution: ChannelAttribution
) -> ChannelAttribution:
    """The same with `directions`, for which gradients are computed where they are needed.

    They are not where they are known already, or where no activation is negative: there they are
    the values themselves. Else a channel with negative activations gets its value's size, and the
    sign of its Aumann–Shapley direction.

    Args:
        net: the network.
        image: that was attributed; see `read_image`.
        attribution: by any method.
    """
    if attribution.directions is not None:
        return attribution
    source = read_image(image, net.input_size)
    activations = net.activations_of(source, attribution.layer)
    if activations.min() >= 0:
        return attribution
    (found,) = aumann_shapley(
        net, source, attribution.layer, classes=[attribution.class_index], maps=False
    )
    signed = np.abs(attribution.values) * np.sign(found.icon_weights)
    directions = np.where(activations.min(axis=(0, 1)) >= 0, attribution.values, signed)
    return replace(attribution, directions=directions, ambiguous=found.ambiguous)


def _path_gradients(
    net: Network, layer: str
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """A compiled function from (A, scales, weights, class) to Σ_n weights_n ∂t_c/∂A at scales_n A.

    A and the result are (h, w, C); weights are (n,); scales are (n, C), or (n, 1) for the same
    factor on all channels.
    """
    tail, n_channels = net.tail(layer), net.n_channels(layer)
    signature = [
        tf.TensorSpec([None, None, n_channels], tf.float32),
        tf.TensorSpec([None, None], tf.float32),
        tf.TensorSpec([None], tf.float32),
        tf.TensorSpec([], tf.int32),
    ]

    def path_gradients(
        activations: tf.Tensor, scales: tf.Tensor, weights: tf.Tensor, class_index: tf.Tensor
    ) -> tf.Tensor:
        points = activations * scales[:, tf.newaxis, tf.newaxis, :]
        with tf.GradientTape() as tape:
            tape.watch(points)
            logits = tail(points)
            # Samples do not mix, so the gradient of the sum holds each sample's own.
            worth = tf.reduce_sum(tf.gather(logits, class_index, axis=1))
        slopes: Any = tape.gradient(worth, points)
        gradients = tf.cast(slopes, tf.float32)
        return tf.tensordot(weights, gradients, 1)

    return compiled(path_gradients, signature)
