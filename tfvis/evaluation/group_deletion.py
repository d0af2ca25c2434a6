"""Does a class depend on the groups that are said to carry it? Take them away, one after the other.

Deletion and insertion (Petsiuk, Das, Saenko 2018, arXiv 1806.07421) with groups of a layer's
channels in the place of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import softmax

from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.image_sources import ImageLike, read_image
from tfvis.utils.network import Network

__all__ = [
    "GROUPS",
    "ORDERS",
    "RANDOM",
    "REVERSE",
    "SCORES",
    "SINGLE",
    "GroupDeletion",
    "delete_groups",
    "insert_groups",
]

GROUPS, REVERSE, SINGLE, RANDOM = "groups", "reverse order", "single channels", "random groups"
ORDERS = (GROUPS, REVERSE, SINGLE, RANDOM)
"""What is taken away step by step."""
SCORES = ("logit", "probability")


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupDeletion:
    """How a class's answer moves while channels go, or come, in several orders.

    All orders take as many channels in each step as the groups have, the best group's first; in
    reverse order the worst group goes first.

    Attributes:
        counts: how many channels have gone, or come, at each point: int (k + 1,), from 0. Those of
            the reverse order are `reverse_counts`.
        reverse_counts: see `counts`.
        scores: by "logit" and "probability", and by order: float64 (k + 1,), of "random groups"
            (n, k + 1), a row a draw. The logit is that of the class, less that of another class
            where two were contrasted.
        inserted: whether channels came, rather than went.
        sign: "pos" for groups that speak for the class, "neg" for those against it.
    """

    counts: np.ndarray
    reverse_counts: np.ndarray
    scores: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False)
    inserted: bool
    sign: str

    def auc(self, order: str = GROUPS, score: str = "logit") -> float:
        """The mean of the score over the share of the channels that have gone, or come.

        By the trapezoidal rule; of random groups the mean over all draws.
        """
        return float(np.mean(self._areas(order, score)))

    def effect(self, order: str = GROUPS, score: str = "logit") -> float:
        """How far the score moved as the groups claim, on average on the way: more is better.

        For groups that speak for the class that is how far deletion lowered the score below what it
        was, or how far insertion raised it; for groups against the class the opposite.
        """
        return float(np.mean(self._effects(order, score)))

    def rank(self, score: str = "logit") -> float:
        """The share of random draws whose effect is smaller than that of the groups.

        Draws of the same effect count one half.
        """
        drawn, own = self._effects(RANDOM, score), self.effect(GROUPS, score)
        return float((np.sign(own - drawn) + 1).mean() / 2)

    def _effects(self, order: str, score: str) -> np.ndarray:
        start = self._curve(order, score)[..., 0]
        moved = self._areas(order, score) - start
        return moved if self.inserted == (self.sign == "pos") else -moved

    def _areas(self, order: str, score: str) -> np.ndarray:
        curve = self._curve(order, score)
        at = self.reverse_counts if order == REVERSE else self.counts
        return trapezoid(curve, at / at[-1], axis=-1)

    def _curve(self, order: str, score: str) -> np.ndarray:
        if score not in self.scores:
            raise unknown("score", score, self.scores)
        if order not in self.scores[score]:
            raise unknown("order", order, self.scores[score])
        return self.scores[score][order]


def delete_groups(
    net: Network,
    image: ImageLike,
    groups: FeatureGroups,
    *,
    absent: np.ndarray | None = None,
    n_random: int = 100,
    seed: int = 0,
    batch_size: int = 64,
) -> GroupDeletion:
    """Take groups of channels out of a layer, the best first, and see what the class loses.

    The other orders are what it is compared with: the worst group first, the same channels one by
    one without their groups (those with the largest attribution first), and random groups of the
    same sizes. Random groups are drawn among the channels that are not 0 everywhere: to take out
    one that is changes nothing.

    Args:
        net: the network.
        image: see `read_image`.
        groups: of a layer's channels for a class, whoever found them; see `group_channels`.
        absent: what takes the place of channels that are out, (C,) or (h, w, C): zeros if left out;
            `channel_means` of other images is the usual alternative.
        n_random: draws of random groups.
        seed: random seed of the draws.
        batch_size: sets of channels that are evaluated at once; bounds the memory.

    Raises:
        InputError: the groups have more channels than are active in the image, so that no random
            groups of their sizes can be drawn.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> (found,) = tfvis.explain(net, image, ["dog"], layer="mixed4d", icons=False,
        ...                          attribution_steps=4)
        >>> delete_groups(net, image, found.groups).rank()
        1.0
    """
    return _moved(net, image, groups, False, absent, n_random, seed, batch_size)


def insert_groups(
    net: Network,
    image: ImageLike,
    groups: FeatureGroups,
    *,
    absent: np.ndarray | None = None,
    n_random: int = 100,
    seed: int = 0,
    batch_size: int = 64,
) -> GroupDeletion:
    """Bring groups of channels, the best first, into a layer without any, and see what returns.

    See `delete_groups` for the arguments.
    """
    return _moved(net, image, groups, True, absent, n_random, seed, batch_size)


def _moved(
    net: Network,
    image: ImageLike,
    groups: FeatureGroups,
    inserted: bool,
    absent: np.ndarray | None,
    n_random: int,
    seed: int,
    batch_size: int,
) -> GroupDeletion:
    require_count("n_random", n_random)
    require_count("seed", seed, 0)
    attribution = groups.attribution
    layer = net.require_layer(attribution.layer)
    source = read_image(image, net.input_size)
    activations = net.activations_of(source, layer)
    own = [np.asarray(group.channels, int) for group in groups]
    sizes = [len(channels) for channels in own]
    orders = {
        GROUPS: [np.concatenate(own)],
        REVERSE: [np.concatenate(own[::-1])],
        SINGLE: [_by_strength(groups)],
        RANDOM: _random_orders(activations, own, n_random, seed),
    }
    counts = np.cumsum([0, *sizes])
    reverse_counts = np.cumsum([0, *sizes[::-1]])
    moving = np.concatenate(
        [
            _prefixes(order, reverse_counts if name == REVERSE else counts, len(attribution.values))
            for name, drawn in orders.items()
            for order in drawn
        ]
    )
    logits = logits_with_channels(
        net,
        layer,
        activations,
        moving if inserted else ~moving,
        absent=absent,
        batch_size=batch_size,
    )
    found = {
        "logit": attribution.scores_of(logits),
        "probability": softmax(logits, axis=1)[:, attribution.class_index],
    }
    scores = {name: _by_order(values, orders, len(counts)) for name, values in found.items()}
    return GroupDeletion(
        counts=counts,
        reverse_counts=reverse_counts,
        scores=scores,
        inserted=inserted,
        sign=groups.sign,
    )


def _by_strength(groups: FeatureGroups) -> np.ndarray:
    """The channels of all groups, those with the largest attribution first."""
    channels = np.concatenate([group.channels for group in groups])
    strengths = np.concatenate([group.strengths for group in groups])
    return channels[np.argsort(-strengths, kind="stable")]


def _random_orders(
    activations: np.ndarray, own: Sequence[np.ndarray], n_random: int, seed: int
) -> list[np.ndarray]:
    """Orders of as many channels as the groups have, of those that are not 0 everywhere."""
    active = np.flatnonzero(activations.any(axis=(0, 1)))
    count = sum(map(len, own))
    if count > len(active):
        raise InputError(
            f"Expected groups of at most {len(active)} channels, those that are active in the "
            f"image, received groups of {count}: they are of another image."
        )
    rng = np.random.default_rng(seed)
    return [rng.permutation(active)[:count] for _ in range(n_random)]


def _prefixes(order: np.ndarray, counts: np.ndarray, n_channels: int) -> np.ndarray:
    """Which channels are among the first so many of an order: bool (counts, C)."""
    place = np.full(n_channels, n_channels)
    place[order] = np.arange(len(order))
    return place < counts[:, np.newaxis]


def _by_order(
    values: np.ndarray, orders: Mapping[str, Sequence[np.ndarray]], n_points: int
) -> dict[str, np.ndarray]:
    """A score's curves by order, of the scores of all sets."""
    curves, first = values.reshape(-1, n_points), 0
    found = {}
    for name, drawn in orders.items():
        own = curves[first : first + len(drawn)]
        found[name] = own if name == RANDOM else own[0]
        first += len(drawn)
    return found
