"""A table's images that have addresses."""

import contextlib
import io
import struct
import threading
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from tfvis.datasets import image_downloads
from tfvis.datasets.box_tables import Annotation
from tfvis.datasets.boxed_images import collect
from tfvis.datasets.image_downloads import _Downloads, cached, obtained, request_summary, to_request
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels

LABELS = Labels([("cat",), ("dog",)])


def collected(names, folder, **options):
    """What `collect` finds for a table with a box of a cat in each image."""
    box = np.array([[1, 2, 10, 20]], np.float64)
    table = [Annotation(name, "cat", box, None, "'t.csv', line 2") for name in names]
    return collect(table, folder, LABELS, **options)


def picture(colour="blue"):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    body = stream.getvalue()
    return 200, len(body), body


def reasons(found):
    return [reason for _, reason in found.unreadable]


def test_hosts_are_counted_the_most_frequent_first():
    addresses = [f"https://a.org/{k}.png" for k in range(100)]
    addresses += [f"http://b.org/{k}.png" for k in range(19)] + ["http://c.org:8080/1.png"]
    expected = "Requests 120 addresses of 3 hosts: a.org (100), b.org (19), c.org:8080 (1)."
    assert request_summary(addresses) == expected
    assert request_summary(["http://a.org/1"]) == "Requests 1 address of 1 host: a.org (1)."


def test_many_hosts_are_summed_up():
    addresses = [f"http://{k:02}.org/{n}" for k in range(46) for n in range(46 - k)]
    assert request_summary(addresses) == (
        "Requests 1081 addresses of 46 hosts: 00.org (46), 01.org (45), 02.org (44), 03.org (43), "
        "04.org (42) and 41 more."
    )


def test_a_host_forges_no_line_of_the_summary():
    forged = "http://a.org%0aDone.%20Nothing/x"
    assert request_summary([forged]) == "Requests 1 address of 1 host: no host (1)."
    assert to_request([forged, "http:///a.png", "http://b.org/a.png"]) == ("http://b.org/a.png",)


def test_what_is_cached_a_path_or_refused_is_not_announced(clean, server):
    server.answers["/a.png"] = picture()
    collected([f"{server.url}/a.png"], clean, allow_local=True)
    far = "https://example.org/a.png"
    names = ["b.png", f"{server.url}/a.png", f"{server.url}/b.png", far, far]
    assert to_request(names) == (far,)
    assert to_request(names, allow_local=True) == (f"{server.url}/b.png", far)


def test_what_is_cached_is_known_without_asking(clean, server):
    address = f"{server.url}/a.png"
    assert cached(address) is None
    server.answers["/a.png"] = picture()
    collected([address], clean, allow_local=True)
    asked = list(server.asked)
    with Image.open(cached(address)) as found:
        assert found.size == (40, 30)
    assert server.asked == asked


def test_local_addresses_are_refused_and_the_other_images_go_on(clean, server):
    server.answers["/a.png"] = picture()
    Image.new("RGB", (40, 30)).save(clean / "b.png")
    local = [f"{server.url}/a.png", "http://169.254.169.254/a.png", "http://2130706433/a.png"]
    found = collected([*local, "b.png"], clean)
    assert [image.name for image in found.images] == ["b.png"]
    assert [name for name, _ in found.unreadable] == local
    assert reasons(found)[0] == (
        "Not requested: '127.0.0.1' is an address of this machine or of a local network. It is "
        "allowed by --allow-local, in Python by allow_local=True."
    )
    assert server.asked == []
    allowed = collected([*local[:1], "b.png"], clean, allow_local=True)
    assert [image.name for image in allowed.images] == [local[0], "b.png"]


def test_an_image_whose_host_only_a_proxy_can_look_up_is_refused_with_the_way_out(
    clean, server, monkeypatch
):
    for name in ("http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    address = "http://inside.invalid/a.png"
    server.answers[address] = picture()
    Image.new("RGB", (40, 30)).save(clean / "b.png")
    assert reasons(collected([address, "b.png"], clean)) == [
        "Not requested: 'inside.invalid' cannot be looked up here, so the proxy could be sent to a "
        "local address. It is allowed by --allow-local, in Python by allow_local=True."
    ]
    assert server.asked == []
    allowed = collected([address], clean, allow_local=True)
    assert [image.name for image in allowed.images] == [address]


def test_a_redirection_to_a_local_address_is_refused(clean, server, monkeypatch):
    def redirects(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.2/secret.png")
        handler.end_headers()

    # As if the server's own address were one of the internet.
    real = "tfvis.runtime.public_addresses.is_public"
    monkeypatch.setattr(real, lambda address: address.startswith("127.0.0.1"))
    server.answers["/a.png"], server.answers["/b.png"] = redirects, picture()
    found = collected([f"{server.url}/{name}.png" for name in "ab"], clean)
    assert [image.name for image in found.images] == [f"{server.url}/b.png"]
    assert "Not requested: '127.0.0.2' is an address of this machine" in reasons(found)[0]
    assert len(list((clean / "cache" / "images").iterdir())) == 1


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b"x" * (1 << 20))


def nothing(handler):
    time.sleep(2)


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def bomb(handler):
    """The head of a PNG of 60,000 × 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        body += struct.pack(">I", len(data)) + kind + data
        body += struct.pack(">I", zlib.crc32(kind + data))
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (endless, "Cannot download it: it is too large."),
        ((200, 10 << 30, b"x"), "Cannot download it: it is too large."),
        (nothing, "Cannot download it: timed out."),
        (drip, "Cannot download it: it took longer than 0.8 s in all."),
        (bomb, "Cannot read the image 'http://127.0.0.1:{port}/a.png': Image size (3600000000 "
               "pixels) exceeds limit of 178956970 pixels, could be decompression bomb DOS "
               "attack."),
        ((404, 0, b""), "Cannot download it: Not Found."),
        ((200, 1000, b"short"), "Cannot download it: it ended after 5 of 1000 bytes."),
        ((200, 4, b"html"), "Expected an image in a format that Pillow reads: "
                            "'http://127.0.0.1:{port}/a.png'."),
    ],
)  # fmt: skip
def test_a_bad_server_costs_its_own_image_alone(clean, server, monkeypatch, answer, reason):
    monkeypatch.setattr(image_downloads, "LARGEST", 1 << 20)
    monkeypatch.setattr(image_downloads, "TIMEOUT", 0.5)
    monkeypatch.setattr(image_downloads, "TOTAL", 0.8)
    server.answers["/a.png"], server.answers["/b.png"] = answer, picture()
    start = time.monotonic()
    found = collected([f"{server.url}/{name}.png" for name in "ab"], clean, allow_local=True)
    assert time.monotonic() - start < 5
    assert reasons(found) == [reason.format(port=server.server_port)]
    assert [image.name for image in found.images] == [f"{server.url}/b.png"]
    assert len(list((clean / "cache" / "images").iterdir())) == 1  # nothing of the other one


def test_a_server_that_does_not_answer_is_not_waited_for_again_and_again(
    clean, server, monkeypatch
):
    monkeypatch.setattr(image_downloads, "TIMEOUT", 0.1)
    monkeypatch.setattr(image_downloads, "_CONNECTIONS", 1)
    Image.new("RGB", (40, 30)).save(clean / "b.png")
    for k in range(9):
        server.answers[f"/{k}"] = nothing
    names = [f"{server.url}/{k}" for k in range(9)]
    found = collected([*names, "b.png"], clean, allow_local=True)
    assert server.asked == ["/0", "/1", "/2"]
    assert reasons(found)[2:4] == [
        "Cannot download it: timed out.",
        f"Not requested: 127.0.0.1:{server.server_port} did not answer in time 3 times in "
        "succession.",
    ]
    assert [image.name for image in found.images] == ["b.png"]


def test_a_server_that_answers_now_and_then_goes_on_being_asked(clean, server, monkeypatch):
    monkeypatch.setattr(image_downloads, "TIMEOUT", 0.1)
    monkeypatch.setattr(image_downloads, "_CONNECTIONS", 1)
    slow = (0, 1, 3, 4)
    for k in range(6):
        server.answers[f"/{k}"] = nothing if k in slow else picture()
    found = collected([f"{server.url}/{k}" for k in range(6)], clean, allow_local=True)
    assert [image.name for image in found.images] == [f"{server.url}/{k}" for k in (2, 5)]


def test_whoever_stops_waits_for_no_download_that_is_under_way(clean, server):
    over = threading.Event()

    def slow(handler):
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b"x")

    server.answers["/a.png"], server.answers["/b.png"] = picture(), slow
    names = [f"{server.url}/{name}.png" for name in "ab"]
    start = time.monotonic()
    with contextlib.closing(obtained(names, clean, allow_local=True)) as files:
        next(files)
        while "/b.png" not in server.asked:
            time.sleep(0.01)
    assert time.monotonic() - start < 10
    over.set()
    assert len(list((clean / "cache" / "images").iterdir())) == 1


def test_whoever_stops_causes_no_further_requests(clean, server, monkeypatch):
    """Names wait for a connection when the work is stopped: they are not requested any more."""
    monkeypatch.setattr(image_downloads, "_CONNECTIONS", 2)
    stopping, stop = threading.Event(), _Downloads.stop

    def stopped(downloads):
        stop(downloads)
        stopping.set()

    def held(handler):
        """What is under way ends only once it is stopped."""
        stopping.wait(20)
        handler.send_response(404)
        handler.end_headers()

    monkeypatch.setattr(_Downloads, "stop", stopped)
    names = [f"{server.url}/{k}" for k in range(20)]
    server.answers |= {f"/{k}": held for k in range(20)}
    server.answers["/0"] = picture()
    files = obtained(names, clean, allow_local=True)
    next(files)
    with pytest.raises(KeyboardInterrupt):
        files.throw(KeyboardInterrupt())
    assert set(server.asked) <= {"/0", "/1", "/2"}


@pytest.mark.slow
def test_ten_thousand_addresses_are_one_sentence_and_no_line_of_the_log(clean, server, caplog):
    names = [f"{server.url}/{k}" for k in range(10_000)]
    summary = request_summary(to_request(names, allow_local=True))
    assert summary == f"Requests 10000 addresses of 1 host: 127.0.0.1:{server.server_port} (10000)."
    Image.new("RGB", (40, 30)).save(clean / "b.png")
    seen = []
    found = collected([*names, "b.png"], clean, progress=lambda *counts: seen.append(counts))
    assert len(found.unreadable) == 10_000
    assert seen == [(k + 1, 10_001) for k in range(10_001)]
    assert caplog.records == []


def test_a_machine_without_a_place_for_a_cache_says_so(monkeypatch):
    monkeypatch.delenv("TFVIS_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def no_home():
        raise RuntimeError

    monkeypatch.setattr("pathlib.Path.home", no_home)
    with pytest.raises(InputError, match="Expected \\$TFVIS_CACHE_DIR to name a folder"):
        to_request(["https://example.org/a.png"])
    assert cached("https://example.org/a.png") is None
