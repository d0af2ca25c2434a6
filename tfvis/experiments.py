"""The paper's experiments, as functions that return results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from utils import losses, preconditioning, rendering
from utils.activation_maps import heat_map
from utils.attribution import aumann_shapley, shapley_sampling
from utils.channel_attribution import ChannelAttribution
from utils.errors import unknown
from utils.grouping import (
    FeatureGroups,
    Grouper,
    NothingSelectedError,
    group_channels,
    grouper,
)
from utils.names import AUMANN_SHAPLEY, SHAPLEY
from utils.network import Network, require_image
from utils.progress import Progress, silent

from .settings import DEFAULT_ITERATIONS

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
        heat_maps: where each group looks, float32 (n, H, W), ≥ 0.
        icons: what each group wants, float32 (n, side, side, 3) in [0, 1].
        icon_objectives: each group's objective on its own icon, without transforms, (n,).
        image_objectives: each group's objective on the image, (n,).
        dead: the icons whose gradient was zero at every step.
        seconds: how long each stage took.
    """

    image: np.ndarray = field(repr=False)
    label: str
    groups: FeatureGroups
    heat_maps: np.ndarray = field(repr=False)
    icons: np.ndarray = field(repr=False)
    icon_objectives: np.ndarray = field(repr=False)
    image_objectives: np.ndarray = field(repr=False)
    dead: tuple[int, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

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
    if isinstance(grouping, str):
        grouping = grouper(
            grouping, n_groups=n_groups, explained_variance=explained_variance, seed=seed
        )
    layer = attribution.layer
    start = time.perf_counter()
    if activations is None:
        activations = net.activations(image[np.newaxis], layer)[0]
    groups = group_channels(activations, attribution, sign=sign, grouper=grouping)
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
    # For negative features the strengths are already flipped; both share one definition here.
    heat_maps = [
        heat_map(activations, group.channels, group.strengths, image.shape[:2]) for group in groups
    ]
    return Explanation(
        image=image,
        label=net.labels[attribution.class_index],
        groups=groups,
        heat_maps=np.stack(heat_maps),
        icons=rendered.images,
        icon_objectives=rendering.evaluate(net, objective, rendered.images),
        image_objectives=groups.weights @ activations.astype(np.float64).mean(axis=(0, 1)),
        dead=rendered.dead,
        seconds={"grouping": grouped - start, "icons": done - grouped},
    )
