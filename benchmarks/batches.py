"""How fast are many images explained, by one process and by several?

    python -m benchmarks.batches [--scenes 400] [--workers 1 2] [--repeats 1]

renders scenes of two objects into a folder, and has `tfvis batch` explain all of them by groups
without icons, serially and by loky's processes, in turn. It prints for each number of workers the
seconds from start to index, images an hour, and the peak of memory of the command and of a worker.
The rate from the first image to the last leaves the start out, as in a long run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from benchmarks.intervals import show
from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser, progress_bars

_EVERY = 0.2
_MB = 1e6


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="1 is serial")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--model", default="critters", help="critters or critters_resnet")
    arguments = parser.parse_args()
    found: dict[int, list[dict[str, float]]] = {n: [] for n in arguments.workers}
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "scenes"
        _render(images, arguments.scenes)
        for k in range(arguments.repeats):
            for n in arguments.workers:
                output = Path(folder) / f"out-{k}-{n}"
                found[n].append(_timed(images, output, arguments.model, n))
    print(f"{arguments.model}, {arguments.scenes} scenes, groups without icons")
    rows = []
    for n, runs in found.items():
        of = {name: median(own[name] for own in runs) for name in runs[0]}
        rows.append(
            ("serial" if n == 1 else f"loky, {n}", f"{of['seconds']:.0f}",
             f"{3600 * arguments.scenes / of['seconds']:.0f}", f"{of['rate']:.0f}",
             f"{of['command']:.0f}", f"{of['worker']:.0f}" if n > 1 else "")
        )  # fmt: skip
    show(("backend", "seconds", "images an hour", "without the start", "MB of the command",
          "MB of a worker"), rows)  # fmt: skip


def _render(folder: Path, n: int) -> None:
    """Scenes of two objects as files."""
    from PIL import Image

    from tfvis.critters import CLASSES, render_scene
    from tfvis.critters.dataset import TEST_SEED

    folder.mkdir()
    with progress_bars(quiet=False) as progress:
        tell = progress("rendering", "scene")
        for k in range(n):
            two = [CLASSES[k % len(CLASSES)], CLASSES[(5 * k + 3) % len(CLASSES)]]
            image = render_scene(two, seed=TEST_SEED + k).image
            Image.fromarray((255 * image).round().astype("uint8")).save(folder / f"{k:05d}.png")
            tell(k + 1, n)


def _timed(images: Path, output: Path, model: str, workers: int) -> dict[str, float]:
    """Seconds of a run, images an hour from its first image on, and peaks of memory."""
    way = ["serial"] if workers == 1 else ["loky", "--workers", str(workers)]
    call = [
        sys.executable, "-m", "tfvis", "batch", str(images), "--model", model, "--output",
        str(output), "--json", "--quiet", "--backend", *way,
    ]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    peaks, first = {"command": 0.0, "worker": 0.0}, threading.Event()
    begun = [start]

    def watch() -> None:
        while process.poll() is None:
            _note(process.pid, peaks)
            if not first.is_set() and any(output.glob("*/rows.json")):
                begun[0] = time.perf_counter()
                first.set()
            time.sleep(_EVERY)

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed, _ = process.communicate()
    end = time.perf_counter()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(call)} ended with {process.returncode}.")
    n = json.loads(printed.splitlines()[-1])["images"]
    rate = 3600 * (n - 1) / max(end - begun[0], 1e-9)
    return {"seconds": end - start, "rate": rate, **peaks}


def _note(pid: int, peaks: dict[str, float]) -> None:
    """Keep the largest memory of a process, and of those that it has started."""
    import psutil

    try:
        own = psutil.Process(pid)
        peaks["command"] = max(peaks["command"], own.memory_info().rss / _MB)
        for child in own.children(recursive=True):
            peaks["worker"] = max(peaks["worker"], child.memory_info().rss / _MB)
    except psutil.Error:
        return


if __name__ == "__main__":
    in_one_line(run)
