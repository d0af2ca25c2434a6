"""Groupings that need more than the activations of one image, as explainers of feature groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sklearn.cluster import AgglomerativeClustering, SpectralClustering

from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils import ChannelAttribution
from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.feature_groups import FeatureGroups, group_channels, grouper, select_channels
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.network import Network

N_SCENES = 500
"""So many scenes tell which channels respond together."""


@dataclass(frozen=True, eq=False)
class Known:
    """A grouper of labels that are known."""

    labels: np.ndarray = field(repr=False)

    def fit_predict(self, X: np.ndarray) -> np.ndarray:
        """The labels, whatever the activations."""
        return self.labels


class OfAttributionMaps(FeatureGroupExplainer):
    """Groups the maps of what each channel gives the class at each position."""

    def _groups(
        self, source: SourceImage, activations: np.ndarray, attribution: ChannelAttribution
    ) -> FeatureGroups:
        own = self.options
        if attribution.maps is None:
            return super()._groups(source, activations, attribution)
        wanted = grouper(
            str(own.grouping),
            n_groups=own.n_groups,
            explained_variance=own.explained_variance,
            seed=own.seed,
        )
        return group_channels(attribution.maps, attribution, sign=own.sign, grouper=wanted)


class _OfSimilarity(FeatureGroupExplainer):
    """Groups the selected channels by a matrix that says how alike they are."""

    def _groups(
        self, source: SourceImage, activations: np.ndarray, attribution: ChannelAttribution
    ) -> FeatureGroups:
        own = self.options
        channels = select_channels(attribution, own.sign)
        n = min(own.n_groups or 4, len(channels))
        labels = np.zeros(len(channels), int)
        if n > 1:
            labels = self.labels(source, activations, attribution, channels, n)
        return group_channels(activations, attribution, sign=own.sign, grouper=Known(labels))

    def labels(
        self,
        source: SourceImage,
        activations: np.ndarray,
        attribution: ChannelAttribution,
        channels: np.ndarray,
        n: int,
    ) -> np.ndarray:
        """A group for each channel, from 0 to n − 1."""
        raise NotImplementedError


class OfCoActivation(_OfSimilarity):
    """Groups channels that respond together over many scenes, whatever the image."""

    def labels(
        self,
        source: SourceImage,
        activations: np.ndarray,
        attribution: ChannelAttribution,
        channels: np.ndarray,
        n: int,
    ) -> np.ndarray:
        """See `_OfSimilarity.labels`."""
        together = np.corrcoef(responses(self.net, self.layer)[:, channels], rowvar=False)
        distance = 1 - np.nan_to_num(together)
        model = AgglomerativeClustering(n, metric="precomputed", linkage="average")
        return model.fit_predict(distance)


class OfInteraction(_OfSimilarity):
    """Groups channels whose joint absence changes the class otherwise than their single ones do."""

    def labels(
        self,
        source: SourceImage,
        activations: np.ndarray,
        attribution: ChannelAttribution,
        channels: np.ndarray,
        n: int,
    ) -> np.ndarray:
        """See `_OfSimilarity.labels`."""
        k, layer = len(channels), attribution.layer
        first, second = np.triu_indices(k, 1)
        absent = np.zeros((1 + k + len(first), k), bool)
        absent[1 + np.arange(k), np.arange(k)] = True
        rows = 1 + k + np.arange(len(first))
        absent[rows, first] = absent[rows, second] = True
        present = np.ones((len(absent), activations.shape[-1]), bool)
        present[:, channels] = ~absent
        logits = logits_with_channels(self.net, layer, activations, present)
        worth = attribution.scores_of(logits)
        alone, both = worth[1 : 1 + k], worth[1 + k :]
        joint = np.abs(worth[0] - alone[first] - alone[second] + both)
        affinity = np.zeros((k, k))
        affinity[first, second] = affinity[second, first] = joint
        affinity += 1e-6 * (affinity.max() or 1.0)  # spectral clustering wants one component
        model = SpectralClustering(n, affinity="precomputed", random_state=self.options.seed)
        return model.fit_predict(affinity)


def responses(net: Network, layer: str) -> np.ndarray:
    """The mean activation of each channel in each of many scenes: (scenes, C)."""

    def compute() -> np.ndarray:
        from tfvis.critters import render_scene
        from tfvis.critters.dataset import composition

        means = []
        for seed in range(N_SCENES):
            scene = render_scene(composition(seed, (0, 1)), seed=seed)
            means.append(net.activations(scene.image[np.newaxis], layer).mean(axis=(0, 1, 2)))
        return np.stack(means)

    return net.memory.get(("responses", layer), compute)
