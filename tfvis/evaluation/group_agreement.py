"""How alike two groupings of a layer's channels are."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups

__all__ = ["adjusted_rand_index", "cosines", "matched_cosine"]

_NO_GROUP = -1


def adjusted_rand_index(first: FeatureGroups, second: FeatureGroups) -> float:
    """Whether channels that share a group in one grouping share one in the other.

    The Rand index adjusted for chance (Hubert, Arabie 1985): 1 for the same groups in any order, 0
    on average for the same channels in random groups. It is taken over the channels that are in a
    group of either. One that has no group in the other shares none there, so groups of random
    channels score 0 or less. Groups of one channel each, in which there is nothing to share, score
    1 if they are of the same channels, and 0 if not.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import ChannelAttribution, SklearnCluster, group_channels
        >>> maps = np.eye(4).reshape(2, 2, 4)[..., [0, 0, 1, 1, 2]]
        >>> phi = ChannelAttribution("IGSG", "layer", 0, np.array([3.0, 4.0, 5.0, 5.0, 0.1]))
        >>> groups = group_channels(maps, phi, grouper=SklearnCluster("KMeans", n_groups=2))
        >>> adjusted_rand_index(groups, groups)
        1.0
    """
    _require_same_layer(first, second)
    labels = np.stack([_labels(first), _labels(second)])
    labels = labels[:, (labels != _NO_GROUP).any(axis=0)]
    without = labels == _NO_GROUP
    # Each channel without a group by itself, under a number that no group has.
    one, other = np.where(without, labels.max() + 1 + np.arange(labels.shape[1]), labels)
    if len(np.unique(one)) == len(np.unique(other)) == len(one):
        return float(not without.any())
    return float(adjusted_rand_score(one, other))


def matched_cosine(first: FeatureGroups, second: FeatureGroups) -> float:
    """How well each group of one grouping is found again in the other, from 0 to 1.

    Groups are compared by the cosine of their channels' weights, and matched one to one so that the
    sum of the cosines is largest (Kuhn 1955). The result is the mean over the groups of the
    grouping that has more; one that has no partner counts 0.
    """
    found = cosines(first, second)
    rows, columns = linear_sum_assignment(-found)
    return float(found[rows, columns].sum() / max(found.shape))


def cosines(first: FeatureGroups, second: FeatureGroups) -> np.ndarray:
    """The cosine of the channels' weights of each group of one grouping and each of another.

    Returns:
        float64 (groups of the first, groups of the second), from 0 to 1.
    """
    _require_same_layer(first, second)
    one, other = (_unit(groups.weights) for groups in (first, second))
    return np.maximum(one @ other.T, 0.0)


def _labels(groups: FeatureGroups) -> np.ndarray:
    """The number of each channel's group, -1 for none: int (C,)."""
    labels = np.full(len(groups.attribution.values), _NO_GROUP)
    for number, group in enumerate(groups):
        labels[group.channels] = number
    return labels


def _unit(weights: np.ndarray) -> np.ndarray:
    sizes = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.divide(weights, sizes, out=np.zeros_like(weights), where=sizes > 0)


def _require_same_layer(first: FeatureGroups, second: FeatureGroups) -> None:
    layers = [own.attribution.layer for own in (first, second)]
    counts = [len(own.attribution.values) for own in (first, second)]
    if layers[0] != layers[1] or counts[0] != counts[1]:
        raise InputError(
            f"Expected groups of one layer, received some of {layers[0]!r} ({counts[0]} channels) "
            f"and of {layers[1]!r} ({counts[1]} channels)."
        )
