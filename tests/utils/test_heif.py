"""HEIC and AVIF files, which Pillow reads with the help of other libraries."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, features

from tfvis.cli import main
from tfvis.utils import heif, images
from tfvis.utils.errors import InputError

HEIC = bytes.fromhex("0000001c") + b"ftypheic\0\0\0\0mif1heicmiaf"
AVIF = bytes.fromhex("00000020") + b"ftypavif\0\0\0\0avifmif1miafMA1B"


@pytest.fixture
def heic(tmp_path):
    """A file that begins as those of telephones do."""
    (tmp_path / "IMG_1.HEIC").write_bytes(HEIC + bytes(500))
    return tmp_path / "IMG_1.HEIC"


@pytest.fixture(autouse=True)
def unregistered():
    """Nothing is remembered of earlier files."""
    heif._register_heic.cache_clear()
    yield
    heif._register_heic.cache_clear()


@pytest.fixture
def without_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (HEIC, "HEIC"),
        (AVIF, "AVIF"),
        # The main brand is general; one of the others says more.
        (bytes.fromhex("00000018") + b"ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (bytes.fromhex("00000018") + b"ftypmif1\0\0\0\0mif1avif", "AVIF"),
        # What comes behind the first box is no brand.
        (bytes.fromhex("00000014") + b"ftypisom\0\0\0\0mp42avif", None),
        (bytes.fromhex("00000018") + b"ftypisom\0\0\0\0isommp42", None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_kind(head, kind):
    assert heif.kind_of(head) == kind


def test_without_the_library_a_line_says_what_to_do(heic, without_library):
    with pytest.raises(InputError) as error:
        images.load(heic)
    assert str(error.value) == (
        f"The image {str(heic)!r} is HEIC. Install tfvis[heif], which takes pillow-heif to read "
        "it, or convert it to JPEG."
    )
    with pytest.raises(InputError, match=r"Install tfvis\[heif\]"):
        images.size_of(heic)


def test_the_command_line_says_so_too(heic, without_library, capsys):
    assert main(["explain", str(heic), "--model", "critters"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tfvis: error: The image ")
    assert error.count("\n") == 1


def test_the_library_is_asked_once_and_only_for_heic(heic, tmp_path, monkeypatch):
    asked = []
    library = SimpleNamespace(register_heif_opener=lambda: asked.append(1))
    monkeypatch.setitem(sys.modules, "pillow_heif", library)
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png")
    images.load(tmp_path / "other.png")
    assert asked == []
    for _ in range(2):
        with pytest.raises(InputError):  # there is no image in it
            images.load(heic)
    assert asked == [1]


def test_nothing_is_imported_for_other_images(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png")
    code = (
        "import sys; from tfvis.utils import images; images.load(sys.argv[1]); "
        "sys.exit('pillow_heif' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code, tmp_path / "other.png"], check=False)
    assert found.returncode == 0


def test_an_image_is_read_where_the_library_is_installed(tmp_path):
    library = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30, 0] = pixels[:, 30:, 2] = 255
    library.from_pillow(Image.fromarray(pixels)).save(tmp_path / "real.heic", quality=95)
    found = images.load(tmp_path / "real.heic")
    assert found.shape == (40, 60, 3)
    np.testing.assert_allclose(found[:, 5], [[1, 0, 0]] * 40, atol=0.1)
    np.testing.assert_allclose(found[:, -5], [[0, 0, 1]] * 40, atol=0.1)
    assert images.size_of(tmp_path / "real.heic") == (40, 60)


def test_an_avif_that_this_pillow_cannot_read_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "check", lambda feature: False)
    (tmp_path / "photo.avif").write_bytes(AVIF)
    with pytest.raises(InputError, match=r"photo\.avif' is AVIF, which this Pillow was built with"):
        images.load(tmp_path / "photo.avif")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without AVIF")
def test_pillow_reads_avif_itself(tmp_path):
    Image.new("RGB", (6, 4), "white").save(tmp_path / "photo.avif")
    np.testing.assert_allclose(images.load(tmp_path / "photo.avif"), np.ones((4, 6, 3)), atol=0.02)
