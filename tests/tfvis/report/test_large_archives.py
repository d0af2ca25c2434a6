"""Archives that unpack to something else than a result are refused before they are unpacked."""

import io
import json
import os
import signal
import zipfile

import numpy as np
import pytest

from tfvis.report import load_result
from tfvis.report.folders import AttributionFiles
from tfvis.report.values import ARRAYS
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError

LARGE = (1 << 13, (1 << 13) + 128)
"""Of 269 MB as float32."""


@pytest.fixture
def not_read(monkeypatch):
    def unpack(*arguments, **named):
        raise AssertionError("It was unpacked.")

    return lambda: monkeypatch.setattr(np.lib.format, "read_array", unpack)


def one_line_for(attempt):
    with pytest.raises(InputError) as error:
        attempt()
    assert "\n" not in str(error.value)
    return str(error.value)


def with_zeros(file, name, shape):
    """Put an array of zeros into an archive, or in an array's place, without ever making it."""
    with zipfile.ZipFile(file) as archive:
        members = {own: archive.read(own) for own in archive.namelist()}
    head = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, described)
    members.pop(f"{name}.npy", None)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for own, content in members.items():
            archive.writestr(own, content)
        with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
            stream.write(head.getvalue())
            for _ in range(int(np.prod(shape)) * 4 // (1 << 20)):
                stream.write(bytes(1 << 20))


def key_of(folder, field):
    value = json.loads((folder / "result.json").read_text())["value"]
    return value["fields"][field]["array"]


def test_a_map_that_is_far_too_large_is_refused(tmp_path, class_map, not_read):
    folder = class_map().save(tmp_path)
    with_zeros(folder / ARRAYS, key_of(folder, "map"), LARGE)
    assert (folder / ARRAYS).stat().st_size < 2_000_000
    not_read()
    assert "that unpack to 272," in one_line_for(lambda: load_result(folder))


@pytest.mark.parametrize(
    ("field", "shape", "message"),
    [
        ("image", (512, 512), r"Expected image of 3 dimensions, found the shape (512, 512)"),
        ("map", (512, 512, 1), r"Expected map of 2 dimensions, found the shape (512, 512, 1)"),
        ("parts", (2, 512, 512), r"Expected parts of the map's size (8, 8), found (512, 512)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, explanation, not_read, field, shape, message):
    folder = explanation().save(tmp_path)
    with_zeros(folder / ARRAYS, key_of(folder, field), shape)
    not_read()
    assert message in one_line_for(lambda: load_result(folder))


def test_what_the_result_does_not_name_may_have_any_size(tmp_path, class_map):
    found = class_map()
    folder = found.save(tmp_path)
    with_zeros(folder / ARRAYS, "mine", LARGE)
    assert load_result(folder) == found


@pytest.fixture
def attributions(tmp_path):
    """Files of attributions, of four channels."""
    files = AttributionFiles(tmp_path, "photo", "cat", "IGSG")
    maps = np.ones((2, 2, 4), np.float32)
    files.save(ChannelAttribution("IGSG", "layer", 0, np.full(4, 4.0), maps=maps))
    assert files.load("layer", 0, 4).maps is not None
    return files


def test_maps_of_attributions_that_are_far_too_large_are_refused(attributions, not_read):
    with_zeros(
        attributions.file("layer").with_suffix(".npz"), "maps", (*LARGE[:1], LARGE[1] // 4, 4)
    )
    not_read()
    assert "that unpack to 272," in one_line_for(lambda: attributions.load("layer", 0, 4))


def test_a_named_pipe_in_the_place_of_attributions_is_refused_at_once(attributions):
    def end(*_):
        raise TimeoutError("It waits for somebody at the other end.")

    file = attributions.file("layer")
    file.unlink()
    os.mkfifo(file)
    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(10)
    try:
        told = one_line_for(lambda: attributions.load("layer", 0, 4))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert told == f"Expected a text file of attributions, {str(file)!r} is no file."
