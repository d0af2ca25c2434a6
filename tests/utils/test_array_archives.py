"""Archives are judged by the headers of their arrays, which are not read for that."""

import io
import struct
import zipfile

import numpy as np
import pytest

from tfvis.utils.array_archives import ArrayHeader, array_headers, require_plausible_size


def archive(**members):
    """An archive of these bytes, opened by NumPy."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as stream:
        for name, content in members.items():
            stream.writestr(f"{name}.npy", content)
    file.seek(0)
    return np.load(file)


def stored(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_headers_tell_what_the_arrays_are(monkeypatch):
    file = io.BytesIO()
    np.savez_compressed(file, a=np.zeros((2, 3), np.float32), b=np.float64(5), c=np.array(["x"]))
    file.seek(0)
    monkeypatch.setattr(np.lib.format, "read_array", None)
    found = array_headers(np.load(file))
    assert {name: (own.shape, own.dtype) for name, own in found.items()} == {
        "a": ((2, 3), np.float32), "b": ((), np.float64), "c": ((1,), np.dtype("<U1"))
    }  # fmt: skip
    assert found["a"].n_bytes == len(stored(np.zeros((2, 3), np.float32)))


@pytest.mark.parametrize("change", ["longer", "shorter", "shape", "version", "no array"])
def test_a_header_that_does_not_fit_is_refused(change):
    whole = stored(np.arange(6.0))
    changed = {
        "longer": whole + b"more",
        "shorter": whole[:-1],
        "shape": whole.replace(b"(6,)", b"(9,)"),
        "version": whole[:6] + struct.pack("BB", 9, 0) + whole[8:],
        "no array": b"text",
    }
    assert "a" in array_headers(archive(a=whole))
    with pytest.raises(ValueError, match=r"Expected|magic|format version"):
        array_headers(archive(a=changed[change]))


@pytest.mark.parametrize(
    ("n_bytes", "size", "fits"),
    [
        (1 << 28, 1, True),  # zeros of this size do no harm
        ((1 << 28) + 1, 1 << 20, False),
        (1 << 40, 1 << 39, True),
        (1 << 40, 1 << 30, False),
    ],
)
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(n_bytes, size, fits):
    headers = [ArrayHeader((n_bytes // 2,), np.dtype(np.uint8), n_bytes // 2)] * 2
    headers.append(ArrayHeader((1,), np.dtype(np.uint8), n_bytes % 2))
    if fits:
        require_plausible_size(headers, size)
    else:
        with pytest.raises(ValueError, match="Expected measured values, found .* that unpack to"):
            require_plausible_size(headers, size)
