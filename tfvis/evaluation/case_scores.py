"""How one result is scored: what the network answers, and the functions that make a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.network import Network

from ..explainers.base import Explainer
from .cases import Case
from .explaining import Found
from .grid_pointing import grid_share
from .group_deletion import GROUPS, RANDOM, GroupDeletion, delete_groups, insert_groups
from .group_stability import allows, study_stability
from .part_interventions import (
    PartChecks,
    check_parts,
    important_parts,
    part_masses,
    rank_agreement,
)
from .pixel_deletion import ConfidenceChange, confidence_change, delete_pixels, insert_pixels

__all__ = [
    "Answers",
    "Asked",
    "of_confidence",
    "of_grid",
    "of_groups",
    "of_part_check",
    "of_pixels",
    "of_single_deletion",
    "of_stability",
]

N_RANDOM = 20
"""Draws of random groups for each result."""

_LEAST_PIXELS = 8
"""Smaller parts are left out: hardly any map could mark them."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network answers to a case and to changed forms of it, computed once.

    Attributes:
        net: the network.
        case: the case.
    """

    net: Network
    case: Case
    _logits: dict[frozenset[str], np.ndarray] = field(default_factory=dict, repr=False)
    _deletions: dict[tuple[int, bool], tuple[FeatureGroups, GroupDeletion]] = field(
        default_factory=dict, repr=False
    )
    _confidences: list[tuple[Found, list[ConfidenceChange]]] = field(
        default_factory=list, repr=False
    )

    @cached_property
    def parts(self) -> dict[str, np.ndarray]:
        """The parts that can be seen well enough."""
        own = self.case.parts
        return {name: mask for name, mask in own.items() if mask.sum() >= _LEAST_PIXELS}

    def without(self, sets: Iterable[frozenset[str]]) -> dict[frozenset[str], np.ndarray]:
        """The logits of the case without each set of parts."""
        if self.case.without is None:
            raise InputError(f"Expected a scene that can be drawn anew, received {self.case.key}.")
        wanted = [own for own in dict.fromkeys(sets) if own not in self._logits]
        if wanted:
            drawn = np.stack([self.case.without(sorted(own)) if own else self.case.image
                              for own in wanted])  # fmt: skip
            self._logits.update(zip(wanted, self.net.logits(drawn), strict=True))
        return self._logits

    @cached_property
    def drops(self) -> np.ndarray:
        """By how much the class's logit falls without each of `parts`: float64 (parts,)."""
        none, singles = frozenset[str](), [frozenset([name]) for name in self.parts]
        found = self.without([none, *singles])
        c = self.case.class_index
        return np.array([float(found[none][c] - found[own][c]) for own in singles])

    def confidences(self, found: Found) -> list[ConfidenceChange]:
        """What is left of the class where each map masks the image; those asked last are kept."""
        if not self._confidences or self._confidences[0][0] is not found:
            case = self.case
            changes = [
                confidence_change(self.net, case.image, a_map, case.class_index)
                for a_map in found.maps
            ]
            self._confidences[:] = [(found, changes)]
        return self._confidences[0][1]

    def deletion(self, groups: FeatureGroups, *, insert: bool, seed: int) -> GroupDeletion:
        """The deletion, or insertion, of groups."""
        key = id(groups), insert
        if key not in self._deletions:
            move = insert_groups if insert else delete_groups
            found = move(self.net, self.case.image, groups, n_random=N_RANDOM, seed=seed)
            self._deletions[key] = groups, found  # with the groups, so that their id stays theirs
        return self._deletions[key][1]


@dataclass(frozen=True, eq=False)
class Asked:
    """What a score is asked about.

    Attributes:
        net: the network.
        case: what was explained.
        answers: of the network.
        found: the result, and its maps that count.
        explainer: whose result it is.
        seed: random seed of whatever is random.
    """

    net: Network
    case: Case
    answers: Answers
    found: Found
    explainer: Explainer
    seed: int

    @property
    def groups(self) -> FeatureGroups | None:
        """The result's groups; None where it has none."""
        groups = getattr(self.found.result, "groups", None)
        return groups if isinstance(groups, FeatureGroups) else None

    def mean_over_maps(self, score: Callable[[np.ndarray], Any]) -> np.ndarray:
        """The mean of the scores of all maps that count."""
        return np.mean([np.asarray(score(a_map)) for a_map in self.found.maps], axis=0)


def of_grid(asked: Asked) -> np.ndarray:
    """The share of the map in the right cell; see `grid_share`."""
    cell = asked.case.cell
    if cell is None:
        raise InputError("expected a grid, received a case without a cell.")
    return asked.mean_over_maps(lambda a_map: grid_share(a_map, cell))


def of_pixels(asked: Asked, *, insert: bool, background: str) -> np.ndarray:
    """The area under the curve of `delete_pixels` or `insert_pixels`."""
    move = insert_pixels if insert else delete_pixels
    return asked.mean_over_maps(
        lambda a_map: move(
            asked.net, asked.case.image, a_map, asked.case.class_index,
            background=background, steps=16, seed=asked.seed,
        ).auc()
    )  # fmt: skip


def of_confidence(asked: Asked, what: str) -> float:
    """The mean of a field of `confidence_change`: "drop" or "increased".

    A map of zeros, and one that could not be made, keep nothing of the answer: their drop is 1 and
    their increase 0. As masks that hide nothing they would have the best drop of all.
    """
    changes = asked.answers.confidences(asked.found)
    failed = asked.found.result.problem is not None

    def score(a_map: np.ndarray, change: ConfidenceChange) -> float:
        keeps_nothing = not a_map.any() or (failed and not np.ptp(a_map))
        return float(what == "drop") if keeps_nothing else float(getattr(change, what))

    return float(np.mean([score(*own) for own in zip(asked.found.maps, changes, strict=True)]))


def of_single_deletion(asked: Asked, *, density: bool = False) -> np.ndarray:
    """See `rank_agreement`; of the map's mean on each part rather than its sum if `density`."""
    parts, drops = asked.answers.parts, asked.answers.drops
    areas = np.array([mask.sum() if density else 1.0 for mask in parts.values()])
    return asked.mean_over_maps(
        lambda a_map: rank_agreement(part_masses(a_map, parts) / areas, drops)
    )


def of_part_check(asked: Asked, what: str) -> np.ndarray:
    """A field of `PartChecks`; NaN where the answer to the whole object is another class."""
    return asked.mean_over_maps(lambda a_map: getattr(_part_checks(asked, a_map), what))


def _part_checks(asked: Asked, a_map: np.ndarray) -> PartChecks:
    parts, c = asked.answers.parts, asked.case.class_index
    whole = frozenset(parts)
    important = important_parts(part_masses(a_map, parts), tuple(parts))
    sets = [frozenset[str](), *important, *(whole - own for own in important)]
    logits = asked.answers.without(sets)
    answers = {own: int(logits[own].argmax()) for own in sets}
    if answers[frozenset()] != c or not whole:
        nothing = np.full(len(important), np.nan)
        return PartChecks(nothing, nothing, nothing)
    return check_parts(important, answers, whole, c, asked.case.label)


def of_groups(asked: Asked, *, insert: bool, over_random: bool) -> float:
    """How far deleting, or inserting, the groups in order moves the logit; NaN without groups."""
    groups = asked.groups
    if groups is None:
        return float("nan")
    found = asked.answers.deletion(groups, insert=insert, seed=asked.seed)
    effect = found.effect(GROUPS)
    return effect - found.effect(RANDOM) if over_random else effect


def of_stability(asked: Asked, change: str) -> float:
    """How alike the groups are after a change; see `study_stability`.

    NaN without groups, and for a change that the explainer does not allow.
    """
    if asked.groups is None or not allows(asked.explainer, change):
        return float("nan")
    # Each image has noise and a crop of its own.
    seed = (asked.seed + crc32(asked.case.picture.encode("utf-8", "backslashreplace"))) % 2**31
    found = study_stability(
        asked.net, [asked.case.image], [asked.case.class_index], asked.explainer,
        changes=[change], known=[asked.groups], repeats=1, seed=seed,
    )  # fmt: skip
    return float(found.scores[change]["rand_index"][0, 0])
