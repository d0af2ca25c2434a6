"""Which backend suits a batch, and how many workers."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..runtime.startup import gpus, start_tensorflow

__all__ = ["choose_backend", "cores", "workers_for"]

MANY = 32
"""From so many images on, several processes make up for each one's start."""

_WORKER = 1_500_000_000
"""Bytes that a worker is taken to need: TensorFlow, a network, and what it computes with."""


def cores() -> int:
    """The cores that this process may use, as far as the system and a container's bounds say."""
    import joblib

    return joblib.cpu_count()


def choose_backend(
    named: str | None, n_images: int, device: str | None = None
) -> tuple[str, str | None]:
    """The backend that is used.

    Args:
        named: the one that is asked for; None for a choice.
        n_images: how many images there are.
        device: that is asked for, such as CPU:0; TensorFlow's choice if None.

    Returns:
        Its name, and why it was chosen; None if it was asked for.
    """
    if named is not None:
        return named, None
    n = cores()
    if n == 1:
        return "serial", "there is one core"
    if n_images < MANY:
        return "serial", f"fewer than {MANY} images do not make up for the start of more processes"
    if has_gpu(device):
        return "serial", "there is a GPU, which one process uses whole"
    return "loky", f"{n_images} images on {n} cores"


def has_gpu(device: str | None = None) -> bool:
    """Whether TensorFlow computes on a GPU: on the device that is asked for, or by its own choice.

    It starts TensorFlow, unless the device says it all.
    """
    if device is not None:
        return device.startswith("GPU")
    with start_tensorflow():
        return bool(gpus(None))


def workers_for(backend: str, named: int | None, n_images: int) -> int | None:
    """How many workers a backend is asked for.

    Args:
        backend: its name.
        named: how many the user asks for; None for a choice.
        n_images: how many images there are.

    Returns:
        None for as many as a cluster has.
    """
    if backend == "serial":
        return 1
    if named is not None or backend != "loky":
        return named
    return max(1, min(cores(), n_images, _available() // _WORKER))


def _available() -> int:
    """Bytes of memory that are free: on the machine, and within the bounds of a container."""
    import psutil

    return min([psutil.virtual_memory().available, *_left_in_container()])


def _left_in_container(root: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """What Linux's control groups leave this process; nothing where they set no bound."""
    found = []
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with contextlib.suppress(OSError, ValueError):  # "max" is no number: there is no bound
            found.append(int((root / most).read_text()) - int((root / used).read_text()))
    return [max(0, own) for own in found]
