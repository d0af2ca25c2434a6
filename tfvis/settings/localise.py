"""What `tfvis localise` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError, closest, require_count
from tfvis.utils.file_names import as_text

from ..explainers.options import PerturbationOptions
from ..explainers.registry import method_of, with_one_map
from ..models.auto import AUTO
from ..models.registry import ModelSpec
from .base import exists, layer_names
from .invert import InvertSettings

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.network import Network


SCENES = 200
"""So many scenes are rendered where there is no table and nothing else is said."""


@dataclass(frozen=True, kw_only=True)
class LocaliseSettings(InvertSettings):
    """The options of `tfvis localise`.

    Attributes:
        boxes: a table of boxes; rendered scenes if None.
        scenes: how many of these; 200 if None.
        methods: names of the registry.
        name: of the results; the table's if None.
        layer: that methods of a layer look at; the network's first default layer if None.
        perturbation: options of extremal perturbations.
        allow_local: whether addresses of this machine and of local networks may be requested.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    boxes: Path | None = None
    scenes: int | None = None
    methods: tuple[str, ...] = (
        "guided inversion, step 1",
        "guided inversion",
        "all groups",
        "Grad-CAM",
    )
    layer: str | None = None
    perturbation: PerturbationOptions = PerturbationOptions()
    allow_local: bool = False
    fit: str = "squash"  # boxes keep their shares of an image that is taken whole

    def __post_init__(self) -> None:
        if self.scenes is not None:
            require_count("scenes", self.scenes)
            if self.boxes is not None:
                raise InputError(
                    f"Expected --scenes without a table, received --scenes {self.scenes} and "
                    f"{str(self.boxes)!r}."
                )
        if self.allow_local and self.boxes is None:
            raise InputError("Expected --allow-local with a table, received no table.")
        named = tuple(dict.fromkeys(method_of(own, one_map=True).name for own in self.methods))
        for name in named:
            if method_of(name).shows == "every":
                near = closest(name, with_one_map(), 1)
                raise InputError(
                    f"The method {name!r} has several maps for each class. Expected methods that "
                    "have one." + (f" Closest: {near[0]}." if near else "")
                )
        object.__setattr__(self, "methods", named)
        if self.layer is not None and not self.takes_layer:
            raise InputError(
                f"Expected --layer with a method of a layer, received --layer {self.layer} with "
                f"--methods {'; '.join(named)}."
            )
        super().__post_init__()

    @property
    def n_scenes(self) -> int:
        """How many scenes are rendered where there is no table."""
        return SCENES if self.scenes is None else self.scenes

    @property
    def takes_layer(self) -> bool:
        """Whether the layer has an effect on some method."""
        return any(method_of(name).takes("layer") for name in self.methods)

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        if self.boxes is not None and not exists(self.boxes):
            raise InputError(f"No table {str(self.boxes)!r}. Expected a CSV file.")

    @property
    def title(self) -> str:
        """What the results are called."""
        if self.name is not None:
            return self.name
        return "critters scenes" if self.boxes is None else as_text(self.boxes.stem)

    def offline(self) -> Self:
        """The same with a network that knows the scenes, where there is no table."""
        if self.boxes is None and self.model == AUTO:
            return replace(self, model="critters")
        return self

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        if self.layer is not None:
            layer_names(subject, (self.layer,))
        return super()._require_names(subject)

    def fitted(self, subject: ModelSpec | Network) -> Self:
        """See `NetworkSettings.fitted`; the layer, too, where a method takes one."""
        if not self.takes_layer:
            return super().fitted(subject)
        named = () if self.layer is None else (self.layer,)
        (layer,) = layer_names(subject, named) or (subject.default_layers[0],)
        return replace(super().fitted(subject), layer=layer)
