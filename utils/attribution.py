"""How much each channel of a hidden layer speaks for or against a class.

Two estimators of the same kind of answer, a number φ_i for every channel i with
Σφ = t_c(A) − t_c(0), where A are the layer's activations, t the network behind it and c the class:

* `shapley_sampling`: Shapley values of the game whose players are the channels (`shapley`);
* `aumann_shapley`: Aumann–Shapley values, that is integrated gradients along the path αA
  (Sundararajan, Taly, Yan 2017, equation 1), summed over positions.

Both are used for groups of features in Shi, Du, Fan (2020), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from .attribution_cut import AttributionCut
from .channel_attribution import AMBIGUOUS, ChannelAttribution
from .choices import AUMANN_SHAPLEY
from .compiling import compiled
from .devices import summed
from .errors import InputError, require_count, unknown
from .image_sources import ImageLike, read_image
from .memory_bounds import TAIL, batch_size_within
from .network import Network
from .progress import Progress, silent
from .provenance import provenance
from .quadrature import RULES, refined
from .shapley import shapley_sampling

__all__ = ["aumann_shapley", "gradient_times_activation", "shapley_sampling", "with_directions"]


_TOGETHER = 4
"""Classes whose gradients share a pass through the network; each number is compiled once."""


def aumann_shapley(
    net: Network,
    image: ImageLike,
    layer: str,
    *,
    classes: Sequence[str | int],
    rather_than: str | int | None = None,
    steps: int = 64,
    rule: str = "graded",
    tolerance: float | None = None,
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
        rather_than: a class b by index, WordNet id or name. What is attributed is then t_c − t_b,
            what speaks for the class rather than for b.
        steps: nodes of the rule, that is gradients a class.
        rule: "graded" (default), "midpoint", "gauss_legendre", or "left", the reference's left
            Riemann sum (there with 100 steps).
        tolerance: stop at fewer steps once each class's gap is at most this share of its total, for
            example 0.005. A quarter of the steps is taken first, then half of them, then all, the
            largest multiple of 4 in `steps`; what was computed is kept (see `refined`).
        smooth: the reference's smooth path: at each step every channel is also multiplied by
            (u₁ + u₂)/1.5 with u₁, u₂ uniform in [0, 1]. Completeness is then only approximate.
        seed: of the smooth path.
        batch_size: points of the path at once, whose logits serve four classes; bounds the memory.
        maps: keep the attributions of every position, float32 (h, w, C) a class.
        progress: called with gradients done and gradients in all.

    Returns:
        One attribution a class, in the order of `classes`.
    """
    require_count("steps", steps)
    require_count("batch_size", batch_size)
    if rule not in RULES:
        raise unknown("rule", rule, RULES)
    if tolerance is not None:
        if not tolerance > 0:
            raise InputError(f"Expected tolerance to be > 0, received {tolerance!r}.")
        if smooth:
            raise InputError("Expected no tolerance with smooth, whose gap stays, received both.")
        if rule != "graded":
            raise InputError(f"Expected no rule but 'graded' with a tolerance, received {rule!r}.")
    layer = net.require_layer(layer)
    batch_size = batch_size_within(net, TAIL, layer, most=batch_size)
    cut = AttributionCut.at(net, image, layer, classes, rather_than)
    n_channels = net.n_channels(layer)
    if tolerance is None:
        nodes, weights = RULES[rule](steps)
        # A factor for each step, and with the smooth path for each channel too.
        scales = nodes[:, np.newaxis]
        if smooth:
            rng = np.random.default_rng(seed)
            scales = scales * rng.random((2, steps, n_channels)).sum(axis=0) / 1.5
        rounds = [(scales, weights, 1.0)]
    else:
        rounds = [(nodes[:, np.newaxis], weights, kept) for nodes, weights, kept in refined(steps)]
    activations = cut.activations.numpy()
    count, done = len(cut.evaluated), 0
    parts = [slice(k, min(k + _TOGETHER, count)) for k in range(0, count, _TOGETHER)]
    integrated = np.zeros((count, *activations.shape))  # gradients, a class each
    for scales, weights, kept in rounds:
        integrated *= kept
        for i in range(0, len(weights), batch_size):
            batch = slice(i, i + batch_size)
            for some in parts:
                path_gradients = net.compiled(_path_gradients, (layer, some.stop - some.start))
                integrated[some] += path_gradients(
                    cut.activations,
                    tf.constant(scales[batch], tf.float32),
                    tf.constant(weights[batch], tf.float32),
                    tf.constant(cut.evaluated[some]),
                ).numpy()
            done += len(weights[batch])
            progress(done * count, steps * count)
        if tolerance is not None:
            sums = cut.of_classes((integrated * activations).sum(axis=(1, 2, 3)))
            if (np.abs(sums - cut.totals) <= tolerance * np.abs(cut.totals)).all():
                break
    progress(steps * count, steps * count)
    found = []
    for k, index in enumerate(cut.classes):
        gradients: np.ndarray = integrated[k]
        both = None
        if cut.rather_than is not None:
            other = integrated[-1]
            both = np.stack([(activations * own).sum(axis=(0, 1)) for own in (gradients, other)])
            gradients = gradients - other
        found.append(
            ChannelAttribution(
                AUMANN_SHAPLEY,
                layer,
                index,
                total=float(cut.totals[k]),
                evaluations=done,
                rather_than=cut.rather_than,
                of_both=both,
                provenance=provenance(
                    net,
                    cut.source,
                    method=AUMANN_SHAPLEY,
                    options={
                        "steps": steps,
                        "rule": rule,
                        "tolerance": tolerance,
                        "smooth": smooth,
                        "seed": seed,
                    },
                    layer=layer,
                    class_index=index,
                    rather_than=cut.rather_than,
                ),
                **_attributed(activations, gradients, maps),
            )
        )
    return tuple(found)


def gradient_times_activation(
    net: Network,
    image: ImageLike,
    layer: str,
    class_index: str | int,
    *,
    rather_than: str | int | None = None,
) -> np.ndarray:
    """A_i ∂t_c/∂A_i of each channel, summed over positions: the path's last point alone.

    Its sum says nothing of t_c(A) − t_c(0) unless the tail is linear.

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        layer: the layer whose channels are attributed to.
        class_index: a class by index, WordNet id or name.
        rather_than: another class, whose logit is taken from the first one's.

    Returns:
        float64 (C,).
    """
    layer = net.require_layer(layer)
    cut = AttributionCut.at(net, image, layer, [class_index], rather_than)
    gradients = net.compiled(_path_gradients, (layer, len(cut.evaluated)))(
        cut.activations, tf.ones([1, 1]), tf.ones([1]), tf.constant(cut.evaluated)
    )
    products = gradients.numpy().astype(np.float64) * cut.activations.numpy()
    return cut.of_classes(products.sum(axis=(1, 2)))[0]


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
    sign of its Aumann–Shapley direction. What the gradients say is remembered for the images seen
    last.

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
    layer = net.require_layer(attribution.layer)
    index, other = attribution.class_index, attribution.rather_than

    def compute() -> tuple[np.ndarray, np.ndarray | None]:
        (found,) = aumann_shapley(
            net, source, layer, classes=[index], rather_than=other, maps=False
        )
        return np.sign(found.icon_weights), found.ambiguous

    key = ("directions", layer, index, other, source.digest)
    signs, ambiguous = net.memory.get(key, compute)
    signed = np.abs(attribution.values) * signs
    directions = np.where(activations.min(axis=(0, 1)) >= 0, attribution.values, signed)
    return replace(attribution, directions=directions, ambiguous=ambiguous)


def _path_gradients(
    net: Network, key: tuple[str, int]
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """A compiled function from (A, scales, weights, classes) to Σ_n weights_n ∂t_c/∂A(scales_n A).

    A is (h, w, C), the result (classes, h, w, C); weights are (n,); scales are (n, C), or (n, 1)
    for the same factor on all channels. The logits are computed once for all classes.
    """
    layer, n_classes = key
    tail, n_channels = net.tail(layer), net.n_channels(layer)
    signature = [
        tf.TensorSpec([None, None, n_channels], tf.float32),
        tf.TensorSpec([None, None], tf.float32),
        tf.TensorSpec([None], tf.float32),
        tf.TensorSpec([n_classes], tf.int32),
    ]

    def of_points(
        activations: tf.Tensor, scales: tf.Tensor, weights: tf.Tensor, classes: tf.Tensor
    ) -> tf.Tensor:
        points = activations * scales[:, tf.newaxis, tf.newaxis, :]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(points)
            logits = tail(points)

        integrated = list[Any]()
        for k in range(n_classes):
            # One after the other: what a class needs of memory does not add up.
            with tf.control_dependencies(integrated):
                # Samples do not mix, so the gradient of the sum holds each sample's own.
                only = tf.broadcast_to(
                    tf.one_hot(classes[k], tf.shape(logits)[1], dtype=logits.dtype),
                    tf.shape(logits),
                )
                slopes: Any = tape.gradient(logits, points, output_gradients=only)
                integrated.append(tf.tensordot(weights, tf.cast(slopes, tf.float32), 1))
        return tf.stack(integrated)

    def path_gradients(
        activations: tf.Tensor, scales: tf.Tensor, weights: tf.Tensor, classes: tf.Tensor
    ) -> tf.Tensor:
        def share(scales: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
            return of_points(activations, scales, weights, classes)

        return summed(net.strategy, share, scales, weights)

    return compiled(path_gradients, signature)
