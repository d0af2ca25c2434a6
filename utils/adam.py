"""Adam's step, for variables that a compiled function holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from .errors import InputError


@dataclass(frozen=True)
class Adam:
    """The settings of Adam (Kingma, Ba 2015).

    Attributes:
        learning_rate: α.
        beta_1: how much of the gradients' running mean is kept in each step; 0 for no momentum.
        beta_2: how much of the running mean of their squares is kept.

    Raises:
        InputError: on construction, for a rate that is not above 0, or a β outside [0, 1).

    Example:
        >>> from tfvis.utils.adam import Adam
        >>> Adam(0.05, beta_1=0.0, beta_2=0.9).learning_rate
        0.05
    """

    learning_rate: float
    beta_1: float = 0.9
    beta_2: float = 0.999

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise InputError(f"Expected learning_rate to be > 0, received {self.learning_rate!r}.")
        for name, value in (("beta_1", self.beta_1), ("beta_2", self.beta_2)):
            if not 0 <= value < 1:
                raise InputError(f"Expected {name} from 0 to below 1, received {value!r}.")

    def apply(
        self,
        variables: Sequence[tf.Variable],
        moments: Sequence[tuple[tf.Variable, tf.Variable]],
        gradients: Sequence[tf.Tensor],
        step: tf.Tensor,
    ) -> None:
        """Take a step down the gradients, the `step`-th from 0.

        TensorFlow's fused kernel: after an optimiser object of Keras 3.15 was applied in a compiled
        function, the function's graph and variables were never freed.
        """
        count: Any = tf.cast(step + 1, tf.float32)
        for variable, (mean, square), gradient in zip(variables, moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=self.beta_1**count,
                beta2_power=self.beta_2**count,
                lr=self.learning_rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=1e-8,
                grad=gradient,
            )
