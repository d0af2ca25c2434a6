"""Starting TensorFlow for a command: quietly, repeatably, on the device that was asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from tfvis.utils.errors import InputError

from .quiet_start import quiet_start


@contextlib.contextmanager
def _without_folder() -> Iterator[None]:
    """Keep TensorFlow from making a folder called "~" here, where the user has no home."""
    if "KERAS_HOME" in os.environ or os.path.expanduser("~") != "~":  # noqa: PTH111 - may fail
        yield
        return
    os.environ["KERAS_HOME"] = os.devnull
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]


def start_tensorflow(device: str | None = None) -> Any:
    """Import TensorFlow and return the scope in which to work on `device`.

    One operation runs at a time (each on all cores): with several at once, sums come out in
    another order from run to run, and the pictures with them. It costs no speed here.

    Raises:
        InputError: there is no such device; those that there are are named.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        raise InputError(
            f"Expected Keras to run on TensorFlow, received KERAS_BACKEND={backend!r}. "
            "Set KERAS_BACKEND=tensorflow."
        )
    # TensorFlow leaves its faster operations off on processors without AVX-512. Measured on one:
    # a step of GoogLeNet's icons took 0.7 of the time with them.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with quiet_start():
        with _without_folder():
            import tensorflow as tf

        # Its warnings are for programmers: a run over many layers compiles once for each.
        tf.get_logger().setLevel("ERROR")
        with contextlib.suppress(RuntimeError):  # already running: whoever started it decides
            tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            # Or else TensorFlow takes all memory of every GPU, also of those that others use.
            with contextlib.suppress(RuntimeError):  # already running
                tf.config.experimental.set_memory_growth(gpu, True)
        found = [d.name.removeprefix("/device:") for d in tf.config.list_logical_devices()]
    if device is None:
        return contextlib.nullcontext()
    if device not in found:
        raise InputError(f"No device {device!r} here. Expected one of: {', '.join(found)}.")
    return tf.device(f"/device:{device}")
