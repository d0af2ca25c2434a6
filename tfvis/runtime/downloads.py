"""Fetching files from the network, whole or not at all."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
from collections.abc import Callable
from pathlib import Path

from tfvis.utils.errors import InputError, one_line
from tfvis.utils.images import replacing
from tfvis.utils.progress import Progress, silent

from .public_addresses import LocalAddressError
from .web_requests import ask

logger = logging.getLogger(__name__)

TIMEOUT = 30.0
_BLOCK = 1 << 18


class DownloadError(InputError):
    """A file cannot be fetched; `reason` says why in a few words."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class LocalDownloadError(DownloadError):
    """An address of this machine or of a local network, which was not to be asked."""


class DownloadTimeoutError(DownloadError):
    """There was no answer in time, or not all of it."""


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


def download(
    url: str,
    file: Path,
    *,
    check: Callable[[Path], object],
    timeout: float = TIMEOUT,
    total: float | None = None,
    limit: int | None = None,
    allow_local: bool | None = None,
    announce: bool = True,
    advice: str = "",
    progress: Progress = silent,
) -> Path:
    """Fetch a file; it appears under its name only once it is whole and `check` accepts it.

    Args:
        url: where from; http or https.
        file: where to; its folder is made.
        check: raises an `InputError` for a file that is not what was expected.
        timeout: seconds without an answer after which to give up.
        total: seconds that all of it may take; unlimited if None.
        limit: bytes that the file may have.
        allow_local: whether addresses of this machine and of local networks may be asked, also
            after a redirection. None: if `url` is one itself.
        announce: whether to say what is downloaded.
        advice: a sentence for the error's end.
        progress: called with bytes done and bytes in all (0 if unknown).

    Raises:
        DownloadTimeoutError: no answer within `timeout`, or not all of it within `total`.
        LocalDownloadError: an address that `allow_local` excludes.
        DownloadError: no connection, an answer that is no success, a file that ended early, is
            larger than allowed, or that `check` refuses.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise DownloadError(
            f"Expected an address of http or https, received {url!r}.", "it is no web address"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        given = {"timeout": timeout, "total": total, "allow_local": allow_local}
        with contextlib.closing(ask(url, **given)) as answer:
            size = answer.length or 0
            if limit is not None and size > limit:
                raise _too_large(url, limit)
            if announce:
                logger.warning("Downloading %s to %s", url, file)
            with replacing(file) as temporary:
                done = 0
                with temporary.open("wb") as target:
                    # What has come, rather than a whole block: it may come a byte at a time.
                    while block := answer.read1(min(_BLOCK, size - done) if size else _BLOCK):
                        target.write(block)
                        done += len(block)
                        if limit is not None and done > limit:
                            raise _too_large(url, limit)
                        progress(done, size)
                if done < size:
                    raise DownloadError(
                        f"Download of {url!r} ended early: expected {size} bytes, received {done}.",
                        f"it ended after {done} of {size} bytes",
                    )
                try:
                    check(temporary)
                except InputError as error:
                    raise DownloadError(
                        f"Download of {url!r} brought something else: {error}",
                        "something else came instead",
                    ) from None
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        # Time-outs are OSErrors; a ValueError is an address that is none.
        reason = one_line(error)
        raise _kind(error)(
            f"Cannot download {url!r} to {str(file)!r}: {reason}.{advice}",
            reason,
        ) from None
    return file


def _too_large(url: str, limit: int) -> DownloadError:
    return DownloadError(
        f"Expected {url!r} to have at most {limit} bytes, received more.", "it is too large"
    )


def _kind(error: Exception) -> type[DownloadError]:
    if isinstance(error, LocalAddressError):
        return LocalDownloadError
    return DownloadTimeoutError if isinstance(error, TimeoutError) else DownloadError
