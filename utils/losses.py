"""Objectives over activations: what a rendered image is to maximise.

An objective is a value: it can be added, subtracted, scaled and negated, each giving a new one,
and it has a name.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from .errors import InputError

Activations = Mapping[str, tf.Tensor]

_LEAST_COSINE = 0.1
"""What a cosine counts as at least: or else there would be no gradient where it is negative."""


@dataclass(frozen=True)
class Objective:
    """What to maximise, one number an image.

    Attributes:
        name: for people.
        layers: the layers whose activations it needs.
        function: from (activations by layer, each (n, h, w, C); positions (n,) of these n images
            in the whole batch) to the n images' values, float32 (n,). Positions let a batch be
            worked on in parts while each image has an objective of its own.
        batch: how many images it is made for; None for any number.
        inputs: further arguments of `function`, after the positions: numbers, such as weights, that
            differ between objectives of one kind.
        kind: what the objective is apart from `inputs`: objectives of one kind share what is
            compiled for them. None for a kind of its own.

    Example:
        >>> from tfvis.utils import channel
        >>> objective = 2 * channel("mixed4d", 7) - channel("mixed4d", 8)
        >>> objective.name
        '2·(mixed4d:7) + -1·(mixed4d:8)'
    """

    name: str
    layers: tuple[str, ...]
    function: Callable[..., tf.Tensor]
    batch: int | None = None
    inputs: tuple[np.ndarray, ...] = field(default=(), repr=False, compare=False)
    kind: Hashable = field(default=None, repr=False)

    def __call__(
        self,
        activations: Activations,
        positions: tf.Tensor,
        inputs: Sequence[tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """The images' values, float32 (n,).

        Args:
            activations: by layer.
            positions: of these images in the whole batch: (n,).
            inputs: in place of the objective's own.
        """
        return self.function(activations, positions, *(self.inputs if inputs is None else inputs))

    def __add__(self, other: Objective) -> Objective:
        if not isinstance(other, Objective):
            return NotImplemented
        if None not in (self.batch, other.batch) and self.batch != other.batch:
            raise InputError(
                f"Expected objectives for as many images, received {self.name!r} for {self.batch} "
                f"and {other.name!r} for {other.batch}."
            )
        own = len(self.inputs)
        return Objective(
            f"{self.name} + {other.name}",
            tuple(dict.fromkeys(self.layers + other.layers)),
            lambda activations, positions, *inputs: (
                self(activations, positions, inputs[:own])
                + other(activations, positions, inputs[own:])
            ),
            self.batch if other.batch is None else other.batch,
            self.inputs + other.inputs,
            None if None in (self.kind, other.kind) else ("sum", self.kind, other.kind),
        )

    def __mul__(self, factor: float) -> Objective:
        if not isinstance(factor, numbers.Real):
            return NotImplemented
        return Objective(
            f"{factor:g}·({self.name})",
            self.layers,
            lambda activations, positions, *inputs: (
                float(factor) * self(activations, positions, inputs)
            ),
            self.batch,
            self.inputs,
            None if self.kind is None else ("scaled", float(factor), self.kind),
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Objective:
        return self * (1 / divisor)

    def __neg__(self) -> Objective:
        return self * -1

    def __sub__(self, other: Objective) -> Objective:
        return self + -other if isinstance(other, Objective) else NotImplemented


def channel_mean(layer: str, weights: np.ndarray, *, name: str | None = None) -> Objective:
    """For image g, mean_xy Σ_i weights[g, i] a_i: a weighted group of channels (Shi et al. 2020).

    Args:
        layer: the layer.
        weights: (N, C), a row an image; (C,) for the same weights for every image.
        name: the layer's if left out.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import channel_mean
        >>> objective = channel_mean("layer", np.array([1.0, 3.0]))
        >>> objective({"layer": np.ones((1, 4, 4, 2))}, np.array([0])).numpy()
        array([4.], dtype=float32)
    """
    weights = np.asarray(weights, np.float32)
    if weights.ndim not in (1, 2):
        raise InputError(f"Expected weights of shape (N, C) or (C,), received {weights.shape}.")
    single = weights.ndim == 1

    def function(activations: Activations, positions: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        channels = activations[layer].shape[-1]
        if weights.shape[-1] != channels:
            raise InputError(
                f"Expected {channels} weights, one a channel of {layer}, "
                f"received {weights.shape[-1]}."
            )
        means = tf.reduce_mean(tf.cast(activations[layer], tf.float32), axis=[1, 2])
        rows = tf.gather(weights, positions) if not single else weights
        return tf.reduce_sum(rows * means, axis=-1)

    batch = None if single else len(weights)
    kind = ("channel_mean", layer, single)
    return Objective(name or layer, (layer,), function, batch, (weights,), kind)


def cosine_mean(
    layer: str, weights: np.ndarray, power: float, *, name: str | None = None
) -> Objective:
    """For image g, mean_xy max(cos(w_g, a), 0.1)^p w_g·a: channels that are not meant count, too.

    The cosine of the weights and the activations at a position is 1 where the channels are active
    in the weights' proportions and no other channel is. `channel_mean` is the same with p = 0.

    Source: lucid's `direction` objective with `cossim_pow` (Olah, Mordvintsev, Schubert, Distill
    2017, "The Enemy of Feature Visualization" and the notebooks of Carter et al., Activation
    Atlas, Distill 2019).

    Args:
        layer: the layer.
        weights: (N, C), a row an image.
        power: p.
        name: the layer's if left out.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.losses import cosine_mean
        >>> objective = cosine_mean("layer", np.array([[3.0, 4.0]]), power=1)
        >>> objective({"layer": np.float32([[[[3, 4]]]])}, np.array([0])).numpy()
        array([25.], dtype=float32)
        >>> objective({"layer": np.float32([[[[5, 0]]]])}, np.array([0])).numpy()
        array([9.], dtype=float32)
    """
    weights = np.asarray(weights, np.float32)
    if weights.ndim != 2:
        raise InputError(f"Expected weights of shape (N, C), received {weights.shape}.")
    lengths = np.linalg.norm(weights, axis=-1, keepdims=True)
    directions = weights / np.maximum(lengths, np.finfo(np.float32).tiny)

    def function(
        activations: Activations, positions: tf.Tensor, directions: tf.Tensor, lengths: tf.Tensor
    ) -> tf.Tensor:
        maps = tf.cast(activations[layer], tf.float32)
        rows, own = tf.gather(directions, positions), tf.gather(lengths, positions)
        along = tf.einsum("nhwc,nc->nhw", maps, rows)
        # The square root of 0 has no gradient: a position without activations has length 1e-6.
        size = tf.sqrt(tf.reduce_sum(tf.square(maps), axis=-1) + 1e-12)
        cosine = tf.maximum(along / size, _LEAST_COSINE)
        means = tf.reduce_mean(tf.pow(cosine, power) * along, axis=[1, 2])
        return means * own[:, 0]

    kind = ("cosine_mean", layer, float(power))
    return Objective(name or layer, (layer,), function, len(weights), (directions, lengths), kind)


def channel(layer: str, index: int) -> Objective:
    """The mean activation of one of a layer's channels, for any number of images.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import channel
        >>> channel("layer", 1)({"layer": np.ones((2, 4, 4, 3))}, np.arange(2)).numpy()
        array([1., 1.], dtype=float32)
    """

    def function(activations: Activations, positions: tf.Tensor) -> tf.Tensor:
        maps: Any = activations[layer]
        channels = maps.shape[-1]
        if not 0 <= index < channels:
            raise InputError(
                f"Expected a channel of {layer} from 0 to {channels - 1}, received {index!r}."
            )
        return tf.reduce_mean(tf.cast(maps[..., index], tf.float32), axis=[1, 2])

    return Objective(f"{layer}:{index}", (layer,), function, kind=("channel", layer, index))


def loss(values: tf.Tensor) -> tf.Tensor:
    """What a minimiser gets of the images' objectives (N,): the one place where a sign is flipped.

    The sum, so that images which share no parameters do not influence each other.
    """
    return -tf.reduce_sum(values)
