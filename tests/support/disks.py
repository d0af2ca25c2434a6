"""Disks that are full or read-only, where this system lets a test have one."""

import contextlib
import resource
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(folder, size="256k"):
    """A file system of its own below a folder; skips where none may be mounted."""
    place = folder / "disk"
    place.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        found = subprocess.run(call, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no program to mount a file system with")
    if found.returncode:
        pytest.skip(f"no file system may be mounted here: {found.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def enlarged(place, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


def remounted_read_only(place):
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


@contextlib.contextmanager
def full(folder, free=0):
    """Nothing more can be written to a file system but so many bytes, until the block ends."""
    filler = folder.parent / "disk" / "filler"
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(4096)):
            pass
    with filler.open("r+b") as stream:
        stream.truncate(max(0, filler.stat().st_size - free))
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def files_limited(size):
    """No file may be larger than this until the block ends, which fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
