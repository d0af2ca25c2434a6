"""Finding, fetching and reading files of weights."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np

from utils.errors import InputError
from utils.images import replacing
from utils.progress import Progress, silent

logger = logging.getLogger(__name__)

DIRECTORY_VARIABLE = "TFVIS_WEIGHTS_DIR"
TIMEOUT = 30.0
_BLOCK = 1 << 18


class DownloadError(InputError):
    """A file cannot be fetched; `reason` says why in a few words."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def cache_directory() -> Path:
    """Where downloads are kept: `$TFVIS_CACHE_DIR`, else `tfvis` in the user's cache folder.

    Raises:
        DownloadError: the user has no home.
    """
    if own := os.environ.get("TFVIS_CACHE_DIR"):
        return Path(own)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfvis"
    except RuntimeError:
        raise DownloadError(
            "No home folder to keep downloads in. Expected $TFVIS_CACHE_DIR to name a folder.",
            "there is no home folder to keep it in",
        ) from None


def find(
    names: tuple[str, ...], weights: str | Path | None = None, *, warn: bool = True
) -> Path | None:
    """The first file of these names in `weights`, `$TFVIS_WEIGHTS_DIR` or the cache.

    Args:
        names: file names, the preferred one first.
        weights: a file of any name, or a folder; looked in alone where it is given.
        warn: whether to say that `$TFVIS_WEIGHTS_DIR` has none of them.

    Returns:
        Its path; None if there is none and `weights` was not given.

    Raises:
        InputError: `weights` or `$TFVIS_WEIGHTS_DIR` does not exist, or `weights` is a folder
            without any of the files.
    """
    if weights is not None:
        path = Path(weights)
        if path.is_file():
            return path
        if not path.is_dir():
            raise InputError(f"No weights at {str(path)!r}. Expected a file or folder.")
        found = _first(path, names)
        if found is None:
            raise InputError(f"Expected {' or '.join(names)} in {str(path)!r}, found none.")
        return found
    if own := os.environ.get(DIRECTORY_VARIABLE):
        if not os.path.isdir(own):  # noqa: PTH112
            raise InputError(f"Expected ${DIRECTORY_VARIABLE} to be a folder, received {own!r}.")
        found = _first(Path(own), names)
        if found is not None:
            return found
        if warn:
            logger.warning("$%s, %s, has no %s.", DIRECTORY_VARIABLE, own, " or ".join(names))
    with contextlib.suppress(DownloadError):
        return _first(cache_directory(), names)
    return None


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    # Unlike Path.is_file, this is False for a folder that may not be read.
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)  # noqa: PTH113


def download(
    url: str,
    file: Path,
    *,
    check: Callable[[Path], object],
    timeout: float = TIMEOUT,
    progress: Progress = silent,
) -> Path:
    """Fetch a file; it appears under its name only once it is whole and `check` accepts it.

    Args:
        url: where from.
        file: where to; its folder is made.
        check: raises an `InputError` for a file that is not what was expected.
        timeout: seconds without an answer after which to give up.
        progress: called with bytes done and bytes in all (0 if unknown).

    Raises:
        DownloadError: no connection, an answer that is no success, a file that ended early or that
            `check` refuses.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(_open(url, timeout)) as answer:
            size = int(answer.headers.get("Content-Length") or 0)
            logger.warning("Downloading %s to %s", url, file)
            with replacing(file) as temporary:
                done = 0
                with temporary.open("wb") as target:
                    while block := answer.read(_BLOCK):
                        target.write(block)
                        done += len(block)
                        progress(done, size)
                if done < size:
                    raise DownloadError(
                        f"Download of {url} ended early: expected {size} bytes, received {done}.",
                        f"it ended after {done} of {size} bytes",
                    )
                try:
                    check(temporary)
                except InputError as error:
                    raise DownloadError(
                        f"Download of {url} brought something else: {error}",
                        "something else came instead",
                    ) from None
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        # URLError and time-outs are OSErrors; a ValueError is an announced size that is none.
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"Cannot download {url} to {str(file)!r}: {reason}. Get it another way, and name its "
            f"place with --weights or ${DIRECTORY_VARIABLE}.",
            str(reason),
        ) from None
    return file


def _open(url: str, timeout: float) -> http.client.HTTPResponse:
    """The answer to a request; waits for at most `timeout` seconds, all addresses together.

    urllib's own limit holds for each address of a host anew, and not for looking up its name.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | OSError] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            # The scheme is ours: registered URLs only.
            answer = urllib.request.urlopen(url, timeout=timeout)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            answers.put(OSError(error.reason))
        except (OSError, ValueError, http.client.HTTPException) as error:
            answers.put(OSError(getattr(error, "reason", None) or error))
        else:
            answers.put(answer)
            if given_up.is_set():
                answer.close()

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        given_up.set()
        raise TimeoutError("timed out") from None
    if isinstance(answer, OSError):
        raise OSError(str(answer))
    return answer


def is_zip(file: Path) -> bool:
    """Whether a file starts as a zip archive does, which .npz files are."""
    try:
        with file.open("rb") as stream:
            return stream.read(2) == b"PK"
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz archive.

    Raises:
        InputError: the file is no such archive, or truncated.
    """
    try:
        # Without pickle: a file of weights must not be able to run code.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:
        # Each of zipfile's and NumPy's readers fails on damaged data in ways of its own.
        raise InputError(
            f"Expected a whole .npz archive of weights: {str(file)!r} is truncated or something "
            f"else ({' '.join(str(error).split())})."
        ) from None


def read_constants(file: Path) -> dict[str, np.ndarray]:
    """All constants of a frozen TensorFlow 1 graph, by node name.

    The graph is only parsed, never run.

    Raises:
        InputError: the file is no such graph, or truncated.
    """
    from tensorflow import make_ndarray
    from tensorflow.core.framework.graph_pb2 import GraphDef

    graph = GraphDef()
    try:
        graph.ParseFromString(file.read_bytes())
        constants = {
            node.name: make_ndarray(node.attr["value"].tensor)
            for node in graph.node
            if node.op == "Const"
        }
    except Exception as error:
        # Protobuf and NumPy fail on damaged data in many ways.
        raise InputError(
            f"Expected a whole frozen TensorFlow graph: {str(file)!r} is truncated or something "
            f"else ({' '.join(str(error).split())})."
        ) from None
    if not constants:
        raise InputError(f"Expected weights in the graph {str(file)!r}, found no constant.")
    return constants


def require_arrays(
    arrays: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], file: Path
) -> None:
    """Raise an `InputError` unless all named arrays are there, finite and of these shapes."""
    for name, shape in shapes.items():
        if name not in arrays:
            raise InputError(
                f"Expected the array {name!r} in {str(file)!r}, found none: it does not hold the "
                "weights of this network."
            )
        if not np.issubdtype(arrays[name].dtype, np.floating):
            raise InputError(
                f"Expected {name!r} in {str(file)!r} to hold floats, received {arrays[name].dtype}."
            )
        if arrays[name].shape != shape:
            raise InputError(
                f"Expected {name!r} in {str(file)!r} to have shape {shape}, "
                f"received {arrays[name].shape}."
            )
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"Expected finite weights, received NaN or infinity: {name!r} in "
                             f"{str(file)!r}.")  # fmt: skip
