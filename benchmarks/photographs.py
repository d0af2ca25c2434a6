"""Photographs that are on this machine: beside the repository, and in installed libraries.

Scikit-image, scikit-learn and matplotlib come with a few each. Nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.pairs import SHARED
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageFile, SourceImage

NAMED = (
    "dog_cat224", "cathead224", "doghead224", "elephants", "eagle", "lorikeet",
    "astronaut", "chelsea", "coffee", "rocket",
)  # fmt: skip
"""The ten that are attacked first; each is paired with the network's answer to it."""

OTHERS = (
    "motorcycle_left", "hubble_deep_field", "china", "flower", "grace_hopper", "camera", "coins",
    "clock_motion", "brick", "grass", "gravel", "moon", "retina", "page",
)  # fmt: skip

_FOLDERS = {
    "skimage": "data",
    "sklearn": "datasets/images",
    "matplotlib": "mpl-data/sample_data",
}


def photographs(names: Sequence[str] = (*NAMED, *OTHERS)) -> dict[str, Path]:
    """The files of photographs, by name.

    Raises:
        InputError: one is not on this machine.
    """
    found = {}
    for name in names:
        files = [
            file
            for folder in _folders()
            for ending in (".jpg", ".png")
            if (file := folder / f"{name}{ending}").is_file()
        ]
        if not files:
            raise InputError(f"Expected a photograph {name} in {_where()}, found none.")
        found[name] = files[0]
    return found


def crops(file: Path, count: int, side: int, seed: int) -> list[SourceImage]:
    """Random squares of a photograph, at least 0.6 of its shorter side, some mirrored.

    Args:
        file: the photograph.
        count: how many.
        side: that each is brought to, in pixels.
        seed: of the places and sizes.
    """
    own = ImageFile.read(file)
    random = np.random.default_rng([seed, int(own.digest[:8], 16)])
    width, height = own.picture.size
    found = []
    for _ in range(count):
        length = int(random.uniform(0.6, 1) * min(width, height))
        left, top = (int(random.integers(0, free - length + 1)) for free in (width, height))
        part = own.picture.crop((left, top, left + length, top + length))
        pixels = ImageFile(part, own.name, own.digest).at((side, side)).pixels
        mirrored = random.random() < 0.5
        found.append(SourceImage(pixels[:, ::-1].copy() if mirrored else pixels, own.name))
    return found


def _folders() -> Iterator[Path]:
    yield SHARED / "images"
    for package, inner in _FOLDERS.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / inner


def _where() -> str:
    return ", ".join(map(str, _folders()))
