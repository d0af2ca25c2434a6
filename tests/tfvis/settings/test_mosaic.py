"""Where `tfvis mosaic` writes, and in which formats."""

from pathlib import Path

import pytest

from tfvis.settings.mosaic import MosaicSettings
from tfvis.utils.errors import InputError


def settings(output=".", *formats):
    return MosaicSettings(results=(Path("photo"),), output=Path(output), formats=formats)


@pytest.mark.parametrize(
    ("output", "formats", "files"),
    [
        (".", (), ["mosaic.png", "mosaic.pdf"]),
        ("out", ("pdf", "pdf"), ["out/mosaic.pdf"]),
        ("out.v2", (), ["out.v2/mosaic.png", "out.v2/mosaic.pdf"]),
        ("out/figure.pdf", (), ["out/figure.pdf"]),
        ("out/a.b.PDF", (), ["out/a.b.PDF"]),
        ("a.b.PDF", ("pdf", "png"), ["a.b.PDF", "a.b.png"]),
    ],
)
def test_files(output, formats, files):
    assert list(map(str, settings(output, *formats).files)) == files


def test_a_folder_may_end_as_a_picture_does(tmp_path):
    (tmp_path / "old.png").mkdir()
    assert settings(tmp_path / "old.png", "pdf").files == [tmp_path / "old.png" / "mosaic.pdf"]


@pytest.mark.parametrize(
    ("output", "formats", "message"),
    [
        (".", ("pfd",), "Unknown format 'pfd'. Closest: pdf"),
        ("figure.svg", (), "Unknown format 'svg'"),
        ("figure.jpeg", (), "Unknown format 'jpeg'"),
        ("a.png", ("pdf",), "Expected --format to name png, the ending of 'a.png', received pdf"),
    ],
)
def test_formats_that_cannot_be_written(output, formats, message):
    with pytest.raises(InputError, match=message):
        settings(output, *formats)


def test_the_output_must_be_writable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        settings(tmp_path / "file" / "out").require_files()
