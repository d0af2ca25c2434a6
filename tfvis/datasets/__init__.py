"""Images and their truth: tables of boxes, lists of images with their classes, example images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names

if TYPE_CHECKING:
    from .batch_names import folder_names
    from .box_tables import Annotation, read_annotations
    from .boxed_images import BoxedImage, Collection, FailedBox, Target, collect, scenes
    from .example_images import EXAMPLES, SCENES, example_image, example_scene
    from .manifests import ListedImage, listed_images, read_manifest
    from .shards import shard_of

# `python -m tfvis.datasets.example_images` must not find its module imported already.
_HOME = {
    "EXAMPLES": "example_images",
    "SCENES": "example_images",
    "Annotation": "box_tables",
    "BoxedImage": "boxed_images",
    "Collection": "boxed_images",
    "FailedBox": "boxed_images",
    "ListedImage": "manifests",
    "Target": "boxed_images",
    "collect": "boxed_images",
    "example_image": "example_images",
    "example_scene": "example_images",
    "folder_names": "batch_names",
    "listed_images": "manifests",
    "read_annotations": "box_tables",
    "read_manifest": "manifests",
    "scenes": "boxed_images",
    "shard_of": "shards",
}

__all__ = [
    "EXAMPLES",
    "SCENES",
    "Annotation",
    "BoxedImage",
    "Collection",
    "FailedBox",
    "ListedImage",
    "Target",
    "collect",
    "example_image",
    "example_scene",
    "folder_names",
    "listed_images",
    "read_annotations",
    "read_manifest",
    "scenes",
    "shard_of",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
