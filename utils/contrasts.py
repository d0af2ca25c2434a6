"""What a group of features says of two classes that are contrasted."""

from __future__ import annotations

from dataclasses import dataclass

SHARED = 0.25
"""A group is shared if it gives the lesser class at least this part of what it gives the other."""


@dataclass(frozen=True)
class GroupContrast:
    """What a group gives each of two classes, a and b.

    Attributes:
        of_a: Σφ over the group for class a alone, in units of the logit.
        of_b: the same for class b.
        kind: "shared" if the group speaks for both; "only a" or "only b" if it speaks for the one
            and hardly, or not at all, for the other; "against a" or "against b" if it tells the
            classes apart by speaking against the one more than for the other; "against both" if it
            speaks against both, against the one at least a quarter as much as against the other.

    Example:
        >>> GroupContrast(of_a=3.0, of_b=0.2).kind
        'only a'
    """

    of_a: float
    of_b: float

    @property
    def kind(self) -> str:
        """See the class."""
        more, less = max(self.of_a, self.of_b), min(self.of_a, self.of_b)
        winner, loser = ("a", "b") if self.of_a >= self.of_b else ("b", "a")
        if more <= SHARED * less:
            return "against both"
        if -less > more:
            return f"against {loser}"
        return "shared" if less >= SHARED * more else f"only {winner}"

    def words(self, a: str, b: str) -> str:
        """The kind with the classes' names."""
        kind, _, which = self.kind.partition(" ")
        name = {"a": a, "b": b}.get(which, which)
        return f"{kind} {name}" if which else kind
