"""An explanation of a class by groups of features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import plots
from tfvis.utils.activation_maps import shown
from tfvis.utils.choices import ACTIVATION
from tfvis.utils.contrasts import GroupContrast
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.tables import none_as_missing

from . import overviews
from .base import ClassMap
from .evidence import Evidence, evidence_of
from .group_check import GroupCheck
from .group_worths import GroupWorths

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Explanation"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Explanation(ClassMap):
    """The groups of features that speak for, or against, one class in one layer.

    `map` is the heat map of all groups together, `parts` has each group's, the best group's first.

    Attributes:
        groups: the channels of each group, best group first.
        signed_maps: where each group speaks for the class (> 0) and against it (< 0), at the
            layer's positions: float32 (n, h, w). Maps of attributions sum to the groups' scores.
        maps_of: "attribution" or "activation": what the maps are made of.
        cut: the quantile of its own map above which a heat map is kept; 0 if all is.
        show_against: whether pictures also show, in blue, where a group lowers the score that it
            raises elsewhere.
        colormap: how heat maps are drawn; see `tfvis.utils.overlay`.
        contrast: the names of two classes, where the one is explained rather than the other.
        icons: what each group wants, float32 (n, size, size, 3) in [0, 1]; None if none were
            rendered.
        icon_objectives: each group's objective on its own icon, without transforms, (n,).
        image_objectives: each group's objective on the image, (n,).
        zero_gradient: the icons whose gradient was zero at every step: they show nothing.
        icon_steps: the steps that were made; fewer than asked for where the objectives settled.
        checks: what each group is worth as evidence; empty where that was not asked for.
        game: what the groups are worth exactly, beside their channels' attributions; None where
            that was not asked for, or there are too many groups.
        game_problem: why there is no game where it was asked for, in a sentence.
        seconds: how long each stage took.

    Raises:
        InputError: the checks, or the game, are of another number of groups.
    """

    groups: FeatureGroups
    signed_maps: np.ndarray = field(repr=False)
    maps_of: str
    cut: float
    show_against: bool = False
    contrast: tuple[str, str] | None = None
    colormap: str = "red"  # not the options' default: that of results that do not say it
    image_objectives: np.ndarray = field(repr=False)
    icons: np.ndarray | None = field(default=None, repr=False)
    icon_objectives: np.ndarray | None = field(default=None, repr=False)
    zero_gradient: tuple[int, ...] = ()
    icon_steps: int | None = None
    checks: tuple[GroupCheck, ...] = ()
    game: GroupWorths | None = field(default=None, repr=False)
    game_problem: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.groups)
        if self.checks and len(self.checks) != count:
            raise InputError(f"Expected {count} checks, one a group, received {len(self.checks)}.")
        if self.game is not None and len(self.game.values) != count + 1:
            raise InputError(
                f"Expected a game of {count + 1} players, the groups and all other channels, "
                f"received one of {len(self.game.values)}."
            )

    def __repr__(self) -> str:
        return (
            f"Explanation({self.layer!r}, class_index={self.class_index}, label={self.label!r}, "
            f"sign={self.sign!r}, {len(self.groups)} groups of {self.groups.n_selected} channels)"
        )

    def sheet(self) -> np.ndarray:
        """See `ClassMap.sheet`."""
        return overviews.explanation_sheet(self)

    @property
    def grouping(self) -> str:
        """What the channels were grouped with: a name in scikit-learn, or a class of one's own.

        "grouping" where nothing says it.
        """
        options = {} if self.provenance is None else self.provenance.options
        named = options.get("grouping", self.groups.grouper)
        if isinstance(named, Mapping):  # what `plain` makes of a grouper
            named = named.get("class")
        if named is None:
            return "grouping"
        return named if isinstance(named, str) else type(named).__name__

    @property
    def icons_missing(self) -> bool:
        """Whether icons were asked for and are not rendered: the run has not ended, or was ended.

        `tfvis explain` writes such a result first.
        """
        options = {} if self.provenance is None else self.provenance.options
        return self.icons is None and options.get("icons") is not None

    @property
    def evidence(self) -> Evidence | None:
        """What the explained logit is the sum of; None where the logit is unknown."""
        return evidence_of(self)

    @property
    def contrasts(self) -> tuple[GroupContrast, ...]:
        """What each group gives each of two contrasted classes; empty without a contrast."""
        return self.groups.contrasts

    @property
    def heat_maps(self) -> np.ndarray:
        """`parts`: where each group looks, float32 (n, H, W), ≥ 0."""
        return self.maps

    @property
    def against(self) -> np.ndarray:
        """Where each group lowers the score that it raises elsewhere: float32 (n, H, W), ≥ 0.

        The negative part of `signed_maps`, cut as `heat_maps` are. Zero for maps of activations,
        whose signs do not tell.
        """
        if self.maps_of == ACTIVATION:
            return np.zeros_like(self.heat_maps)
        return np.stack(
            [shown(-a_map, self.image.shape[:2], self.cut) for a_map in self.signed_maps]
        )

    def overlays(self, *, show_against: bool | None = None) -> list[np.ndarray]:
        """Each group's heat map over the image, all on one scale, so that a weak group looks weak.

        The colour grows with the square root of the value: weak places can be seen.

        Args:
            show_against: also draw `against`, in blue; as the explanation has it if None.

        Returns:
            float32 (H, W, 3) in [0, 1], one a group.
        """
        show_against = self.show_against if show_against is None else show_against
        against = self.against if show_against else [None] * len(self.heat_maps)
        largest = self.largest(show_against=show_against)
        return [
            plots.overlay(
                self.image,
                a_map,
                against=other,
                largest=largest,
                exponent=0.5,
                colormap=self.colormap,
            )
            for a_map, other in zip(self.heat_maps, against, strict=True)
        ]

    def largest(self, *, show_against: bool | None = None) -> float:
        """The value that `overlays` draw in full colour."""
        show_against = self.show_against if show_against is None else show_against
        maps = (self.heat_maps, self.against) if show_against else (self.heat_maps,)
        return max(float(each.max(initial=0, where=np.isfinite(each))) for each in maps)

    def to_dataframe(self) -> DataFrame:
        """A row a channel of the layer, in the layer's order; those in no group too.

        Returns:
            A `pandas.DataFrame` with the columns of `ChannelAttribution.to_dataframe`, and after
            `channel` the columns `group` (its number, missing for a channel in no group) and
            `selected` (whether it was to be grouped). `icon_weight` is what the group's icon weighs
            the channel by: the sign is flipped for negative features, and it is 0 in no group.

        Raises:
            InputError: pandas is not installed.

        Example:
            >>> import tfvis
            >>> net = tfvis.load_model("critters")
            >>> image = tfvis.example_image("dog_cat224", net.input_size)
            >>> (found,) = tfvis.explain(net, image, ["cat"], layer="mixed4d", icons=False,
            ...                          attribution_steps=4)
            >>> scores = found.to_dataframe().groupby("group").attribution.sum()
            >>> np.allclose(scores, [group.score for group in found.groups])
            True
        """
        table = self.groups.attribution.to_dataframe()
        numbers: list[int | None] = [None] * len(table)
        for k, group in enumerate(self.groups):
            for channel in group.channels.tolist():
                numbers[channel] = k
        selected = np.array([number is not None for number in numbers])
        selected[self.groups.noise] = True
        table.insert(1, "group", none_as_missing(numbers, "Int64"))
        table.insert(2, "selected", selected)
        table["icon_weight"] = self.groups.weights.sum(axis=0)
        return table

    @property
    def layer(self) -> str:
        """The layer that was explained."""
        return self.groups.attribution.layer

    @property
    def sign(self) -> str:
        """ "pos" for features that speak for the class, "neg" for those against it."""
        return self.groups.sign
