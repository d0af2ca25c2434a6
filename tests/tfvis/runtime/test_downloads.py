"""Files arrive whole or not at all."""

import socket

import pytest

from tfvis.runtime.downloads import download
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
