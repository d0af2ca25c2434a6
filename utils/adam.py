"""Adam's step, for variables that a compiled function holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def apply_adam(
    variables: Sequence[tf.Variable],
    moments: Sequence[tuple[tf.Variable, tf.Variable]],
    gradients: Sequence[tf.Tensor],
    step: tf.Tensor,
    learning_rate: float,
) -> None:
    """One step of Adam (Kingma, Ba 2015), the `step`-th from 0.

    TensorFlow's fused kernel: after an optimiser object of Keras 3.15 was applied in a compiled
    function, the function's graph and variables were never freed.
    """
    beta1, beta2 = 0.9, 0.999
    count: Any = tf.cast(step + 1, tf.float32)
    for variable, (mean, square), gradient in zip(variables, moments, gradients, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=beta1**count,
            beta2_power=beta2**count,
            lr=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=1e-8,
            grad=gradient,
        )
