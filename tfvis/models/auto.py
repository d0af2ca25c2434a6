"""Which network `auto` means on this machine."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tfvis.utils.progress import Progress, silent

from ..runtime.downloads import DownloadError
from ..runtime.startup import start_tensorflow
from .registry import ModelSpec, spec_of
from .weights import DIRECTORY_VARIABLE, obtain

AUTO = "auto"

TIMEOUT = 5.0
"""Seconds to wait for an answer when a download is only tried."""


@dataclass(frozen=True)
class Family:
    """The networks that `auto` chooses between.

    Attributes:
        networks: the preferred one first; the last one is bundled, the weights of the others may
            have to be downloaded.
        classes: for each, the classes that are explained in its example image if none are named;
            those with the largest logits for one that is missing.
        examples: for each, the image that is explained if none is named; the network's own for one
            that is missing.
    """

    networks: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def preferred(self) -> str:
        """The one that is taken where its weights can be had."""
        return self.networks[0]

    @property
    def fallback(self) -> str:
        """The bundled one."""
        return self.networks[-1]


FAMILIES = {
    "inception": Family(("googlenet", "critters")),
    "residual": Family(
        ("resnet50", "critters_resnet"),
        {"resnet50": ("Egyptian cat", "Labrador retriever"), "critters_resnet": ("cat", "dog")},
    ),
    "inversion": Family(
        ("vgg19", "googlenet", "critters"),
        # In the other example the method finds no mask.
        examples={"critters": "owl_rabbit224"},
    ),
}


class Choice(NamedTuple):
    """Which network was chosen, and why.

    Attributes:
        name: the network's.
        taken: what was taken.
        missing: why each better network was not, and how to get it.
    """

    name: str
    taken: str
    missing: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """All of it in a line."""
        return " ".join([self.taken, *self.missing])

    @property
    def lines(self) -> tuple[str, ...]:
        """The same, with a line for each missing network where there are several."""
        return (self.taken, *self.missing) if len(self.missing) > 1 else (self.reason,)


def choose(
    family: str = "inception",
    *,
    weights: str | Path | None = None,
    progress: Progress = silent,
) -> Choice:
    """The first of a family's networks whose weights are on this machine or can be downloaded.

    Args:
        family: one of `FAMILIES`.
        weights: a file or folder of weights: the network is the first one whose file's name it has
            or holds, else the preferred one.
        progress: called during a download with bytes done and bytes in all.

    Raises:
        InputError: `weights` or `$TFVIS_WEIGHTS_DIR` is named but not there.
    """
    *candidates, bundled = FAMILIES[family].networks
    if weights is not None:
        candidates = [_owner(candidates, Path(weights))]
    missing = []
    for name in candidates:
        spec = spec_of(name)
        title = spec.title.split(" (")[0]
        try:
            file = _obtained(spec, weights, progress)
        except DownloadError as error:
            place = f"save {spec.url} as {spec.weights[-1]} in a folder and name that with"
            missing.append(
                f"{title}'s weights are not on this machine and cannot be downloaded "
                f"({error.reason}). To have them, {place} --weights or "
                f"${DIRECTORY_VARIABLE}{_searched(spec)}."
            )
            continue
        return Choice(
            name,
            f"Using {title}, whose weights are in {str(file)!r}; --model {bundled} takes the "
            "bundled network.",
            tuple(missing),
        )
    return Choice(
        bundled,
        f"Using the bundled network, {bundled}, which knows rendered scenes only:",
        tuple(missing),
    )


def _owner(candidates: Sequence[str], weights: Path) -> str:
    """The first network whose file this is, or whose file is in this folder; the first if none."""

    def fits(name: str) -> bool:
        files = spec_of(name).weights
        return weights.name in files or any((weights / file).is_file() for file in files)

    return next(filter(fits, candidates), candidates[0])


def _obtained(spec: ModelSpec, weights: str | Path | None, progress: Progress) -> Path:
    def check(file: Path) -> None:
        # Only for a file that has arrived: this imports TensorFlow.
        start_tensorflow()
        importlib.import_module(f".{spec.module}", __package__).read_weights(file)

    return obtain(
        spec,
        weights,
        check=check if spec.md5 is None else None,
        timeout=TIMEOUT,
        warn=False,
        progress=progress,
    )


def _searched(spec: ModelSpec) -> str:
    """A reminder if the variable is set to a folder that lacks the files."""
    own = os.environ.get(DIRECTORY_VARIABLE)
    return f" (now {own!r}, without {' or '.join(spec.weights)})" if own else ""
