"""Whom a request asks, and how long it waits."""

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tfvis.runtime import web_requests
from tfvis.runtime.public_addresses import LocalAddressError
from tfvis.runtime.web_requests import REDIRECTIONS, ask, host_of, place_of


def redirection(place, code=302):
    def answer(handler):
        handler.send_response(code)
        handler.send_header("Location", place)
        handler.end_headers()

    return answer


@pytest.fixture
def public(server, monkeypatch):
    """The server, as if its address, 127.0.0.1, were one of the internet."""

    def is_public(address):
        return ipaddress.ip_address(address) == ipaddress.ip_address("127.0.0.1")

    monkeypatch.setattr("tfvis.runtime.public_addresses.is_public", is_public)
    return server


def test_a_host_on_this_machine_is_asked_only_if_that_is_allowed(server):
    server.answers["/file"] = (200, 4, b"here")
    with pytest.raises(LocalAddressError, match="'127.0.0.1' is an address of this machine"):
        ask(f"{server.url}/file", timeout=5, allow_local=False)
    assert server.asked == []
    with ask(f"{server.url}/file", timeout=5, allow_local=True) as answer:
        assert answer.read() == b"here"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127%2e0.0.1"])
def test_other_spellings_of_this_machine_are_refused(server, host):
    with pytest.raises(LocalAddressError):
        ask(f"http://{host}:{server.server_port}/file", timeout=5, allow_local=False)
    assert server.asked == []


@pytest.mark.parametrize("allow_local", [False, None])
def test_a_public_host_cannot_redirect_to_a_local_one(public, allow_local):
    public.answers["/far"] = redirection("/further")
    public.answers["/further"] = redirection("http://169.254.169.254/near")
    with pytest.raises(LocalAddressError, match=r"^'169\.254\.169\.254' is an address of"):
        ask(f"{public.url}/far", timeout=5, allow_local=allow_local)
    assert public.asked == ["/far", "/further"]


def test_a_host_that_is_named_itself_may_redirect_to_itself(server):
    server.answers["/a"] = redirection("/b", 301)
    server.answers["/b"] = (200, 4, b"here")
    with ask(f"{server.url}/a", timeout=5) as answer:
        assert answer.read() == b"here"


@pytest.mark.parametrize("place", ["ftp://127.0.0.1/a", "file:///etc/passwd", "data:,a"])
def test_redirections_lead_to_web_addresses_only(server, place):
    server.answers["/a"] = redirection(place)
    with pytest.raises(OSError, match=f"it redirects to '{place}', which is no web address"):
        ask(f"{server.url}/a", timeout=5)


def test_a_few_redirections_are_followed(server):
    for k in range(REDIRECTIONS + 1):
        server.answers[f"/{k}"] = redirection(f"/{k + 1}")
    server.answers[f"/{REDIRECTIONS + 1}"] = (200, 4, b"here")
    with ask(f"{server.url}/1", timeout=5) as answer:
        assert answer.read() == b"here"
    with pytest.raises(OSError, match="it redirects more than 5 times, the last answer was Found"):
        ask(f"{server.url}/0", timeout=5)


def test_the_body_of_a_redirection_is_not_waited_for(server):
    over = threading.Event()

    def endless(handler):
        redirection("/b")(handler)
        handler.wfile.write(b"x" * 1000)
        over.wait(20)

    server.answers["/a"], server.answers["/b"] = endless, (200, 4, b"here")
    try:
        with ask(f"{server.url}/a", timeout=10) as answer:
            assert answer.read() == b"here"
    finally:
        over.set()


def test_names_and_redirections_count_as_waiting(server, monkeypatch):
    server.answers["/a"] = redirection("/b")
    server.answers["/b"] = lambda handler: time.sleep(5)
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out"):
        ask(f"{server.url}/a", timeout=0.3)
    monkeypatch.setattr(web_requests, "connect", lambda *given, **options: time.sleep(5))
    with pytest.raises(TimeoutError, match="timed out"):
        ask(f"{server.url}/a", timeout=0.3, allow_local=True)
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("where", ["head", "body"])
def test_an_answer_that_comes_a_byte_at_a_time_ends_with_the_total_time(server, where):
    def drip(handler):
        if where == "body":
            handler.send_response(200)
            handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)

    server.answers["/a"] = drip
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"timed out|it took longer than 0.5 s in all"):  # noqa: SIM117
        with ask(f"{server.url}/a", timeout=5, total=0.5) as answer:
            answer.read()
    assert time.monotonic() - start < 3


PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@pytest.fixture
def proxy(server, monkeypatch):
    """A proxy on this machine."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("https_proxy", server.url)
    return server


def test_a_proxy_of_the_users_choice_may_be_near(proxy):
    proxy.answers["http://8.8.8.8/a.png"] = (200, 4, b"here")
    with ask("http://8.8.8.8/a.png", timeout=5, allow_local=False) as answer:
        assert answer.read() == b"here"
    assert proxy.asked == ["http://8.8.8.8/a.png"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["169.254.169.254", "localhost", "0x7f.1", "[::1]", "a@127.0.0.1"])
def test_a_proxy_is_not_sent_to_local_addresses(proxy, scheme, host):
    with pytest.raises(LocalAddressError):
        ask(f"{scheme}://{host}/a.png", timeout=5, allow_local=False)
    assert proxy.asked == []


def test_a_proxy_cannot_be_redirected_to_a_local_address(proxy):
    proxy.answers["http://8.8.8.8/a"] = redirection("http://169.254.169.254/latest")
    with pytest.raises(LocalAddressError, match=r"^'169\.254\.169\.254' is an address"):
        ask("http://8.8.8.8/a", timeout=5, allow_local=False)
    assert proxy.asked == ["http://8.8.8.8/a"]


def test_the_host_of_an_address():
    assert host_of("http://A.org:80/b") == "a.org"
    assert host_of("http://user:word@[::1]:8080/b") == "::1"
    assert place_of("http://user:word@a.org:8080/b") == "a.org:8080"
    for wrong in ("http:///b", "http://a.org:b/", "a.png"):
        with pytest.raises(ValueError, match=r"no host|nonnumeric port|unknown url type"):
            host_of(wrong)


@pytest.fixture
def nameless(proxy, monkeypatch):
    """The proxy, on a machine that cannot look up names of the internet."""

    def look_up(host, *given, real=socket.getaddrinfo, **options):
        if host.endswith(".example"):
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *given, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return proxy


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_not_sent_to_a_name_that_cannot_be_checked(nameless, scheme):
    with pytest.raises(
        LocalAddressError,
        match=r"^'inside\.example' cannot be looked up here, so the proxy could be sent to a local",
    ):
        ask(f"{scheme}://inside.example/a", timeout=5, allow_local=False)
    nameless.answers["http://8.8.8.8/a"] = redirection("http://inside.example/a")
    with pytest.raises(LocalAddressError, match=r"^'inside\.example' cannot be looked up"):
        ask("http://8.8.8.8/a", timeout=5, allow_local=False)
    assert nameless.asked == ["http://8.8.8.8/a"]


@pytest.mark.parametrize("allow_local", [True, None])
def test_a_proxy_may_look_up_names_of_whoever_gives_an_address_of_his_own(nameless, allow_local):
    nameless.answers["http://weights.example/a"] = redirection("http://store.example/a")
    nameless.answers["http://store.example/a"] = (200, 4, b"here")
    with ask("http://weights.example/a", timeout=5, allow_local=allow_local) as answer:
        assert answer.read() == b"here"


@pytest.mark.parametrize("end", ["\xa0#", "\u3000#", "\xa0", "%20", "%C2%A0#", "\t#"])
def test_an_address_that_is_read_in_two_ways_is_asked_nowhere(server, monkeypatch, end):
    """Without a proxy too, one of them was taken for a request through a proxy."""
    monkeypatch.setattr("tfvis.runtime.web_requests.is_local", lambda host, look_up=False: False)
    with pytest.raises((ValueError, OSError)):
        ask(f"http://127.0.0.1:{server.server_port}{end}", timeout=5, allow_local=False)
    assert server.asked == []


AMBIGUOUS = ["8.8.8.8\\@127.0.0.1", "8.8.8.8%5c", "a.org%0aDone.", "a.org%20", "a\u2028b.org",
             "a\u202eb.org", "a.org:80\xa0", "a.org%23", "a@b@c.org", "a b@c.org", "a%20b@c.org",
             "a.org%2fb", "user@"]  # fmt: skip


@pytest.mark.parametrize("place", AMBIGUOUS)
@pytest.mark.parametrize("end", ["/a.png", "#"])
def test_a_host_with_characters_that_no_host_has_is_refused(proxy, place, end):
    with pytest.raises(ValueError, match="has a character that no host has"):
        place_of(f"http://{place}{end}")
    with pytest.raises(ValueError, match="has a character that no host has"):
        ask(f"http://{place}{end}", timeout=5, allow_local=False)
    assert proxy.asked == []


def test_a_redirection_to_a_host_that_is_read_in_two_ways_is_not_followed(public):
    public.answers["/a"] = redirection("http://8.8.8.8%5c@127.0.0.1/b")
    with pytest.raises(ValueError, match="has a character that no host has"):
        ask(f"{public.url}/a", timeout=5, allow_local=False)
    assert public.asked == ["/a"]


def test_hosts_in_other_scripts_and_users_are_hosts():
    assert place_of("http://bücher.example/a b") == "bücher.example"
    assert place_of("http://例え.テスト:8080/\xa0#") == "例え.テスト:8080"
    assert place_of("http://jürgen:p%25w!@a.org/") == "a.org"


@pytest.fixture
def secure(server, tmp_path, monkeypatch):
    """The server with TLS, and a certificate for localhost that is trusted."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.url = f"https://localhost:{server.server_port}"
    return server


def test_a_secure_connection_is_of_the_name_and_to_the_address_that_was_checked(secure):
    secure.answers["/a"] = (200, 4, b"here")
    with ask(f"{secure.url}/a", timeout=5, allow_local=True) as answer:
        assert answer.read() == b"here"
    with pytest.raises(OSError, match="certificate verify failed"):
        ask(secure.url.replace("localhost", "127.0.0.1") + "/a", timeout=5, allow_local=True)
    with pytest.raises(LocalAddressError):
        ask(f"{secure.url}/a", timeout=5, allow_local=False)
    assert secure.asked == ["/a"]


def test_a_secure_answer_ends_with_the_total_time_too(secure):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    secure.answers["/a"] = drip
    answer = ask(f"{secure.url}/a", timeout=5, total=0.5)
    with answer, pytest.raises(TimeoutError, match=r"it took longer than 0\.5 s in all"):
        answer.read()
