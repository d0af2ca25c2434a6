"""What made a result: enough to make it again, or to see that two results belong together."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import inspect
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .file_names import as_text, class_name

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
        image_file: SHA-256 of the image's file; None if it came as an array. For a result of many
            images, their table's.
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
    rather_than: int | None = None,
) -> Provenance:
    """What makes a result of a network and an image.

    Args:
        net: the network.
        image: the image.
        method: the explainer's name.
        options: a dataclass or a mapping.
        layer: the layer that is explained.
        class_index: the class that is explained.
        rather_than: the class that it is contrasted with.
    """
    return Provenance(
        method=method,
        network=net.name,
        weights=net.digest,
        image=image.digest,
        image_name=image.name,
        image_file=image.file_digest,
        image_size=image.size,
        class_name=(
            None
            if class_index is None
            else as_text(class_name(net.labels, class_index, rather_than))
        ),
        layer=layer,
        options={} if options is None else plain(options),
        versions=dict(versions()),
    )


def plain(value: Any) -> Any:
    """A value as JSON can hold it.

    Dataclasses and mappings become dicts, tuples lists, paths, NaN and infinity text, arrays the
    SHA-256 of what they hold. Groupers and other objects become a dict of their `class`, its
    `module` and their `parameters`, which are None where they cannot be told; see `is_known`.
    """
    return _plain(value, 0)


def is_known(found: Any) -> bool:
    """Whether what `plain` returned tells all of a value: equal ones then mean equal values.

    Example:
        >>> from tfvis.utils.provenance import is_known, plain
        >>> is_known(plain({"seed": 5})), is_known(plain({"seed": object()}))
        (True, False)
    """
    if isinstance(found, Mapping):
        if set(found) == _OBJECT and found["parameters"] is None:
            return False
        return all(is_known(part) for part in found.values())
    return all(is_known(part) for part in found) if isinstance(found, list) else True


_OBJECT = {"class", "module", "parameters"}
_DEEPEST = 4  # objects inside each other


def _plain(value: Any, depth: int) -> Any:
    # A grouper's class counts, a set of options is known by its place.
    is_grouper = callable(getattr(value, "fit_predict", None))
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not is_grouper:
        return {f.name: _plain(getattr(value, f.name), depth) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part, depth) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, depth) for part in value]
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
    named = value if isinstance(value, type) or inspect.isroutine(value) else type(value)
    return {
        "class": named.__name__,
        "module": getattr(named, "__module__", None),
        "parameters": _parameters(value, depth + 1),
    }


def _parameters(value: Any, depth: int) -> dict[str, Any] | None:
    """What an object was made with; None where that cannot be told.

    Estimators of scikit-learn say it themselves; of other objects it is their fields, or their
    attributes if these are values and estimators.
    """
    if isinstance(value, type) or depth > _DEEPEST:
        return None
    try:
        if callable(getattr(value, "get_params", None)):
            found = value.get_params(deep=False)
        elif dataclasses.is_dataclass(value):
            found = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        elif callable(value) or any(vars(kind).get("__slots__") for kind in type(value).__mro__):
            return None  # a function, or what `vars` does not show
        else:
            found = vars(value)
        told = {str(key): _plain(part, depth) for key, part in found.items()}
    except Exception:  # of somebody else's class
        return None
    return told if is_known(told) else None


@cache
def versions() -> Mapping[str, str]:
    """The versions of Python and of the libraries that decide a result."""
    # The folder lies beside tfvis, where a type checker looks for it.
    from .._version import __version__  # pyright: ignore[reportMissingImports]

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
