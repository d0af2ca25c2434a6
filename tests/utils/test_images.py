import io
import itertools
import os
import zlib

import numpy as np
import pytest
from PIL import Image

from tfvis.utils import images
from tfvis.utils.errors import InputError


@pytest.fixture
def photo(tmp_path):
    """An 8 × 6 image, red on the left and blue on the right."""
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[:, :4, 0] = 255
    pixels[:, 4:, 2] = 255
    file = tmp_path / "photo.png"
    Image.fromarray(pixels).save(file)
    return file


def test_an_image_is_float32_rgb_between_0_and_1(photo):
    image = images.load(photo)
    assert image.dtype == np.float32
    assert image.shape == (6, 8, 3)
    np.testing.assert_array_equal(image[0, 0], [1, 0, 0])


def test_crop_takes_the_centre_and_squash_takes_all(tmp_path):
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert images.load(tmp_path / "wide.png", (10, 10), "crop").min() == 1
    squashed = images.load(tmp_path / "wide.png", (10, 10), "squash")
    assert squashed[0, 0, 0] == 0
    assert squashed[0, 5, 0] == 1


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "png"), ("1", "png"), ("P", "gif"), ("CMYK", "jpg"), ("LA", "png")]
)
def test_every_mode_becomes_rgb(tmp_path, mode, suffix):
    file = tmp_path / f"image.{suffix}"
    Image.new("RGB", (5, 4), "white").convert(mode).save(file)
    np.testing.assert_allclose(images.load(file), np.ones((4, 5, 3)), atol=0.02)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    Image.fromarray(np.full((4, 4), 32768, np.uint16)).save(tmp_path / "deep.png")
    np.testing.assert_allclose(images.load(tmp_path / "deep.png"), 0.5, atol=0.01)


def test_sixteen_bits_of_each_colour_are_scaled(tmp_path):
    """Pillow cannot write such a file."""
    row = b"\0" + np.uint16([32768, 0, 65535]).astype(">u2").tobytes() * 6
    header = np.uint32([6, 4]).astype(">u4").tobytes() + bytes([16, 2, 0, 0, 0])
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * 4)), (b"IEND", b""))
    file = tmp_path / "colours.png"
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
            for kind, data in chunks
        )
    )
    np.testing.assert_allclose(images.load(file)[2, 3], [0.5, 0, 1], atol=0.01)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_of_several_pictures_in_a_file_the_first_is_taken(tmp_path, suffix):
    red, blue = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))
    red.save(tmp_path / f"two.{suffix}", save_all=True, append_images=[blue])
    np.testing.assert_allclose(images.load(tmp_path / f"two.{suffix}")[1, 1], [1, 0, 0], atol=0.02)


def test_transparency_is_laid_on_white(tmp_path):
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert images.load(tmp_path / "clear.png").min() == 1
    palette = Image.new("P", (4, 4))
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(tmp_path / "palette.gif", transparency=0)
    assert images.load(tmp_path / "palette.gif").min() == 1


def test_a_cmyk_photograph_is_turned_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 4), "red").convert("CMYK").save(tmp_path / "print.jpg", exif=exif)
    found = images.load(tmp_path / "print.jpg")
    assert found.shape == (6, 4, 3)
    np.testing.assert_allclose(found[1, 1], [1, 0, 0], atol=0.02)


def test_exif_orientation_is_applied(photo, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90° clockwise to see it upright
    Image.open(photo).save(tmp_path / "turned.png", exif=exif)
    turned = images.load(tmp_path / "turned.png")
    assert turned.shape == (8, 6, 3)
    np.testing.assert_array_equal(turned, np.rot90(images.load(photo), -1))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"No image file '.*nowhere\.jpg'"):
        images.load(tmp_path / "nowhere.jpg")


def test_a_truncated_file_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"Cannot read the image .*half\.jpg"):
        images.load(tmp_path / "half.jpg")


def test_a_truncated_image_of_pillows_is_named_as_its_file_is(tmp_path):
    """Pillow reads the head alone on opening, so that the error comes late."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()[:2000]
    (tmp_path / "half.jpg").write_bytes(data)
    with Image.open(tmp_path / "half.jpg") as opened, pytest.raises(InputError) as error:
        images.from_pillow(opened)
    with pytest.raises(InputError) as of_file:
        images.load(tmp_path / "half.jpg")
    assert str(error.value) == str(of_file.value)
    # An image that does not come from a file is shown itself.
    shown = "Cannot read the image '<PIL.JpegImagePlugin"
    with Image.open(io.BytesIO(data)) as opened, pytest.raises(InputError, match=shown):
        images.from_pillow(opened)


def test_an_empty_image_is_refused():
    for shape in ((1, 0, 4, 3), (1, 4, 0, 3), (0, 0, 0, 3)):
        with pytest.raises(InputError, match=r"at least 1 × 1 pixels, received shape \("):
            images.require_images(np.zeros(shape))
    with pytest.raises(InputError, match="at least 1 × 1 pixels"):
        images.require_image(np.zeros((0, 4, 3)))
    with pytest.raises(InputError, match="at least 1 × 1 pixels, received 5 × 0"):
        images.from_pillow(Image.new("RGB", (0, 5)))
    assert images.require_images(np.zeros((0, 4, 4, 3))).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    (tmp_path / "text.jpg").write_bytes(content)
    with pytest.raises(InputError, match=r"Expected an image .*text\.jpg"):
        images.load(tmp_path / "text.jpg")


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(InputError, match="received the folder"):
        images.load(tmp_path)


def test_fit_must_be_known(photo):
    with pytest.raises(InputError, match="Expected fit to be one of crop, squash"):
        images.load(photo, (4, 4), "stretch")


def test_saving_png_and_loading_gives_the_same(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3)) / 255
    images.save(tmp_path / "out.png", image)
    np.testing.assert_allclose(images.load(tmp_path / "out.png"), image, atol=1e-6)
    assert [file.name for file in tmp_path.iterdir()] == ["out.png"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "kept.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), images.replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_name_must_say_the_format(tmp_path):
    with pytest.raises(InputError, match=r"such as image\.png, received 'image\.xyz'"):
        images.save(tmp_path / "image.xyz", np.zeros((2, 2, 3)))


def test_a_size_is_height_and_width(tmp_path):
    with pytest.raises(InputError, match=r"Expected size \(height, width\), received 64"):
        images.load(tmp_path / "x.png", 64)


def test_the_size_is_that_of_the_loaded_image(tmp_path):
    picture = Image.new("RGB", (40, 30))
    for kind, orientation in itertools.product(("jpg", "png", "tiff", "webp"), range(1, 9)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = tmp_path / f"{orientation}.{kind}"
        picture.save(file, exif=exif)
        assert images.size_of(file) == images.load(file).shape[:2], file
    with pytest.raises(InputError, match="No image file"):
        images.size_of(tmp_path / "nowhere.png")
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(InputError, match="in a format that Pillow reads"):
        images.size_of(tmp_path / "text.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for read in (images.load, images.size_of):
        with pytest.raises(InputError, match=r"Expected an image file, .*which is no file"):
            read(tmp_path / "pipe.png")


def test_of_a_missing_file_the_closest_in_its_folder_is_named(tmp_path, photo):
    with pytest.raises(InputError, match=r"No image file '.*phto.png'\. Closest: '.*photo.png'"):
        images.load(photo.with_name("phto.png"))
    for other in (photo.with_name("elephant.png"), tmp_path / "no" / "photo.png"):
        with pytest.raises(InputError, match=r"No image file '[^']*'\.$"):
            images.load(other)
