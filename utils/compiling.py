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


def compiled_apart(function: Callable[..., Any]) -> Any:
    """A function that TensorFlow optimises by itself where another compiled function calls it.

    For a network and its gradient in the body of a loop. There oneDNN's gradient of max pooling,
    several times as fast as TensorFlow's own, is otherwise not taken: it needs to come after its
    pooling in the order in which TensorFlow goes through the graph, and a loop has no first and
    last.

    Args:
        function: takes and returns tensors.
    """
    return tf.function(
        _Traced(function),
        autograph=False,
        reduce_retracing=True,
        experimental_attributes={"_noinline": True},
    )


def trace_count() -> int:
    """How often functions made by `compiled` were traced in this process."""
    return _Traced.traces
