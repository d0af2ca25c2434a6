"""Class names and the ways of asking for a class."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

from .errors import InputError, closest

_WNID = re.compile(r"n\d{8}")
_LISTED = 20
"""So many classes are named where one is unknown; a list of more would be no help."""
_SYNSET = re.compile(r"(n\d{8})[ \t,]+(\S.*)")


def _lines(file: str | Path) -> list[str]:
    """A text's lines, up to the last that is not empty."""
    # Editors on Windows begin a text with a byte-order mark.
    text = Path(file).read_text(encoding="utf-8-sig").rstrip()
    return text.split("\n") if text else []


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


class Labels(Sequence[str]):
    """The names of a classifier's classes, in order: a sequence of each class's first synonym.

    Args:
        synonyms: for each class its names, the preferred one first.
        wnids: for each class its WordNet id (`n02124075`), if there are any.

    Example:
        >>> from tfvis.utils import Labels
        >>> labels = Labels([("tabby", "tabby cat"), ("tiger cat",)])
        >>> labels[0], labels.index("tabby cat"), labels.index("Tiger Cat")
        ('tabby', 0, 1)
    """

    def __init__(
        self, synonyms: Iterable[Sequence[str]], wnids: Sequence[str] | None = None
    ) -> None:
        self.synonyms = tuple(tuple(names) for names in synonyms)
        self.wnids = tuple(wnids) if wnids is not None else None
        if not all(self.synonyms):
            raise InputError("Expected at least one name for every class, received an empty one.")
        if self.wnids is not None and len(self.wnids) != len(self.synonyms):
            raise InputError(
                f"Expected one WordNet id a class, received {len(self.wnids)} for "
                f"{len(self.synonyms)} classes."
            )

    @classmethod
    def from_synset_words(cls, file: str | Path) -> Labels:
        """Read ImageNet's `synset_words.txt`: a line a class, its wnid, then its synonyms.

        Raises:
            InputError: a line is not like that.
            OSError: the file cannot be read.
            UnicodeDecodeError: it is no UTF-8 text.
        """
        wnids, synonyms = [], []
        for number, line in enumerate(_lines(file), 1):
            found = _SYNSET.fullmatch(line)
            if found is None or not _names(found[2]):
                raise InputError(
                    "Expected a WordNet id and names, such as 'n02123045 tabby, tabby cat', in "
                    f"line {number} of {str(file)!r}, received {line[:80]!r}."
                )
            wnids.append(found[1])
            synonyms.append(_names(found[2]))
        return cls(synonyms, wnids)

    @classmethod
    def from_lines(cls, file: str | Path) -> Labels:
        """Read a text file with a class a line, its names separated by commas.

        Files like ImageNet's `synset_words.txt`, whose first line begins with a WordNet id, are
        read as `from_synset_words` does. Empty lines at the end are left out.

        Raises:
            InputError: a line between others is empty, or the file is.
            OSError: the file cannot be read.
            UnicodeDecodeError: it is no UTF-8 text.
        """
        lines = _lines(file)
        if not lines:
            raise InputError(f"Expected a class a line in {str(file)!r}, found none.")
        if _SYNSET.fullmatch(lines[0]):
            return cls.from_synset_words(file)
        for number, line in enumerate(lines, 1):
            if not _names(line):
                raise InputError(
                    f"Expected a class a line in {str(file)!r}, found none in line {number}."
                )
        return cls([_names(line) for line in lines])

    @classmethod
    def numbered(cls, n_classes: int) -> Labels:
        """Names for a network whose classes have none: `class 0`, `class 1`, …"""
        return cls([(f"class {index}",) for index in range(n_classes)])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(names[0] for names in self.synonyms[index])
        return self.synonyms[index][0]

    def __len__(self) -> int:
        return len(self.synonyms)

    def __iter__(self) -> Iterator[str]:
        return (names[0] for names in self.synonyms)

    def __repr__(self) -> str:
        return f"Labels({len(self)} classes: {', '.join(self[:3])}, …)"

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        classes = defaultdict(list)
        for index, names in enumerate(self.synonyms):
            for name in dict.fromkeys(names):
                classes[name].append(index)
        return dict(classes)

    @cached_property
    def _by_folded_name(self) -> dict[str, list[int]]:
        classes = defaultdict(set)
        for name, indices in self._by_name.items():
            classes[name.casefold()].update(indices)
        return {name: sorted(indices) for name, indices in classes.items()}

    def _with_word(self, word: str, n: int = 5) -> list[str]:
        """Names that hold the word."""
        return [name for name in self._by_name if word.casefold() in name.casefold().split()][:n]

    def _among_words(self, words: str) -> list[str]:
        """Names that are one of the words."""
        return [name for name in self._by_name if name.casefold() in words.casefold().split()]

    def index(self, name: str | int) -> int:
        """The class meant by an index, a WordNet id or any synonym.

        A name that is the first synonym of exactly one class means that class, whatever other
        classes share it. Case is ignored where that leaves one class.

        Raises:
            InputError: the index is out of range, the name is unknown (the closest are named) or
                belongs to several classes (their indices are listed).
        """
        if not isinstance(name, str):
            return self._checked(name)
        name = name.strip()
        if re.fullmatch(r"[+-]?\d+", name):
            return self._checked(int(name))
        if _WNID.fullmatch(name) and self.wnids is not None and name in self.wnids:
            return self.wnids.index(name)
        found = self._by_name.get(name) or self._by_folded_name.get(name.casefold())
        if not found:
            near = self._with_word(name) or closest(name, self._by_name, cutoff=0.8)
            near = near or self._among_words(name) or closest(name, self._by_name)
            hint = f" Closest: {', '.join(near)}." if near else ""
            if all(part.strip() in self._by_name for part in name.split(",")):
                hint = " Its parts are class names themselves: give each on its own."
            names = f": {', '.join(self)}" if len(self) <= _LISTED else ""
            raise InputError(
                f"Unknown class {name!r}.{hint} Expected an index from 0 to {len(self) - 1}, "
                f"{'a WordNet id ' if self.wnids else ''}or a class name{names}."
            )
        first = [index for index in found if self[index] == name] or [
            index for index in found if self[index].casefold() == name.casefold()
        ]
        if len(first) == 1:
            return first[0]
        if len(found) > 1:
            meanings = "; ".join(f"{index}: {', '.join(self.synonyms[index])}" for index in found)
            raise InputError(
                f"Class name {name!r} belongs to several classes ({meanings}). "
                "Expected one of these indices."
            )
        return found[0]

    def _checked(self, index: int) -> int:
        if not hasattr(index, "__index__") or not 0 <= index < len(self):
            raise InputError(
                f"Expected a class index from 0 to {len(self) - 1}, received {index!r}."
            )
        return int(index)


def require_labels(labels: Labels | None, n_classes: int) -> Labels:
    """The labels, numbers if there are none; an `InputError` unless there is one a class."""
    if labels is None:
        return Labels.numbered(n_classes)
    if len(labels) != n_classes:
        if n_classes == 1:
            raise InputError(
                f"Expected one label, received {len(labels)}: the network has one logit, that of "
                "the class whose probability it gives."
            )
        raise InputError(
            f"Expected one label a class, received {len(labels)} labels for {n_classes} classes."
        )
    return labels
