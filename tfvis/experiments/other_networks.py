"""The same image and classes in a residual network (Shi et al., section 4.2)."""

from __future__ import annotations

from dataclasses import replace

from ..explainers.explanation import Explanation
from .outcomes import Outcome, StageProgress, Subject, silent_stages
from .two_classes import explanations, sentence

__all__ = ["run"]


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Explain two classes in the default layers of a residual network.

    Args:
        subject: the image and the classes; its `other_network` makes the network.
        progress: called with the name of a stage, returns what is called with its progress.

    Raises:
        ValueError: the subject makes no other network.
    """
    if subject.other_network is None:
        raise ValueError("Expected a subject with another network, received none.")
    net = subject.other_network()
    if tuple(net.input_size) != subject.source.size:
        raise ValueError(
            f"Expected a network for images of {subject.source.size}, received one for "
            f"{tuple(net.input_size)}."
        )
    classes = subject.explained_classes(net)
    found = explanations(
        replace(subject, net=net, classes=classes), net, net.default_layers, classes, ("pos",),
        progress=progress,
    )  # fmt: skip
    (index, logit), *_ = net.top(subject.source, 1)
    first = f"{net.name} answers {net.labels[index]} (logit {logit:.2f})."
    name = f"{subject.source.name or 'image'}_{net.name}"
    return Outcome(
        results=tuple((name, own) for own in found if isinstance(own, Explanation)),
        sections=tuple(own for own in found if isinstance(own, Explanation)),
        findings=(first, *(own if isinstance(own, str) else sentence(own) for own in found)),
    )
