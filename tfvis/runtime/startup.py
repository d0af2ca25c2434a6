"""Starting TensorFlow for a command: quietly, repeatably, on the device that was asked for."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
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


_program = False
"""Whether the process is a program's own."""


def keep_imports() -> None:
    """Say that this process is a program's own, of which all objects stay once it has begun.

    TensorFlow then starts faster: see `_kept`. It is not said where the command line is called from
    another program, whose objects may have to go.
    """
    global _program
    _program = True


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Have Python's garbage collector leave alone what is imported, in a program's own process.

    Nearly all of TensorFlow's 700,000 objects stay until the process ends. Measured, of a run of
    `tfvis explain` without icons: 9.0 s where they are looked through again and again, 7.4 s where
    they are not. What little garbage the import itself makes is kept too.
    """
    if not _program or "tensorflow" in sys.modules or not gc.isenabled():
        yield
        return
    gc.collect()  # or else garbage of before would be kept too
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def start_tensorflow(
    device: str | None = None, *, jit: bool = False, threads: int | None = None
) -> Any:
    """Import TensorFlow and return the scope in which to work on `device`.

    One operation runs at a time (each on all cores): with several at once, sums come out in
    another order from run to run, and the pictures with them. It costs no speed here.

    Args:
        device: such as CPU:0; TensorFlow's choice if left out.
        jit: have XLA compile what it can of every compiled function.
        threads: of each operation; as many as there are cores if None. It has no effect once
            TensorFlow runs.

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
    if jit:  # without this flag XLA leaves out what runs on the CPU
        flags = os.environ.get("TF_XLA_FLAGS", "").split()
        os.environ["TF_XLA_FLAGS"] = " ".join(dict.fromkeys([*flags, "--tf_xla_cpu_global_jit"]))
    with quiet_start():
        with _without_folder(), _kept():
            import tensorflow as tf

        # Its warnings are for programmers: a run over many layers compiles once for each.
        tf.get_logger().setLevel("ERROR")
        with contextlib.suppress(RuntimeError):  # already running: whoever started it decides
            tf.config.threading.set_inter_op_parallelism_threads(1)
            if threads is not None:
                tf.config.threading.set_intra_op_parallelism_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            # Or else TensorFlow takes all memory of every GPU, also of those that others use.
            with contextlib.suppress(RuntimeError):  # already running
                tf.config.experimental.set_memory_growth(gpu, True)
        found = [d.name.removeprefix("/device:") for d in tf.config.list_logical_devices()]
    if device is not None and device not in found:
        raise InputError(f"No device {device!r} here. Expected one of: {', '.join(found)}.")
    return _scope(device, jit)


@contextlib.contextmanager
def _scope(device: str | None, jit: bool) -> Iterator[None]:
    import tensorflow as tf

    before = tf.config.optimizer.get_jit() == "autoclustering"
    tf.config.optimizer.set_jit(jit or before)
    try:
        with contextlib.nullcontext() if device is None else tf.device(f"/device:{device}"):
            yield
    finally:
        tf.config.optimizer.set_jit(before)


def gpus(device: str | None) -> list[str]:
    """The GPUs among which a run is split: all of them, unless a device was asked for."""
    import tensorflow as tf

    found = [] if device else [gpu.name for gpu in tf.config.list_logical_devices("GPU")]
    return [name.removeprefix("/device:") for name in found]
