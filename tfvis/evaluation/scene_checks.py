"""Scenes of two objects, checked before anything is computed on them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tfvis.utils.errors import InputError, one_line
from tfvis.utils.images import require_image
from tfvis.utils.network import Network

__all__ = ["Scene", "require_scene", "require_scenes"]


class Scene(Protocol):
    """A picture whose objects are known."""

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) in [0, 1]."""
        ...

    @property
    def masks(self) -> np.ndarray:
        """Where each object can be seen, disjoint: bool (n, H, W)."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Each object's class."""
        ...


_PARTS = ("image", "masks", "labels")


def require_scenes(scenes: object) -> None:
    """An `InputError` for what is no list of scenes, one scene among it."""
    expected = "Expected a list of scenes, received"
    if all(hasattr(scenes, name) for name in _PARTS):
        raise InputError(f"{expected} one ({type(scenes).__name__}): write [scene].")
    if isinstance(scenes, str | bytes | os.PathLike):
        raise InputError(f"{expected} {one_line(repr(scenes))}.")
    try:
        iter(scenes)  # type: ignore[call-overload]
    except TypeError:
        raise InputError(f"{expected} {one_line(repr(scenes))}.") from None


def require_scene(net: Network, scene: Scene, number: int) -> np.ndarray:
    """Its masks, bool (2, H, W); an `InputError` unless they are of two visible objects."""
    for name in _PARTS:
        if getattr(scene, name, None) is None:
            raise InputError(
                f"Expected image, masks and labels of scene {number}, received "
                f"{one_line(repr(scene), 80)} without {name}."
            )
    try:
        size = require_image(scene.image).shape[:2]
    except InputError as error:
        raise InputError(f"Scene {number}: {error}") from None
    try:
        masks, count = np.asarray(scene.masks, bool), len(scene.labels)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Expected masks of shape {(2, *size)} and two labels in scene {number}: "
            f"{one_line(error)}."
        ) from None
    if count != 2 or masks.shape != (2, *size):
        raise InputError(
            f"Expected two objects, with masks of shape {(2, *size)}, in scene {number}; "
            f"received {count} and masks of shape {masks.shape}."
        )
    first, second = (net.class_index(label) for label in scene.labels)
    if first == second:
        raise InputError(
            f"Expected objects of different classes, received two of {scene.labels[0]!r} "
            f"in scene {number}."
        )
    if not masks.any(axis=(1, 2)).all():
        raise InputError(f"Expected two visible objects, received a hidden one in scene {number}.")
    return masks
