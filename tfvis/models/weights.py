"""Finding and fetching files of weights."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tfvis.utils.errors import InputError
from tfvis.utils.progress import Progress, silent

from ..runtime.downloads import TIMEOUT, DownloadError, cache_directory, download

if TYPE_CHECKING:
    from .registry import ModelSpec

logger = logging.getLogger(__name__)

DIRECTORY_VARIABLE = "TFVIS_WEIGHTS_DIR"
_BLOCK = 1 << 18


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
    return download(
        cast(str, spec.url),  # None for bundled networks alone, which are not obtained
        target,
        check=check,
        timeout=timeout,
        advice=f" Get it another way, and name its place with --weights or ${DIRECTORY_VARIABLE}.",
        progress=progress,
    )


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
