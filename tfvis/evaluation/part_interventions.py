"""Does a class depend on the parts of an object that a map names? Draw the object without them.

Rendered scenes can be drawn without a part, with all else as it is, so that what a part is worth to
the network is known and not estimated. The protocols are those of Hesse, Schaub-Meyer, Roth (2023),
"FunnyBirds", arXiv 2308.06248, section 4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from tfvis.utils.errors import InputError

from ..critters.parts import PARTS

__all__ = [
    "IMPORTANT",
    "PartChecks",
    "check_parts",
    "important_parts",
    "part_masses",
    "rank_agreement",
    "sufficient_sets",
]

IMPORTANT = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5])
"""Shares of the mass on all parts from which on a part counts as important."""


@dataclass(frozen=True, eq=False)
class PartChecks:
    """Whether the parts that a map names are the ones that the class needs, at T thresholds.

    Attributes:
        preservation: 1 where the network's answer is still the class with the important parts
            alone, float64 (T,) of 0 and 1.
        deletion: 1 where its answer is another one without them.
        controlled: how much of a set of parts that tells the class from all others is important:
            of that set of which the largest share is, see `sufficient_sets`. NaN without such a
            set.
    """

    preservation: np.ndarray
    deletion: np.ndarray
    controlled: np.ndarray


def part_masses(a_map: np.ndarray, parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """The sum of a map on each part.

    Args:
        a_map: (H, W), ≥ 0.
        parts: masks by name, bool (H, W); see `Scene.parts`.

    Returns:
        float64 (parts,).

    Example:
        >>> import numpy as np
        >>> part_masses(np.eye(2), {"ear": np.eye(2) > 0, "tail": np.array([[0, 1], [0, 1]]) > 0})
        array([2., 1.])
    """
    a_map = np.asarray(a_map, np.float64)
    if a_map.ndim != 2 or not (np.isfinite(a_map).all() and (a_map >= 0).all()):
        raise InputError("Expected a map (H, W) of finite values >= 0, received others.")
    for name, mask in parts.items():
        if np.shape(mask) != a_map.shape:
            raise InputError(
                f"Expected a mask of {name!r} of the map's shape {a_map.shape}, received "
                f"{np.shape(mask)}."
            )
    return np.array([a_map[np.asarray(mask, bool)].sum() for mask in parts.values()])


def rank_agreement(masses: np.ndarray, drops: np.ndarray) -> float:
    """Single deletion: do the parts that a map marks most matter most?

    Args:
        masses: the map's sum on each part, (parts,).
        drops: by how much the class's logit falls without each part, (parts,).

    Returns:
        Spearman's rank correlation, from −1 to 1; 0 is chance, and what equal masses score. NaN
        for fewer than three parts, and where no part matters more than another.

    Example:
        >>> round(rank_agreement([5.0, 1.0, 0.0], [2.0, 0.4, 0.1]), 6)
        1.0
    """
    masses, drops = np.asarray(masses, np.float64), np.asarray(drops, np.float64)
    if masses.shape != drops.shape or masses.ndim != 1:
        raise InputError(
            f"Expected as many masses as drops, received {masses.shape} and {drops.shape}."
        )
    if len(masses) < 3 or np.ptp(drops) == 0:
        return float("nan")
    if np.ptp(masses) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(masses), rankdata(drops))[0, 1])


def important_parts(
    masses: np.ndarray, names: Sequence[str], thresholds: Sequence[float] | np.ndarray = IMPORTANT
) -> tuple[frozenset[str], ...]:
    """The parts that hold at least a share of the mass on all parts, for each threshold.

    None is important where the map shows no part.

    Example:
        >>> [sorted(own) for own in important_parts([6, 3, 1], ["ear", "eye", "leg"], [0.2, 0.5])]
        [['ear', 'eye'], ['ear']]
    """
    masses = np.asarray(masses, np.float64)
    total = masses.sum()
    return tuple(
        frozenset(
            name for name, mass in zip(names, masses, strict=True) if mass > 0 and mass >= t * total
        )
        for t in thresholds
    )


def sufficient_sets(label: str, visible: Collection[str]) -> tuple[frozenset[str], ...]:
    """The smallest sets of visible parts that no figure of another class can have all of.

    By their names alone: an elephant is told by its trunk, while ears are had by several classes,
    each in a shape of its own. Where a network tells classes by shapes, it needs fewer parts.

    Args:
        label: the class, one of `tfvis.critters.PARTS`.
        visible: names of the parts that can be seen.

    Returns:
        Sets of which no part can be left out; none if the visible parts do not tell the class.

    Example:
        >>> [sorted(own) for own in sufficient_sets("cat", ["ear", "eye", "whisker", "tail"])]
        []
        >>> [sorted(own) for own in sufficient_sets("elephant", ["ear", "trunk", "eye"])]
        [['trunk']]
    """
    if label not in PARTS:
        raise InputError(f"Expected a class with named parts, received {label!r}.")
    others = [set(own) for name, own in PARTS.items() if name != label]
    found: list[frozenset[str]] = []
    ordered = sorted(set(visible))
    for size in range(1, len(ordered) + 1):
        for chosen in map(frozenset, combinations(ordered, size)):
            if not any(own <= chosen for own in found) and not any(chosen <= own for own in others):
                found.append(chosen)
    return tuple(found)


def check_parts(
    important: Sequence[frozenset[str]],
    answers: Mapping[frozenset[str], int],
    visible: Collection[str],
    class_index: int,
    label: str,
) -> PartChecks:
    """Preservation and deletion check, and the controlled synthetic data check.

    Args:
        important: the parts that count as important, for each of T thresholds.
        answers: by the parts that are left out: the class that the network answers; of each
            important set, and of the visible parts that are not in it.
        visible: names of the parts that can be seen.
        class_index: of the class that is explained.
        label: its name.
    """
    whole = frozenset(visible)
    kept = [answers[whole - own] == class_index for own in important]
    gone = [answers[own] != class_index for own in important]
    sets = sufficient_sets(label, whole)
    shares = [max((len(own & one) / len(one) for one in sets), default=np.nan) for own in important]
    return PartChecks(np.array(kept, float), np.array(gone, float), np.array(shares, float))
