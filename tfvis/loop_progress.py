"""Progress from inside compiled loops."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

__all__ = ["LoopProgress"]


class LoopProgress:
    """To be called with the number of iterations done, while a `tf.function` is traced.

    Attributes:
        report: what the number is told to whenever the loop gets there, which may be another each
            time that the compiled function is called.
    """

    def __init__(self) -> None:
        self.report: Callable[[int], None] = _unheard

    def __call__(self, done: tf.Tensor) -> None:
        """Have `report` told a number, a scalar, when the loop gets here."""

        def tell(number: int) -> None:
            self.report(int(number))

        tf.numpy_function(tell, [done], [])


def _unheard(done: int) -> None:
    pass
