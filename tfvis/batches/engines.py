"""What runs a batch's chunks: this process, several on this machine, or those of a cluster.

All of it is joblib's: its own workers, Dask's and Ray's. A worker that is killed is none of a
chunk's errors; see `Engine.died`.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import logging
import platform
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from tfvis.utils.errors import InputError, one_line, unknown

from .._version import __version__
from ..runtime.log_levels import at_level

__all__ = ["BACKENDS", "Engine", "engine"]

T = TypeVar("T")
R = TypeVar("R")

BACKENDS = ("serial", "loky", "dask", "ray")
"""The ways of running a batch, by name."""

SECONDS = 15.0
"""So long a scheduler may take to answer."""

PATIENCE = 600.0
"""So long as many workers as are asked for may take to come: a queue may have to start them."""

_AHEAD = 8
"""So many chunks a worker are sent ahead to a cluster, which may grow while it works."""

_WAVE = 4
"""So many chunks a worker are in a wave, where results come when all of a wave are finished."""


@dataclass(frozen=True)
class Engine:
    """Runs chunks, by a backend of joblib.

    Attributes:
        name: one of `BACKENDS`.
        backend: joblib's name for it, or an object of joblib's.
        workers: how many work at once.
        threads: of each worker's operations; None for as many as the worker's process may use.
        parameters: of `joblib.parallel_config`.
        died: what is raised where a worker was killed.
        lost: what is raised where the cluster is gone.
        streams: whether the backend gives results as they come.
        ahead: so many chunks a worker are sent ahead: workers that join later take of these.
    """

    name: str
    backend: Any
    workers: int
    threads: int | None
    parameters: dict[str, Any]
    died: tuple[type[BaseException], ...] = ()
    lost: tuple[type[BaseException], ...] = ()
    streams: bool = True
    ahead: int = 2

    def map(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """What the function returns for each task, in the order in which they are finished.

        Args:
            function: of a module: it is sent by name, and what it is called with as it is.
            tasks: asked for as workers have room for them.
        """
        import joblib

        Parallel: Any = joblib.Parallel  # whose annotations know neither integers nor generators
        with joblib.parallel_config(backend=self.backend, n_jobs=self.workers, **self.parameters):
            if self.streams:
                parallel = Parallel(
                    return_as="generator_unordered",
                    batch_size=1,
                    pre_dispatch=f"{self.ahead} * n_jobs",
                )
                yield from parallel(joblib.delayed(function)(task) for task in tasks)
                return
            left = iter(tasks)
            while wave := list(itertools.islice(left, _WAVE * self.workers)):
                yield from Parallel(batch_size=1)(joblib.delayed(function)(task) for task in wave)


@contextlib.contextmanager
def engine(
    backend: str, workers: int | None = None, *, address: str | None = None
) -> Iterator[Engine]:
    """An engine by its name, as long as the block lasts.

    Args:
        backend: one of `BACKENDS`.
        workers: how many work at once; processes, 2 or more, for "loky"; those that the cluster has
            if None.
        address: of the scheduler of "dask", or of the cluster of "ray"; None for a Ray on this
            machine.

    Raises:
        InputError: an unknown backend, a library is missing, a scheduler does not answer, or a
            worker has no tfvis, or another version.
    """
    made = {"serial": _serial, "loky": _loky, "dask": _dask, "ray": _ray}.get(backend)
    if made is None:
        raise unknown("backend", backend, BACKENDS)
    with made(workers, address) as found:
        yield found


@contextlib.contextmanager
def _serial(workers: int | None, address: str | None) -> Iterator[Engine]:
    from .worker import forget_loaded

    try:
        yield Engine("serial", "sequential", 1, None, {})
    finally:
        forget_loaded()


@contextlib.contextmanager
def _loky(workers: int | None, address: str | None) -> Iterator[Engine]:
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    n = workers or joblib.cpu_count()
    if n < 2:  # joblib would run it in this process, which is not to be killed or made deaf
        raise InputError(f"Expected 2 or more workers with loky, received {n}: choose serial.")
    threads = max(1, joblib.cpu_count() // n)
    with _loky_ended(), warnings.catch_warnings():
        # It starts another worker in the place of one that grew: nothing that a user can change.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        yield Engine(
            "loky",
            "loky",
            n,
            threads,
            {"inner_max_num_threads": threads},
            died=(TerminatedWorkerError,),
        )


@contextlib.contextmanager
def _loky_ended() -> Iterator[None]:
    """End joblib's processes with the block; their network would stay in memory."""
    from joblib.externals.loky import get_reusable_executor

    try:
        yield
    finally:
        get_reusable_executor().shutdown(wait=False, kill_workers=True)


@contextlib.contextmanager
def _dask(workers: int | None, address: str | None) -> Iterator[Engine]:
    dask, distributed = _imported("dask", "dask", "distributed", "distributed.scheduler")[:2]
    with contextlib.ExitStack() as stack:
        # What it logs as it loses a connection, a traceback each, is told in a line instead.
        for name in ("distributed", "distributed.client"):
            stack.enter_context(at_level(name, logging.CRITICAL))
        timeout = {"distributed.comm.timeouts.connect": f"{SECONDS}s"}
        stack.enter_context(dask.config.set(timeout))
        try:
            client = distributed.Client(address, timeout=f"{SECONDS}s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"No scheduler answers at {address!r} within {SECONDS:g} seconds: "
                f"{one_line(error, 120)}"
            ) from None
        stack.callback(client.close)  # which, as a block, may swallow what ends it
        try:
            patience = SECONDS if workers is None else PATIENCE
            client.wait_for_workers(workers or 1, timeout=patience)
        except TimeoutError:
            n = len(client.scheduler_info()["workers"])
            wanted = "a worker" if workers in (None, 1) else f"{workers} workers"
            raise InputError(
                f"Expected {wanted} at {address!r}, found {n or 'none'} after {patience:g} seconds."
            ) from None
        require_same_versions(_asked(_versions_of_dask, client))
        n = workers or len(client.nthreads())
        yield Engine(
            "dask",
            _dask_backend(client, n),
            n,
            None,
            {},
            died=(distributed.scheduler.KilledWorker,),
            lost=(distributed.client.FutureCancelledError, distributed.comm.CommClosedError),
            ahead=_AHEAD,
        )


def _dask_backend(client: Any, workers: int) -> Any:
    """joblib's backend for a cluster, which has as many tasks at once as there are workers.

    joblib's own has one a thread, and runs what is to be done by one worker in this process.
    """
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, workers)

    return Backend(client=client)


def _asking_for_version() -> Callable[[], str | None]:
    """A function that tells which tfvis there is where it runs; None for none.

    It is sent by value, since it is no function of a module: a worker without tfvis can run it.
    """

    def version() -> str | None:
        try:
            import tfvis
        except ImportError:
            return None
        return getattr(tfvis, "__version__", "")

    return version


def _asked(ask: Callable[[Any], dict[str, str | None]], cluster: Any) -> dict[str, str | None]:
    """The versions that workers have; an `InputError` where they do not answer."""
    try:
        return ask(cluster)
    except Exception as error:
        raise InputError(
            f"Workers do not say which tfvis they have: {one_line(error, 120)}"
        ) from None


def _versions_of_dask(client: Any) -> dict[str, str | None]:
    """The version of tfvis that each worker has, by its address; None for none."""
    return client.run(_asking_for_version())


@contextlib.contextmanager
def _ray(workers: int | None, address: str | None) -> Iterator[Engine]:
    ray, errors, joblib = _imported("ray", "ray", "ray.exceptions", "ray.util.joblib")
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise InputError(f"No Ray answers at {address!r}: {one_line(error, 120)}") from None
    try:
        joblib.register_ray()
        n = workers or int(ray.cluster_resources().get("CPU", 1))
        require_same_versions(_asked(_versions_of_ray, ray))
        yield Engine(
            "ray",
            "ray",
            n,
            1,
            {},
            died=(errors.RayActorError, errors.WorkerCrashedError),
            lost=(errors.RaySystemError, ConnectionError),
            streams=False,
        )
    finally:
        ray.shutdown()


def _versions_of_ray(ray: Any) -> dict[str, str | None]:
    """The version of tfvis that each node has, by its address; None for none."""

    remote = ray.remote(_asking_for_version())
    nodes = [own for own in ray.nodes() if own["Alive"]]
    asked = {
        own["NodeManagerAddress"]: remote.options(
            num_cpus=0, resources={f"node:{own['NodeManagerAddress']}": 0.001}
        ).remote()
        for own in nodes
    }
    return {name: ray.get(own, timeout=4 * SECONDS) for name, own in asked.items()}


def require_same_versions(found: dict[str, str | None]) -> None:
    """Raise an `InputError` unless all workers have this version of tfvis.

    Args:
        found: the version of each worker, by its name; None for none.
    """
    for worker, version in found.items():
        if version != __version__:
            there = "no tfvis" if version is None else f"tfvis {version}"
            raise InputError(
                f"Expected workers with tfvis {__version__}, as {platform.node()!r} has, found "
                f"{there} at {worker}. Install the same version there."
            )


def _imported(extra: str, *names: str) -> list[Any]:
    """Modules that an extra of tfvis has; an `InputError` that says how to install it."""
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError:
        raise InputError(
            f"Expected {names[0]} for --backend {extra}, which is not installed. Install it: "
            f"pip install 'tfvis[{extra}]'"
        ) from None
