"""A real scheduler of Dask with workers, each a process of its own on loopback."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

_PATHS = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
"""Where workers find the tests' modules and the package."""


class Cluster:
    """A scheduler and its workers.

    Attributes:
        address: of the scheduler.
        scheduler: its process.
        workers: theirs.
    """

    def __init__(self, folder):
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.workers = []
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
            "--no-dashboard", "--scheduler-file", str(self._file),
        )  # fmt: skip
        self.address = self._wait()

    def add_worker(self, *options, threads=1):
        worker = self._start(
            "distributed.cli.dask_worker", self.address, "--nthreads", str(threads),
            "--no-dashboard", "--no-nanny", *options,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, module, *arguments):
        with (self._folder / "dask.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments], stdout=log, stderr=log,
                cwd=self._folder, env={**os.environ, "PYTHONPATH": os.pathsep.join(_PATHS)},
            )  # fmt: skip

    def _wait(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, KeyError):
                return json.loads(self._file.read_text())["address"]
            time.sleep(0.1)
        raise TimeoutError((self._folder / "dask.log").read_text())


@contextlib.contextmanager
def dask_cluster(folder, workers=0):
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()
