"""Images as files and as arrays: float32 RGB in [0, 1], height × width × 3.

Example:
    >>> import tempfile
    >>> import numpy as np
    >>> import tfvis
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tfvis.utils.images.save(f"{folder}/white.png", np.ones((8, 6, 3)))
    ...     tfvis.utils.images.load(f"{folder}/white.png").shape
    (8, 6, 3)
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from .errors import InputError, closest
from .heif import HEAD, require_reader

FITS = ("crop", "squash")


def load(file: str | Path, size: tuple[int, int] | None = None, fit: str = "crop") -> np.ndarray:
    """Read an image file of any format, mode and orientation.

    Greyscale, palette, CMYK and 16-bit images become RGB, transparent parts are laid on white,
    the orientation in the EXIF data is applied, and of an animation the first frame is taken.

    Args:
        file: its path.
        size: (height, width) to bring the image to; its own if left out.
        fit: `"crop"` resizes until the image covers `size` and takes the centre; `"squash"`
            ignores the aspect ratio.

    Returns:
        float32 (height, width, 3) in [0, 1].

    Raises:
        InputError: the file is missing, no image, truncated, or HEIC without pillow-heif.
    """
    if size is not None and not (isinstance(size, tuple | list) and len(size) == 2):
        raise InputError(f"Expected size (height, width), received {size!r}.")
    return _as_array(decode(file), size, fit)


def decode(file: str | Path) -> Image.Image:
    """An image file as RGB and upright, at its own size; see `load` and `from_pillow`.

    Raises:
        InputError: the file is missing, no image, or truncated.
    """
    with _opened(file) as opened:
        return _to_rgb(ImageOps.exif_transpose(opened))


def from_pillow(
    image: Image.Image, size: tuple[int, int] | None = None, fit: str = "crop"
) -> np.ndarray:
    """One of Pillow's images as `load` returns it.

    Args:
        image: of any mode and orientation.
        size: see `load`.
        fit: see `load`.

    Returns:
        float32 (height, width, 3) in [0, 1].

    Raises:
        InputError: the image is empty or closed, or its file is truncated.
    """
    if 0 in image.size:
        width, height = image.size
        raise InputError(
            f"Expected an image of at least 1 × 1 pixels, received {height} × {width}."
        )
    # An image that Pillow has opened is decoded here only.
    with _readable(getattr(image, "filename", "") or image):
        rgb = _to_rgb(ImageOps.exif_transpose(image))
    return _as_array(rgb, size, fit)


def _as_array(image: Image.Image, size: tuple[int, int] | None, fit: str) -> np.ndarray:
    if size is not None:
        image = _fitted(image, size, fit)
    return np.asarray(image, np.float32) / 255


def size_of(file: str | Path) -> tuple[int, int]:
    """(height, width) of an image file as `load` would return it; only its head is read.

    Raises:
        InputError: the file is missing, or no image.
    """
    with _opened(file) as opened:
        width, height = opened.size
        # Of TIFF files Pillow has turned the size already.
        orientation = opened.getexif().get(ExifTags.Base.Orientation, 1)
        turned = opened.format != "TIFF" and orientation in (5, 6, 7, 8)
    return (width, height) if turned else (height, width)


@contextlib.contextmanager
def _opened(file: str | Path) -> Iterator[Image.Image]:
    """An image file while it is read; what Pillow raises becomes an `InputError`."""
    path = Path(file)
    # A named pipe would be waited for, however long.
    if os.path.exists(path) and not (path.is_file() or path.is_dir()):  # noqa: PTH110 - may fail
        raise InputError(f"Expected an image file, received {str(path)!r}, which is no file.")
    with _readable(path), path.open("rb") as stream:
        head = stream.read(HEAD)
    require_reader(head, repr(str(path)))
    with _readable(path), Image.open(path) as opened:
        yield opened


@contextlib.contextmanager
def _readable(source: object) -> Iterator[None]:
    """What Pillow raises while a path or an image is read becomes an `InputError`."""
    named = repr(str(source))
    try:
        with warnings.catch_warnings():
            # A large photograph is no attack; Pillow's hard limit at twice the size stays.
            # What else Pillow warns of, it has got over.
            warnings.simplefilter("ignore")
            yield
    except FileNotFoundError:
        raise InputError(f"No image file {named}.{_hint(source)}") from None
    except IsADirectoryError:
        raise InputError(f"Expected an image file, received the folder {named}.") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"Expected an image in a format that Pillow reads: {named}.") from None
    except MemoryError:
        raise
    except Exception as error:
        # On damaged data Pillow's decoders raise whatever their format's library does.
        raise InputError(f"Cannot read the image {named}: {_one_line(error)}.") from None


_LOOKED_AT = 10_000
"""So many names of a folder are compared with a missing one."""


def _hint(missing: object) -> str:
    """The file in the same folder whose name is spelt most like a missing one's."""
    path = Path(str(missing))
    try:
        names = [entry.name for entry in itertools.islice(path.parent.iterdir(), _LOOKED_AT)]
    except OSError:
        return ""
    near = closest(path.name, names, 1, cutoff=0.8)
    return f" Closest: {str(path.with_name(near[0]))!r}." if near else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # 16-bit and float greyscale: `convert` would clip at 255 instead of scaling.
        grey = np.asarray(image, np.float64)
        top = 65535.0 if image.mode.startswith("I") else 1.0
        scaled = np.clip(np.nan_to_num(grey) / max(top, grey.max(initial=0)), 0, 1)
        return Image.fromarray(np.uint8(scaled * 255 + 0.5)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _fitted(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    if fit not in FITS:
        raise InputError(f"Expected fit to be one of {', '.join(FITS)}, received {fit!r}.")
    height, width = size
    if image.size == (width, height):
        return image
    if fit == "squash":
        return image.resize((width, height), Image.Resampling.BICUBIC)
    return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)


def require_images(images: np.ndarray) -> np.ndarray:
    """Images as float32 (N, H, W, 3) in [0, 1]; uint8 is divided by 255.

    Raises:
        InputError: the shape or the range of values is another.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3:
        raise InputError(f"Expected images of shape (N, H, W, 3), received shape {images.shape}.")
    if 0 in images.shape[1:3]:
        raise InputError(
            f"Expected images of at least 1 × 1 pixels, received shape {images.shape}."
        )
    if images.dtype == np.uint8:
        images = np.float32(images) / 255
    images = images.astype(np.float32, copy=False)
    low, high = images.min(initial=0), images.max(initial=0)
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise InputError(
            f"Expected images with values in [0, 1], received values from {low:g} to {high:g}."
        )
    return images


def require_image(image: np.ndarray) -> np.ndarray:
    """One image as float32 (H, W, 3) in [0, 1]; see `require_images`."""
    image = np.asarray(image)
    if image.ndim != 3:
        raise InputError(f"Expected one image of shape (H, W, 3), received shape {image.shape}.")
    return require_images(image[np.newaxis])[0]


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bicubic, to (height, width); float32 (height, width, 3) in [0, 1]."""
    picture = Image.fromarray(to_uint8(image))
    resized = picture.resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.float32) / 255


def to_uint8(image: np.ndarray) -> np.ndarray:
    """[0, 1] to 0 … 255, rounded; values outside are clipped, NaN becomes 0."""
    return (np.clip(np.nan_to_num(image), 0, 1) * 255 + 0.5).astype(np.uint8)


def save(file: str | Path, image: np.ndarray) -> None:
    """Write an (height, width, 3) image in [0, 1]; the format follows from the file's suffix.

    JPEG files are written at quality 95 without colour subsampling: icons are full of fine
    coloured detail. The file appears under its name only once it is whole.
    """
    path = Path(file)
    suffix = path.suffix.lower()
    kind = Image.registered_extensions().get(suffix)
    if kind not in Image.SAVE:
        raise InputError(f"Expected a file name such as image.png, received {path.name!r}.")
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    with replacing(path) as temporary:
        Image.fromarray(to_uint8(image)).save(temporary, format=kind, **options)


def png_bytes(image: np.ndarray) -> bytes:
    """An (height, width, 3) image in [0, 1] as the bytes of a PNG file, which a notebook shows.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import images
        >>> images.png_bytes(np.zeros((2, 2, 3)))[1:4]
        b'PNG'
    """
    stream = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(stream, format="PNG")
    return stream.getvalue()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place if the block ends without an error."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp's files are private; the result gets the rights that any new file would have.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


_asking = threading.Lock()


def _umask() -> int:
    """The rights that new files do not get; the system tells only by setting others."""
    with _asking:  # or another thread's answer is what was set meanwhile
        mask = os.umask(0o077)
        os.umask(mask)
    return mask
