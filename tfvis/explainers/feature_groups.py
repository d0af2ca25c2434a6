"""The paper's experiments, as functions that return results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tfvis.utils import losses, plots, preconditioning, rendering
from tfvis.utils.activation_maps import QUANTILE, shown, summed_map, weighted_map
from tfvis.utils.attribution import aumann_shapley, shapley_sampling, with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import (
    ACTIVATION,
    ATTRIBUTION,
    AUMANN_SHAPLEY,
    DEFAULT_ITERATIONS,
    HEAT_MAPS,
    SHAPLEY,
)
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.feature_groups import (
    FeatureGroups,
    Grouper,
    NothingSelectedError,
    group_channels,
    grouper,
)
from tfvis.utils.network import Network, require_image
from tfvis.utils.progress import Progress, silent

__all__ = ["Explanation", "NothingSelectedError", "StageProgress", "attribute", "explain"]

StageProgress = Callable[[str], Progress]
"""From the name of a stage of work to what is called with its progress."""


def _silent(stage: str) -> Progress:
    return silent


@dataclass(frozen=True, eq=False)
class Explanation:
    """The groups of features that speak for, or against, one class in one layer.

    Attributes:
        image: (H, W, 3) in [0, 1].
        label: the class's name.
        groups: the channels of each group, best group first.
        maps: where each group speaks for the class (> 0) and against it (< 0), at the layer's
            positions: float32 (n, h, w). Maps of attributions sum to the groups' scores.
        heat_maps: where each group looks, the positive part of `maps` at the image's size: float32
            (n, H, W), ≥ 0.
        maps_of: "attribution" or "activation": what `maps` are made of.
        cut: the quantile of its own map above which a heat map is kept; 0 if all is.
        icons: what each group wants, float32 (n, side, side, 3) in [0, 1].
        icon_objectives: each group's objective on its own icon, without transforms, (n,).
        image_objectives: each group's objective on the image, (n,).
        dead: the icons whose gradient was zero at every step.
        seconds: how long each stage took.
    """

    image: np.ndarray = field(repr=False)
    label: str
    groups: FeatureGroups
    maps: np.ndarray = field(repr=False)
    heat_maps: np.ndarray = field(repr=False)
    maps_of: str
    cut: float
    icons: np.ndarray = field(repr=False)
    icon_objectives: np.ndarray = field(repr=False)
    image_objectives: np.ndarray = field(repr=False)
    dead: tuple[int, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def against(self) -> np.ndarray:
        """Where each group lowers the score that it raises elsewhere: float32 (n, H, W), ≥ 0.

        The negative part of `maps`, cut as `heat_maps` are. Zero for maps of activations, whose
        signs do not tell.
        """
        if self.maps_of == ACTIVATION:
            return np.zeros_like(self.heat_maps)
        return np.stack([shown(-a_map, self.image.shape[:2], self.cut) for a_map in self.maps])

    def overlays(self, *, show_against: bool = False) -> list[np.ndarray]:
        """Each group's heat map over the image, all on one scale, so that a weak group looks weak.

        The colour grows with the square root of the value: weak places can be seen.

        Args:
            show_against: also draw `against`, in blue.

        Returns:
            float32 (H, W, 3) in [0, 1], one a group.
        """
        against = self.against if show_against else [None] * len(self.heat_maps)
        largest = self.largest(show_against=show_against)
        return [
            plots.overlay(self.image, a_map, against=other, largest=largest, exponent=0.5)
            for a_map, other in zip(self.heat_maps, against, strict=True)
        ]

    def largest(self, *, show_against: bool = False) -> float:
        """The value that `overlays` draw in full colour."""
        largest = float(self.heat_maps.max())
        return max(largest, float(self.against.max())) if show_against else largest

    @property
    def class_index(self) -> int:
        """The class."""
        return self.groups.attribution.class_index

    @property
    def layer(self) -> str:
        """The layer that was explained."""
        return self.groups.attribution.layer

    @property
    def sign(self) -> str:
        """ "pos" for features that speak for the class, "neg" for those against it."""
        return self.groups.sign


def attribute(
    net: Network,
    image: np.ndarray,
    layer: str,
    *,
    classes: Sequence[str | int],
    method: str = AUMANN_SHAPLEY,
    iterations: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[ChannelAttribution, ...]:
    """φ of a layer's channels for some classes, by either method.

    Args:
        net: the network.
        image: (H, W, 3) in [0, 1].
        layer: the layer.
        classes: indices, WordNet ids or names.
        method: "IGSG" (Aumann–Shapley values) or "Shap" (sampled Shapley values).
        iterations: gradients, or orders; the method's default if left out.
        seed: of the orders.
        progress: called with steps done and steps in all.
    """
    if method not in DEFAULT_ITERATIONS:
        raise unknown("attribution", method, DEFAULT_ITERATIONS)
    count = DEFAULT_ITERATIONS[method] if iterations is None else iterations
    if method == SHAPLEY:
        return shapley_sampling(
            net, image, layer, classes=classes, permutations=count, seed=seed, progress=progress
        )
    return aumann_shapley(
        net, image, layer, classes=classes, steps=count, seed=seed, progress=progress
    )


def explain(
    net: Network,
    image: np.ndarray,
    attribution: ChannelAttribution,
    *,
    sign: str = "pos",
    grouping: str | Grouper = "FactorAnalysis",
    explained_variance: float = 0.7,
    n_groups: int | None = None,
    heat_maps: str = ATTRIBUTION,
    cut: float | None = None,
    steps: int = 512,
    side: int = 224,
    seed: int = 5,
    dtype: str = "float32",
    activations: np.ndarray | None = None,
    progress: StageProgress = _silent,
) -> Explanation:
    """Group the features of one class in one layer, and show what each group looks at and wants.

    Shi, Du, Fan (2020), sections 3.2 to 3.4.

    Args:
        net: the network.
        image: (H, W, 3) in [0, 1].
        attribution: φ of the layer's channels, for the class.
        sign: "pos" or "neg".
        grouping: a name in `sklearn.decomposition` or `sklearn.cluster`, or a grouper of one's
            own, to which `explained_variance` and `n_groups` do not apply.
        explained_variance: how much of the activations' variance a decomposition must explain.
        n_groups: how many groups; found if left out.
        heat_maps: what maps of groups are made of: "attribution", the attributions of their
            channels at every position, or "activation", their activations weighted by φ, as in the
            paper. Where the attributions of positions are not known, always activations.
        cut: keep of each heat map what exceeds this quantile of it. If left out, 0.85 for
            activations, as in the paper, and everything for attributions.
        steps: of the icons' optimisation.
        side: height and width of the icons.
        seed: of the icons and of a grouping that is random.
        dtype: what the network computes the icons in.
        activations: of the layer for the image, (h, w, C), where they are known already.
        progress: called with the name of a stage, returns what is called with its progress.

    Raises:
        InputError: no channel stands out, or a value cannot be used.
    """
    image = require_image(image)
    if heat_maps not in HEAT_MAPS:
        raise unknown("heat_maps", heat_maps, HEAT_MAPS)
    if isinstance(grouping, str):
        grouping = grouper(
            grouping, n_groups=n_groups, explained_variance=explained_variance, seed=seed
        )
    layer = attribution.layer
    start = time.perf_counter()
    if activations is None:
        activations = net.activations(image[np.newaxis], layer)[0]
    attribution = with_directions(net, image, attribution)
    groups = group_channels(activations, attribution, sign=sign, grouper=grouping)
    maps_of, maps = group_maps(activations, groups, heat_maps)
    if cut is None:
        cut = QUANTILE if maps_of == ACTIVATION else 0.0
    shown_maps = np.stack([shown(a_map, image.shape[:2], cut) for a_map in maps])
    grouped = time.perf_counter()
    objective = losses.channel_mean(layer, groups.weights, name=f"{len(groups)} groups of {layer}")
    parameters = rendering.awake(
        net,
        objective,
        lambda sd: preconditioning.aligned_images(len(groups), side, sd=sd),
        seed=seed,
    )
    rendered = rendering.render(
        net,
        objective,
        parameters,
        steps=steps,
        seed=seed,
        dtype=dtype,
        progress=progress("icons"),
    )
    done = time.perf_counter()
    return Explanation(
        image=image,
        label=net.labels[attribution.class_index],
        groups=groups,
        maps=np.float32(maps),
        heat_maps=shown_maps,
        maps_of=maps_of,
        cut=cut,
        icons=rendered.images,
        icon_objectives=rendering.evaluate(net, objective, rendered.images),
        image_objectives=groups.weights @ activations.astype(np.float64).mean(axis=(0, 1)),
        dead=rendered.dead,
        seconds={"grouping": grouped - start, "icons": done - grouped},
    )


def group_maps(
    activations: np.ndarray, groups: FeatureGroups, maps_of: str = ATTRIBUTION
) -> tuple[str, np.ndarray]:
    """Where each group speaks for the class, signed, at the layer's positions.

    Args:
        activations: of the layer for the image, (h, w, C).
        groups: the groups.
        maps_of: "attribution", or "activation" for activations weighted by φ, those of channels
            that speak by being negative turned upside down. Activations are taken where the
            attributions of positions are not known.

    Returns:
        What the maps are of, and the maps, float64 (n, h, w). For negative features signs are
        flipped, as in the groups' strengths.
    """
    positions = groups.attribution.maps
    if maps_of == ACTIVATION or positions is None:
        turned = groups.attribution.turned
        maps = [
            weighted_map(
                activations,
                group.channels,
                np.where(turned[group.channels], -group.strengths, group.strengths),
            )
            for group in groups
        ]
        return ACTIVATION, np.stack(maps)
    if positions.shape != activations.shape:
        raise InputError(
            f"Expected attributions of {activations.shape[:2]} positions, as the image has, "
            f"received {positions.shape[:2]}: compute the attributions again, or take "
            "heat_maps='activation'."
        )
    flip = 1 if groups.sign == "pos" else -1
    return ATTRIBUTION, np.stack([flip * summed_map(positions, group.channels) for group in groups])
