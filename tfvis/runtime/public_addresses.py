"""Which addresses belong to the public internet, and connections to these alone."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from typing import TypeVar

__all__ = [
    "LocalAddressError",
    "UnknownAddressError",
    "connect",
    "is_local",
    "is_public",
    "require_public",
]

S = TypeVar("S", bound=socket.socket)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_METADATA = frozenset({"168.63.129.16", "192.0.0.192"})
"""Services for a cloud's own machines that have an address of the public range (Azure, Oracle)."""


class LocalAddressError(OSError):
    """An address of this machine or of a local network, to which nobody allowed a connection."""

    def __init__(self, host: str, address: str) -> None:
        named = repr(host) if host == address else f"{host!r}, {address},"
        super().__init__(f"{named} is an address of this machine or of a local network")


class UnknownAddressError(LocalAddressError):
    """A name that cannot be looked up: a proxy could find a local address for it."""

    def __init__(self, host: str) -> None:
        OSError.__init__(
            self,
            f"{host!r} cannot be looked up here, so the proxy could be sent to a local address",
        )


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Private, loopback, link-local, multicast, reserved and unspecified addresses do not, nor those
    that a provider shares between customers (100.64.0.0/10). An IPv6 address that stands for an
    IPv4 address (mapped, 6to4, NAT64) is judged by that one.

    Args:
        address: in the usual notation; an IPv6 address may have a zone, `fe80::1%eth0`.

    Raises:
        ValueError: it is no IP address.
    """
    own = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(own, ipaddress.IPv6Address):
        inner = own.ipv4_mapped or own.sixtofour
        if inner is None and own in _NAT64:
            inner = ipaddress.IPv4Address(own.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
        if own.is_site_local:
            return False
    special = own.is_multicast or own.is_reserved or own.is_loopback or own.is_link_local
    return own.is_global and not (special or own.is_unspecified or str(own) in _METADATA)


def is_local(host: str, *, look_up: bool = False) -> bool:
    """Whether a host, as an address of the web names it, is no public one.

    Args:
        host: a name or an IP address. IPv4 may be written in any way that a system understands:
            `127.1`, `0x7f.1`, `2130706433`.
        look_up: whether a name is looked up. A name that is not found is not local. Without it,
            `localhost` and its subdomains are the only local names.
    """
    return _is_local(host, look_up) is True


def require_public(host: str) -> None:
    """Check a host that a proxy is to connect to.

    Args:
        host: see `is_local`; a name is looked up.

    Raises:
        UnknownAddressError: it is a name that is not found.
        LocalAddressError: it is no public host.
    """
    local = _is_local(host, look_up=True)
    if local is None:
        raise UnknownAddressError(host)
    if local:
        raise LocalAddressError(host, host)


def _is_local(host: str, look_up: bool) -> bool | None:
    """Whether a host is no public one; None for a name that is not looked up, or not found."""
    # As the look-up of a name reads it: digits of full width are digits, and so are full stops.
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".")
    plain = plain.casefold().strip("[]").rstrip(".")
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        return not is_public(plain)
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(plain)))
    except (OSError, UnicodeError):
        pass
    if not look_up:
        return None
    try:
        found = socket.getaddrinfo(plain, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    return not all(is_public(str(place[0])) for *_, place in found)


def connect(host: str, port: int, timeout: float, *, allow_local: bool, kind: type[S]) -> S:
    """A connection to a host; the addresses that are checked are those that are connected to.

    Args:
        host: a name or an IP address; looked up once.
        port: of the host.
        timeout: seconds to wait for each of the host's addresses.
        allow_local: whether addresses that are not public may be connected to.
        kind: the socket's class.

    Raises:
        LocalAddressError: one of the host's addresses is not public.
        OSError: there is no such host, or it cannot be connected to.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not allow_local:
        for *_, place in found:
            if not is_public(str(place[0])):
                raise LocalAddressError(host, str(place[0]))
    failure = OSError(f"{host!r} has no address")
    for family, type_, protocol, _, place in found:
        own = kind(family, type_, protocol)
        try:
            own.settimeout(timeout)
            own.connect(place)
        except OSError as error:
            own.close()
            failure = error
        else:
            return own
    raise failure
