"""What `tfvis experiments` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from ..experiments.options import ExperimentOptions
from ..experiments.registry import ExperimentSpec, experiments_of
from .base import ImageSettings


@dataclass(frozen=True, kw_only=True)
class ExperimentSettings(ImageSettings):
    """The options of `tfvis experiments`.

    Attributes:
        names: of the experiments; all if empty.
        experiment: how they are run.
        again: also run those that are finished.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    names: tuple[str, ...] = ()
    experiment: ExperimentOptions = field(default_factory=ExperimentOptions)
    again: bool = False
    seed: int = 5

    def __post_init__(self) -> None:
        experiments_of(self.names)
        super().__post_init__()

    @property
    def experiments(self) -> tuple[ExperimentSpec, ...]:
        """What is run."""
        return experiments_of(self.names)

    @property
    def options(self) -> ExperimentOptions:
        """How experiments are run, with the run's own seed."""
        return replace(self.experiment, seed=self.seed)

    @property
    def image(self) -> Path | None:
        """The image's file; None for the network's example."""
        return self.images[0] if self.images else None
