"""What a command that groups features is asked, checked as far as that needs no heavy library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tfvis.utils.choices import SIGNS
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions

from ..explainers.group_presets import GROUP_PRESETS
from ..explainers.options import FeatureGroupOptions
from ..models.registry import ModelSpec
from .base import RunSettings, layer_names, require_choice

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.network import Network


@dataclass(frozen=True, kw_only=True)
class GroupSettings(RunSettings):
    """The options of a command that groups features.

    Attributes:
        layers: the hidden layers; the network's default layers if empty.
        sign: "pos", "neg" or "both".
        groups: how channels are attributed and grouped.
        icon_changes: what differs from the network's own `IconOptions`.
        preset: the defaults of the last two, which have it already.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    layers: tuple[str, ...] = ()
    sign: str = "pos"
    groups: FeatureGroupOptions = FeatureGroupOptions()
    icon_changes: Mapping[str, Any] = field(default_factory=dict)
    preset: str = "tfvis"
    seed: int = 5

    def __post_init__(self) -> None:
        require_choice("sign", self.sign, (*SIGNS, "both"))
        require_choice("preset", self.preset, GROUP_PRESETS)
        IconOptions(**self.icon_changes)  # or an error
        super().__post_init__()

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        classes = super()._require_names(subject)
        layer_names(subject, self.layers)
        self._rather_than(subject, classes)
        return classes

    def _rather_than(
        self, subject: ModelSpec | Network, classes: tuple[str | int, ...]
    ) -> str | int | None:
        """The class that others are contrasted with, by index where its name is known."""
        named = self.groups.rather_than
        if named is None or subject.labels is None:
            return named
        index = subject.labels.index(named)
        if index in classes:
            raise InputError(
                f"Expected --rather-than to be another class than {subject.labels[index]!r}, "
                "which is explained, received the same."
            )
        return index

    def fitted(self, subject: ModelSpec | Network) -> Self:
        """See `NetworkSettings.fitted`; layers too, the default ones where none are named."""
        layers = layer_names(subject, self.layers) or tuple(subject.default_layers)
        found = replace(super().fitted(subject), layers=layers)
        other = found._rather_than(subject, found.classes)
        return replace(found, groups=replace(self.groups, rather_than=other))

    def options(self, layer: str, sign: str) -> FeatureGroupOptions:
        """The options for one layer and sign."""
        return replace(self.groups, layer=layer, sign=sign, seed=self.seed)

    def icons(self, own: IconOptions) -> IconOptions:
        """How icons are rendered, for a network that has options of its own."""
        return replace(own, **self.icon_changes)

    @property
    def signs(self) -> tuple[str, ...]:
        """ "pos", "neg" or both."""
        return SIGNS if self.sign == "both" else (self.sign,)
