"""How a logit is made up: of groups of channels, of all other channels, and of what is left.

The sum is the completeness axiom of Shapley values, written out: Shi, Du, Fan (2020), equation 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .explanation import Explanation

__all__ = ["Evidence", "evidence_of"]


@dataclass(frozen=True)
class Evidence:
    """What a logit is the sum of: `at_zero + Σ groups + others_for + others_against + gap`.

    All in units of the logit, with its sign: what speaks against the class is negative. For a
    contrast of two classes the logit is the difference of theirs.

    Attributes:
        at_zero: the logit where all activations of the layer are zero.
        groups: what each group adds, best group first.
        others_for: what the channels in no group add, those together that raise the logit.
        others_against: the same of those that lower it.
        gap: what the attributions miss.
        logit: the logit.
        scale: the sum of all channels' values that have the groups' sign; see `shares`.
        errors: the standard error of each group's value, its channels' errors taken as independent;
            None where attributions have no errors.

    Example:
        >>> found = Evidence(at_zero=-1.0, groups=(4.0, 2.0), others_for=1.5, others_against=-0.5,
        ...                  gap=0.25, logit=6.25, scale=7.5)
        >>> found.total == found.logit, [round(share, 2) for share in found.shares]
        (True, [0.53, 0.27])
    """

    at_zero: float
    groups: tuple[float, ...]
    others_for: float
    others_against: float
    gap: float
    logit: float
    scale: float
    errors: tuple[float, ...] | None = field(default=None)

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return (
            self.at_zero + sum(self.groups) + self.others_for + self.others_against + self.gap
        )  # fmt: skip

    @property
    def shares(self) -> tuple[float, ...]:
        """What each group holds of all that speaks as it does, in [0, 1]."""
        return tuple(abs(value / self.scale) if self.scale else 0.0 for value in self.groups)


def evidence_of(explanation: Explanation) -> Evidence | None:
    """What the explained logit is the sum of; None where the logit or its total is unknown.

    Args:
        explanation: with `answers`, and attributions that know their `total`.
    """
    attribution = explanation.groups.attribution
    logits = {answer.class_index: answer.logit for answer in explanation.answers}
    wanted = [attribution.class_index, attribution.rather_than]
    if attribution.total is None or any(c not in logits for c in wanted if c is not None):
        return None
    logit = logits[attribution.class_index]
    if attribution.rather_than is not None:
        logit -= logits[attribution.rather_than]
    values = attribution.values
    grouped = np.concatenate([group.channels for group in explanation.groups])
    others = np.delete(values, grouped)
    flip = 1 if explanation.sign == "pos" else -1
    errors = attribution.standard_error
    return Evidence(
        at_zero=logit - attribution.total,
        groups=tuple(float(values[group.channels].sum()) for group in explanation.groups),
        others_for=float(others[others > 0].sum()),
        others_against=float(others[others < 0].sum()),
        gap=float(attribution.total - values.sum()),
        logit=float(logit),
        scale=float(values[flip * values > 0].sum()),
        errors=None if errors is None or not np.isfinite(errors).all() else tuple(
            float(np.sqrt(np.sum(errors[group.channels] ** 2))) for group in explanation.groups
        ),
    )  # fmt: skip
