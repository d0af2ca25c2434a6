"""How well a network knows scenes that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..dataset import TEST_SEED, render_scenes
from ..scene import CLASSES

_AT_ONCE = 128


@dataclass(frozen=True, eq=False)
class Accuracy:
    """What a network answered.

    Attributes:
        confusion: scenes of one object, int (classes, classes): row the class, column the largest
            logit.
        pairs: scenes of two objects.
        pairs_right: those whose two largest logits are of the two classes.
        seen: for each class, in how many scenes of two objects it was there.
        found: and in how many of these it was among the two largest logits.
    """

    confusion: np.ndarray = field(repr=False)
    pairs: int
    pairs_right: int
    seen: np.ndarray = field(repr=False)
    found: np.ndarray = field(repr=False)

    @property
    def single(self) -> float:
        """The share of scenes of one object whose class has the largest logit."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def double(self) -> float:
        """The share of scenes of two objects whose classes have the two largest logits."""
        return self.pairs_right / self.pairs

    @property
    def per_class(self) -> np.ndarray:
        """For each class the share of its single scenes that are right, (classes,)."""
        return np.diag(self.confusion) / np.maximum(self.confusion.sum(axis=1), 1)


def evaluate(
    net: Network,
    *,
    singles: int = 1600,
    pairs: int = 1000,
    progress: Callable[[str], Progress] = lambda stage: silent,
) -> Accuracy:
    """Answers on scenes of one and of two objects, whose seeds training never uses.

    Args:
        net: knows `CLASSES`, in their order.
        singles: scenes of one object.
        pairs: scenes of two.
        progress: called with the name of a part of the work, returns what is called with its
            progress.
    """
    n = len(CLASSES)
    confusion, seen, found = np.zeros((n, n), int), np.zeros(n, int), np.zeros(n, int)
    for logits, present in _answers(net, singles, TEST_SEED, (1,), progress("single objects")):
        np.add.at(confusion, (present.argmax(axis=1), logits.argmax(axis=1)), 1)
    right = 0
    first_seed = TEST_SEED + singles
    for logits, present in _answers(net, pairs, first_seed, (0, 1), progress("two objects")):
        top = np.argsort(-logits, axis=1, kind="stable")[:, :2]
        hits = np.zeros_like(present)
        np.put_along_axis(hits, top, 1, axis=1)
        right += int((hits == present).all(axis=1).sum())
        seen += present.sum(axis=0).astype(int)
        found += (hits * present).sum(axis=0).astype(int)
    return Accuracy(confusion, pairs, right, seen, found)


def _answers(
    net: Network, n: int, first_seed: int, shares: tuple[float, ...], progress: Progress
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Logits and classes, some scenes at a time: memory does not grow with their number."""
    for start in range(0, n, _AT_ONCE):
        count = min(_AT_ONCE, n - start)
        scenes = render_scenes(
            count, first_seed=first_seed + start, shares=shares, size=net.input_size[0]
        )
        yield net.logits(np.float32(scenes.images) / 255), scenes.present
        progress(start + count, n)
