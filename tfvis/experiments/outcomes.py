"""What an experiment works on, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from tfvis.utils import sheets
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.mosaics import MosaicSection
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..explainers.explanation import Explanation
from ..runtime.saving import Shown
from .options import ExperimentOptions

__all__ = ["Experiment", "Outcome", "Run", "StageProgress", "Subject", "silent_stages"]

StageProgress = Callable[[str], Progress]
"""From the name of a stage of work to what is called with its progress."""


def silent_stages(stage: str) -> Progress:
    """Report nothing."""
    return silent


@dataclass(frozen=True, eq=False)
class Subject:
    """What an experiment works on.

    Attributes:
        net: the network.
        source: the image.
        classes: two classes in it, by index; the network's first two answers if none are named.
        options: how.
        other: from the classes that are explained to the same image and classes in the network
            of `other-networks`.
    """

    net: Network
    source: SourceImage
    options: ExperimentOptions
    classes: tuple[int, ...] = ()
    other: Callable[[tuple[int, ...]], Subject] | None = field(default=None, repr=False)

    @property
    def layer(self) -> str:
        """The layer that is explained: the network's first default layer."""
        return self.net.default_layers[0]

    def icons(self, net: Network | None = None) -> IconOptions | None:
        """How icons of a network are rendered; None if none are."""
        if not self.options.icon_steps:
            return None
        net = self.net if net is None else net
        return replace(net.icon_options, steps=self.options.icon_steps)

    def explained_classes(self) -> tuple[int, ...]:
        """The classes that are explained in the image, by index."""
        return self.classes or tuple(index for index, _ in self.net.top(self.source, 2))


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What an experiment gives.

    Attributes:
        results: each is written to a result folder of its own; by the name of its image.
        sections: of the mosaic.
        findings: in sentences.
    """

    results: tuple[tuple[str, Any], ...]
    sections: tuple[MosaicSection | Explanation, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Experiment(Shown):
    """A finished experiment: what was found, and where its results are.

    `tfvis experiments` writes it with its results, and `tfvis.load_result` reads it: from the
    folder `summary` in the experiment's own. It is not saved by itself.

    Attributes:
        name: the experiment's name.
        title: what it shows.
        findings: in sentences.
        folders: the result folders, below the experiment's own.
        provenance: what made it.
    """

    name: str
    title: str
    findings: tuple[str, ...]
    folders: tuple[str, ...]
    provenance: Provenance | None = None

    def sheet(self) -> np.ndarray:
        """What was found, in words: float32 (height, width, 3) in [0, 1].

        `tfvis experiments` writes the mosaic of its results, which are not part of it, as a file.
        """
        return sheets.sheet((self.title,), self.findings, None, (), ("",))


class Run(Protocol):
    """What runs an experiment."""

    def __call__(self, subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
        """Run it."""
        ...
