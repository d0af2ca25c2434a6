"""Connections to the public internet, and to nothing else."""

import socket

import pytest

from tfvis.runtime.public_addresses import (
    LocalAddressError,
    UnknownAddressError,
    connect,
    is_local,
    is_public,
    require_public,
)

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
LOCAL = {
    "loopback": ["127.0.0.1", "127.8.9.1", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fc00::1", "fd00:ec2::254"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
    "site-local": ["fec0::1"],
    "multicast": ["224.0.0.1", "239.1.1.1", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.2.1", "2001:db8::1"],
    "unspecified": ["0.0.0.0", "::"],
    "shared between a provider's customers": ["100.64.0.1", "100.100.100.200"],
    "metadata of a cloud's machines": ["168.63.129.16", "192.0.0.192"],
    "IPv4 within IPv6": ["::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
}
WRITTEN = ["2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "0", "127.0.0.1.",
           "[::1]", "１２７.0.0.1", "127。0。0。1"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)
    assert not is_local(address)


@pytest.mark.parametrize("kind", LOCAL)
def test_what_is_not_of_the_internet_is_local(kind):
    for address in LOCAL[kind]:
        assert not is_public(address), address
        assert is_local(address), address


@pytest.mark.parametrize("host", WRITTEN)
def test_an_address_is_known_however_it_is_written(host):
    assert is_local(host)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost"])
def test_names_of_this_machine_are_local(host):
    assert is_local(host)


def test_other_names_are_looked_up_only_if_asked(monkeypatch):
    asked = []

    def look_up(host, port, **options):
        asked.append(host)
        if host == "gone.example.org":
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert not is_local("inside.example.org")
    assert asked == []
    assert is_local("inside.example.org", look_up=True)
    assert not is_local("gone.example.org", look_up=True)
    with pytest.raises(LocalAddressError, match="^'inside.example.org' is an address of this mach"):
        require_public("inside.example.org")
    with pytest.raises(UnknownAddressError, match="^'gone.example.org' cannot be looked up here"):
        require_public("gone.example.org")
    require_public("8.8.8.8")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_a_local_host_is_refused_before_it_is_connected_to(host):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        port = listening.getsockname()[1]
        with pytest.raises(LocalAddressError, match="is an address of this machine or of a local"):
            connect(host, port, 5, allow_local=False, kind=socket.socket)
        with pytest.raises(TimeoutError):
            listening.accept()
        with connect(host, port, 5, allow_local=True, kind=socket.socket) as made:
            assert made.getpeername() == ("127.0.0.1", port)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(monkeypatch):
    """A name server that answers otherwise the second time has no second time."""
    look_ups = []

    class Recorded(socket.socket):
        reached = None

        def connect(self, place):
            Recorded.reached = place

    def look_up(host, port, **options):
        look_ups.append(host)
        address = "8.8.8.8" if len(look_ups) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    connect("rebinding.example.org", 80, 5, allow_local=False, kind=Recorded).close()
    assert look_ups == ["rebinding.example.org"]
    assert Recorded.reached == ("8.8.8.8", 80)


def test_a_host_with_a_local_address_beside_a_public_one_is_refused(monkeypatch):
    def look_up(host, port, **options):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("8.8.8.8", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(LocalAddressError, match=r"^'a\.example\.org', 10\.0\.0\.1, is an address"):
        connect("a.example.org", 80, 5, allow_local=False, kind=socket.socket)


def test_the_next_address_of_a_host_is_tried(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        right = listening.getsockname()
        places = [("127.0.0.1", 9), right]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *given, **options: [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places
            ],
        )
        with connect("two.example.org", 80, 5, allow_local=True, kind=socket.socket) as made:
            assert made.getpeername() == right
        places.pop()
        with pytest.raises(ConnectionRefusedError):
            connect("one.example.org", 80, 5, allow_local=True, kind=socket.socket)
