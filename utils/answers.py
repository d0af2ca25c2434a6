"""What a network answers for an image: its top classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .image_sources import SourceImage
    from .labels import Labels
    from .network import Network

TOP = 5
"""So many answers of an image are kept."""


@dataclass(frozen=True)
class Answer:
    """One class, and what a network gives it for an image.

    Attributes:
        class_index: the class.
        label: its name.
        logit: its logit.
        probability: its softmax probability among all classes, in [0, 1].

    Example:
        >>> Answer(class_index=2, label="cat", logit=7.5, probability=0.9).label
        'cat'
    """

    class_index: int
    label: str
    logit: float
    probability: float


def top_answers(
    logits: np.ndarray, labels: Labels | Sequence[str], *, n: int = TOP, also: Sequence[int] = ()
) -> tuple[Answer, ...]:
    """The classes with the largest logits, best first; then those that were asked for besides.

    Args:
        logits: (classes,).
        labels: the classes' names.
        n: how many.
        also: classes that are given too where they are not among those.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils.answers import top_answers
        >>> found = top_answers(np.log([1.0, 4.0, 3.0]), ["ant", "bee", "cat"], n=1, also=[0])
        >>> [(answer.label, round(answer.probability, 3)) for answer in found]
        [('bee', 0.5), ('ant', 0.125)]
    """
    logits = np.asarray(logits, np.float64)
    order = [int(index) for index in np.argsort(-logits, kind="stable")[:n]]
    order += [index for index in dict.fromkeys(also) if index not in order]
    shifted = np.exp(logits - logits.max())
    shares = shifted / shifted.sum()
    return tuple(
        Answer(index, str(labels[index]), float(logits[index]), float(shares[index]))
        for index in order
    )


def answers_of(
    net: Network, layer: str, source: SourceImage, *also: int | None
) -> tuple[Answer, ...]:
    """A network's top answers for an image, and those for more classes.

    Args:
        net: the network.
        layer: a layer whose activations for the image are known: the tail alone is run.
        source: the image.
        *also: classes that are given too; None is none.
    """
    more = [index for index in also if index is not None]
    return top_answers(net.logits_at(layer, source), net.labels, also=more)
