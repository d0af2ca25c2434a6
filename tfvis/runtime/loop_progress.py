"""Progress from inside compiled loops."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import tensorflow as tf

__all__ = ["LoopProgress"]


class LoopProgress:
    """To be called while a `tf.function` is traced; who is told is said when that is called."""

    def __init__(self) -> None:
        self._report: Callable[[int], None] = _unheard
        self._error: BaseException | None = None

    def __call__(self, done: tf.Tensor, after: tf.Tensor) -> None:
        """Have a number told, a scalar, when the loop has computed `after`."""
        with tf.control_dependencies([after]):  # else the counter runs ahead of the work
            tf.numpy_function(self._tell, [done], [])

    @contextlib.contextmanager
    def to(self, report: Callable[[int], None]) -> Iterator[None]:
        """Tell the numbers to `report` within the block; what it raises is raised at its end."""
        self._report, self._error = report, None
        try:
            yield
        finally:
            self._report = _unheard
        if self._error is not None:
            raise self._error

    def _tell(self, number: int) -> None:
        try:
            self._report(int(number))
        except BaseException as error:
            self._report, self._error = _unheard, error


def _unheard(done: int) -> None:
    pass
