"""Files arrive whole or not at all."""

import socket
import time

import pytest

from tfvis.runtime.downloads import DownloadTimeoutError, LocalDownloadError, download
from tfvis.utils.errors import InputError


def accept(path):
    """A check that accepts every file."""


def test_a_download_arrives_whole_and_tells_its_progress(clean, server, caplog):
    body = b"x" * 600_000
    server.answers["/file"] = (200, len(body), body)
    seen = []
    target = download(
        f"{server.url}/file", clean / "cache" / "file", check=accept,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert target.read_bytes() == body
    assert seen[-1] == (len(body), len(body))
    assert len(seen) > 1
    assert f"Downloading {server.url}/file to {target}" in caplog.text
    assert [file.name for file in target.parent.iterdir()] == ["file"]


def refused(path):
    raise InputError("not what was expected")


@pytest.mark.parametrize(
    ("answer", "check", "message"),
    [
        ((200, 1000, b"short"), accept, "ended early: expected 1000 bytes, received 5"),
        ((404, 4, b"none"), accept, "Cannot download .*Not Found"),
        ((200, 4, b"html"), refused, "brought something else: not what was expected"),
    ],
)
def test_a_failed_download_leaves_nothing(clean, server, answer, check, message):
    server.answers["/file"] = answer
    with pytest.raises(InputError, match=message):
        download(f"{server.url}/file", clean / "cache" / "file", check=check, timeout=5)
    assert list((clean / "cache").iterdir()) == []


def test_a_server_that_does_not_answer_is_given_up(clean):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
        with pytest.raises(InputError, match="Cannot download .*timed out"):
            download(url, clean / "file", check=accept, timeout=0.2)


def test_a_file_may_be_too_large(clean, server):
    body = b"x" * 600_000
    for announced in (len(body), 10):
        server.answers["/file"] = (200, announced, body)
        with pytest.raises(InputError, match="at most 9 bytes, received more"):
            download(f"{server.url}/file", clean / "file", check=accept, limit=9)
        assert not (clean / "file").exists()


def test_only_web_addresses_are_fetched(clean):
    (clean / "secret").write_text("of this machine")
    for url in (f"file://{clean}/secret", "ftp://127.0.0.1/file", "data:text/plain,a"):
        with pytest.raises(InputError, match="Expected an address of http or https, received"):
            download(url, clean / "file", check=accept)


def test_what_to_do_instead_is_said(clean, server):
    server.answers["/file"] = (404, 0, b"")
    with pytest.raises(InputError, match=r"Not Found\. Ask\.$"):
        download(f"{server.url}/file", clean / "file", check=accept, advice=" Ask.")


def test_a_file_that_never_ends_is_given_up_at_its_limit(clean, server):
    sent = []

    def endless(handler):
        handler.send_response(200)  # without an announced size
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * (1 << 20))
            sent.append(1 << 20)

    server.answers["/file"] = endless
    with pytest.raises(InputError, match="at most 1000000 bytes, received more"):
        download(f"{server.url}/file", clean / "cache" / "file", check=accept, limit=1_000_000)
    assert sum(sent) < 100 << 20  # of 10 GB
    assert list((clean / "cache").iterdir()) == []


def test_a_file_that_is_announced_as_too_large_is_not_begun(clean, server):
    server.answers["/file"] = (200, 10 << 30, b"x")
    with pytest.raises(InputError, match="at most 1000000 bytes, received more"):
        download(f"{server.url}/file", clean / "cache" / "file", check=accept, limit=1_000_000)
    assert list((clean / "cache").iterdir()) == []


def test_a_file_that_comes_a_byte_at_a_time_is_given_up_in_the_end(clean, server):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    server.answers["/file"] = drip
    with pytest.raises(DownloadTimeoutError, match=r"it took longer than 0\.5 s in all"):
        download(f"{server.url}/file", clean / "cache" / "file", check=accept, total=0.5)
    assert list((clean / "cache").iterdir()) == []


def test_an_answer_that_is_whole_is_not_waited_for_any_longer(clean, server):
    def lingering(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"here")
        handler.wfile.flush()
        time.sleep(3)

    server.answers["/file"] = lingering
    target = download(f"{server.url}/file", clean / "file", check=accept, timeout=1)
    assert target.read_bytes() == b"here"


def test_an_answer_in_chunks_is_put_together(clean, server):
    def chunked(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    server.answers["/file"] = chunked
    target = download(f"{server.url}/file", clean / "file", check=accept, timeout=5)
    assert target.read_bytes() == b"abcde"


def test_where_a_local_address_is_not_wanted_it_is_refused(clean, server):
    with pytest.raises(LocalDownloadError, match="'127.0.0.1' is an address of this machine"):
        download(f"{server.url}/file", clean / "cache" / "file", check=accept, allow_local=False)
    assert server.asked == []
    assert list((clean / "cache").iterdir()) == []


@pytest.mark.parametrize("url", ["http:///file", "http://[::1/file", "http://a b/", "http://a:b/"])
def test_an_address_that_is_none_is_one_line(clean, url):
    with pytest.raises(InputError, match="^Cannot download ") as error:
        download(url, clean / "file", check=accept, timeout=5)
    assert "\n" not in str(error.value)
