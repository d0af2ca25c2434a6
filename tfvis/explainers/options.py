"""The explainers' options, known before any heavy library is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfvis.utils.choices import (
    ACTIVATION,
    ATTRIBUTION,
    AUMANN_SHAPLEY,
    COLORMAPS,
    DEFAULT_GROUPING,
    DEFAULT_ITERATIONS,
    FIND_THEIR_COUNT,
    HEAT_MAPS,
    SHAPLEY,
    SIGNS,
    require_grouping,
)
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.options import option

__all__ = [
    "AttributionOptions",
    "ChannelOptions",
    "FeatureGroupOptions",
    "GradCamOptions",
    "LayerSurveyOptions",
    "NoOptions",
    "PerturbationOptions",
]

_COUNTS = ", ".join(f"{count} for {name}" for name, count in DEFAULT_ITERATIONS.items())
VARIANTS = ("preserve", "delete", "hybrid")
"""Masks that raise the class on what they keep, that lower it on what they hide, or both."""


@dataclass(frozen=True)
class NoOptions:
    """For a method that has none."""


@dataclass(frozen=True, kw_only=True)
class AttributionOptions:
    """How a class's score is attributed to a layer's channels.

    Attributes:
        layer: the layer; the first of the network's default layers if None.
        attribution: "IGSG", Aumann–Shapley values (layer integrated gradients), or "Shap", sampled
            Shapley values.
        attribution_steps: gradients along the path of IGSG, or random orders of Shap; 64 and 100 if
            None.
        rather_than: a class b by index, WordNet id or name: what is attributed is then the class's
            logit less that of b, and what is shown speaks for the class rather than for b.
        seed: random seed.
    """

    layer: str | None = option(
        None, "the hidden layer", metavar="LAYER", shown="the network's first default layer"
    )
    attribution: str = option(
        AUMANN_SHAPLEY,
        f"{AUMANN_SHAPLEY}: Aumann-Shapley values (layer integrated gradients), or {SHAPLEY}: "
        "sampled Shapley values",
        metavar="METHOD",
    )
    attribution_steps: int | None = option(
        None,
        f"gradients along the path of {AUMANN_SHAPLEY}, or random orders of {SHAPLEY}",
        metavar="N",
        shown=_COUNTS,
    )
    rather_than: str | int | None = option(
        None,
        "explain what speaks for each class rather than for CLASS",
        metavar="CLASS",
    )
    seed: int = option(0, "random seed", metavar="N")

    def __post_init__(self) -> None:
        if self.attribution not in DEFAULT_ITERATIONS:
            raise unknown("attribution", self.attribution, DEFAULT_ITERATIONS)
        if self.attribution_steps is not None:
            require_count("attribution_steps", self.attribution_steps)
        require_count("seed", self.seed, 0)

    @property
    def steps(self) -> int:
        """Gradients or orders."""
        return self.attribution_steps or DEFAULT_ITERATIONS[self.attribution]


@dataclass(frozen=True, kw_only=True)
class ChannelOptions(AttributionOptions):
    """Which channels are shown, and what their heat maps are made of.

    Attributes:
        sign: "pos" for the channels that speak for the class, "neg" for those against it.
        heat_maps: "attribution", the score's share of every position, or "activation", activations
            weighted by the channels' attributions, as in the paper.
        cut: keep of each heat map what exceeds this quantile of it; 0.85 for activations, as in the
            paper, and everything for attributions if None.
    """

    sign: str = option("pos", "pos: features for the class, neg: against it", metavar="SIGN")
    heat_maps: str = option(
        ATTRIBUTION,
        "what heat maps are made of: attribution, the score's share of every position, or "
        "activation, activations weighted by the channels' attributions, as in the paper",
        metavar="KIND",
    )
    cut: float | None = option(
        None,
        "keep of each heat map what exceeds this quantile of it; 0 keeps everything",
        metavar="QUANTILE",
        shown="0 for attribution, 0.85 for activation",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sign not in SIGNS:
            raise unknown("sign", self.sign, SIGNS)
        if self.heat_maps not in HEAT_MAPS:
            raise unknown("heat_maps", self.heat_maps, HEAT_MAPS)
        if self.cut is not None and not 0 <= self.cut < 1:
            raise InputError(f"Expected cut from 0 to below 1, received {self.cut:g}.")


@dataclass(frozen=True, kw_only=True)
class FeatureGroupOptions(ChannelOptions):
    """How channels are grouped.

    Attributes:
        grouping: a decomposition or clustering of scikit-learn, "PCA" if left out, or in Python a
            grouper of one's own, to which the next two do not apply.
        explained_variance: the fewest components are taken that explain more than this share of the
            activations' variance.
        n_groups: how many groups; found from the data if None.
        show_against: whether pictures also show, in blue, where a group lowers the score that it
            raises elsewhere.
        colormap: how heat maps are drawn: "inferno", "magma", "plasma" or "viridis", over the image
            in grey, or "red", a tint over the image's own colours.
    """

    grouping: Any = option(
        DEFAULT_GROUPING,
        "a decomposition or clustering of scikit-learn: PCA, FactorAnalysis, NMF, KMeans, ...",
        metavar="NAME",
    )
    explained_variance: float = option(
        0.7,
        "take the fewest components that explain more than this share of the variance",
        metavar="SHARE",
    )
    n_groups: int | None = option(None, "how many groups", metavar="N", shown="found from the data")

    show_against: bool = option(
        False,
        "also draw the negative part of each heat map, in blue: where a group lowers the score "
        "that it raises elsewhere",
    )
    colormap: str = option(
        "inferno",
        "how heat maps are drawn: inferno, magma, plasma or viridis, over the image in grey, or "
        "red, a tint over the image's own colours",
        metavar="NAME",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.colormap not in COLORMAPS:
            raise unknown("colormap", self.colormap, COLORMAPS)
        if self.show_against and (self.heat_maps == ACTIVATION or self.attribution == SHAPLEY):
            raise InputError(
                "Expected show_against with maps of attributions only: the signs of activations do "
                f"not tell. Leave out heat_maps={ACTIVATION!r} and attribution={SHAPLEY!r}."
            )
        if isinstance(self.grouping, str):
            require_grouping(self.grouping)
        if self.n_groups is not None and self.grouping in FIND_THEIR_COUNT:
            raise InputError(
                f"{self.grouping} finds the number of groups itself, received n_groups="
                f"{self.n_groups}. Leave it out, or choose KMeans."
            )
        if self.n_groups is not None:
            require_count("n_groups", self.n_groups)
        if not 0 < self.explained_variance < 1:
            raise InputError(
                "Expected explained_variance between 0 and 1, "
                f"received {self.explained_variance:g}."
            )


@dataclass(frozen=True, kw_only=True)
class LayerSurveyOptions:
    """How the evidence that a layer's channels carry is found.

    Attributes:
        attribution_steps: gradients along the path of the Aumann–Shapley values, a layer and class.
        grouping: a decomposition or clustering of scikit-learn, "PCA" if left out, or in Python a
            grouper of one's own, to which the next two do not apply.
        explained_variance: the fewest components are taken that explain more than this share of the
            activations' variance.
        n_groups: how many groups; found from the data if None.
        seed: random seed.
    """

    attribution_steps: int = option(
        32, "gradients along the path of the attributions, a layer", metavar="N"
    )
    grouping: Any = option(
        DEFAULT_GROUPING,
        "a decomposition or clustering of scikit-learn: PCA, FactorAnalysis, NMF, KMeans, ...",
        metavar="NAME",
    )
    explained_variance: float = option(
        0.7,
        "take the fewest components that explain more than this share of the variance",
        metavar="SHARE",
    )
    n_groups: int | None = option(None, "how many groups", metavar="N", shown="found from the data")
    seed: int = option(0, "random seed", metavar="N")

    def __post_init__(self) -> None:
        self.of_groups()  # or an error

    def of_groups(self, layer: str | None = None) -> FeatureGroupOptions:
        """The same as options of `FeatureGroupExplainer`."""
        return FeatureGroupOptions(layer=layer, **vars(self))


@dataclass(frozen=True, kw_only=True)
class GradCamOptions:
    """What Grad-CAM looks at.

    Attributes:
        layer: the layer; the first of the network's default layers if None.
        last_layer: take the network's last layer instead.
        cut: keep what exceeds this quantile of the map; 0 for everything.
    """

    layer: str | None = option(
        None, "the hidden layer", metavar="LAYER", shown="the network's first default layer"
    )
    last_layer: bool = option(False, "take the last layer instead")
    cut: float = option(
        0.0, "keep what exceeds this quantile of the map; 0 for everything", metavar="QUANTILE"
    )

    def __post_init__(self) -> None:
        if not 0 <= self.cut < 1:
            raise InputError(f"Expected cut from 0 to below 1, received {self.cut:g}.")
        if self.last_layer and self.layer is not None:
            raise InputError(f"Expected layer or last_layer, received both: {self.layer!r}.")


@dataclass(frozen=True, kw_only=True)
class PerturbationOptions:
    """How extremal perturbations are found.

    Attributes:
        area: the share of the image that is kept, in (0, 1).
        variant: "preserve", masks that raise the class on what they keep, "delete", that lower it
            on what they hide, or "hybrid", both.
        iterations: of gradient ascent with momentum 0.9.
        learning_rate: of gradient ascent.
        area_weight: λ at the start; it grows 16-fold until the last iteration.
        step: the side of a cell of the mask's grid, in pixels.
        sigma: the kernels' radius, in pixels.
        max_blur: the blur's standard deviation where the mask is 0, in pixels.
        levels: how many blurred images there are, between which pixels are interpolated.
        flip: whether every other iteration looks at the mirrored image.
        batch_size: images that are optimised together; bounds the memory.
    """

    area: float = option(
        0.1, "share of the image that an extremal perturbation keeps", metavar="SHARE"
    )
    variant: str = option("preserve", f"what masks do: {', '.join(VARIANTS)}", metavar="NAME")
    iterations: int = option(200, "iterations of an extremal perturbation", metavar="N")
    learning_rate: float = option(0.04, "learning rate of gradient ascent", metavar="RATE")
    area_weight: float = option(300.0, "weight of the area at the start", metavar="WEIGHT")
    step: int = option(7, "side of a cell of the mask's grid", metavar="PIXELS")
    sigma: float = option(21.0, "radius of the mask's kernels", metavar="PIXELS")
    max_blur: float = option(20.0, "standard deviation of the blur", metavar="PIXELS")
    levels: int = option(8, "how many blurred images there are", metavar="N")
    flip: bool = option(True, "look at the mirrored image in every other iteration")
    batch_size: int = option(4, "images that are optimised together", metavar="N")

    def __post_init__(self) -> None:
        if not 0 < self.area < 1:
            raise InputError(f"Expected an area between 0 and 1, received {self.area!r}.")
        if self.variant not in VARIANTS:
            raise unknown("variant", self.variant, VARIANTS)
        for name, least in (("iterations", 1), ("step", 1), ("levels", 2), ("batch_size", 1)):
            require_count(name, getattr(self, name), least)
        for name in ("learning_rate", "area_weight", "sigma", "max_blur"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"Expected {name} above 0, received {getattr(self, name)!r}.")
