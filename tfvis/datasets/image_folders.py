"""The images in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tfvis.utils.errors import InputError

__all__ = ["image_files"]


def image_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Files, and the images that lie in folders, by their names; folders below are left out.

    Args:
        paths: of files and folders. A file is taken as it is; of a folder those files whose suffix
            is one that Pillow knows, but for hidden ones.

    Returns:
        Each file once.

    Raises:
        InputError: there is no such file or folder, or a folder without images.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> Image.new("RGB", (4, 4)).save("a.png")
        >>> [file.name for file in image_files([Path()])]
        ['a.png']
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            if not path.is_dir():
                if not path.exists():
                    raise InputError(f"No image or folder {str(path)!r}.")
                found[path] = None
                continue
            own = [file for file in sorted(path.iterdir()) if _is_image(file)]
        except OSError as error:
            raise InputError(f"Cannot read {str(path)!r}: {error.strerror}.") from None
        if not own:
            raise InputError(
                f"Expected a folder with images, received {str(path)!r}, which has none."
            )
        found.update(dict.fromkeys(own))
    return tuple(found)


def _is_image(file: Path) -> bool:
    from PIL import Image

    known = Image.registered_extensions()
    return file.suffix.lower() in known and not file.name.startswith(".") and file.is_file()
