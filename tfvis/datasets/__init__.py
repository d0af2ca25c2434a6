"""Images and their truth: tables of boxes, example images."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ..runtime.moved_names import no_attribute

if TYPE_CHECKING:
    from .box_tables import Annotation, read_annotations
    from .boxed_images import BoxedImage, Collection, Target, collect, scenes
    from .example_images import EXAMPLES, SCENES, example_image, example_scene

# `python -m tfvis.datasets.example_images` must not find its module imported already.
_HOME = {
    "EXAMPLES": "example_images",
    "SCENES": "example_images",
    "Annotation": "box_tables",
    "BoxedImage": "boxed_images",
    "Collection": "boxed_images",
    "Target": "boxed_images",
    "collect": "boxed_images",
    "example_image": "example_images",
    "example_scene": "example_images",
    "read_annotations": "box_tables",
    "scenes": "boxed_images",
}

__all__ = [
    "EXAMPLES",
    "SCENES",
    "Annotation",
    "BoxedImage",
    "Collection",
    "Target",
    "collect",
    "example_image",
    "example_scene",
    "read_annotations",
    "scenes",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise no_attribute(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
