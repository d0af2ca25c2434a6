"""Groups of features of two images: their scores and maps in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tfvis.utils.activation_maps import summed_map, weighted_map
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import ACTIVATION, ATTRIBUTION
from tfvis.utils.feature_groups import FeatureGroups

from .compared import ChangedGroup
from .options import FeatureGroupOptions

__all__ = ["changed_group", "changed_groups", "signed_maps", "stronger"]


def stronger(
    before: ChannelAttribution, after: ChannelAttribution, flip: int
) -> ChannelAttribution:
    """For each channel the larger of its two attributions to the side that is looked at.

    Groups are made, and icons weighed, by it.
    """
    first = flip * before.values >= flip * after.values
    return ChannelAttribution(
        before.method,
        before.layer,
        before.class_index,
        np.where(first, before.values, after.values),
        directions=np.where(first, before.icon_weights, after.icon_weights),
        rather_than=before.rather_than,
    )


def changed_group(
    name: str,
    channels: np.ndarray,
    grouped: FeatureGroups,
    pair: tuple[ChannelAttribution, ChannelAttribution],
    flip: int,
) -> ChangedGroup:
    """Some channels with their scores in both images.

    Args:
        name: what they are called.
        channels: by index.
        grouped: the groups of both images.
        pair: the attributions before and after.
        flip: −1 for negative features, whose signs are flipped, else 1.
    """
    weights = np.zeros(len(pair[0].values))
    weights[channels] = flip * grouped.attribution.icon_weights[channels]
    before, after = (flip * float(own.values[channels].sum()) for own in pair)
    return ChangedGroup(name=name, channels=channels, before=before, after=after, weights=weights)


def changed_groups(
    grouped: FeatureGroups, pair: tuple[ChannelAttribution, ChannelAttribution], flip: int
) -> tuple[ChangedGroup, ...]:
    """The groups, what was lost first and what was gained last."""
    found = [changed_group("", group.channels, grouped, pair, flip) for group in grouped]
    found.sort(key=lambda group: group.change)
    return tuple(replace(group, name=f"group {k}") for k, group in enumerate(found))


def signed_maps(
    groups: Sequence[ChangedGroup],
    grouped: FeatureGroups,
    activations: Sequence[np.ndarray],
    pair: tuple[ChannelAttribution, ChannelAttribution],
    options: FeatureGroupOptions,
) -> tuple[str, tuple[np.ndarray, np.ndarray]]:
    """What maps are of, and those before and after: float32 (n, h, w) each, signs flipped."""
    flip = 1 if options.sign == "pos" else -1
    by_activation = options.heat_maps == ACTIVATION or any(own.maps is None for own in pair)
    found = []
    for own, layer_activations in zip(pair, activations, strict=True):
        maps = []
        for group in groups:
            if by_activation or own.maps is None:
                values = grouped.attribution.values * flip
                weights = np.where(grouped.attribution.turned, -values, values)[group.channels]
                maps.append(weighted_map(layer_activations, group.channels, weights))
            else:
                maps.append(flip * summed_map(own.maps, group.channels))
        found.append(np.stack(maps).astype(np.float32))
    return (ACTIVATION if by_activation else ATTRIBUTION), (found[0], found[1])
