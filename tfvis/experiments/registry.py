"""The experiments by name, known before any heavy library is imported."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfvis.utils.errors import unknown

if TYPE_CHECKING:
    from .outcomes import Run

__all__ = ["EXPERIMENTS", "ExperimentSpec", "experiments_of"]


@dataclass(frozen=True, kw_only=True)
class ExperimentSpec:
    """What is known of an experiment.

    Attributes:
        name: its name.
        module: where its function `run` is, in this package.
        title: what it shows.
        needs: what it needs beside the network.
        options: what it depends on, of `ExperimentOptions`, beside `icon_steps` and `seed`.
        own_images: whether it has images of its own, and looks at no other.
        seconds: how long it takes with the network critters on 2 cores, and with GoogLeNet.
    """

    name: str
    module: str
    title: str
    needs: str
    options: tuple[str, ...] = ()
    own_images: bool = False
    seconds: tuple[int, int]

    @property
    def run(self) -> Run:
        """The function that runs it."""
        return importlib.import_module(f".{self.module}", __package__).run


EXPERIMENTS = {
    own.name: own
    for own in (
        ExperimentSpec(
            name="two-classes",
            module="two_classes",
            title="two classes in one image, features for and against each",
            needs="an image of two classes",
            seconds=(60, 400),
        ),
        ExperimentSpec(
            name="single-channels",
            module="single_channels",
            title="groups beside their strongest single channels",
            needs="an image",
            options=("channels", "groups"),
            seconds=(50, 250),
        ),
        ExperimentSpec(
            name="lost-features",
            module="lost_features",
            title="what an attack takes from an image's features, and what it adds",
            needs="an image",
            options=("epsilon", "patch_side", "patch_steps"),
            seconds=(120, 900),
        ),
        ExperimentSpec(
            name="no-class",
            module="no_class",
            title="objects that belong to no class",
            needs="nothing: rendered figures, or a photograph of a person from scikit-image",
            own_images=True,
            seconds=(60, 150),
        ),
        ExperimentSpec(
            name="other-networks",
            module="other_networks",
            title="the same image and classes in a residual network",
            needs="the weights of a residual network; critters_resnet is bundled",
            seconds=(40, 400),
        ),
    )
}
"""In the order of the paper."""


def experiments_of(names: Iterable[str]) -> tuple[ExperimentSpec, ...]:
    """The experiments of some names, each once; all if none are named.

    Raises:
        InputError: there is no experiment of a name; the closest is named.
    """
    wanted = list(dict.fromkeys(names)) or list(EXPERIMENTS)
    for name in wanted:
        if name not in EXPERIMENTS:
            raise unknown("experiment", name, EXPERIMENTS)
    return tuple(EXPERIMENTS[name] for name in wanted)
