"""Images that have an address: downloaded once, into the cache."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import on_disk

from ..runtime.downloads import (
    DownloadError,
    DownloadTimeoutError,
    LocalDownloadError,
    cache_directory,
    download,
)
from ..runtime.public_addresses import LocalAddressError, is_local
from ..runtime.web_requests import host_of, place_of

__all__ = ["cached", "forget", "is_address", "named", "obtained", "request_summary", "to_request"]

LARGEST = 64 << 20
"""Bytes that an image may have."""
TIMEOUT = 30.0
"""Seconds without an answer after which an address is given up."""
TOTAL = 120.0
"""Seconds after which an address is given up although something goes on arriving."""
_CONNECTIONS = 8
_ATTEMPTS = 3
"""A server that has not answered so many times in succession is asked no more."""
_SHOWN = 5
_CACHE = "images"


def is_address(name: str) -> bool:
    """Whether a table's image is an address rather than a path."""
    return name.lower().startswith(("http://", "https://"))


def to_request(names: Iterable[str], *, allow_local: bool = False) -> tuple[str, ...]:
    """The addresses among images' names that `obtained` would request, each once.

    Left out is what the cache has, and what can be refused without looking its name up.

    Raises:
        DownloadError: there is no place for a cache.
    """
    return tuple(
        name
        for name in dict.fromkeys(names)
        if is_address(name) and not _is_cached(name) and _is_askable(name, allow_local)
    )


def cached(address: str) -> Path | None:
    """The file of an address that was downloaded before; None if there is none. It asks nobody."""
    try:
        return _cached(address) if _is_cached(address) else None
    except DownloadError:  # there is no place for a cache
        return None


def request_summary(addresses: Sequence[str]) -> str:
    """A sentence that says how many addresses of which hosts will be requested.

    Example:
        >>> request_summary(["http://a.org/1.png", "http://a.org/2.png", "https://b.org/3.png"])
        'Requests 3 addresses of 2 hosts: a.org (2), b.org (1).'
    """
    counts = Counter(_server(address) for address in addresses)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    hosts = ", ".join(f"{host} ({count})" for host, count in ordered[:_SHOWN])
    if len(ordered) > _SHOWN:
        hosts += f" and {len(ordered) - _SHOWN} more"
    n, m = len(addresses), len(ordered)
    return f"Requests {n} address{'es' * (n > 1)} of {m} host{'s' * (m > 1)}: {hosts}."


def obtained(
    names: Sequence[str], folder: Path, *, allow_local: bool = False
) -> Generator[tuple[str, Path | InputError], None, None]:
    """Each image's name and file, downloaded if need be, or why it cannot be had.

    Args:
        names: paths and addresses.
        folder: where paths begin.
        allow_local: whether addresses of this machine and of local networks may be requested.
    """
    downloads = _Downloads(allow_local)
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        try:
            files = pool.map(
                lambda name: downloads.fetch(name) if is_address(name) else folder / on_disk(name),
                names,
            )
            yield from zip(names, files, strict=True)
        finally:
            downloads.stop()
            # Those that wait for a connection would be requested one after the other.
            pool.shutdown(cancel_futures=True)


def forget(file: Path) -> None:
    """Remove a download that is no image, or not a whole one, so that it is tried again."""
    file.unlink(missing_ok=True)


def named(error: InputError, name: str, file: Path) -> InputError:
    """The same error with an image's address in place of its file in the cache."""
    return InputError(str(error).replace(repr(str(file)), repr(name)))


class _Downloads:
    """The downloads of a table: they can be stopped, and know which servers do not answer."""

    def __init__(self, allow_local: bool) -> None:
        self._allow_local = allow_local
        self._stopped = threading.Event()
        self._unanswered = Counter[str]()

    def stop(self) -> None:
        """End those that are under way with what arrives next, and begin no others."""
        self._stopped.set()

    def fetch(self, address: str) -> Path | InputError:
        if self._stopped.is_set():
            return InputError("Not requested: the work was stopped.")
        server = _server(address)
        if self._unanswered[server] >= _ATTEMPTS:
            return InputError(
                f"Not requested: {server} did not answer in time {_ATTEMPTS} times in succession."
            )
        try:
            if not _is_cached(address):
                if not self._allow_local and _is_local(address):
                    host = host_of(address)
                    return _refused(str(LocalAddressError(host, host)))
                download(
                    address, _cached(address), check=_accept, timeout=TIMEOUT, total=TOTAL,
                    limit=LARGEST, allow_local=self._allow_local, announce=False,
                    progress=self._go_on,
                )  # fmt: skip
        except LocalDownloadError as error:
            return _refused(error.reason)
        except DownloadTimeoutError as error:
            self._unanswered[server] += 1
            return InputError(f"Cannot download it: {error.reason}.")
        except DownloadError as error:
            self._unanswered[server] = 0
            return InputError(f"Cannot download it: {error.reason}.")
        self._unanswered[server] = 0
        return _cached(address)

    def _go_on(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise InterruptedError


def _refused(reason: str) -> InputError:
    return InputError(
        f"Not requested: {reason}. It is allowed by --allow-local, in Python by allow_local=True."
    )


def _accept(file: Path) -> None:
    """Whether it is an image shows when it is read."""


def _cached(address: str) -> Path:
    digest = hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()
    return cache_directory() / _CACHE / digest


def _is_cached(address: str) -> bool:
    return os.path.isfile(_cached(address))  # noqa: PTH113 - False where it may not be looked at


def _is_local(address: str) -> bool:
    try:
        return is_local(host_of(address))
    except ValueError:
        return False


def _is_askable(address: str, allow_local: bool) -> bool:
    """Whether an address has a host, and not one that is refused without looking its name up."""
    try:
        return not is_local(host_of(address)) or allow_local
    except ValueError:
        return False


def _server(address: str) -> str:
    """Its host, and the port if it names one."""
    try:
        return place_of(address)
    except ValueError:
        return "no host"
