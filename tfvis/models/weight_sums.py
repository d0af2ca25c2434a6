"""A number for each weight array, which tells that a model was trained meanwhile."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled
from tfvis.utils.network import Network

__all__ = ["WeightSums", "are_fixed", "fixed_weights", "weights_looked_at"]

_fixed: ContextVar[bool] = ContextVar("tfvis fixed weights", default=False)


@contextlib.contextmanager
def fixed_weights() -> Iterator[None]:
    """Take the weights of all networks as unchanged until the block ends.

    Asking takes some milliseconds, a dozen times an image. A program that trains no network need
    not ask.

    Example:
        >>> with fixed_weights():
        ...     are_fixed()
        True
    """
    token = _fixed.set(True)
    try:
        yield
    finally:
        _fixed.reset(token)


@contextlib.contextmanager
def weights_looked_at(net: Network) -> Iterator[None]:
    """Look once whether a network's weights have changed, and not again until the block ends."""
    _ = net.memory  # which forgets what was remembered if they have
    with fixed_weights():
        yield


def are_fixed() -> bool:
    """Whether this is within a block of `fixed_weights`."""
    return _fixed.get()


class WeightSums:
    """Sums of the values of weight arrays, each value with a factor of its own.

    A plain sum would stay the same where some values rise by what others fall. A digest of all
    values takes too long: this is asked before each use of what is remembered of a network.

    Sums are not needed while all arrays lie where they lay. That is known of arrays in the
    processor's memory, which are held for it: once they change, the old values take memory too,
    until it is asked again. A write past TensorFlow, through DLPack, is not seen.

    Args:
        arrays: the weights of a model. Of those that are neither floating-point nor int8, such as
            the states of random generators, nothing is told.

    Example:
        >>> import keras
        >>> from tfvis.models.weight_sums import WeightSums
        >>> kernel, bias = keras.Variable([[1.0, 2.0]]), keras.Variable([0.0, 0.0])
        >>> sums = WeightSums([kernel, bias])
        >>> _ = kernel.assign([[2.0, 1.0]])
        >>> sums.changed(), sums.changed()
        (True, False)
    """

    def __init__(self, arrays: Sequence[keras.Variable]) -> None:
        self._arrays = tuple(arrays)
        self._factors: dict[tuple[int, float], np.ndarray] = {}
        self._compiled: Any = None
        values = self._values(_read)
        self._before = self._sums(values)
        self._held = self._if_shared(values)

    def changed(self) -> bool:
        """Whether a sum is another than when this was called last, or since the start."""
        values = self._values(_read)
        # TensorFlow never writes into memory that someone else holds, so what is held and lies at
        # the same place has the same values. It takes half the time of the sums.
        if self._held is not None and _lie_alike(values, self._held):
            return False
        now = self._sums(values)
        found = not np.array_equal(self._before, now, equal_nan=True)
        if found or self._held is not None:
            self._held = self._if_shared(values)
        self._before = now
        return found

    def _if_shared(self, values: Sequence[tf.Tensor]) -> Sequence[tf.Tensor] | None:
        """The values, if they are the arrays' own memory and no copies of it."""
        return values if _lie_alike(values, self._values(_read)) else None

    def __call__(self) -> np.ndarray:
        """The sums as they are now, float32 (arrays,)."""
        return self._sums(self._values(_read))

    def _sums(self, values: Sequence[tf.Tensor]) -> np.ndarray:
        if any("CPU" not in value.device for value in values):
            return self.compiled()
        with np.errstate(all="ignore"):
            found = [self._sum(_seen(value), _product) for value in values]
        return np.array(found, np.float32)

    def compiled(self) -> np.ndarray:
        """The same by a compiled function, for arrays in another device's memory."""
        run = self._compiled
        if run is None:
            # Compiling takes a second for a hundred arrays, so it is not the only way.
            run = self._compiled = compiled(self._tensor_sums)
        return run().numpy()

    def _tensor_sums(self) -> tf.Tensor:
        floats = [tf.cast(value, tf.float32) for value in self._values(tf.convert_to_tensor)]
        return tf.stack([self._sum(value, tf.linalg.matvec) for value in floats] or tf.zeros([0]))

    def _values(self, read: Callable[[Any], Any]) -> list[tf.Tensor]:
        values = [read(array.value) for array in self._arrays]
        return [own for own in values if own.dtype.is_floating or own.dtype == tf.int8]

    def _sum(self, value: Any, product: Callable[[Any, Any], Any]) -> Any:
        columns = int(value.shape[-1]) if len(value.shape) else 1
        rows = math.prod(value.shape) // max(columns, 1)
        reshape = np.reshape if isinstance(value, np.ndarray) else tf.reshape
        table = reshape(value, [rows, columns])
        each = product(table, self._factor(columns, 1.0))
        return product(reshape(each, [1, rows]), self._factor(rows, 2.0))[0]

    def _factor(self, n: int, start: float) -> np.ndarray:
        if (n, start) not in self._factors:
            self._factors[n, start] = np.cos(start + np.arange(n), dtype=np.float32)
        return self._factors[n, start]


def _read(value: Any) -> tf.Tensor:
    """A variable's values, as `tf.convert_to_tensor` has them, in half its time."""
    if isinstance(value, tf.Variable) and not hasattr(value, "values"):  # not several copies
        return tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype)
    return tf.convert_to_tensor(value)


def _lie_alike(values: Sequence[tf.Tensor], others: Sequence[tf.Tensor]) -> bool:
    """Whether all tensors lie at the same places in the processor's memory as the others."""
    try:
        return all(
            "CPU" in one.device and _is_view_of_same(one, other)
            for one, other in zip(values, others, strict=True)
        )
    except (BufferError, TypeError, ValueError):  # Python cannot look into bfloat16
        return False


def _is_view_of_same(value: Any, other: Any) -> bool:
    # Both are looked at together: of two copies in turn the second may lie where the first lay.
    one, two = np.asarray(memoryview(value)), np.asarray(memoryview(other))
    places = (own.__array_interface__["data"][0] for own in (one, two))
    return not one.size or len(set(places)) == 1


def _product(table: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """A matrix times a vector, without the threads of BLAS, which wait for a busy processor."""
    return np.einsum("rc,c->r", table, factors)


def _seen(value: Any) -> np.ndarray:
    """A tensor's values where they lie; those that are not float32 are copied."""
    return np.asarray(memoryview(tf.cast(value, tf.float32)))
