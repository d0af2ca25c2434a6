"""What the benchmarks of attacks attack: scenes that critters answers rightly, and photographs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from benchmarks.pairs import SHARED
from tfvis import load_model
from tfvis.critters import render_scene
from tfvis.critters.dataset import TEST_SEED, composition
from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress

MODELS = ("critters", "googlenet")


class Victim(NamedTuple):
    """An image and the class that it shows."""

    image: SourceImage
    label: str


def network(name: str) -> Network:
    """One of `MODELS`; GoogLeNet's weights lie beside the repository."""
    return load_model(name, weights=SHARED / "weights" if name == "googlenet" else None)


def scenes(
    net: Network,
    count: int,
    progress: Progress,
    *,
    first_seed: int = TEST_SEED,
    without: Iterable[str] = (),
) -> tuple[list[Victim], int]:
    """Scenes of one figure to which critters answers rightly.

    Args:
        net: critters.
        count: how many.
        progress: called with scenes found and scenes in all.
        first_seed: of the first scene that is tried.
        without: classes that no scene shows.

    Returns:
        The scenes, and how many were tried.
    """
    found, tried = [], 0
    while len(found) < count:
        seed = first_seed + tried
        tried += 1
        (label,) = composition(seed, (1,))
        if label in without:
            continue
        image = read_image(render_scene([label], seed=seed, size=net.input_size[0]).image)
        if net.labels[net.top(image, 1)[0][0]] == label:
            found.append(Victim(image, label))
            progress(len(found), count)
    return found, tried
