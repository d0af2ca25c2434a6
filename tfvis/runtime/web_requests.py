"""The answer to a web request: whom it may come from, and how long it may take."""

from __future__ import annotations

import http.client
import io
import queue
import re
import socket
import ssl
import threading
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import partial
from typing import Any

from .public_addresses import (
    LocalAddressError,
    UnknownAddressError,
    connect,
    is_local,
    require_public,
)

__all__ = ["REDIRECTIONS", "ask", "host_of", "place_of"]

REDIRECTIONS = 5
"""So many redirections are followed."""

_MISREAD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""Categories of characters that programs read differently in a host: white space and controls."""
_USER = re.compile(r"[\w.~!$&'()*+,;=:%-]*")
"""What may stand before the "@": RFC 3986's characters, and letters of any language."""


class _Request(urllib.request.Request):
    """A request that knows whom it is for, also once a proxy is asked in that one's place.

    Attributes:
        place: see `place_of`.
        proxied: whether a proxy is asked.

    Raises:
        ValueError: see `place_of`.
    """

    proxied = False

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        if not self.host:
            raise ValueError(f"no host in {url!r}")
        user, _, place = self.host.rpartition("@")
        bad = any(c in "\\/?#" or unicodedata.category(c) in _MISREAD for c in self.host)
        if bad or not place or not _USER.fullmatch(user):
            raise ValueError(f"the host {self.host!r} has a character that no host has")
        self.place = place.casefold()

    def set_proxy(self, host: str, type: str) -> None:  # noqa: A002 - urllib's name
        """What urllib calls where a proxy is to be asked."""
        super().set_proxy(host, type)
        self.proxied = True


@dataclass(frozen=True)
class _Terms:
    """What holds for a request and all its redirections.

    Attributes:
        timeout: seconds to wait for a connection, and for each part of the answer.
        total: seconds that it may take in all.
        ends: when these are over, by `time.monotonic`.
        allow_local: see `ask`; for the address that is given and for redirections.
        allow_unknown: whether a proxy may be asked for a name that cannot be looked up here.
    """

    timeout: float
    total: float
    ends: float
    allow_local: bool
    allow_unknown: bool


class _Timed:
    """A socket whose reads end when the total time is over, however little arrives at a time."""

    terms: _Terms | None = None

    def recv_into(self, *given: Any, **named: Any) -> int:
        terms, own = self.terms, super()
        if terms is None:
            return own.recv_into(*given, **named)  # type: ignore[misc]
        over = TimeoutError(f"it took longer than {terms.total:g} s in all")
        left = terms.ends - time.monotonic()
        if left <= 0:
            raise over
        self.settimeout(min(terms.timeout, left))  # type: ignore[attr-defined]
        try:
            return own.recv_into(*given, **named)  # type: ignore[misc]
        except TimeoutError:
            raise (over if left < terms.timeout else TimeoutError("timed out")) from None


class _Socket(_Timed, socket.socket):
    pass


class _SecureSocket(_Timed, ssl.SSLSocket):
    pass


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked."""

    def __init__(self, host: str, *, terms: _Terms, proxied: bool, **options: Any) -> None:
        super().__init__(host, **options)
        self._terms, self._proxied = terms, proxied
        # What both kinds of connections are made with, before any TLS.
        self._create_connection = self._checked

    def _checked(self, address: tuple[str, int], *_: object) -> socket.socket:
        terms = self._terms
        # A proxy is of the user's choice, and often near.
        allow = terms.allow_local or self._proxied
        made = connect(*address, terms.timeout, allow_local=allow, kind=_Socket)
        made.terms = terms
        return made

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, _SecureSocket):
            self.sock.terms = self._terms


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    pass


class _Web(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens addresses of http and https."""

    def __init__(self, terms: _Terms) -> None:
        super().__init__()
        self._terms = terms

    def http_open(self, req: Any) -> http.client.HTTPResponse:
        return self.do_open(partial(_Connection, **self._given(req)), req)

    def https_open(self, req: Any) -> http.client.HTTPResponse:
        context = ssl.create_default_context()
        context.sslsocket_class = _SecureSocket
        secure = partial(_SecureConnection, context=context, **self._given(req))
        return self.do_open(secure, req)

    def _given(self, req: _Request) -> dict[str, Any]:
        if req.proxied and not self._terms.allow_local:
            # The proxy connects, so the host can be checked by its name only.
            try:
                require_public(_host(req.place))
            except UnknownAddressError as error:
                if not self._terms.allow_unknown:
                    raise urllib.error.URLError(error) from None
            except LocalAddressError as error:
                raise urllib.error.URLError(error) from None
        return {"terms": self._terms, "proxied": req.proxied}


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows a few redirections, to addresses of the web only."""

    max_redirections = REDIRECTIONS
    inf_msg = f"it redirects more than {REDIRECTIONS} times, the last answer was "

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        place = urllib.parse.urljoin(req.full_url, headers.get("location") or "")
        fp.close()
        if not place.lower().startswith(("http://", "https://")):
            raise urllib.error.URLError(f"it redirects to {place!r}, which is no web address")
        # The answer's body, of any length, would be read to its end.
        return super().http_error_302(req, io.BytesIO(), code, msg, headers)

    def redirect_request(self, *given: Any) -> _Request | None:
        made = super().redirect_request(*given)
        if made is None:
            return None
        return _Request(
            made.full_url,
            headers=made.headers,
            origin_req_host=made.origin_req_host,
            unverifiable=made.unverifiable,
        )

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def place_of(url: str) -> str:
    """The host that a request for an address asks, and the port if the address names one.

    Raises:
        ValueError: the address has no host, or before its path a character that programs read
            differently: white space, a control character, a backslash, or in a user's name and
            password one that RFC 3986 does not allow there. Those of coded characters count as the
            characters.
    """
    return _Request(url).place


def host_of(url: str) -> str:
    """The host alone: a name or an IP address.

    Raises:
        ValueError: see `place_of`; or the port is no number.
    """
    return _host(place_of(url))


def _host(place: str) -> str:
    try:
        return http.client.HTTPConnection(place).host
    except http.client.HTTPException as error:
        raise ValueError(str(error)) from None


def ask(
    url: str, *, timeout: float, total: float | None = None, allow_local: bool | None = None
) -> http.client.HTTPResponse:
    """The answer to a request, whose body is still to be read.

    It waits for at most `timeout` seconds, all addresses of a host, its name and redirections
    together; urllib's own limit holds for each address of a host anew, and not for its name.

    Args:
        url: of http or https.
        timeout: seconds to wait for the answer, and then for each part of its body.
        total: seconds that all of it may take; unlimited if None.
        allow_local: whether addresses of this machine and of local networks may be asked. If not, a
            proxy is not asked for a name that cannot be looked up here either. None, for an address
            of one's own: if `url` is local itself, and else not, so that a public host cannot
            redirect to one; a proxy may be asked for any name that is not known to be local.

    Raises:
        OSError: there is no answer, or one that is no success.
        ValueError, http.client.HTTPException: the address cannot be asked, or the answer is none of
            HTTP.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()
    given_up = threading.Event()
    total = float("inf") if total is None else total
    ends = time.monotonic() + total

    def wait() -> None:
        try:
            request = _Request(url)
            allowed = (
                is_local(_host(request.place), look_up=True) if allow_local is None else allow_local
            )
            terms = _Terms(timeout, total, ends, allowed, allow_unknown=allow_local is None)
            answer = _opener(terms).open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            error.close()
            answers.put(OSError(error.reason))
        except Exception as error:
            reason = getattr(error, "reason", None) or error
            answers.put(reason if isinstance(reason, Exception) else OSError(reason))
        else:
            answers.put(answer)
            if given_up.is_set():
                answer.close()

    threading.Thread(target=wait, daemon=True).start()
    try:
        answer = answers.get(timeout=min(timeout, total))
    except queue.Empty:
        given_up.set()
        raise TimeoutError("timed out") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _opener(terms: _Terms) -> urllib.request.OpenerDirector:
    # Not urllib's own choice, which reads files and asks servers of FTP, too.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirections(),
        _Web(terms),
    ):
        opener.add_handler(handler)
    return opener
