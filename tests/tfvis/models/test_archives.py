"""Arrays from archives of weights."""

import zipfile

import numpy as np
import pytest

from tfvis.models.archives import is_zip, read_arrays, require_arrays
from tfvis.utils.errors import InputError

SHAPES = {"a/kernel": (2, 3), "a/bias": (3,)}


@pytest.fixture
def archive(tmp_path):
    """A function from arrays to the file that holds them, compressed."""

    def write(**arrays):
        file = tmp_path / "weights.npz"
        np.savez_compressed(file, **{name.replace("__", "/"): own for name, own in arrays.items()})
        return file

    return write


def test_the_named_arrays_are_read(archive):
    kernel, bias = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    file = archive(a__kernel=kernel, a__bias=bias, other=np.zeros(2))
    assert is_zip(file)
    found = read_arrays(file, SHAPES)
    assert sorted(found) == ["a/bias", "a/kernel"]
    np.testing.assert_array_equal(found["a/kernel"], kernel)
    require_arrays(found, SHAPES, file)


def test_a_member_without_the_suffix_of_arrays_is_not_read(tmp_path):
    file = tmp_path / "weights.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/kernel", b"\x93NUMPY and more")
        archive.writestr("a/bias", b"no array")
    assert read_arrays(file, SHAPES) == {}


def test_what_is_missing_is_told_when_it_is_required(archive):
    file = archive(a__kernel=np.zeros((2, 3)))
    found = read_arrays(file, SHAPES)
    with pytest.raises(InputError, match="Expected the array 'a/bias' in .*, found none"):
        require_arrays(found, SHAPES, file)


def test_an_array_that_is_too_large_is_refused_before_it_is_unpacked(archive, monkeypatch):
    zeros = np.zeros((1000, 1000), np.float32)
    file = archive(a__kernel=zeros, a__bias=np.zeros(3))
    assert file.stat().st_size < zeros.nbytes / 100

    def unpack(*args, **kwargs):
        raise AssertionError("It was unpacked.")

    monkeypatch.setattr(np.lib.format, "read_array", unpack)
    with pytest.raises(
        InputError, match=r"'a/kernel' in .* to have shape \(2, 3\), found 4,000,128 bytes"
    ):
        read_arrays(file, SHAPES)


def test_what_is_not_asked_for_is_not_unpacked(archive, monkeypatch):
    file = archive(a__bias=np.ones(3), other=np.zeros((1000, 1000)))
    read, sizes = np.lib.format.read_array, []

    def counted(*args, **kwargs):
        found = read(*args, **kwargs)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(np.lib.format, "read_array", counted)
    read_arrays(file, SHAPES)
    assert sizes == [3]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_what_is_no_whole_archive(content, tmp_path):
    file = tmp_path / "weights.npz"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"Expected a whole \.npz archive of weights"):
        read_arrays(file, SHAPES)


def test_objects_are_not_unpickled(archive):
    file = archive(a__kernel=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="Expected a whole"):
        read_arrays(file, SHAPES)
