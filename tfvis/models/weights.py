"""Finding and fetching files of weights."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from utils.errors import InputError
from utils.images import replacing
from utils.progress import Progress, silent

if TYPE_CHECKING:
    from .registry import ModelSpec

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


def keras_cache() -> Path:
    """Where Keras keeps the weights that it downloads.

    Raises:
        DownloadError: the user has no home.
    """
    if own := os.environ.get("KERAS_HOME"):
        return Path(own) / "models"
    try:
        return Path.home() / ".keras" / "models"
    except RuntimeError:
        raise DownloadError("No home folder.", "there is no home folder") from None


def find(
    names: tuple[str, ...],
    weights: str | Path | None = None,
    *,
    warn: bool = True,
) -> Path | None:
    """The first file of these names in `weights`, `$TFVIS_WEIGHTS_DIR`, or our or Keras's cache.

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
    for cache in (cache_directory, keras_cache):
        with contextlib.suppress(DownloadError):
            if (found := _first(cache(), names)) is not None:
                return found
    return None


def obtain(
    spec: ModelSpec,
    weights: str | Path | None = None,
    *,
    check: Callable[[Path], object] | None = None,
    timeout: float = TIMEOUT,
    warn: bool = True,
    progress: Progress = silent,
) -> Path:
    """The file of a network's weights, which is downloaded into the cache if it is nowhere else.

    Args:
        spec: of the network.
        weights: see `find`.
        check: of a downloaded file; its MD5 sum, if left out and known. See `download`.
        timeout: see `download`.
        warn: see `find`.
        progress: see `download`.

    Raises:
        InputError: as `find` and `download` do.
    """
    file = find(spec.weights, weights, warn=warn)
    if file is not None:
        return file
    target = cache_directory() / spec.weights[-1]
    check = check or (lambda arrived: _require_md5(arrived, spec.md5))
    return download(spec.url, target, check=check, timeout=timeout, progress=progress)


def _require_md5(file: Path, expected: str | None) -> None:
    if expected is None:
        return
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != expected:
        raise InputError(f"expected MD5 {expected}, found {digest.hexdigest()}.")


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
