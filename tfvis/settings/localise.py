"""What `tfvis localise` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError, require_count

from ..explainers.registry import method_name
from ..models.auto import AUTO
from ..models.registry import ModelSpec
from .base import exists
from .invert import InversionSettings

if TYPE_CHECKING:
    from tfvis.utils.network import Network


@dataclass(frozen=True)
class LocalisationSettings(InversionSettings):
    """The options of `tfvis localise`; the command line's help describes each.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    boxes: Path | None = None
    scenes: int = 200
    methods: tuple[str, ...] = (
        "guided inversion, step 1",
        "guided inversion",
        "all groups",
        "Grad-CAM",
    )
    fit: str = "squash"  # boxes keep their shares of an image that is taken whole
    layer: str | None = None
    mask_area: float = 0.1
    mask_iterations: int = 800

    def __post_init__(self) -> None:
        require_count("--scenes", self.scenes)
        require_count("--mask-iterations", self.mask_iterations)
        if not 0 < self.mask_area < 1:
            raise InputError(
                f"Expected --mask-area to be between 0 and 1, received {self.mask_area!r}."
            )
        names = tuple(dict.fromkeys(method_name(name) for name in self.methods))
        for name in names:
            if name.startswith("every"):
                raise InputError(f"Expected methods with one map a class, received {name!r}.")
        object.__setattr__(self, "methods", names)
        super().__post_init__()

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        if self.boxes is not None and not exists(self.boxes):
            raise InputError(f"No table {str(self.boxes)!r}. Expected a CSV file.")

    @property
    def title(self) -> str:
        """What the results are called."""
        return "critters scenes" if self.boxes is None else self.boxes.stem

    def offline(self) -> LocalisationSettings:
        """The same with a network that knows the scenes, where there is no table."""
        if self.boxes is None and self.model == AUTO:
            return replace(self, model="critters")
        return self

    def fitted(self, subject: ModelSpec | Network) -> LocalisationSettings:
        """The same with the layers that a network has for it where none are named."""
        fitted = super().fitted(subject)
        return replace(fitted, layer=self.layer or subject.default_layers[0])
