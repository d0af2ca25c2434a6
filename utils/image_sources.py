"""Images as people have them, arrays, Pillow's images and files, made into one kind of value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from . import images
from .errors import InputError
from .file_names import as_text

ImageLike = Any
"""An array (H, W, 3), float in [0, 1] or uint8; a `PIL.Image`; a path; or a `SourceImage`."""

Images = Sequence[ImageLike] | np.ndarray
"""Several images; of arrays also one array (N, H, W, 3)."""


@dataclass(frozen=True, eq=False)
class SourceImage:
    """An image, and where it came from.

    Attributes:
        pixels: float32 (H, W, 3) in [0, 1].
        name: of its file, without the suffix; None if it came as an array.
        file_digest: SHA-256 of its file; None if it came as an array.
    """

    pixels: np.ndarray = field(repr=False)
    name: str | None = None
    file_digest: str | None = field(default=None, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the pixels and the shape."""
        found = hashlib.sha256(repr(self.pixels.shape).encode())
        found.update(np.ascontiguousarray(self.pixels).data)
        return found.hexdigest()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.pixels.shape[0], self.pixels.shape[1]


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image file that is read and decoded once, to be brought to any size.

    Attributes:
        picture: RGB, upright, at the file's own size.
        name: of the file, without the suffix.
        digest: SHA-256 of the file.
    """

    picture: Image.Image = field(repr=False)
    name: str
    digest: str = field(repr=False)

    @classmethod
    def read(cls, file: str | os.PathLike[str]) -> ImageFile:
        """Read and decode a file.

        Raises:
            InputError: it is missing, no image, or truncated.
        """
        path = Path(file)
        picture = images.decode(path)
        with path.open("rb") as stream:
            return cls(picture, as_text(path.stem), _sha256(stream))

    def at(self, size: tuple[int, int] | None = None, fit: str = "crop") -> SourceImage:
        """The image at a size, (height, width); see `images.load`."""
        return SourceImage(images.from_pillow(self.picture, size, fit), self.name, self.digest)


def is_one_image(images: Any) -> bool:
    """Whether this is an image rather than several."""
    if hasattr(images, "ndim") and hasattr(images, "dtype"):  # TensorFlow's and PyTorch's, too
        return images.ndim < 4 and images.dtype != object
    return isinstance(images, str | os.PathLike | SourceImage | Image.Image)


def read_image(
    image: ImageLike, size: tuple[int, int] | None = None, fit: str = "crop"
) -> SourceImage:
    """An image of any kind as a `SourceImage`.

    Args:
        image: an array (H, W, 3), float with values in [0, 1] or uint8, which is divided by 255; a
            `PIL.Image`; a path to a file; or a `SourceImage`, which is returned as it is.
        size: (height, width) that files and Pillow's images are brought to; their own if left out.
            Arrays keep their size.
        fit: how; see `images.load`.

    Raises:
        InputError: it is none of these, or cannot be read, or its values are out of range.

    Example:
        >>> import numpy as np
        >>> float(read_image(np.full((2, 2, 3), 255, np.uint8)).pixels.max())
        1.0
    """
    if isinstance(image, SourceImage):
        return image
    if isinstance(image, str | os.PathLike):
        return ImageFile.read(image).at(size, fit)
    if isinstance(image, Image.Image):
        name = getattr(image, "filename", "")
        return SourceImage(
            images.from_pillow(image, size, fit), as_text(Path(name).stem) if name else None
        )
    try:
        pixels = np.asarray(image)
    except Exception:
        pixels = np.empty(0, object)
    if pixels.dtype.kind not in "biuf":
        raise InputError(
            "Expected an image as an array, a PIL.Image or a path, received "
            f"{type(image).__name__}."
        )
    if pixels.ndim != 3 or pixels.shape[-1] != 3:
        hint = " Its channels come first: use np.moveaxis(image, 0, -1)."
        raise InputError(
            f"Expected one image of shape (H, W, 3), received shape {pixels.shape}."
            f"{hint if pixels.ndim == 3 and pixels.shape[0] == 3 else ''}"
        )
    own = images.require_images(pixels[np.newaxis])[0]
    if np.shares_memory(own, pixels):
        own = own.copy()  # whoever gave the array may fill it with the next image
    own.flags.writeable = False
    return SourceImage(own)


def _sha256(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while block := stream.read(1 << 20):
        found.update(block)
    return found.hexdigest()
