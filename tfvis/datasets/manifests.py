"""Lists of images: manifests, which are CSV files with a row an image, and images in folders.

A manifest has the column

    image                               and, if wanted, class, name

with a path that begins at the manifest's folder, a class of the image, and what the folder of its
results is to be called. Columns of other names are left alone.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfvis.utils.errors import InputError, closest
from tfvis.utils.file_names import as_text, encodable, on_disk

from .csv_rows import CsvRow, CsvTable, csv_table
from .image_folders import image_files

__all__ = ["ListedImage", "listed_images", "read_manifest", "require_files"]

_OPTIONAL = ("class", "name")
_COLUMNS = ("image", *_OPTIONAL)
_SHOWN = 60
"""Characters of a cell that a message shows."""
_LONGEST = 300
"""Characters of a path that a message shows: cells may be longer than any path."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What a cell without a closing quotation mark holds: lines. Other signs occur in files' names."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True)
class ListedImage:
    """An image of a list.

    Attributes:
        path: of the file. All entries of one file have the same path.
        image: how the list names the image; can be written in UTF-8.
        label: its class: a name, a WordNet id or an index as text; None if the list gives none.
        name: what the folder of its results is to be called; None if the list does not say so.
        place: the manifest and the line; None without a manifest.
    """

    path: Path
    image: str
    label: str | None = None
    name: str | None = None
    place: str | None = None


def listed_images(paths: Iterable[str | Path]) -> tuple[ListedImage, ...]:
    """The images of a manifest, or of files and folders.

    Args:
        paths: one manifest, which ends in `.csv`, or files and folders. Folders are searched with
            all folders below.

    Returns:
        Each file once, or what the manifest lists. A manifest's files need not exist: see
        `require_files`.

    Raises:
        InputError: there is no path, a manifest stands beside other paths, or what is named cannot
            be read.

    Example:
        >>> from pathlib import Path
        >>> Path("cats").mkdir()
        >>> Path("cats", "a.png").touch()
        >>> [listed.image for listed in listed_images(["cats"])]
        ['cats/a.png']
    """
    given = [Path(path) for path in paths]
    manifests = [path for path in given if path.suffix.lower() == ".csv"]
    if not given:
        raise InputError("Expected images, folders or a manifest, received none.")
    if manifests and len(given) > 1:
        raise InputError(
            f"Expected a manifest by itself, received {str(manifests[0])!r} and {len(given) - 1} "
            f"other path{'s' if len(given) > 2 else ''}."
        )
    if manifests:
        return read_manifest(manifests[0])
    files = _Files()
    once = dict.fromkeys(files.first(file) for file in image_files(given, below=True))
    return tuple(ListedImage(file, encodable(as_text(str(file)))) for file in once)


def read_manifest(file: str | Path) -> tuple[ListedImage, ...]:
    """The images of a manifest, in its order.

    Args:
        file: its path; a CSV file in UTF-8, with a header. Columns' names may be written in any
            case.

    Returns:
        An entry a row: an image with several classes has several. The files need not exist.

    Raises:
        InputError: the file is missing, no CSV, or empty, the column `image` is missing, a row
            cannot be used, or one is there twice; the message names the line.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("pets.csv").write_text("image,class\\ncats/a.png,tabby\\n")
        >>> [(listed.image, listed.label, listed.place) for listed in read_manifest("pets.csv")]
        [('cats/a.png', 'tabby', "'pets.csv', line 2")]
    """
    found: list[ListedImage] = []
    lines: dict[tuple[Path, str], int] = {}
    files = _Files()
    with csv_table(file, "manifest") as table:
        _require_columns(table)
        for row in table.rows:
            listed = _listed(row, table.path.parent, files)
            # Classes are found whatever their case. What they mean is not known here: "tabby" and
            # "281" may be one.
            line = lines.setdefault((listed.path, (listed.label or "").casefold()), row.line)
            if line != row.line:
                raise InputError(f"{row.place}: {_again(listed)}, as in line {line}.")
            found.append(listed)
    if not found:
        raise InputError(f"Expected a row an image in {str(file)!r}, found no row.")
    return tuple(found)


def require_files(listed: Sequence[ListedImage]) -> None:
    """Raise an `InputError` unless each image is a file.

    The files are not opened.

    Raises:
        InputError: the first that is missing, with its line, and how many others are.

    Example:
        >>> from pathlib import Path
        >>> try:
        ...     require_files([ListedImage(Path("gone.png"), "gone.png", place="'a.csv', line 2")])
        ... except InputError as error:
        ...     print(error)
        'a.csv', line 2: No image 'gone.png'.
    """
    first: dict[Path, ListedImage] = {}
    for own in listed:
        first.setdefault(own.path, own)
    found = [(own, problem) for own in first.values() if (problem := _problem(own.path))]
    if found:
        own, problem = found[0]
        place = f"{own.place}: " if own.place else ""
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise InputError(f"{place}{problem}{more}.")


class _Files:
    """Files by where they really are, so that a file has one path, however it is written.

    Only folders are looked up, and each once. A link to a file counts as a file of its own.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, str] = {}
        self._files: dict[tuple[str, str], Path] = {}

    def first(self, file: Path) -> Path:
        """The first path by which the file was named."""
        if file.name in ("", ".."):  # the folder itself, which is no image
            return file
        folder = self._folders.get(file.parent)
        if folder is None:
            # Never raises for what is not there or may not be read.
            folder = self._folders[file.parent] = os.path.realpath(file.parent)
        return self._files.setdefault((folder, file.name), file)


def _require_columns(table: CsvTable) -> None:
    path = str(table.path)
    if "image" not in table.columns:
        near = closest("image", filter(None, table.columns))
        raise InputError(
            f"Expected a header with the column image in {path!r}, received "
            f"{', '.join(table.columns)[:80]!r}."
            + (f" Closest: {', '.join(near)}." if near else "")
        )
    table.require_spelling(_OPTIONAL, _COLUMNS)
    table.require_once(_COLUMNS)


def _listed(row: CsvRow, folder: Path, files: _Files) -> ListedImage:
    image = row.cells["image"]
    if not image:
        raise InputError(f"{row.place}: Expected an image, received nothing.")
    if _CONTROL.search(image):
        raise InputError(f"{row.place}: Expected a path, received {image[:_SHOWN]!r}.")
    if _ADDRESS.match(image):
        raise InputError(
            f"{row.place}: Expected a path, received the address {image[:_SHOWN]!r}. Download the "
            "image first."
        )
    return ListedImage(
        files.first(folder / on_disk(image)),
        image,
        row.cells.get("class") or None,
        row.cells.get("name") or None,
        row.place,
    )


def _again(listed: ListedImage) -> str:
    if listed.label is None:
        return f"Expected each image once, received {listed.image[:_SHOWN]!r} again"
    return (
        f"Expected each image once for a class, received {listed.image[:_SHOWN]!r} with the class "
        f"{listed.label[:_SHOWN]!r} again"
    )


def _problem(file: Path) -> str | None:
    """Why that is no file to read, without a stop at the end; None if it is one."""
    shown = str(file) if len(str(file)) <= _LONGEST else f"{str(file)[:_LONGEST]}…"
    try:
        if not stat.S_ISDIR(file.stat().st_mode):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return f"No image {shown!r}"
    except OSError as error:
        return f"Cannot read {shown!r}: {error.strerror}"
    except ValueError:  # NUL, or letters that the system's encoding lacks
        return f"No image {shown!r}"
    return f"Expected an image, received the folder {shown!r}"
