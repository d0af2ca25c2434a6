"""Where a worker gets its network from: a few words that can be sent, never the network."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.memory_bounds import memory_bound
from tfvis.utils.progress import Progress, silent

from ..models import is_address, is_name
from ..runtime.startup import start_tensorflow

if TYPE_CHECKING:
    from tfvis.utils.network import Network

__all__ = ["ModelSource"]


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """How a process gets the network, and what it computes with.

    Attributes:
        model: a name, a file, a folder or an address, as `tfvis.load_model` takes it.
        weights: of a named network: a file, a folder or an address.
        description: what is said of a model of one's own: pairs of keywords of `tfvis.load_model`
            and values.
        device: such as CPU:0; TensorFlow's choice if None.
        jit: whether XLA compiles what it can.
        memory: how much memory a process may take, such as "2GB"; no bound if None.
        threads: of each operation; if None as many as there are cores, or within a Dask worker as
            many as it has.

    Example:
        >>> ModelSource(model="critters").load().name
        'critters'
    """

    model: str
    weights: Path | str | None = None
    description: tuple[tuple[str, Any], ...] = ()
    device: str | None = None
    jit: bool = False
    memory: str | None = None
    threads: int | None = None

    def absolute(self) -> ModelSource:
        """The same with files by their whole paths: workers may have another current folder."""
        return replace(self, model=str(_absolute(self.model)), weights=_absolute(self.weights))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start TensorFlow, and work on the device and within the memory that are asked for."""
        scope = start_tensorflow(self.device, jit=self.jit, threads=self.threads or _own_threads())
        with scope, memory_bound(self.memory, name="--memory"):
            yield

    def load(self, *, progress: Progress = silent) -> Network:
        """The network.

        Args:
            progress: of a download.

        Raises:
            InputError: it cannot be had.
        """
        from ..models import load_model

        return load_model(
            self.model, weights=self.weights, progress=progress, **dict(self.description)
        )


def _absolute(path: Path | str | None) -> Path | str | None:
    """A file's whole path; a network's name, and an address, stay."""
    if path is None or is_address(path) or (isinstance(path, str) and is_name(path)):
        return path
    return Path(path).absolute()


def _own_threads() -> int | None:
    """The threads that this Dask worker has; None where this is none."""
    distributed: Any = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.get_worker().state.nthreads
    except ValueError:  # not in a task
        return None
