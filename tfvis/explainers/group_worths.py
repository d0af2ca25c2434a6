"""What groups are worth exactly, beside what their channels' attributions sum to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tfvis.utils.errors import InputError

__all__ = ["OTHERS", "GroupWorths", "Interaction"]

OTHERS = "the channels in no group"
"""The name of the last player."""


@dataclass(frozen=True)
class Interaction:
    """Two players of a game.

    Attributes:
        first: the number of the one.
        second: the number of the other, which is larger.
        value: their interaction.
        text: the same in a sentence.
    """

    first: int
    second: int
    value: float
    text: str


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupWorths:
    """The exact Shapley values of groups of channels; `tfvis.evaluation.group_shapley` finds them.

    The players are the groups, best first, and last the channels that are in no group, together one
    player. Numbers are in units of the logit, or of the difference of two logits where two classes
    were contrasted; they are negative for groups that speak against the class.

    Attributes:
        values: the players' Shapley values, float64 (n,). They sum to `total`.
        interactions: of each pair of players, float64 (n, n), symmetric, zeros on the diagonal: how
            much more two are worth together than apart (> 0), or how much less (< 0), on average
            over the coalitions of the others.
        attributed: the sum of the channels' own attributions for each player, float64 (n,).
        total: the worth of all players less that of none.

    Raises:
        InputError: the shapes do not fit each other.

    Example:
        >>> found = GroupWorths(values=np.array([2.0, 3.0]), attributed=np.array([1.5, 3.5]),
        ...                     interactions=np.array([[0.0, 1.25], [1.25, 0.0]]), total=5.0)
        >>> found.difference
        array([ 0.5, -0.5])
        >>> found.strongest()[0].text
        'group 0 and the channels in no group are worth 1.25 more together'
    """

    values: np.ndarray
    interactions: np.ndarray = field(repr=False)
    attributed: np.ndarray
    total: float

    def __post_init__(self) -> None:
        n = np.size(self.values)
        expected = {"values": (n,), "interactions": (n, n), "attributed": (n,)}
        for name, shape in expected.items():
            received = np.shape(getattr(self, name))
            if received != shape or not n:
                raise InputError(f"Expected {name} of {n} players, received the shape {received}.")

    @property
    def difference(self) -> np.ndarray:
        """How much more a player is worth as one than its channels' attributions sum to: (n,)."""
        return self.values - self.attributed

    def name(self, player: int) -> str:
        """What a player is called."""
        return f"group {player}" if player < len(self.values) - 1 else OTHERS

    def strongest(self, most: int = 5) -> tuple[Interaction, ...]:
        """The pairs of players that change each other's worth most, the strongest first.

        Args:
            most: how many pairs. Pairs without an interaction are left out.
        """
        rows, columns = np.triu_indices(len(self.values), 1)
        sizes = np.abs(self.interactions[rows, columns])
        order = np.argsort(-sizes, kind="stable")
        return tuple(
            self._interaction(int(rows[k]), int(columns[k])) for k in order[:most] if sizes[k] > 0
        )

    def _interaction(self, first: int, second: int) -> Interaction:
        value = float(self.interactions[first, second])
        more = "more" if value > 0 else "less"
        names = f"{self.name(first)} and {self.name(second)}"
        return Interaction(
            first, second, value, f"{names} are worth {abs(value):.3g} {more} together"
        )
