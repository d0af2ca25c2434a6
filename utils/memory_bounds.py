"""How much memory work may take, and how many images at once keep within it."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from .errors import InputError

HEAD, TAIL, CLASSIFIER = "head", "tail", "classifier"
"""The parts of a network: up to a layer, behind it, and the whole."""

CACHE = 256 << 20
"""Bytes of what was computed before, that a network keeps; see `Memory`."""
RUNTIME = 850_000_000
"""Bytes that Python, TensorFlow and compiled functions take, whatever the network."""
OF_WEIGHTS = 3.0
"""Weights are held so many times over: as they were loaded, in graphs, and in oneDNN's order."""
OF_TENSORS = 1.5
"""What an image takes, as a multiple of the tensors that are alive at once: memory that is freed is
not all used again. `python -m benchmarks.memory` measures it."""

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)\s*", re.IGNORECASE)
_MAPPED = 1_400_000_000
"""Bytes of address space that TensorFlow maps and never uses."""


@dataclass(frozen=True)
class Footprint:
    """What a part of a network takes of memory.

    Attributes:
        image: bytes of the tensors that are alive at once, for one image of the network's size.
        weights: bytes of the weights.
    """

    image: int
    weights: int


class _Network(Protocol):
    """What is asked of a `Network`, which stands above."""

    name: str

    def footprint(
        self, part: str, layer: str | None = None, *, gradient: bool = True
    ) -> Footprint | None: ...


@dataclass(frozen=True)
class _Bound:
    """How many bytes work may take, what says so, what it was given, and what of that is unused."""

    size: int
    name: str
    received: str
    unused: int = 0


_given: ContextVar[_Bound | None] = ContextVar("tfvis memory bound", default=None)


def memory_size(value: str | int) -> int:
    """Bytes, of a number of them or a text.

    Args:
        value: whole bytes, or a number and a unit: KB, MB, GB and TB are powers of 1,000, KiB, MiB,
            GiB and TiB of 1,024.

    Raises:
        InputError: it is neither, or nothing.

    Example:
        >>> from tfvis.utils.memory_bounds import memory_size
        >>> memory_size("2GB"), memory_size("1.5 GiB")
        (2000000000, 1610612736)
    """
    if isinstance(value, str):
        found = _SIZE.fullmatch(value)
        size = 0 if found is None else int(float(found[1]) * _UNITS[found[2].upper()])
    else:
        size = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if size < 1:
        raise InputError(
            f"Expected memory to be a number with a unit, such as 2GB, 1.5GiB or 800MB, received "
            f"{value!r}."
        )
    return size


@contextlib.contextmanager
def memory_bound(limit: str | int | None, *, name: str = "memory") -> Iterator[None]:
    """Bound the memory of what is computed until the block ends.

    Images, coalitions and gradients are then computed fewer at once, which changes results by
    rounding only. A `batch_size` that is given stays the most. What a process takes before the
    block counts too: Python and TensorFlow take about 0.7 GB. Bounds do not pass to other threads.

    Args:
        limit: see `memory_size`; None for no bound.
        name: what the bound is called in errors.

    Raises:
        InputError: not a size. Within the block: the bound is too small for one image at a time.

    Example:
        >>> import tfvis
        >>> from tfvis.utils import memory_bound
        >>> net = tfvis.load_model("critters")
        >>> with memory_bound("2GB"):
        ...     icon = tfvis.icon(net, "mixed4d", 8, steps=1, size=32)
    """
    if limit is None:
        yield
        return
    token = _given.set(_Bound(memory_size(limit), name, repr(limit)))
    try:
        yield
    finally:
        _given.reset(token)


def bounded_bytes() -> int | None:
    """The bytes that work may take by now; None if there is no bound."""
    bound = _bound()
    return None if bound is None else bound.size


def cache_limit(limit: int) -> int:
    """How much of `limit` bytes a cache may keep within the bound: an eighth of that at most."""
    bound = _bound()
    return limit if bound is None else min(limit, bound.size // 8)


def batch_size_within(
    net: _Network,
    part: str,
    layer: str | None = None,
    *,
    most: int,
    gradient: bool = True,
    times: float = 1.0,
    each: float = 0,
    fixed: float = 0,
    least: int = 1,
) -> int:
    """How many images a part of a network may work on at once.

    The bytes of n images are those of TensorFlow, of the weights, of the cache of what was computed
    before, and n times those of one image.

    Args:
        net: the network.
        part: `HEAD`, `TAIL` or `CLASSIFIER`.
        layer: where the head ends or the tail begins.
        most: at most so many, and exactly so many without a bound.
        gradient: whether it is differentiated too, by what it is given.
        times: images of another size take so many times as much, as do several at once.
        each: bytes beside the network for each image.
        fixed: bytes beside the network for all of them.
        least: fewer will not do.

    Raises:
        InputError: the bound is too small for `least`.
    """
    bound = _bound()
    if bound is None:
        return most
    footprint = net.footprint(part, layer, gradient=gradient)
    if footprint is None:  # nothing is known
        return least
    # `python -m benchmarks.memory` measures how near this comes.
    each += OF_TENSORS * times * footprint.image
    fixed += RUNTIME + OF_WEIGHTS * footprint.weights
    fitting = int((bound.size - cache_limit(CACHE) - fixed) // each)
    if fitting >= least:
        return min(most, fitting)
    needed = fixed + least * each
    needed = min(needed * 8 / 7, needed + CACHE) + bound.unused  # with the cache
    raise InputError(
        f"Expected {bound.name} of at least {_rounded_up(needed)} for {net.name}, received "
        f"{bound.received}."
    )


def _rounded_up(size: float) -> str:
    """Gigabytes with one decimal, no fewer than there are."""
    return f"{math.ceil(size / 1e8) / 10:.1f}GB"


def _bound() -> _Bound | None:
    """The tightest of the bound that was given and those that the system sets this process."""
    found = [_given.get(), *_limits()]
    return min(filter(None, found), key=lambda own: own.size, default=None)


def _limits() -> Iterator[_Bound]:
    """What `ulimit` allows, of data and of address space."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    for kind, letter, unused in (
        (resource.RLIMIT_DATA, "d", 0),
        (resource.RLIMIT_AS, "v", _MAPPED),
    ):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            received = f"{soft / 1e9:.2f}GB"
            yield _Bound(max(soft - unused, 0), f"`ulimit -{letter}`", received, unused)
