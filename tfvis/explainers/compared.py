"""The result of comparing two images by groups of features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots, tables
from tfvis.utils.activation_maps import shown
from tfvis.utils.answers import Answer
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.provenance import Provenance

from ..runtime.saving import Shown
from .comparison_sheet import comparison_sheet
from .restoration import Restoration

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["KINDS", "ChangedGroup", "Comparison"]

KINDS = ("lost", "weakened", "kept", "strengthened", "gained")
LITTLE = 0.25
"""A group is lost if no more than this part of its score is left; gained the other way round."""
MUCH = 0.2
"""A group is kept if its score changes by no more than this part of the larger score."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangedGroup:
    """Channels that go together, and what they give a class before and after.

    Attributes:
        name: what it is called.
        channels: their indices, strongest first: int (n,).
        before: Σφ over the group in the first image, sign flipped for negative features, in units
            of the logit.
        after: the same in the second image.
        weights: what the group's icon weighs each of the layer's channels by: float64 (C,), 0 for
            channels of other groups.

    Example:
        >>> import numpy as np
        >>> ChangedGroup(name="group 0", channels=np.arange(2), before=4.0, after=0.5,
        ...              weights=np.ones(2)).kind
        'lost'
    """

    name: str
    channels: np.ndarray = field(repr=False)
    before: float
    after: float
    weights: np.ndarray = field(repr=False)

    @property
    def change(self) -> float:
        """Δ: the score after less the score before."""
        return self.after - self.before

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        larger = max(self.before, self.after)
        if larger > 0:
            if self.after <= LITTLE * self.before:
                return "lost"
            if self.before <= LITTLE * self.after:
                return "gained"
        if abs(self.change) <= MUCH * max(abs(self.before), abs(self.after)):
            return "kept"
        return "weakened" if self.change < 0 else "strengthened"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Comparison(Shown):
    """The groups of features of one class in two images, and what became of each.

    Attributes:
        image: before, float32 (H, W, 3) in [0, 1].
        image_after: after.
        class_index: the class.
        label: its name; "a rather than b" for a contrast.
        contrast: the names of the two classes of a contrast; None for a class alone.
        layer: the layer.
        sign: "pos" for features that speak for the class, "neg" for those against it.
        before: the attributions of the class to the layer's channels, in the image before.
        after: the same in the image after.
        logit_before: of the class, or the difference of two, for the image before.
        logit_after: the same for the image after.
        groups: by change, what was lost most first.
        rest: the channels that are in no group, together.
        maps_of: "attribution" or "activation": what the maps are made of.
        cut: the quantile of its own map above which a heat map is kept; 0 if all is.
        colormap: how heat maps are drawn; see `tfvis.utils.overlay`.
        signed_before: where each group, and last the rest, speaks for the class (> 0) or against it
            (< 0) at the layer's positions, in the image before: float32 (n + 1, h, w).
        signed_after: the same in the image after.
        image_objectives: each group's objective on the images before and after, (n, 2).
        icons: what each group wants, float32 (n, size, size, 3) in [0, 1]; None if none were
            rendered.
        icon_objectives: each group's objective on its own icon, (n,).
        zero_gradient: the icons whose gradient was zero at every step: they show nothing.
        icon_steps: the steps that were made; fewer than asked for where the objectives settled.
        restoration: the causal check; None where the network's answer is the same for both images.
        seconds: how long each stage took.
        provenance: what made it; its image is the one after, its options name the one before.
        answers: the network's top answers for the image before, and the compared classes; see
            `ClassMap`.
        answers_after: the same for the image after.
    """

    image: np.ndarray = field(repr=False)
    image_after: np.ndarray = field(repr=False)
    class_index: int
    label: str
    contrast: tuple[str, str] | None = None
    layer: str
    sign: str
    before: ChannelAttribution = field(repr=False)
    after: ChannelAttribution = field(repr=False)
    logit_before: float
    logit_after: float
    groups: tuple[ChangedGroup, ...]
    rest: ChangedGroup
    maps_of: str
    cut: float
    colormap: str
    signed_before: np.ndarray = field(repr=False)
    signed_after: np.ndarray = field(repr=False)
    image_objectives: np.ndarray = field(repr=False)
    icons: np.ndarray | None = field(default=None, repr=False)
    icon_objectives: np.ndarray | None = field(default=None, repr=False)
    zero_gradient: tuple[int, ...] = ()
    icon_steps: int | None = None
    restoration: Restoration | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance | None = field(default=None, repr=False)
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    answers_after: tuple[Answer, ...] = field(default=(), repr=False)

    @property
    def change(self) -> float:
        """How the logit changed."""
        return self.logit_after - self.logit_before

    @property
    def completeness_gap(self) -> float:
        """Σ over all channels of Δφ, less the change of the logit."""
        return float(self.after.values.sum() - self.before.values.sum()) - self.change

    @property
    def counts(self) -> dict[str, int]:
        """How many groups there are of each kind."""
        kinds = [group.kind for group in self.groups]
        return {kind: kinds.count(kind) for kind in KINDS}

    @property
    def kinds(self) -> str:
        """How many groups there are of each kind, in words: "1 lost, 2 kept"."""
        return ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)

    def to_dataframe(self) -> DataFrame:
        """A row a group, what was lost most first, and last the channels in no group.

        Returns:
            A `pandas.DataFrame` with the columns `group` (its name), `kind` (one of `KINDS`,
            missing in the last row), `channels` (how many), `before`, `after` and `change` (in
            units of the logit: together the changes are that of all attributions),
            `objective_before` and `objective_after` (the group's objective on the two images) and
            `icon_objective` (the same on its icon; NaN without one).

        Raises:
            InputError: pandas is not installed.
        """
        icons = self.icon_objectives
        rows = []
        for k, group in enumerate((*self.groups, self.rest)):
            own = k < len(self.groups)
            objectives = self.image_objectives[k].tolist() if own else (np.nan, np.nan)
            icon = float(icons[k]) if own and icons is not None else np.nan
            rows.append(
                (group.name, group.kind if own else None, len(group.channels), group.before,
                 group.after, group.change, *objectives, icon)
            )  # fmt: skip
        names = ("group", "kind", "channels", "before", "after", "change", "objective_before",
                 "objective_after", "icon_objective")  # fmt: skip
        return tables.table_of_rows(names, rows)

    def heat_maps(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each group, and last the rest, looks before and after: float32 (n + 1, H, W)."""
        size = self.image.shape[:2]
        before, after = (
            np.stack([shown(a_map, size, self.cut) for a_map in maps])
            for maps in (self.signed_before, self.signed_after)
        )
        return before, after

    def overlays(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The heat maps over their images, all on one scale: each (H, W, 3) in [0, 1]."""
        maps = self.heat_maps()
        largest = self.largest()
        before, after = (
            [
                plots.overlay(image, a_map, largest=largest, exponent=0.5, colormap=self.colormap)
                for a_map in own
            ]
            for image, own in zip((self.image, self.image_after), maps, strict=True)
        )
        return before, after

    def largest(self) -> float:
        """The value that `overlays` draw in full colour."""
        return max(float(maps.max(initial=0)) for maps in self.heat_maps())

    def sheet(self) -> np.ndarray:
        """See `Shown.sheet`."""
        return comparison_sheet(self)

    def __repr__(self) -> str:
        return (
            f"Comparison({self.layer!r}, label={self.label!r}, sign={self.sign!r}, logit "
            f"{self.logit_before:.2f} to {self.logit_after:.2f}, groups: {self.kinds})"
        )
