"""The names of images' folders in a batch: one an image, on any file system."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, safe_name

from .manifests import ListedImage

__all__ = ["OWN_FILES", "folder_names"]

OWN_FILES = frozenset({"index.html", "index.csv", "index.parquet", "batch.json", "config.toml"})
"""What a batch writes beside the images' folders; so does it files that begin with a dot."""

_LONGEST = 80
"""Bytes of a name, as `safe_name` has it."""
_ROOM = 12
"""Bytes that a number and its dash may take."""
_PARENT = 20
"""Bytes that a parent folder's name may always take."""
_SHOWN = 60
"""Characters of a name that a message shows."""


def folder_names(listed: Sequence[ListedImage]) -> tuple[str, ...]:
    """A name for each image's folder: safe, and unique also where case is ignored.

    An image's own name in the list comes first. Else it is the file's stem if no other image has
    it; else the parent folder's name and the stem with "-" between them; else the same with the
    file's suffix; else parent and stem, with "-2", "-3" and so on from the second such image of the
    list on.

    Args:
        listed: all images of the batch: a part of them might give other names.

    Returns:
        A name an entry. Entries of the same file have the same name.

    Raises:
        InputError: the list names two images alike, or one image in two ways; the message names
            both lines.

    Example:
        >>> from pathlib import Path
        >>> files = ["cats/1.png", "dogs/1.png", "dogs/2.png"]
        >>> folder_names([ListedImage(Path(file), file) for file in files])
        ('cats-1', 'dogs-1', '2')
    """
    names, taken = _names_of_the_list(listed)
    left = [path for path in dict.fromkeys(own.path for own in listed) if path not in names]
    for proposed in (_stem, _parent_and_stem, _parent_and_name):
        proposals = {path: _safe(proposed(path)) for path in left}
        counts = Counter(map(_key, proposals.values()))
        for path, name in proposals.items():
            key = _key(name)
            if counts[key] == 1 and key not in taken:
                names[path] = name
                taken.add(key)
        left = [path for path in left if path not in names]
    names |= _numbered_names(left, taken)
    return tuple(names[own.path] for own in listed)


def _names_of_the_list(listed: Sequence[ListedImage]) -> tuple[dict[Path, str], set[str]]:
    """The names that the list itself gives, by the images' paths, and their keys."""
    by_path: dict[Path, ListedImage] = {}
    by_key: dict[str, ListedImage] = {}
    names: dict[Path, str] = {}
    for own in listed:
        if own.name is None:
            continue
        earlier = by_path.setdefault(own.path, own)
        if earlier.name != own.name:
            raise InputError(
                f"Expected one name for {own.image[:_SHOWN]!r}, received {_named(earlier)} and "
                f"{_named(own)}."
            )
        name = names[own.path] = _safe(own.name)
        other = by_key.setdefault(_key(name), own)
        if other.path != own.path:
            raise InputError(
                f"Expected a name of its own for each image, received {_named(other)} and "
                f"{_named(own)}, whose folders would be one: {name!r}."
            )
    return names, set(by_key)


def _named(own: ListedImage) -> str:
    name = f"{(own.name or '')[:_SHOWN]!r}"
    return name if own.place is None else f"{name} ({own.place})"


def _numbered_names(paths: Sequence[Path], taken: set[str]) -> dict[Path, str]:
    """Numbered names for the images that nothing else tells apart; `taken` gets their keys."""
    numbers: Counter[str] = Counter()
    names: dict[Path, str] = {}
    for path in paths:
        base = _safe(_parent_and_stem(path))
        # Names that differ only where they are cut share their numbers.
        short = _cut(base, _LONGEST - _ROOM)
        name = base
        while path not in names:
            numbers[_key(short)] += 1
            if numbers[_key(short)] > 1:
                name = _safe(f"{short}-{numbers[_key(short)]}")
            if _key(name) not in taken:
                names[path] = name
                taken.add(_key(name))
    return names


def _stem(path: Path) -> str:
    return path.stem


def _parent_and_stem(path: Path) -> str:
    return _with_parent(path, path.stem)


def _parent_and_name(path: Path) -> str:
    return _with_parent(path, path.name)


def _with_parent(path: Path, name: str) -> str:
    # The parent of "a.png" is the folder that the program runs in; "..", say, is no name.
    parent = os.path.basename(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH119, PTH120
    if not parent:
        return name
    room = _LONGEST - 1 - len(name.encode("utf-8", "replace"))
    return f"{_cut(parent, max(room, _PARENT))}-{name}"  # a long parent leaves the name in


def _safe(text: str) -> str:
    """A safe name that is none of the batch's own files."""
    name = safe_name(text)
    return safe_name(f"{name}-2") if _key(name) in OWN_FILES else name


def _cut(name: str, room: int) -> str:
    """A name's beginning, of up to so many bytes."""
    if len(name.encode("utf-8", "replace")) <= room:
        return name
    return safe_name(name).encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip(" .")


def _key(name: str) -> str:
    """The same for names that are one on some file systems: macOS has é in two ways."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", as_text(name)).casefold())
