"""The page of an experiment: its findings, its figure, and links to the pages of its results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, on_disk

from ...experiments.outcomes import Experiment
from ...explainers.explanation import Explanation
from ...explainers.feature_groups import SINGLE_CHANNELS
from ..own_files import PAGE, is_plain, is_regular, read_result
from .assembling import Contents
from .origin import origin, where_from
from .sprites import Pictures

_FIGURE = "mosaic.png"
_AT_A_GLANCE = "overview.png"
_WIDEST, _HIGHEST = 1200, 2400
"""Pixels of the figure; its file has it in full size."""
_THUMBNAIL = 320
"""Pixels of a result's picture."""
_SHOWN = 24
"""So many results have a picture; all have a link."""
_KINDS = {
    "attack": "attack",
    "comparison": "comparison",
    "explanation": "groups of features",
    "inversion": "guided inversion",
    "map": "map",
}


@dataclass(frozen=True)
class Link:
    """A result of the experiment.

    Attributes:
        address: of its page, relative to this one.
        place: its folder, as the experiment names it.
        told: what the result is, in words; "" if nothing says so.
        picture: the number of its picture; None without one.
    """

    address: str
    place: str
    told: str
    picture: int | None


@dataclass(frozen=True)
class Beside:
    """A group and its strongest channels, each by itself.

    Attributes:
        number: the group's.
        group: the group: what it is called, its score, and numbers of its pictures.
        channels: the same of each channel.
        left: how many of its channels are not shown.
    """

    number: int
    group: Part
    channels: tuple[Part, ...]
    left: int


@dataclass(frozen=True)
class Part:
    """A group or a channel.

    Attributes:
        name: what it is called.
        score: what it adds, sign flipped for negative features.
        overlay: number of the picture of its heat map.
        icon: number of the picture of its icon; None without one.
    """

    name: str
    score: float
    overlay: int
    icon: int | None


def experiment_page(
    found: Experiment, command: Sequence[str] | None = None, folder: Path | None = None
) -> Contents:
    """The contents of an experiment's page.

    Args:
        found: the experiment.
        command: the words of the command that made it; None for one that was run in Python.
        folder: where its summary is written, with its figure; None if nowhere, and the page has
            no pictures.
    """
    pictures = Pictures()
    # What was tampered with leads nowhere else.
    places = [place for place in found.folders if all(map(is_plain, place.split("/")))]
    above = None if folder is None else _above(folder, places)
    figure = None if folder is None else _figure(folder, pictures)
    made = where_from(found.provenance)
    links = [_link(place, above, pictures, k < _SHOWN) for k, place in enumerate(places)]
    beside = [] if above is None else _beside(found, above, places, pictures)
    values = {
        "about": found.title,
        "name": found.name,
        "network": made["network"],
        "image_name": made["name"],
        "findings": found.findings,
        "figure": figure,
        "has_pdf": folder is not None and is_regular(folder / "mosaic.pdf"),
        "links": links,
        "beside": beside,
        "origin": origin(found.provenance, command),
    }
    data = {
        "kind": "experiment",
        "name": found.name,
        "title": found.title,
        "findings": found.findings,
        "rows": _rows(found.findings, links),
    }
    return Contents(
        "experiment.html", f"{found.name}: {found.title}", values, data, pictures, len(beside)
    )


def _above(folder: Path, places: Iterable[str]) -> Path | None:
    """The experiment's own folder: above its summary, which a run writes one folder deeper."""
    first = next(iter(places), None)
    for above in (folder.parent, folder.parent.parent):
        if first is not None and (above / on_disk(first)).is_dir():
            return above
    return None


def _figure(folder: Path, pictures: Pictures) -> int | None:
    picture = _read(folder / _FIGURE, _WIDEST, _HIGHEST)
    if picture is None:
        return None
    return pictures.add(picture, "the experiment's figure: icons and heat maps of its results")


def _read(file: Path, widest: int, highest: int) -> np.ndarray | None:
    """A picture of a result, no larger than that; None if it is not there, or none."""
    if not is_regular(file):
        return None
    try:
        height, width = images.size_of(file)
        scale = min(1.0, widest / width, highest / height)
        return images.load(file, (max(1, round(height * scale)), max(1, round(width * scale))))
    except (InputError, OSError):
        return None


def _link(place: str, above: Path | None, pictures: Pictures, with_picture: bool) -> Link:
    address = "../" + "/".join(map(_quoted, place.split("/")))  # from the summary's folder
    folder = None if above is None else above / on_disk(place)
    page = PAGE
    if folder is not None and not is_regular(folder / PAGE) and is_regular(folder / _AT_A_GLANCE):
        page = _AT_A_GLANCE  # of a version without pages
    picture = None
    if with_picture and folder is not None:
        small = _read(folder / _AT_A_GLANCE, _THUMBNAIL, 2 * _THUMBNAIL)
        picture = None if small is None else pictures.add(small, f"{place} at a glance")
    said = None if folder is None else read_result(folder)
    return Link(f"{address}/{page}", place, "" if said is None else _told(said), picture)


def _quoted(part: str) -> str:
    """A part of a path as a part of an address."""
    try:
        return quote(as_text(part).encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # no text, and no file's name
        return quote(part.encode("utf-8", "replace"))


def _told(said: dict[str, Any]) -> str:
    """What a result is, as far as its `result.json` says; its fields may be anything."""
    mark, made, of_class = said.get("format"), said.get("provenance"), said.get("class")
    kind = mark.get("kind") if isinstance(mark, dict) else None
    parts = [_KINDS.get(str(kind), str(kind or "result"))]
    if isinstance(of_class, dict) and isinstance(of_class.get("label"), str):
        side = {"pos": "for ", "neg": "against "}.get(str(said.get("sign")), "")
        parts.append(f"{side}“{of_class['label']}”")
    if isinstance(said.get("layer"), str):
        parts.append(f"layer {said['layer']}")
    if kind == "attack" and isinstance(said.get("method"), str):
        parts.append(said["method"])
    grouping = said.get("grouping")
    if isinstance(grouping, dict) and isinstance(grouping.get("name"), str):
        parts.append(grouping["name"])
    if isinstance(made, dict) and isinstance(made.get("image_name"), str):
        parts.append(f"image “{made['image_name']}”")
    return ", ".join(parts)


def _rows(findings: Sequence[str], links: Sequence[Link]) -> list[dict[str, Any]]:
    """A row a finding, and a row a result."""
    rows = [{"what": "finding", "text": own, "folder": None} for own in findings]
    return rows + [{"what": "result", "text": own.told, "folder": own.place} for own in links]


def _beside(
    found: Experiment, above: Path, places: Sequence[str], pictures: Pictures
) -> list[Beside]:
    """Groups beside their channels, where the experiment has both for one class and image."""
    if found.name != "single-channels":
        return []
    results = [own for own in map(_explanation, (above / on_disk(own) for own in places)) if own]
    alone = next((own for own in results if own.grouping == SINGLE_CHANNELS), None)
    groups = next((own for own in results if own.grouping != SINGLE_CHANNELS), None)
    if alone is None or groups is None or _subject(alone) != _subject(groups):
        return []
    largest = max(groups.largest(), alone.largest())
    of_channel = {int(own.channels[0]): k for k, own in enumerate(alone.groups)}
    shown = []
    for number, group in enumerate(groups.groups):
        mine = [of_channel[c] for c in group.channels.tolist() if c in of_channel]
        if mine:
            channels = tuple(
                _part(alone, k, f"channel {alone.groups[k].channels[0]}", largest, pictures)
                for k in mine
            )
            part = _part(groups, number, f"group {number}", largest, pictures)
            shown.append(Beside(number, part, channels, len(group.channels) - len(mine)))
    return shown


def _explanation(folder: Path) -> Explanation | None:
    from .. import load_result

    try:
        found = load_result(folder)
    except InputError:
        return None
    return found if isinstance(found, Explanation) else None


def _subject(found: Explanation) -> tuple[object, ...]:
    """What is explained of what."""
    image = None if found.provenance is None else found.provenance.image
    return image, found.class_index, found.layer, found.sign


def _part(found: Explanation, k: int, name: str, largest: float, pictures: Pictures) -> Part:
    overlay = plots.overlay(
        found.image, found.heat_maps[k], largest=largest, exponent=0.5, colormap=found.colormap
    )
    icon = None
    if found.icons is not None:
        icon = pictures.add(found.icons[k], f"what {name} wants: its icon")
    looks = pictures.add(overlay, f"where {name} looks: its heat map over the image")
    return Part(name, float(found.groups[k].score), looks, icon)
