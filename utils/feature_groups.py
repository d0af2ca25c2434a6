"""Channels that speak for a class, selected and put into groups.

Shi, Du, Fan (2020), sections 3.2 and 3.3.
"""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from threadpoolctl import threadpool_limits

from .channel_attribution import ChannelAttribution
from .choices import CLUSTERINGS, SIGNS, require_grouping
from .contrasts import GroupContrast
from .errors import InputError
from .groupers import MatrixDecomposer, SklearnCluster

logger = logging.getLogger(__name__)


class Grouper(Protocol):
    """What `group_channels` needs: a scikit-learn clusterer of columns."""

    def fit_predict(self, X: np.ndarray) -> np.ndarray:
        """A group for each column of X (h·w, K): integers (K,), −1 for none."""
        ...


class NothingSelectedError(InputError):
    """No channel stands out for, or against, the class: there is nothing to group.

    Attributes:
        results: of a call for several images or classes, what was found for all of them.
    """

    results: tuple[Any, ...] = ()


def select_channels(attribution: ChannelAttribution, sign: str = "pos") -> np.ndarray:
    """The channels that speak for (`"pos"`) or against (`"neg"`) the class above the average.

    φ_i > mean of the positive φ, or φ_i < mean of the negative φ. Of attributions that contrast two
    classes a and b these are the channels that speak for a or for b above the average, and for a
    more than for b (`"pos"`), or for b more than for a. Those that only speak against b, where its
    object is, would say nothing of a.

    Returns:
        Their indices, ascending; empty if no φ has the sign, or all that have it are equal.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import ChannelAttribution, select_channels
        >>> phi = ChannelAttribution("IGSG", "layer", 0, np.array([1.0, 5.0, -2.0, 3.5]))
        >>> select_channels(phi), select_channels(phi, "neg")
        (array([1, 3]), array([], dtype=int64))
    """
    if sign not in SIGNS:
        raise InputError(f"Expected sign to be one of {', '.join(SIGNS)}, received {sign!r}.")
    flip = 1 if sign == "pos" else -1
    if attribution.of_both is None:
        return _above_mean(flip * attribution.values)
    for_either = np.union1d(*map(_above_mean, attribution.of_both))
    return for_either[flip * attribution.values[for_either] > 0]


def _above_mean(strength: np.ndarray) -> np.ndarray:
    """Where values exceed the mean of those that are positive."""
    positive = strength[strength > 0]
    return np.flatnonzero(strength > positive.mean()) if len(positive) else np.empty(0, int)


def grouper(
    name: str, *, n_groups: int | None = None, explained_variance: float = 0.7, seed: int = 0
) -> Grouper:
    """The grouper for a name in `sklearn.decomposition` or `sklearn.cluster`.

    Raises:
        InputError: no such name (the closest are named), or one that cannot group channels.
    """
    require_grouping(name)
    if name in CLUSTERINGS:
        return SklearnCluster(name, n_groups=n_groups, random_state=seed)
    return MatrixDecomposer(
        name, n_groups=n_groups, explained_variance=explained_variance, random_state=seed
    )


@dataclass(frozen=True, eq=False)
class FeatureGroup:
    """Channels that go together.

    Attributes:
        channels: their indices, strongest first: int (n,).
        strengths: their φ, sign flipped for negative features, so that a group's own channels
            count as positive: float64 (n,).
        weights: what the group's icon weighs them by, sign flipped in the same way: float64 (n,).
            The strengths, except on layers with negative activations; see `ChannelAttribution`. The
            strengths if left out.
    """

    channels: np.ndarray
    strengths: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.weights is None:
            object.__setattr__(self, "weights", self.strengths)

    @property
    def score(self) -> float:
        """Σφ over the group, sign flipped for negative features."""
        return float(self.strengths.sum())

    def __repr__(self) -> str:
        few = ", ".join(map(str, self.channels[:8]))
        more = ", …" if len(self.channels) > 8 else ""
        return (
            f"{type(self).__name__}(score={self.score:.4g}, n_channels={len(self.channels)}, "
            f"channels=[{few}{more}])"
        )


@dataclass(frozen=True, eq=False)
class FeatureGroups(Sequence[FeatureGroup]):
    """The groups of one class's features in one layer, best first.

    Attributes:
        groups: sorted by score, none empty. Where two classes are contrasted, those that tell them
            apart by speaking against the one come after the others.
        attribution: what the features were selected by.
        sign: "pos" or "neg".
        noise: selected channels that belong to no group: int.
        grouper: the fitted grouper, a copy of the one that was given; None for groups that were
            read from a file.
        explained_variance: the share of the activations' variance that the grouper explains; None
            where it does not say.
    """

    groups: tuple[FeatureGroup, ...]
    attribution: ChannelAttribution
    sign: str
    noise: np.ndarray
    grouper: Any = field(default=None, repr=False, compare=False)
    explained_variance: float | None = None

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> FeatureGroup:
        return self.groups[index]

    @property
    def n_selected(self) -> int:
        """How many channels were selected."""
        return sum(len(group.channels) for group in self) + len(self.noise)

    @property
    def weights(self) -> np.ndarray:
        """A row a group with its channels' weights, 0 elsewhere: float64 (groups, C)."""
        weights = np.zeros((len(self), len(self.attribution.values)))
        for row, group in zip(weights, self, strict=True):
            row[group.channels] = group.weights
        return weights

    @property
    def contrasts(self) -> tuple[GroupContrast, ...]:
        """What each group gives each of two contrasted classes; empty where that is unknown.

        It is known where attributions were computed with `rather_than`.
        """
        both = self.attribution.of_both
        if both is None:
            return ()
        sums = (both[:, group.channels].sum(axis=1) for group in self)
        return tuple(GroupContrast(float(a), float(b)) for a, b in sums)

    @property
    def ambiguous(self) -> np.ndarray:
        """The grouped channels that raise the logit at some places and lower it at others: int."""
        if self.attribution.ambiguous is None:
            return np.empty(0, int)
        grouped = np.sort(np.concatenate([group.channels for group in self]))
        return grouped[self.attribution.ambiguous[grouped]]


def group_channels(
    activations: np.ndarray,
    attribution: ChannelAttribution,
    *,
    sign: str = "pos",
    grouper: Grouper | None = None,
    channels: Sequence[int] | np.ndarray | None = None,
) -> FeatureGroups:
    """Select the channels that speak for or against a class, and group them.

    The maps of channels that do so by being negative are turned upside down before.

    Args:
        activations: of the layer for one image, (h, w, C).
        attribution: φ of the layer's channels.
        sign: "pos" for the class, "neg" against it.
        grouper: `MatrixDecomposer()` if left out; `SklearnCluster()`, or any object whose
            `fit_predict` maps (h·w, K) to K integers, −1 for none.
        channels: the channels that are grouped, ascending indices; those that `select_channels`
            selects if left out.

    Raises:
        NothingSelectedError: no channel is selected.
        InputError: shapes do not fit, or no channel is left in a group.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import ChannelAttribution, SklearnCluster, group_channels
        >>> maps = np.eye(4).reshape(2, 2, 4)[..., [0, 0, 1, 1, 2]]
        >>> phi = ChannelAttribution("IGSG", "layer", 0, np.array([3.0, 4.0, 5.0, 5.0, 0.1]))
        >>> groups = group_channels(maps, phi, grouper=SklearnCluster("KMeans", n_groups=2))
        >>> [(group.channels.tolist(), group.score) for group in groups]
        [([2, 3], 10.0), ([1], 4.0)]
    """
    # A copy, so that a result does not change when the same grouper is used again.
    grouper = MatrixDecomposer() if grouper is None else copy.deepcopy(grouper)
    if isinstance(grouper, type):
        raise InputError(f"Expected a grouper, received the class {grouper.__name__}: call it.")
    if isinstance(grouper, BaseEstimator) and type(grouper).__module__.startswith("sklearn."):
        wrapper = "SklearnCluster" if isinstance(grouper, ClusterMixin) else "MatrixDecomposer"
        raise InputError(
            f"Expected a grouper of channels, received {type(grouper).__name__}, which groups "
            f"positions. Wrap it: {wrapper}({type(grouper).__name__}(…))."
        )
    if not hasattr(grouper, "fit_predict"):
        count = f" For the number of groups use n_groups={grouper}." * isinstance(grouper, int)
        raise InputError(
            f"Expected a grouping by name, or an object with fit_predict(X), received {grouper!r}."
            f"{count}"
        )
    activations = np.asarray(activations)
    if activations.ndim != 3 or activations.shape[-1] != len(attribution.values):
        raise InputError(
            f"Expected activations of shape (h, w, {len(attribution.values)}), "
            f"received {activations.shape}."
        )
    selected = select_channels(attribution, sign) if channels is None else np.asarray(channels, int)
    word = {"pos": "positive", "neg": "negative"}[sign]
    if not len(selected):
        raise NothingSelectedError(
            f"No {word} channel in {attribution.layer} stands out; "
            "choose another layer, class or sign."
        )
    flip = 1 if sign == "pos" else -1
    strength, weight = (
        flip * attribution.values[selected],
        flip * attribution.icon_weights[selected],
    )
    X = activations.reshape(-1, activations.shape[-1])[:, selected]
    # What is strong about a channel that speaks by being negative is its low values.
    X = np.where(attribution.turned[selected], -X, X)
    with threadpool_limits(1):  # matrices are small: several threads would wait for each other
        labels = np.asarray(grouper.fit_predict(X))
    if labels.shape != selected.shape or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"Expected an integer for each of {len(selected)} channels from "
            f"{type(grouper).__name__}.fit_predict, received {labels.dtype} {labels.shape}."
        )
    groups = []
    for label in np.unique(labels[labels >= 0]):
        members = np.flatnonzero(labels == label)
        members = members[np.argsort(-strength[members], kind="stable")]
        groups.append(FeatureGroup(selected[members], strength[members], weight[members]))
    noise = selected[labels < 0]
    if not groups:
        raise InputError(
            f"{type(grouper).__name__} left all {len(selected)} {word} channels of "
            f"{attribution.layer} without a group: choose another grouping or its parameters."
        )
    if len(noise):
        logger.warning("%d of %d channels are in no group.", len(noise), len(selected))
    explained = getattr(grouper, "explained_variance_", None)
    found = FeatureGroups(tuple(groups), attribution, sign, noise, grouper, explained)
    against = [own.kind.startswith("against") for own in found.contrasts] or [False] * len(groups)
    # What only speaks against the other class looks where that one is: it comes last.
    order = sorted(range(len(groups)), key=lambda k: (against[k], -groups[k].score))
    return replace(found, groups=tuple(groups[k] for k in order))


def deciding_digest(attribution: ChannelAttribution) -> str:
    """A digest of everything in an attribution that decides which groups `group_channels` finds.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import ChannelAttribution
        >>> one, other = (ChannelAttribution("IGSG", "layer", k, np.ones(3)) for k in (0, 1))
        >>> deciding_digest(one) == deciding_digest(other)
        True
    """
    found = hashlib.sha256()
    for own in (attribution.values, attribution.icon_weights, attribution.of_both):
        found.update(b"unknown" if own is None else own.tobytes())
    return found.hexdigest()
