"""What `tfvis layers` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError

from ..explainers.options import LayerSurveyOptions
from ..models.registry import ModelSpec
from .base import ImageSettings, layer_names

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.network import Network


@dataclass(frozen=True, kw_only=True)
class LayersSettings(ImageSettings):
    """The options of `tfvis layers`.

    Attributes:
        layers: those that are surveyed; all of the network's own if empty.
        survey: how the evidence is found.
        structure_only: whether only what is known without an image is told.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    layers: tuple[str, ...] = ()
    survey: LayerSurveyOptions = LayerSurveyOptions()
    structure_only: bool = False

    def __post_init__(self) -> None:
        if self.structure_only and (self.images or self.classes):
            raise InputError(
                "Expected no image and no class beside --structure-only, received "
                f"{len(self.images)} image(s) and {len(self.classes)} class(es)."
            )
        super().__post_init__()

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        layer_names(subject, self.layers)
        return super()._require_names(subject)

    def fitted(self, subject: ModelSpec | Network) -> Self:
        """See `NetworkSettings.fitted`; layers too, all of the network's where none are named."""
        layers = layer_names(subject, self.layers) or tuple(subject.layers)
        return replace(super().fitted(subject), layers=layers)

    @property
    def options(self) -> LayerSurveyOptions:
        """How the evidence is found, with the seed of the run."""
        return replace(self.survey, seed=self.seed)
