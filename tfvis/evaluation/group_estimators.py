"""Ways to say how much each group of channels matters to a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import qmc

from tfvis.utils.attribution import aumann_shapley, gradient_times_activation, shapley_sampling
from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.image_sources import ImageLike, SourceImage, read_image
from tfvis.utils.network import Network

from .group_game import group_shapley

__all__ = ["ESTIMATORS", "group_importance", "ordered_by"]

_DESIGNS = 32
_ORDERS = 20


def group_importance(
    net: Network, image: ImageLike, groups: FeatureGroups, estimator: str, *, seed: int = 0
) -> np.ndarray:
    """How much each group matters to the class, by one of `ESTIMATORS`.

    Args:
        net: the network.
        image: that the groups were found on; see `read_image`.
        groups: of a layer's channels for a class.
        estimator:
            "IGSG": the sum of the channels' Aumann–Shapley values;
            "Shap": the sum of their sampled Shapley values, of 20 orders;
            "gradient": the sum of their gradients times activations;
            "occlusion": by how much the logit falls without the group;
            "Sobol": the total Sobol index of the group's size, the share of the logit's variance
            that goes if it stays the same, by Jansen's estimator (1999) on 32 designs: above 0
            whichever way the group moves the class;
            "game": the exact Shapley value among the groups and the channels in none.
        seed: random seed of "Shap" and "Sobol".

    Returns:
        float64 (groups,). Of groups against the class signs are flipped, apart from "Sobol".

    Raises:
        InputError: an unknown estimator, or too many groups for "game".
    """
    if estimator not in _ESTIMATORS:
        raise unknown("estimator", estimator, _ESTIMATORS)
    require_count("seed", seed, 0)
    source = read_image(image, net.input_size)
    found = _ESTIMATORS[estimator](net, source, groups, seed)
    return found if estimator == "Sobol" or groups.sign == "pos" else -found


def ordered_by(groups: FeatureGroups, importance: Sequence[float] | np.ndarray) -> FeatureGroups:
    """The same groups, the most important one first.

    Args:
        groups: the groups.
        importance: of each, (groups,).
    """
    importance = np.asarray(importance, np.float64)
    if importance.shape != (len(groups),):
        raise InputError(
            f"Expected the importance of {len(groups)} groups, received {importance.shape}."
        )
    order = np.argsort(-importance, kind="stable")
    return replace(groups, groups=tuple(groups[int(k)] for k in order))


def _sums(groups: FeatureGroups, values: np.ndarray) -> np.ndarray:
    return np.array([values[group.channels].sum() for group in groups])


def _by_gradients(
    net: Network, source: SourceImage, groups: FeatureGroups, seed: int
) -> np.ndarray:
    own = groups.attribution
    (found,) = aumann_shapley(
        net, source, own.layer, classes=[own.class_index], rather_than=own.rather_than, maps=False
    )
    return _sums(groups, found.values)


def _by_orders(net: Network, source: SourceImage, groups: FeatureGroups, seed: int) -> np.ndarray:
    own = groups.attribution
    (found,) = shapley_sampling(
        net, source, own.layer,
        classes=[own.class_index], rather_than=own.rather_than, permutations=_ORDERS, seed=seed,
    )  # fmt: skip
    return _sums(groups, found.values)


def _by_one_gradient(
    net: Network, source: SourceImage, groups: FeatureGroups, seed: int
) -> np.ndarray:
    own = groups.attribution
    found = gradient_times_activation(
        net, source, own.layer, own.class_index, rather_than=own.rather_than
    )
    return _sums(groups, found)


def _by_occlusion(
    net: Network, source: SourceImage, groups: FeatureGroups, seed: int
) -> np.ndarray:
    member = _members(groups)
    worths = _worths(net, source, groups, np.concatenate([np.ones_like(member[:1]), ~member]))
    return worths[0] - worths[1:]


def _by_variance(net: Network, source: SourceImage, groups: FeatureGroups, seed: int) -> np.ndarray:
    n, member = len(groups), _members(groups)
    drawn = qmc.Sobol(2 * n, rng=np.random.default_rng(seed)).random(_DESIGNS)
    first, second = drawn[:, :n], drawn[:, n:]
    designs = np.repeat(first[np.newaxis], n + 1, axis=0)
    for k in range(n):
        designs[k + 1, :, k] = second[:, k]
    # Channels in no group are always there.
    sizes = designs.reshape(-1, n) @ member + ~member.any(axis=0)
    worths = _worths(net, source, groups, sizes).reshape(n + 1, _DESIGNS)
    variance = worths[0].var()
    if not variance:
        return np.zeros(n)
    return np.square(worths[1:] - worths[0]).mean(axis=1) / (2 * variance)


def _by_game(net: Network, source: SourceImage, groups: FeatureGroups, seed: int) -> np.ndarray:
    return group_shapley(net, source, groups).values[: len(groups)]


def _members(groups: FeatureGroups) -> np.ndarray:
    """Which channels each group has: bool (groups, C)."""
    member = np.zeros((len(groups), len(groups.attribution.values)), bool)
    for row, group in zip(member, groups, strict=True):
        row[group.channels] = True
    return member


def _worths(
    net: Network, source: SourceImage, groups: FeatureGroups, present: np.ndarray
) -> np.ndarray:
    """The logit, or the difference of two, of some sets of channels: float64 (n,)."""
    own = groups.attribution
    activations = net.activations_of(source, own.layer)
    return own.scores_of(logits_with_channels(net, own.layer, activations, present))


_Estimator = Callable[[Network, SourceImage, FeatureGroups, int], np.ndarray]
_ESTIMATORS: dict[str, _Estimator] = {
    "IGSG": _by_gradients,
    "Shap": _by_orders,
    "gradient": _by_one_gradient,
    "occlusion": _by_occlusion,
    "Sobol": _by_variance,
    "game": _by_game,
}
ESTIMATORS = tuple(_ESTIMATORS)
