"""Compiling functions once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class _Traced:
    """A function that counts how often it is traced.

    TensorFlow warns of a function that is traced again and again, and takes functions with the same
    source for one: those of several layers and networks. It takes objects for what they are.
    """

    traces = 0

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__name__ = getattr(function, "__name__", "function")

    def __call__(self, *arguments: Any) -> Any:
        _Traced.traces += 1
        return self._function(*arguments)


def compiled(function: Callable[..., Any], signature: Sequence[tf.TensorSpec] | None = None) -> Any:
    """A `tf.function` of TensorFlow operations; Python's `if` and `for` are not converted.

    Nothing is lost: Keras does not have its layers converted either.

    Args:
        function: takes and returns tensors.
        signature: of its arguments: it is traced once. Once for each shape if left out; shapes that
            vary are relaxed.
    """
    return tf.function(
        _Traced(function), input_signature=signature, autograph=False, reduce_retracing=True
    )


def trace_count() -> int:
    """How often functions made by `compiled` were traced in this process."""
    return _Traced.traces
