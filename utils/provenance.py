"""What made a result: enough to make it again, or to see that two results belong together."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import math
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .file_names import class_name

if TYPE_CHECKING:
    from .image_sources import SourceImage
    from .network import Network

LIBRARIES = ("tfvis", "tensorflow", "keras", "numpy", "scikit-learn", "scikit-image", "pillow")
"""The libraries that decide a result."""


@dataclass(frozen=True)
class Provenance:
    """What made a result.

    Attributes:
        method: the explainer's name.
        network: the network's name.
        weights: SHA-256 of the network's weights and preprocessing; None if unknown.
        image: SHA-256 of the image's pixels; None for a result of many images.
        image_name: of the image's file, without the suffix; None if it came as an array. For a
            result of many images, their table's.
        image_file: SHA-256 of the image's file; None if it came as an array.
        image_size: (height, width).
        class_name: the explained class's name as part of a path; None if no class is explained.
        layer: the layer that was explained; None if the method has none, or several.
        options: of the method, as JSON can hold them, the seed included.
        versions: of Python and of the libraries that decide a result.
    """

    method: str
    network: str
    weights: str | None
    image: str | None
    image_name: str | None
    image_file: str | None = None
    image_size: tuple[int, int] | None = None
    class_name: str | None = None
    layer: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    versions: Mapping[str, str] = field(default_factory=dict, repr=False)

    def shows_same_image(self, other: Provenance) -> bool:
        """Whether two results are of the same image: of one file, or of the same pixels."""
        if self.image_file is not None and other.image_file is not None:
            return self.image_file == other.image_file
        return self.image == other.image

    def as_json(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {key: plain(value) for key, value in vars(self).items()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Provenance:
        """What `as_json` returned."""
        size = found["image_size"]
        return cls(**{**found, "image_size": None if size is None else tuple(size)})


def provenance(
    net: Network,
    image: SourceImage,
    *,
    method: str,
    options: Any = None,
    layer: str | None = None,
    class_index: int | None = None,
) -> Provenance:
    """What makes a result of a network and an image.

    Args:
        net: the network.
        image: the image.
        method: the explainer's name.
        options: a dataclass or a mapping.
        layer: the layer that is explained.
        class_index: the class that is explained.
    """
    return Provenance(
        method=method,
        network=net.name,
        weights=net.digest,
        image=image.digest,
        image_name=image.name,
        image_file=image.file_digest,
        image_size=image.size,
        class_name=None if class_index is None else class_name(net.labels, class_index),
        layer=layer,
        options={} if options is None else plain(options),
        versions=dict(versions()),
    )


def plain(value: Any) -> Any:
    """A value as JSON can hold it.

    Dataclasses and mappings become dicts, tuples lists, paths, NaN and infinity text, arrays the
    SHA-256 of what they hold; other objects their `repr`.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return {"shape": list(value.shape), "dtype": str(value.dtype), "sha256": digest}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return str(value)
    # Addresses differ from run to run.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(repr(value).split()))


@cache
def versions() -> Mapping[str, str]:
    """The versions of Python and of the libraries that decide a result."""
    from .._version import __version__

    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            # Of tfvis, another version may be installed than the checkout that runs.
            found[library] = (
                __version__ if library == "tfvis" else importlib.metadata.version(library)
            )
        except importlib.metadata.PackageNotFoundError:
            found[library] = "unknown"
    return found
