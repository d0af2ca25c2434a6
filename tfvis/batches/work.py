"""What a batch's workers are told: plain values that can be sent to another machine."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError, require_count
from tfvis.utils.file_names import as_text
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.options import changed
from tfvis.utils.provenance import plain

from .._version import __version__
from ..datasets.manifests import ListedImage
from ..explainers.registry import Method, method_of
from .source import ModelSource

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.base import Explainer

__all__ = ["BatchJob", "BatchWork", "ChosenExplainer", "batch_jobs", "digest_of_jobs"]


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """An image that is explained, with its classes.

    Attributes:
        name: of its folder.
        path: of its file, absolute: workers may have another current folder.
        image: as the manifest or the command line names it.
        labels: the classes that a manifest gives it, as they stand there.
        place: of the image among all of the batch, those of other shards too, from 0.
    """

    name: str
    path: str
    image: str
    labels: tuple[str, ...] = ()
    place: int = 0

    def asked(self) -> str:
        """A digest of what is to be explained: the file, its size and date, and the labels.

        It tells an image that was finished from another one that has its name now.
        """
        try:
            found = Path(self.path).stat()
            file = [found.st_size, found.st_mtime_ns]
        except OSError:
            file = []
        # Not its whole path: the same file may be named from another folder.
        whole = json.dumps([as_text(Path(self.path).name), list(map(as_text, self.labels)), file])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class ChosenExplainer:
    """An explainer, as far as it can be sent: the method and its options.

    Attributes:
        method: of the registry.
        options: the method's.
        icons: how icons are rendered; None for none, and for a method that has none.
    """

    method: Method
    options: Any
    icons: IconOptions | None = None

    @classmethod
    def of(cls, name: str, **options: Any) -> ChosenExplainer:
        """An explainer by its name.

        Args:
            name: of the registry: "all groups", "Grad-CAM".
            **options: of the method, by field.

        Raises:
            InputError: an unknown name, or an option that cannot be used.

        Example:
            >>> ChosenExplainer.of("all groups", n_groups=4).options.n_groups
            4
        """
        method = method_of(name)
        return cls(method=method, options=changed(method.options, method.options_from(), options))

    @property
    def name(self) -> str:
        """The method's name."""
        return self.method.name

    @property
    def layer(self) -> str | None:
        """The layer that is asked for; None for the method's own, or a method without one."""
        return getattr(self.options, "layer", None)

    @property
    def sign(self) -> str | None:
        """ "pos" or "neg"; None for a method that does not tell them apart."""
        return getattr(self.options, "sign", None)

    def build(self, net: Network) -> Explainer:
        """The explainer, for a network.

        Raises:
            InputError: a layer or option that the network cannot have.
        """
        if self.icons is None:
            return self.method.build(net, self.options)
        from ..explainers.feature_groups import FeatureGroupExplainer

        return FeatureGroupExplainer(net, self.options, icons=self.icons)

    def as_json(self) -> dict[str, Any]:
        """What decides its results, as JSON can hold it."""
        return {"method": self.name, **plain(self.options), "icons": plain(self.icons)}


@dataclass(frozen=True, kw_only=True)
class BatchWork:
    """What is done with each image.

    Attributes:
        source: of the network.
        explainers: each explains each image.
        output: the batch's folder, absolute.
        classes: that are explained in every image, by index, WordNet id or name; empty for the
            next two.
        by_label: whether an image's labels are explained.
        top: how many of the network's first answers are explained where neither classes nor labels
            are.
        fit: how an image of another size is made to fit.
        token: of the run.
        network: digest of the network that all workers must have; None if it is not known.
        own_process: whether workers are processes of this run alone, which the run ends, so that
            signals to the whole group are none of theirs.
        version: of tfvis, which all workers must have, those that join later too.
    """

    source: ModelSource
    explainers: tuple[ChosenExplainer, ...]
    output: str
    classes: tuple[int | str, ...] = ()
    by_label: bool = False
    top: int = 1
    fit: str = "crop"
    token: str = ""
    network: str | None = None
    own_process: bool = False
    version: str = __version__

    def __post_init__(self) -> None:
        require_count("top", self.top)
        if not self.explainers:
            raise InputError("Expected an explainer or more, received none.")


def batch_jobs(listed: Sequence[ListedImage], names: Sequence[str]) -> tuple[BatchJob, ...]:
    """The images of a batch, each once, with all classes that it is listed with.

    Args:
        listed: the images; one that has several classes is listed once for each.
        names: of each one's folder; see `tfvis.datasets.batch_names.folder_names`.
    """
    classes: dict[str, list[str]] = {}
    first: dict[str, ListedImage] = {}
    for own, name in zip(listed, names, strict=True):
        first.setdefault(name, own)
        classes.setdefault(name, []).extend([] if own.label is None else [own.label])
    return tuple(
        BatchJob(
            name=name,
            path=os.path.abspath(own.path),  # noqa: PTH100 - Path.absolute keeps ".."
            image=own.image,
            labels=tuple(dict.fromkeys(classes[name])),
            place=place,
        )
        for place, (name, own) in enumerate(first.items())
    )


def digest_of_jobs(jobs: Sequence[BatchJob]) -> str:
    """A digest of a list of images, the same wherever the list and its images lie."""
    found = hashlib.sha256()
    for job in jobs:
        line = json.dumps([as_text(job.name), list(map(as_text, job.labels))])
        found.update(f"{line}\n".encode())
    return found.hexdigest()
