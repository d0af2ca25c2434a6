"""Which number format a device computes fast, for options that say `auto`."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .choices import AUTO
from .compiling import compiled

if TYPE_CHECKING:
    from .network import Network

_CPU_INFO = Path("/proc/cpuinfo")
_FAST_FLAGS = ("avx512_bf16", "amx_bf16")
_AMPERE = (8, 0)
_WORTHWHILE = 1.1
"""How many times as fast bfloat16 has to be on a processor: it is the less exact format."""
_CONVOLUTION = (4, 28, 28, 128)
"""Images, height, width and channels of the convolution of 3 x 3 that is timed."""
_REPEATS = 6


class HasFormat(Protocol):
    """Options, a frozen dataclass, of what is computed in a number format."""

    @property
    def dtype(self) -> str:
        """The format's name, or `auto`."""
        ...


F = TypeVar("F", bound=HasFormat)


@dataclass(frozen=True)
class NumberFormat:
    """A number format, and why it was chosen.

    Attributes:
        dtype: "float32" or "bfloat16".
        reason: a clause for people.
    """

    dtype: str
    reason: str


def fastest_format(net: Network) -> NumberFormat:
    """The format in which the device that TensorFlow uses here computes a network fastest.

    bfloat16 on GPUs from NVIDIA's Ampere on, and on processors that have instructions for it
    (AVX512-BF16 or AMX, as Linux tells) and are faster with them in a measurement of 0.2 s, if the
    network can compute in it at all. float32 elsewhere. What was found is kept, for a processor as
    for a network.
    """
    if "bfloat16" not in net.dtypes:
        return NumberFormat("float32", f"since {net.name} computes in nothing else")
    found = _of_device()
    if found.dtype == "bfloat16" and not net.compiled(_computes, "bfloat16"):
        return NumberFormat("float32", f"since {net.name} does not compute in bfloat16")
    return found


def resolved(net: Network, options: F) -> F:
    """The options with `fastest_format` in place of `auto`."""
    if options.dtype != AUTO:
        return options
    found: Any = options  # every dataclass has the field
    return replace(found, dtype=fastest_format(net).dtype)


def _of_device() -> NumberFormat:
    import tensorflow as tf

    name = tf.constant(0.0).device
    if "GPU" in name:
        index = int(name.rsplit(":", 1)[1])
        visible = tf.config.get_visible_devices("GPU")
        # A GPU that is split into several logical ones has fewer than these.
        device = visible[min(index, len(visible) - 1)]
        capability = tf.config.experimental.get_device_details(device).get("compute_capability")
        if capability is not None and tuple(capability) >= _AMPERE:
            return NumberFormat("bfloat16", "which this GPU computes fast")
        return NumberFormat("float32", "since this GPU has no fast bfloat16")
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in ("0", "false"):
        return NumberFormat("float32", "since oneDNN is switched off")
    if not _cpu_flags().intersection(_FAST_FLAGS):
        return NumberFormat("float32", "since this processor has no instructions for bfloat16")
    if _bfloat16_speed() < _WORTHWHILE:
        return NumberFormat("float32", "since this processor is no faster in bfloat16")
    return NumberFormat("bfloat16", "which this processor computes fast")


@cache
def _bfloat16_speed() -> float:
    """How many times as fast as in float32 the processor computes a convolution and its gradient.

    The instructions alone do not tell: of two processors with AVX512-BF16 one was 1.4 to 1.9 times
    as fast in bfloat16 as in float32, the other 0.6 times.
    """
    import tensorflow as tf

    def prepared(dtype: str) -> Any:
        images = tf.ones(_CONVOLUTION, dtype)
        kernel = tf.ones((3, 3, _CONVOLUTION[-1], _CONVOLUTION[-1]), dtype)

        @compiled
        def convolve() -> Any:
            with tf.GradientTape() as tape:
                tape.watch(images)
                result = tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME"))
            slopes: Any = tape.gradient(result, images)
            return tf.reduce_sum(tf.cast(slopes, tf.float32))

        convolve()  # traces
        return convolve

    with tf.device("CPU:0"):
        works = {dtype: prepared(dtype) for dtype in ("float32", "bfloat16")}
        shortest = dict.fromkeys(works, float("inf"))
        for _ in range(_REPEATS):  # in turn: a busy moment hits both
            for dtype, work in works.items():
                start = time.perf_counter()
                work().numpy()
                shortest[dtype] = min(shortest[dtype], time.perf_counter() - start)
    return shortest["float32"] / shortest["bfloat16"]


def _cpu_flags() -> set[str]:
    """What the first processor can do, as Linux names it; nothing elsewhere."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return set()
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return set(flags.partition(":")[2].split())


def _computes(net: Network, dtype: str) -> bool:
    """Whether a network's layers all have kernels for a format, and none overflows."""
    import numpy as np
    import tensorflow as tf

    image = tf.fill([1, *net.input_size, 3], 0.5)
    try:
        classify = net.astype(dtype).classifier()
        with tf.GradientTape() as tape:
            tape.watch(image)
            total = tf.reduce_sum(tf.cast(classify(image), tf.float32))
        slopes: Any = tape.gradient(total, image)
    except Exception:  # a layer of someone else's may raise whatever it likes
        return False
    return bool(np.isfinite(total) and np.isfinite(slopes).all())
