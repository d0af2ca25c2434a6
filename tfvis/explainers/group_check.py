"""What a group is worth as evidence: the result of a check."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NOT_SPECIFIC", "RELIABLE", "UNSTABLE", "VERDICTS", "GroupCheck"]

RELIABLE, UNSTABLE, NOT_SPECIFIC = "reliable", "unstable", "not specific"
VERDICTS = (RELIABLE, UNSTABLE, NOT_SPECIFIC)
LEAST_COSINE = 0.5
"""Below it a group counts as not found again."""
LEAST_RANK = 0.95
"""Below it random channels do as well as the group."""


@dataclass(frozen=True)
class GroupCheck:
    """What a group is worth as evidence; `tfvis.evaluation.check_groups` finds it.

    Attributes:
        cosine: between the group's weights and those of the group that is most like it after noise:
            the mean over all repeats. 1 is the same group.
        rank: the share of random sets of as many channels that move the class less when they are
            taken out. There are 10 to 40 sets, fewer where the verdict is clear early: a share near
            0.95 has been looked at closely, others are coarse.
        fall: by how much the logit falls, or for groups against the class rises, without the group.
    """

    cosine: float
    rank: float
    fall: float

    @property
    def verdict(self) -> str:
        """Whether the group is "reliable", "not specific" or "unstable".

        It is not specific if more than one of twenty random sets of channels moves the class as
        far, or if the class does not move as the group claims; unstable if it is specific and is
        not found again.
        """
        if self.rank < LEAST_RANK or self.fall <= 0:
            return NOT_SPECIFIC
        return RELIABLE if self.cosine >= LEAST_COSINE else UNSTABLE

    @property
    def reason(self) -> str:
        """What was found, in sentences."""
        moved = f"Without it the logit moves by {self.fall:.3g} the way that the group claims"
        if self.fall <= 0:
            moved = f"Without it the logit moves by {-self.fall:.3g} the other way"
        return (
            f"{moved}. {self.rank:.0%} of random sets of as many channels matter less. "
            f"After noise the most similar group has a cosine of {self.cosine:.2f}."
        )
