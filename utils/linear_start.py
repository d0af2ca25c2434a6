"""A tail whose first operations are linear in the layer's channels.

A channel that joins others adds to the first operations' sums, whatever the others are. So these
sums need not be computed anew for each set of channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True, eq=False)
class LinearOperation:
    """A convolution or matrix product that reads the layer's channels.

    Attributes:
        source: which of `LinearStart.sources` it reads.
        kernel: gives its kernel, (…, C, outputs).
        apply: from inputs (n, …, c) and the part of the kernel that belongs to these c channels,
            (…, c, outputs), to what they contribute: (n, …, outputs).
        finish: from the sum of all contributions to the operation's output: a bias, an activation.
    """

    source: int
    kernel: Callable[[], tf.Tensor]
    apply: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    finish: Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True, eq=False)
class LinearStart:
    """A tail as its first operations, which are linear, and the rest: t(A) = rest(operations(A)).

    Attributes:
        sources: from activations (n, h, w, C) to what the operations read: the activations, or what
            is made of each channel by itself, such as its maxima; a channel that is 0 stays 0.
        operations: everything that reads the sources.
        rest: from the operations' outputs, in their order, to logits (n, classes).
    """

    sources: Callable[[tf.Tensor], Sequence[tf.Tensor]]
    operations: tuple[LinearOperation, ...]
    rest: Callable[[Sequence[tf.Tensor]], tf.Tensor]
