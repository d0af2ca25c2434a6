"""Images and their truth: tables of boxes, example images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names

if TYPE_CHECKING:
    from .box_tables import Annotation, read_annotations
    from .boxed_images import BoxedImage, Collection, FailedBox, Target, collect, scenes
    from .example_images import EXAMPLES, SCENES, example_image, example_scene

# `python -m tfvis.datasets.example_images` must not find its module imported already.
_HOME = {
    "EXAMPLES": "example_images",
    "SCENES": "example_images",
    "Annotation": "box_tables",
    "BoxedImage": "boxed_images",
    "Collection": "boxed_images",
    "FailedBox": "boxed_images",
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
    "FailedBox",
    "Target",
    "collect",
    "example_image",
    "example_scene",
    "read_annotations",
    "scenes",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
