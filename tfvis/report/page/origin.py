"""What a page says of how its result was made."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfvis.utils.provenance import Provenance


@dataclass(frozen=True)
class Origin:
    """How a result was made, in words and numbers.

    Attributes:
        command: what repeats it; None for a result that was made in Python.
        facts: names and values: the network, the image, the layer.
        options: names and values of every option.
        versions: of Python and the libraries.
        seconds: of each stage.
    """

    command: str | None
    facts: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    seconds: tuple[tuple[str, float], ...]


def origin(
    made: Provenance | None,
    command: Sequence[str] | None,
    seconds: Mapping[str, float] | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> Origin:
    """What is known of a result's making.

    Args:
        made: its provenance.
        command: the words of the command that wrote it.
        seconds: how long each stage took.
        more: facts besides: gaps, for example.
    """
    facts: list[tuple[str, str]] = []
    options: list[tuple[str, str]] = []
    versions: list[tuple[str, str]] = []
    if made is not None:
        size = made.image_size
        known = (
            ("method", made.method),
            ("network", made.network),
            ("SHA-256 of the weights", made.weights),
            ("image", made.image_name),
            ("size of the image", None if size is None else f"{size[1]} x {size[0]} pixels"),
            ("SHA-256 of the pixels", made.image),
            ("layer", made.layer),
        )
        facts += [(name, str(value)) for name, value in known if value is not None]
        options = [(name, as_words(value)) for name, value in sorted(made.options.items())]
        versions = [(name, str(value)) for name, value in made.versions.items()]
    return Origin(
        command=None if not command else shlex.join(command),
        facts=(*facts, *more),
        options=tuple(options),
        versions=tuple(versions),
        seconds=tuple((name.replace("_", " "), value) for name, value in (seconds or {}).items()),
    )


def as_words(value: Any) -> str:
    """An option's value in a line.

    Example:
        >>> from tfvis.report.page.origin import as_words
        >>> as_words({"seed": 0, "flip": False, "icons": {"size": 16}})
        'seed=0, flip=no, icons(size=16)'
    """
    if isinstance(value, Mapping):
        if set(value) == {"class", "module", "parameters"}:
            return f"{value['class']}({as_words(value['parameters'] or {})})"
        return ", ".join(
            f"{name}({as_words(own)})" if isinstance(own, Mapping) else f"{name}={as_words(own)}"
            for name, own in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(as_words(own) for own in value) or "none"
    if isinstance(value, bool):  # not 0 and 1, which are equal to them
        return "yes" if value else "no"
    return "not set" if value is None else str(value)


def where_from(made: Provenance | None) -> dict[str, str | None]:
    """The network's name and the image's, as the heads of pages say them; None where unknown."""
    return {
        "network": None if made is None else made.network,
        "name": None if made is None else made.image_name,
    }
