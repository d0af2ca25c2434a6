"""What a page shows of the exact game of groups: each group's worth, and which need each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...explainers.explanation import Explanation
from ...explainers.group_worths import GroupWorths

PAIRS = 5
"""So many of the strongest interactions are listed."""


@dataclass(frozen=True)
class Row:
    """A group on the page, or the channels in no group, or the sum of all.

    Attributes:
        name: what it is called.
        group: the group's number; None for the others.
        attributed: the sum of its channels' attributions.
        value: its exact Shapley value.
        difference: the value less the sum.
    """

    name: str
    group: int | None
    attributed: float
    value: float
    difference: float


@dataclass(frozen=True)
class Worths:
    """The exact game of groups on the page.

    Attributes:
        rows: a row a player, the groups first.
        total: the sum of the rows.
        pairs: the strongest interactions, in sentences.
        names: the players' names in the matrix.
        matrix: the interactions of all pairs, a row a player.
        problem: why all of that is missing; None where it is there.
    """

    rows: tuple[Row, ...] = ()
    total: Row | None = None
    pairs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    matrix: tuple[tuple[float, ...], ...] = ()
    problem: str | None = None


def worths_on_page(found: Explanation) -> Worths | None:
    """What the page shows of an explanation's game; None where none was asked for."""
    game = found.game
    if game is None:
        return None if found.game_problem is None else Worths(problem=found.game_problem)
    last = len(game.values) - 1
    rows = tuple(
        Row(
            game.name(k),
            k if k < last else None,
            float(game.attributed[k]),
            float(game.values[k]),
            float(game.difference[k]),
        )
        for k in range(last + 1)
    )
    sums = (float(own.sum()) for own in (game.attributed, game.values, game.difference))
    return Worths(
        rows=rows,
        total=Row("all channels", None, *sums),
        pairs=tuple(f"{own.text[:1].upper()}{own.text[1:]}." for own in game.strongest(PAIRS)),
        names=(*(f"group {k}" for k in range(last)), "others"),
        matrix=tuple(tuple(map(float, row)) for row in game.interactions),
    )


def worths_as_data(game: GroupWorths | None) -> Mapping[str, Any] | None:
    """The same for the page's program and its downloads."""
    if game is None:
        return None
    return {
        "attributed": game.attributed,
        "shapley_values": game.values,
        "difference": game.difference,
        "interactions": game.interactions,
        "total": game.total,
    }
