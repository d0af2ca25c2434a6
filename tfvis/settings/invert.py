"""What `tfvis invert` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import require_count, unknown

from ..explainers.guided_inversion.presets import BACKGROUNDS, DTYPES, PRESETS, Preset
from ..models.registry import ModelSpec
from .base import RunSettings, exists, require_choice

if TYPE_CHECKING:
    from tfvis.utils.network import Network


@dataclass(frozen=True)
class InversionSettings(RunSettings):
    """The options of `tfvis invert`; the command line's help describes each.

    The terms of the preset are those of `Preset`; where one is None, it is the preset's.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    family: str = "inversion"
    images: tuple[Path, ...] = ()
    base_layer: tuple[str, ...] = ()
    inversion_layer: str | None = None
    preset: str = "tfvis"
    background: str = "blur"
    distance: str | None = None
    score: str | None = None
    scaling: str | None = None
    penalty_power: int | None = None
    penalties: tuple[float, float] | None = None
    iterations: tuple[int, int] | None = None
    learning_rate: float | None = None
    betas: tuple[float, float] | None = None
    epsilon: float | None = None
    halve_every: int | None = None
    start: float | None = None
    keep: str | None = None
    sigma: float | None = None
    blur_radius: int | None = None
    total_variation: float | None = None
    area: float | None = None
    tolerance: float | None = None
    patience: int | None = None
    batch_size: int = 8
    dtype: str = "float32"
    seed: int = 0
    output: Path = Path("generated")

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, PRESETS)
        require_count("--batch-size", self.batch_size)
        require_choice("dtype", self.dtype, DTYPES)
        _ = self.terms  # or an error
        super().__post_init__()

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        if self.background not in BACKGROUNDS and not exists(Path(self.background)):
            raise unknown("background", self.background, (*BACKGROUNDS, "an image file"))

    @property
    def terms(self) -> Preset:
        """The preset with what was changed of it."""
        given: dict[str, Any] = {term.name: getattr(self, term.name) for term in fields(Preset)}
        changes = {name: value for name, value in given.items() if value is not None}
        return replace(PRESETS[self.preset], **changes)

    def fitted(self, subject: ModelSpec | Network) -> InversionSettings:
        """The same with the layers that a network has for it where none are named.

        Raises:
            InputError: the network has no such class.
        """
        *base, inversion = subject.inversion_layers
        return replace(
            super().fitted(subject),
            layers=(),
            base_layer=self.base_layer or tuple(base),
            inversion_layer=self.inversion_layer or inversion,
        )
