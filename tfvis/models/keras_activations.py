"""What the activations of Keras layers do, and layers with other ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import scipy.special
import tensorflow as tf

from tfvis.utils.redirected_relu import UNCAPPED, redirected


def with_activation(layer: Any, activation: Callable[..., Any]) -> Any:
    """The same layer, its weights included, with another activation.

    Neither by `copy.copy` nor by the configuration: both would have to serialize an activation that
    may be a function of the user's own.
    """
    found = object.__new__(type(layer))
    found.__dict__.update(layer.__dict__)
    found.__dict__["activation"] = activation
    return found


def ending(operation: Any) -> str | None:
    """Whether an operation ends in an activation that squashes logits, or does nothing at all.

    Returns:
        "squashing", "idle", or None for anything else.
    """
    if isinstance(operation, keras.layers.Identity | keras.layers.Dropout):
        return "idle"
    activation = getattr(operation, "activation", None)
    if activation is None:
        squashing = isinstance(operation, keras.layers.Softmax) or _is_kerass(
            operation, "Softmax", "Sigmoid", "LogSoftmax"
        )
        return "squashing" if squashing else None
    found = _values(activation, _LOGITS)
    for kind, function in _ACTIVATIONS:
        if found is not None and np.allclose(found, function(_LOGITS), atol=1e-5):
            return kind
    return None


def redirecting(operation: Any) -> Any:
    """An operation with a redirected gradient where it ends in a ReLU, else the operation itself.

    Known are `activation=` of layers, `Activation` and `ReLU` layers, and `relu` and `relu6` called
    as functions, with or without a largest value. Leaky ones and other activations have a gradient
    of their own below 0; nothing is known of ReLUs inside layers of a user's own.

    Args:
        operation: a Keras layer or operation; it stays as it is.
    """
    activation = getattr(operation, "activation", None)
    if activation is not None:
        cap = relu_cap(activation)
        return operation if cap is None else with_activation(operation, redirected(activation, cap))
    if not _is_kerass(operation, "ReLU", "Relu", "Relu6"):
        return operation
    cap = relu_cap(operation)
    return operation if cap is None else redirected(operation, cap)


def relu_cap(activation: Callable[..., Any]) -> float | None:
    """The largest value of a ReLU, `UNCAPPED` for a plain one; None for any other activation."""
    found = _values(activation, _INPUTS)
    if found is None:
        return None
    largest = float(found.max())
    if not largest > 0:
        return None
    cap = UNCAPPED if largest >= _INPUTS.max() * (1 - _TOLERANCE) else largest
    expected = np.clip(_INPUTS, 0, cap)
    return cap if np.allclose(found, expected, rtol=_TOLERANCE, atol=1e-5) else None


_LOGITS = np.array([[-1.5, 0.25, 2.0]], np.float32)
_ACTIVATIONS = (
    ("idle", lambda x: x),
    ("squashing", lambda x: scipy.special.softmax(x, axis=-1)),
    ("squashing", lambda x: scipy.special.log_softmax(x, axis=-1)),
    ("squashing", scipy.special.expit),
)
_INPUTS = np.array([[-1000, -3, -1, -0.1, -0.001, 0.001, 0.1, 0.9, 2, 3, 5.5, 7, 1000]], np.float32)
_TOLERANCE = 0.01
"""Of an activation that is a layer which computes in half precision."""


def _values(activation: Callable[..., Any], inputs: np.ndarray) -> np.ndarray | None:
    """What an activation makes of some inputs; None where it fails or changes their shape.

    By what it does: it may be Keras's, TensorFlow's, a layer or a function of one's own.
    """
    try:
        with tf.init_scope():
            found = np.asarray(activation(tf.constant(inputs)), np.float32)
    except Exception:
        return None
    return found if found.shape == inputs.shape else None


def _is_kerass(operation: Any, *names: str) -> bool:
    """Whether an operation is one of Keras's own, of one of these classes."""
    kind = type(operation)
    return kind.__module__.startswith("keras.") and kind.__name__ in names
