"""A number for each weight array, which tells that a model was trained meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled

__all__ = ["WeightSums"]


class WeightSums:
    """Sums of the values of weight arrays, each value with a weight of its own.

    A plain sum would stay the same where some values rise by what others fall. A digest of all
    values takes too long: this is asked before each use of what is remembered of a network.

    Args:
        arrays: the weights of a model.

    Example:
        >>> import keras
        >>> from tfvis.models.weight_sums import WeightSums
        >>> kernel, bias = keras.Variable([[1.0, 2.0]]), keras.Variable([0.0, 0.0])
        >>> sums = WeightSums([kernel, bias])
        >>> before = sums()
        >>> _ = kernel.assign([[2.0, 1.0]])
        >>> (sums() != before).tolist()
        [True, False]
    """

    def __init__(self, arrays: Sequence[keras.Variable]) -> None:
        self._arrays = tuple(arrays)
        self._factors: dict[tuple[int, float], np.ndarray] = {}
        self._elsewhere: Any = None

    def __call__(self) -> np.ndarray:
        """The sums as they are now, float32 (floating arrays,)."""
        values = [tf.convert_to_tensor(array.value) for array in self._arrays]
        if any("CPU" not in value.device for value in values):
            return self.compiled()
        with np.errstate(all="ignore"):
            found = [self._sum(_seen(v), np.matmul) for v in values if v.dtype.is_floating]
        return np.array(found, np.float32)

    def compiled(self) -> np.ndarray:
        """The same by a compiled function, for arrays in another device's memory."""
        run = self._elsewhere
        if run is None:
            # Tracing it takes a second for a hundred arrays, so it is not the only way.
            run = self._elsewhere = compiled(self._sums)
        return run().numpy()

    def _sums(self) -> tf.Tensor:
        values = [tf.convert_to_tensor(array.value) for array in self._arrays]
        floats = [tf.cast(value, tf.float32) for value in values if value.dtype.is_floating]
        return tf.stack([self._sum(value, tf.linalg.matvec) for value in floats] or tf.zeros([0]))

    def _sum(self, value: Any, product: Callable[[Any, Any], Any]) -> Any:
        columns = int(value.shape[-1]) if len(value.shape) else 1
        rows = math.prod(value.shape) // max(columns, 1)
        reshape = np.reshape if isinstance(value, np.ndarray) else tf.reshape
        each = product(reshape(value, [rows, columns]), self._factor(columns, 1.0))
        return product(reshape(each, [1, rows]), self._factor(rows, 2.0))[0]

    def _factor(self, n: int, start: float) -> np.ndarray:
        if (n, start) not in self._factors:
            self._factors[n, start] = np.cos(start + np.arange(n), dtype=np.float32)
        return self._factors[n, start]


def _seen(value: Any) -> np.ndarray:
    """A tensor's values where they lie; those that are not float32 are copied."""
    return np.asarray(memoryview(tf.cast(value, tf.float32)))
