"""The result of a survey of a network's layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import tables
from tfvis.utils.answers import Answer
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.layer_facts import LayerStructure
from tfvis.utils.provenance import Provenance

from ..runtime.saving import Shown
from .layer_evidence import LayerEvidence
from .layer_recommendation import Recommendation
from .layer_sheet import layer_sheet
from .layer_table import layer_numbers, layer_rows, notes

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LayerSurvey"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class LayerSurvey(Shown):
    """What is known of a network's layers, and what each carries of a class's evidence in an image.

    `save` writes to `<output>/<image>/layers_<class>`, and without an image to
    `<output>/<network>/layers`. What belongs to an image is None, or empty, where there is none.

    Attributes:
        network: the network's name.
        input_size: (height, width) of its images.
        layers: what is known of each layer without an image, from input to output.
        evidence: what each of them carries.
        recommendation: the layer that shows best where the evidence is.
        image: float32 (H, W, 3) in [0, 1].
        class_index: the class.
        label: its name.
        logit: what the network answers for it.
        answers: the network's top answers, and that for the class.
        seconds: how long the survey took, of the structure and of the evidence.
        provenance: what made it.

    Raises:
        InputError: no layer, or not one evidence a layer.
    """

    network: str
    input_size: tuple[int, int]
    layers: tuple[LayerStructure, ...]
    evidence: tuple[LayerEvidence, ...] = ()
    recommendation: Recommendation | None = None
    image: np.ndarray | None = field(default=None, repr=False)
    class_index: int | None = None
    label: str | None = None
    logit: float | None = None
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    seconds: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError("Expected a survey of at least one layer, received none.")
        if len(self.evidence) not in (0, len(self.layers)):
            raise InputError(
                f"Expected evidence of each of {len(self.layers)} layers, received that of "
                f"{len(self.evidence)}."
            )
        together = (self.recommendation, self.image, self.class_index, self.label, self.logit)
        if any((part is None) == bool(self.evidence) for part in together):
            raise InputError(
                "Expected evidence, a recommendation, an image and a class together, or none of "
                "them."
            )

        chosen = self.recommendation
        if chosen is None:
            return
        if len(chosen.agreement) != len(self.layers):
            raise InputError(
                f"Expected the agreement of each of {len(self.layers)} layers, received that of "
                f"{len(chosen.agreement)}."
            )
        if chosen.layer not in self.names:
            raise unknown("recommended layer", chosen.layer, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The layers' names."""
        return tuple(own.layer for own in self.layers)

    def structure_of(self, layer: str) -> LayerStructure:
        """What is known of one of the layers."""
        return self.layers[self._place(layer)]

    def evidence_of(self, layer: str) -> LayerEvidence:
        """What one of the layers carries.

        Raises:
            InputError: the survey has no such layer, or no image.
        """
        if not self.evidence:
            raise InputError("Expected a survey of an image, received one without.")
        return self.evidence[self._place(layer)]

    def _place(self, layer: str) -> int:
        if layer not in self.names:
            raise unknown("layer", layer, self.names)
        return self.names.index(layer)

    def to_dataframe(self) -> DataFrame:
        """A row a layer.

        Returns:
            A `pandas.DataFrame` with the columns `layer`, `height`, `width`, `channels`,
            `field_height` and `field_width` (of what a unit sees, in pixels), `field_by`,
            `multiply_adds` and `work`; of an image also `share_of_channels`, `share_of_groups`,
            `area`, `group_area`, `n_selected`, `n_groups`, `total`, `gap`, `problem`, `agreement`
            and `recommended`. What is not known is missing.

        Raises:
            InputError: pandas is not installed.

        Example:
            >>> layer = LayerStructure(layer="a", shape=(4, 4, 8), receptive_field=(3, 3),
            ...                        field_by="computed", multiply_adds=72, work=0.5)
            >>> survey = LayerSurvey(network="mine", input_size=(8, 8), layers=(layer,))
            >>> survey.to_dataframe().set_index("layer").field_width.to_dict()
            {'a': 3}
        """
        numbers = layer_numbers(self)
        return tables.table_of_rows(list(numbers[0]), [list(own.values()) for own in numbers])

    def rows(self) -> list[tuple[str, ...]]:
        """The survey as a table of words: a head, and a row a layer."""
        return layer_rows(self)

    def notes(self) -> list[str]:
        """What the columns of `rows` mean, and which layer is recommended: a sentence each."""
        return notes(self)

    def sheet(self) -> np.ndarray:
        """See `Shown.sheet`."""
        return layer_sheet(self)

    def __repr__(self) -> str:
        shown = f"LayerSurvey({self.network!r}, {len(self.layers)} layers"
        if self.recommendation is not None:
            shown += f", label={self.label!r}, recommended={self.recommendation.layer!r}"
        return f"{shown})"
