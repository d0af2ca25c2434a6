"""Maps of where a network sees a class, each by another method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tfvis.utils.activation_maps import QUANTILE, heat_map, shown, summed_map
from tfvis.utils.attribution import aumann_shapley
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import (
    ACTIVATION,
    ATTRIBUTION,
    AUMANN_SHAPLEY,
    DEFAULT_ITERATIONS,
)
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import (
    FeatureGroups,
    NothingSelectedError,
    group_channels,
    select_channels,
)
from tfvis.utils.groupers import MatrixDecomposer
from tfvis.utils.network import Network, require_image
from tfvis.utils.progress import Progress, silent

from .extremal_perturbation import ExtremalPerturbation
from .grad_cam import grad_cam
from .guided_inversion import GuidedFeatureInversion
from .masks import MaskExplanation
from .registry import ACTIVATIONS, METHODS

__all__ = ["ClassMaps", "Explainer"]

Maps = list[list[np.ndarray]]
"""For each class of an image its maps, the strongest feature's first."""


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """Maps of some images.

    Attributes:
        maps: by each method, for each image, for each of its classes: one map or several, the
            strongest feature's first; each (H, W), ≥ 0.
        nothing_selected: for how many classes no channel stood out, so that their maps are uniform.
        problems: by each method, for each image and class, what went wrong; None if nothing did.
    """

    maps: Mapping[str, Sequence[Maps]] = field(repr=False)
    nothing_selected: int
    problems: Mapping[str, Sequence[Sequence[str | None]]] = field(repr=False)


class Explainer:
    """Explains images by any of `METHODS`.

    Args:
        net: the network.
        layer: that attributions, groups and Grad-CAM look at.
        steps: gradients of the attributions; see `aumann_shapley`.
        seed: of the grouping.
        inversion: what guided feature inversion is done with; if left out, of the network's own
            layers and with the default terms.
        perturbation: the same of extremal perturbations.

    Raises:
        InputError: an unknown layer, or a value that cannot be used.
    """

    def __init__(
        self,
        net: Network,
        layer: str,
        *,
        steps: int = DEFAULT_ITERATIONS[AUMANN_SHAPLEY],
        seed: int = 0,
        inversion: GuidedFeatureInversion | None = None,
        perturbation: ExtremalPerturbation | None = None,
    ) -> None:
        require_count("steps", steps)
        require_count("seed", seed, 0)
        self.net, self.layer = net, net.require_layer(layer)
        self.steps, self.seed = steps, seed
        self._given = inversion, perturbation

    @cached_property
    def inversion(self) -> GuidedFeatureInversion:
        """What guided feature inversion is done with."""
        return self._given[0] or GuidedFeatureInversion(self.net)

    @cached_property
    def perturbation(self) -> ExtremalPerturbation:
        """What extremal perturbations are done with."""
        return self._given[1] or ExtremalPerturbation(self.net)

    def maps(
        self,
        images: Sequence[np.ndarray],
        classes: Sequence[Sequence[str | int]],
        methods: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> ClassMaps:
        """The maps of each image, by each method.

        Args:
            images: each (H, W, 3) in [0, 1]; those of one size are optimised together.
            classes: those to explain of each image: indices, WordNet ids or names.
            methods: names in `METHODS`.
            progress: called with methods done and methods in all.
        """
        require_methods(methods)
        batch = _Batch(self, images, classes)
        found = {}
        for name in methods:
            found[name] = _BY_NAME[name](batch)
            progress(len(found), len(set(methods)))
        return ClassMaps(
            found,
            sum(image.nothing_selected for image in batch.images),
            {name: batch.problems(name) for name in methods},
        )


def require_methods(methods: Sequence[str]) -> None:
    """Raise an `InputError` unless this is a list of names in `METHODS`."""
    if isinstance(methods, str) or not len(methods):
        raise InputError(f"Expected a list of at least one method, received {methods!r}.")
    for name in methods:
        if name not in METHODS:
            raise unknown("method", name, METHODS)


class _Image:
    """One image's classes, explained as far as the methods ask for it."""

    def __init__(
        self, explainer: Explainer, image: np.ndarray, classes: Sequence[str | int]
    ) -> None:
        self.explainer, self.net = explainer, explainer.net
        self.image = require_image(image)
        self.size = self.image.shape[:2]
        self.classes = [self.net.class_index(name) for name in classes]

    @cached_property
    def _activations(self) -> np.ndarray:
        return self.net.activations(self.image[np.newaxis], self.explainer.layer)[0]

    @cached_property
    def _attributions(self) -> tuple[ChannelAttribution, ...]:
        explainer = self.explainer
        return aumann_shapley(
            self.net, self.image, explainer.layer, classes=self.classes, steps=explainer.steps
        )

    @cached_property
    def _groups(self) -> list[FeatureGroups | None]:
        """Those of each class; None where no channel stands out."""

        def grouped(attribution: ChannelAttribution) -> FeatureGroups | None:
            grouper = MatrixDecomposer(random_state=self.explainer.seed)
            try:
                return group_channels(self._activations, attribution, grouper=grouper)
            except NothingSelectedError:
                return None

        return [grouped(attribution) for attribution in self._attributions]

    def _map(
        self, attribution: ChannelAttribution, channels: np.ndarray, maps_of: str
    ) -> np.ndarray:
        """What some channels' picture shows."""
        if maps_of == ACTIVATION:
            weights = np.where(attribution.turned, -attribution.values, attribution.values)
            return heat_map(self._activations, channels, weights[channels], self.size)
        return shown(summed_map(attribution.maps, channels), self.size)

    @property
    def uniform(self) -> list[np.ndarray]:
        """A map that prefers no pixel."""
        return [np.ones(self.size, np.float32)]

    @property
    def nothing_selected(self) -> int:
        """How many of the classes turned out to have no channel that stands out."""
        if "_attributions" not in vars(self):
            return 0
        return sum(not len(select_channels(attribution)) for attribution in self._attributions)

    def groups(self, maps_of: str) -> Maps:
        """Each group's heat map."""
        return [
            self.uniform
            if groups is None
            else [self._map(groups.attribution, group.channels, maps_of) for group in groups]
            for groups in self._groups
        ]

    def all_groups(self, maps_of: str) -> Maps:
        """The groups' heat maps together."""
        if maps_of == ACTIVATION:
            return [[np.sum(maps, axis=0)] for maps in self.groups(maps_of)]
        # Here what speaks against the class at a place counts, also if it is another group.
        return [
            self.uniform
            if groups is None
            else [
                self._map(groups.attribution, np.concatenate([g.channels for g in groups]), maps_of)
            ]
            for groups in self._groups
        ]

    def channels(self, maps_of: str) -> Maps:
        """Each selected channel's heat map."""
        found = []
        for attribution in self._attributions:
            selected = select_channels(attribution)
            selected = selected[np.argsort(-attribution.values[selected], kind="stable")]
            found.append(
                [self._map(attribution, np.array([i]), maps_of) for i in selected] or self.uniform
            )
        return found

    @property
    def layer_integrated_gradients(self) -> Maps:
        """The attributions of all channels together, whatever their sign."""
        return [
            [shown(attribution.maps.sum(axis=-1, dtype=np.float64), self.size)]
            for attribution in self._attributions
        ]

    def cams(self, layer: str, quantile: float | None = None) -> Maps:
        """Grad-CAM, above its quantile if there is one."""
        found = grad_cam(self.net, self.image, layer, classes=self.classes, quantile=quantile)
        return [[cam] for cam in found]


class _Batch:
    """Images that are explained together."""

    def __init__(
        self,
        explainer: Explainer,
        images: Sequence[np.ndarray],
        classes: Sequence[Sequence[str | int]],
    ) -> None:
        self.explainer = explainer
        self.images = [
            _Image(explainer, image, own) for image, own in zip(images, classes, strict=True)
        ]

    def _of_one_size(self) -> Iterator[list[int]]:
        sizes = [image.size for image in self.images]
        for size in dict.fromkeys(sizes):
            yield [k for k, own in enumerate(sizes) if own == size]

    def _by_class(self, explain: Callable[..., Sequence[MaskExplanation]]) -> list[list]:
        """What is found for each image and class; images of one size together."""
        found: list[list] = [[] for _ in self.images]
        for places in self._of_one_size():
            owners = [k for k in places for _ in self.images[k].classes]
            if not owners:
                continue
            stacked = np.stack([self.images[k].image for k in owners])
            classes = [c for k in places for c in self.images[k].classes]
            for k, explanation in zip(owners, explain(owners, stacked, classes), strict=True):
                found[k].append(explanation)
        return found

    @cached_property
    def saliency(self) -> list[MaskExplanation]:
        """Step 1 of guided feature inversion, for each image."""
        found: list = [None] * len(self.images)
        for places in self._of_one_size():
            stacked = np.stack([self.images[k].image for k in places])
            for k, own in zip(places, self.explainer.inversion.saliency(stacked), strict=True):
                found[k] = own
        return found

    @cached_property
    def inverted(self) -> list[list[MaskExplanation]]:
        """Step 2 of guided feature inversion."""
        return self._by_class(
            lambda owners, images, classes: self.explainer.inversion.discriminate(
                images, classes, start=[self.saliency[k] for k in owners]
            )
        )

    @cached_property
    def perturbed(self) -> list[list[MaskExplanation]]:
        """Extremal perturbations."""
        return self._by_class(
            lambda _, images, classes: self.explainer.perturbation.explain(images, classes)
        )

    @property
    def saliency_by_class(self) -> list[list[MaskExplanation]]:
        """Step 1, which knows no class, for each class."""
        return [
            [own] * len(image.classes)
            for image, own in zip(self.images, self.saliency, strict=True)
        ]

    def problems(self, method: str) -> list[list[str | None]]:
        """What went wrong, for each image and class."""
        if method in _EXPLANATIONS:
            return [[own.problem for own in row] for row in _EXPLANATIONS[method](self)]
        return [[None] * len(image.classes) for image in self.images]


def _each(maps_of: Callable[[_Image], Maps]) -> Callable[[_Batch], list[Maps]]:
    return lambda batch: [maps_of(image) for image in batch.images]


def _masks(
    explanations_of: Callable[[_Batch], list[list[MaskExplanation]]],
) -> Callable[[_Batch], list[Maps]]:
    return lambda batch: [[[own.mask] for own in row] for row in explanations_of(batch)]


def _features(maps_of: str, ending: str) -> dict[str, Callable[[_Batch], list[Maps]]]:
    """Maps of groups and of channels, by the names that end so."""
    by_name: dict[str, Callable[[_Image], Maps]] = {
        "all groups": lambda image: image.all_groups(maps_of),
        "best group": lambda image: [maps[:1] for maps in image.groups(maps_of)],
        "every group": lambda image: image.groups(maps_of),
        "best channel": lambda image: [maps[:1] for maps in image.channels(maps_of)],
        "every channel": lambda image: image.channels(maps_of),
    }
    return {f"{name}{ending}": _each(maps) for name, maps in by_name.items()}


_EXPLANATIONS: dict[str, Callable[[_Batch], list[list[MaskExplanation]]]] = {
    "guided inversion, step 1": lambda batch: batch.saliency_by_class,
    "guided inversion": lambda batch: batch.inverted,
    "extremal perturbation": lambda batch: batch.perturbed,
}

_BY_NAME: dict[str, Callable[[_Batch], list[Maps]]] = {
    **_features(ATTRIBUTION, ""),
    **_features(ACTIVATION, ACTIVATIONS),
    "layer integrated gradients": _each(lambda image: image.layer_integrated_gradients),
    "Grad-CAM": _each(lambda image: image.cams(image.explainer.layer)),
    "Grad-CAM, cut": _each(lambda image: image.cams(image.explainer.layer, QUANTILE)),
    "Grad-CAM, last layer": _each(lambda image: image.cams(image.net.layers[-1])),
    "uniform": _each(lambda image: [image.uniform for _ in image.classes]),
    **{name: _masks(explanations) for name, explanations in _EXPLANATIONS.items()},
}
