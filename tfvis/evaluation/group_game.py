"""The game whose players are groups of channels, solved exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np

from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.image_sources import ImageLike, read_image
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.group_worths import GroupWorths

__all__ = ["GroupGame", "group_shapley", "interactions_of", "shapley_values_of"]

MAX_PLAYERS = 12
"""4096 coalitions."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupGame(GroupWorths):
    """The worth of every coalition of groups, and what follows from it.

    The worth of a coalition is the class's logit with its channels alone, less that of another
    class where two were contrasted. `GroupWorths` says what the other attributes are.

    Attributes:
        players: the channels of each, int arrays; the last one may be empty.
        worths: float64 (2ⁿ,); player k is in coalition j where bit k of j is 1.
    """

    players: tuple[np.ndarray, ...] = field(repr=False)
    worths: np.ndarray = field(repr=False)

    def without_coalitions(self) -> GroupWorths:
        """What follows from the worths alone: what an `Explanation` keeps."""
        return GroupWorths(**{own.name: getattr(self, own.name) for own in fields(GroupWorths)})


def group_shapley(
    net: Network,
    image: ImageLike,
    groups: FeatureGroups,
    *,
    absent: np.ndarray | None = None,
    max_players: int = MAX_PLAYERS,
    batch_size: int = 64,
    progress: Progress = silent,
) -> GroupGame:
    """Exact Shapley values of groups of channels, and the interactions of all pairs of groups.

    All 2ⁿ coalitions of n players are evaluated. Shapley (1953), "A value for n-person games"; the
    interactions are the index of Grabisch and Roubens (1999), "An axiomatic approach to the concept
    of interaction among players in cooperative games".

    Args:
        net: the network.
        image: that the groups were found on; see `read_image`.
        groups: of a layer's channels for a class: `explanation.groups`, or of `group_channels`.
        absent: what takes the place of channels that are out, (C,) or (h, w, C); zeros if left out.
        max_players: more than this many groups and the rest are an error, since each player doubles
            the work.
        batch_size: coalitions that are evaluated at once; bounds the memory.
        progress: called with coalitions done and coalitions in all.

    Raises:
        InputError: too many groups.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> (found,) = tfvis.explain(net, image, ["dog"], layer="mixed4d", icons=False,
        ...                          attribution_steps=4)
        >>> game = group_shapley(net, image, found.groups)
        >>> bool(abs(game.values.sum() - game.total) < 1e-4)
        True
    """
    require_count("max_players", max_players)
    attribution = groups.attribution
    layer = net.require_layer(attribution.layer)
    players = _players(groups)
    n = len(players)
    if n > max_players:
        raise InputError(
            f"Expected at most {max_players} players, received {n}, {len(groups)} groups and the "
            f"channels in none: form fewer groups (n_groups={max_players - 1}), or set "
            f"max_players={n} for {2**n} coalitions."
        )
    source = read_image(image, net.input_size)
    member = np.zeros((n, len(attribution.values)), bool)
    for row, channels in zip(member, players, strict=True):
        row[channels] = True
    inside = _members(n)
    logits = logits_with_channels(
        net,
        layer,
        net.activations_of(source, layer),
        inside @ member,
        absent=absent,
        batch_size=batch_size,
        progress=progress,
    )
    worths = attribution.scores_of(logits)
    return GroupGame(
        players=players,
        worths=worths,
        total=float(worths[-1] - worths[0]),
        values=shapley_values_of(worths),
        interactions=interactions_of(worths),
        attributed=np.array([attribution.values[channels].sum() for channels in players]),
    )


def too_many_players(groups: FeatureGroups) -> str | None:
    """Why `group_shapley` refuses groups by default, in a sentence; None where it does not.

    Args:
        groups: of a layer's channels for a class.
    """
    n = len(groups) + 1
    if n <= MAX_PLAYERS:
        return None
    return (
        f"The exact values are computed for at most {MAX_PLAYERS} players, and here are {n}: "
        f"{len(groups)} groups and the channels in none."
    )


def shapley_values_of(worths: np.ndarray) -> np.ndarray:
    """The Shapley values of a game.

    Args:
        worths: of all coalitions, (2ⁿ,); player k is in coalition j where bit k of j is 1.

    Returns:
        float64 (n,).

    Example:
        >>> shapley_values_of([0.0, 1.0, 2.0, 5.0])
        array([2., 3.])
    """
    worths, n = _checked(worths)
    inside = _members(n)
    sizes = inside.sum(axis=1)
    weights = np.array([1 / (n * math.comb(n - 1, s)) for s in range(n)])
    values = np.empty(n)
    for k in range(n):
        without = np.flatnonzero(~inside[:, k])
        gains = worths[without | 1 << k] - worths[without]
        values[k] = weights[sizes[without]] @ gains
    return values


def interactions_of(worths: np.ndarray) -> np.ndarray:
    """The Shapley interaction index of each pair of players.

    Args:
        worths: see `shapley_values_of`.

    Returns:
        float64 (n, n), symmetric, zeros on the diagonal.

    Example:
        >>> interactions_of([0.0, 1.0, 2.0, 5.0])
        array([[0., 2.],
               [2., 0.]])
    """
    worths, n = _checked(worths)
    inside = _members(n)
    sizes = inside.sum(axis=1)
    weights = np.array([1 / ((n - 1) * math.comb(n - 2, s)) for s in range(n - 1)])
    found = np.zeros((n, n))
    for k in range(n):
        for m in range(k):
            without = np.flatnonzero(~inside[:, k] & ~inside[:, m])
            one, other = 1 << k, 1 << m
            gains = (
                worths[without | one | other]
                - worths[without | one]
                - worths[without | other]
                + worths[without]
            )
            found[k, m] = found[m, k] = weights[sizes[without]] @ gains
    return found


def _players(groups: FeatureGroups) -> tuple[np.ndarray, ...]:
    """The channels of each group, and those that are in none."""
    own = [np.asarray(group.channels, int) for group in groups]
    rest = np.setdiff1d(np.arange(len(groups.attribution.values)), np.concatenate(own))
    return *own, rest


def _members(n: int) -> np.ndarray:
    """Which players are in each of the 2ⁿ coalitions: bool (2ⁿ, n)."""
    return (np.arange(2**n)[:, np.newaxis] >> np.arange(n) & 1).astype(bool)


def _checked(worths: np.ndarray) -> tuple[np.ndarray, int]:
    worths = np.asarray(worths, np.float64)
    n = len(worths).bit_length() - 1 if worths.ndim == 1 else 0
    if n < 1 or worths.shape != (2**n,):
        raise InputError(
            f"Expected the worths of all 2ⁿ coalitions of n players, received {worths.shape}."
        )
    return worths, n
