"""Images as people have them become one kind of value."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage, read_image


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


@pytest.fixture
def file(pixels, tmp_path):
    Image.fromarray(pixels).save(tmp_path / "own photo.png")
    return tmp_path / "own photo.png"


def test_arrays_pictures_and_files_are_the_same_image(pixels, file):
    expected = np.float32(pixels) / 255
    kinds = (pixels, expected, expected.astype(np.float64), pixels.tolist(),
             Image.fromarray(pixels), file, str(file))  # fmt: skip
    found = [read_image(kind) for kind in (*kinds[:3], *kinds[4:])]
    for own in found:
        np.testing.assert_allclose(own.pixels, expected, atol=1e-7)
        assert own.pixels.dtype == np.float32
        assert own.size == (6, 8)
    assert {own.digest for own in (found[0], found[1], *found[3:])} == {found[0].digest}


def test_what_is_known_of_its_file(pixels, file):
    by_path = read_image(file)
    assert by_path.name == "own photo"
    assert by_path.file_digest == hashlib.sha256(file.read_bytes()).hexdigest()
    with Image.open(file) as picture:
        assert read_image(picture).name == "own photo"
    for nameless in (pixels, Image.fromarray(pixels)):
        assert read_image(nameless).name is None
        assert read_image(nameless).file_digest is None


def test_a_source_image_stays_as_it_is(pixels):
    own = SourceImage(np.float32(pixels) / 255, "own")
    assert read_image(own, (2, 2)) is own


def test_digests_tell_pixels_and_shapes_apart(pixels):
    image = np.float32(pixels) / 255
    own = read_image(image)
    assert own.digest == read_image(np.ascontiguousarray(image[::-1])[::-1]).digest
    assert own.digest != read_image(image.reshape(8, 6, 3)).digest
    other = image.copy()
    other[0, 0, 0] += 1e-3 if other[0, 0, 0] < 0.5 else -1e-3
    assert own.digest != read_image(other).digest


@pytest.mark.parametrize("fit", images.FITS)
def test_files_and_pictures_are_brought_to_a_size_and_arrays_are_not(pixels, file, fit):
    expected = images.load(file, (4, 4), fit)
    np.testing.assert_array_equal(read_image(file, (4, 4), fit).pixels, expected)
    np.testing.assert_array_equal(read_image(Image.fromarray(pixels), (4, 4), fit).pixels, expected)
    assert read_image(pixels, (4, 4), fit).size == (6, 8)


def test_it_says_what_it_is(file):
    assert repr(read_image(file)) == "SourceImage(name='own photo')"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "Expected an image as an array, a PIL.Image or a path, received NoneType"),
        (object(), "received object"),
        ([[1, 2], [3]], "received list"),
        ({"image": 1}, "received dict"),
        (np.zeros((4, 4)), r"one image of shape \(H, W, 3\), received shape \(4, 4\)"),
        (np.zeros((1, 4, 4, 3)), r"one image of shape \(H, W, 3\), received shape \(1, 4, 4, 3\)"),
        (np.zeros((4, 4, 4)), r"one image of shape \(H, W, 3\), received shape \(4, 4, 4\)\.$"),
        (np.zeros((3, 4, 4)), r"channels come first: use np\.moveaxis\(image, 0, -1\)"),
        (np.eye(3)[np.newaxis] * 255, r"values in \[0, 1\], received values from 0 to 255"),
        (np.full((4, 4, 3), np.nan), r"values in \[0, 1\]"),
        ("no such.png", "No image file 'no such.png'"),
        (Path("no such.png"), "No image file 'no such.png'"),
    ],
)
def test_what_is_no_image(image, message):
    with pytest.raises(InputError, match=message):
        read_image(image)


def test_an_image_is_ones_own_whatever_becomes_of_the_array():
    """A data loader fills one buffer again and again."""
    buffer = np.random.default_rng(0).random((4, 5, 3), np.float32)
    found, before = read_image(buffer), buffer.copy()
    buffer[:] = 0
    np.testing.assert_array_equal(found.pixels, before)
    with pytest.raises(ValueError, match="read-only"):
        found.pixels[:] = 0
