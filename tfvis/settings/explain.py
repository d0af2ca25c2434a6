"""What `tfvis explain` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfvis.utils.choices import (
    ACTIVATION,
    ATTRIBUTION,
    AUMANN_SHAPLEY,
    DEFAULT_ITERATIONS,
    DTYPES,
    FIND_THEIR_COUNT,
    HEAT_MAPS,
    MINIMUM_SIDE,
    SHAPLEY,
    SIGNS,
    require_grouping,
)
from tfvis.utils.errors import InputError, require_count

from .base import RunSettings, require_choice

MAXIMUM_SIZE = 4096
"""The largest icons, in pixels a side: beyond it no machine's memory holds a step."""


@dataclass(frozen=True)
class Settings(RunSettings):
    """The options of `tfvis explain`; the command line's help describes each.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    image: Path | None = None
    attribution: str = AUMANN_SHAPLEY
    iterations: int | None = None
    sign: str = "pos"
    grouping: str = "FactorAnalysis"
    explained_variance: float = 0.7
    n_groups: int | None = None
    heat_maps: str = ATTRIBUTION
    cut: float | None = None
    show_against: bool = False
    steps: int = 512
    size: int = 224
    dtype: str = "float32"
    read_attributions: bool = False

    def __post_init__(self) -> None:
        require_choice("attribution", self.attribution, DEFAULT_ITERATIONS)
        require_choice("sign", self.sign, (*SIGNS, "both"))
        require_choice("dtype", self.dtype, DTYPES)
        require_choice("heat_maps", self.heat_maps, HEAT_MAPS)
        require_grouping(self.grouping)
        if self.n_groups is not None and self.grouping in FIND_THEIR_COUNT:
            raise InputError(
                f"{self.grouping} finds the number of groups itself, received --n-groups "
                f"{self.n_groups}. Leave it out, or choose KMeans."
            )
        for name in ("iterations", "n_groups"):
            if getattr(self, name) is not None:
                require_count(f"--{name.replace('_', '-')}", getattr(self, name))
        require_count("--steps", self.steps)
        require_count("--size", self.size, MINIMUM_SIDE)
        if self.size > MAXIMUM_SIZE:
            raise InputError(f"Expected --size to be at most {MAXIMUM_SIZE}, received {self.size}.")
        if self.size % 2:
            raise InputError(
                f"Expected --size to be even, received {self.size}. Closest: {self.size + 1}."
            )
        if not 0 < self.explained_variance < 1:
            raise InputError(
                "Expected --explained-variance between 0 and 1, "
                f"received {self.explained_variance:g}."
            )
        if self.cut is not None and not 0 <= self.cut < 1:
            raise InputError(f"Expected --cut from 0 to below 1, received {self.cut:g}.")
        if self.show_against and (self.heat_maps == ACTIVATION or self.attribution == SHAPLEY):
            raise InputError(
                "Expected --show-against with maps of attributions only: the signs of activations "
                f"do not tell. Leave out --heat-maps {ACTIVATION} and --attribution {SHAPLEY}."
            )
        super().__post_init__()

    @property
    def wanted_iterations(self) -> int:
        """Gradients or orders."""
        return self.iterations or DEFAULT_ITERATIONS[self.attribution]

    @property
    def wanted_signs(self) -> tuple[str, ...]:
        """ "pos", "neg" or both."""
        return SIGNS if self.sign == "both" else (self.sign,)
