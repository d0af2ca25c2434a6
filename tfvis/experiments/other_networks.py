"""The same image and classes in a residual network (Shi et al., section 4.2)."""

from __future__ import annotations

from ..explainers.explanation import Explanation
from .outcomes import Outcome, StageProgress, Subject, silent_stages
from .two_classes import explanations, sentence

__all__ = ["run"]


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Explain the same two classes in the default layers of a residual network.

    Args:
        subject: its `other` is the same image, and the same classes, for the other network.
        progress: called with the name of a stage, returns what is called with its progress.

    Raises:
        ValueError: the subject has no other network.
    """
    if subject.other is None:
        raise ValueError("Expected a subject with another network, received none.")
    other = subject.other(subject.explained_classes())
    net = other.net
    found = explanations(
        other, net, net.default_layers, other.explained_classes(), ("pos",), progress=progress
    )
    (index, logit), *_ = net.top(other.source, 1)
    first = f"{net.name} answers {net.labels[index]} (logit {logit:.2f})."
    name = f"{subject.source.name or 'image'}_{net.name}"
    return Outcome(
        results=tuple((name, own) for own in found if isinstance(own, Explanation)),
        sections=tuple(own for own in found if isinstance(own, Explanation)),
        findings=(first, *(own if isinstance(own, str) else sentence(own) for own in found)),
    )
