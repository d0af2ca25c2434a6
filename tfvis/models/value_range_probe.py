"""Which values does a network take? The usual ones are tried on photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from tfvis.utils.compiling import compiled
from tfvis.utils.errors import InputError
from tfvis.utils.images import resize
from tfvis.utils.network import Network

from .preprocessing import COMMON, UNIT, Preprocessing

_CLEAR = 1.18
"""The best must score this many times the second best."""
_LEAST = 1.5
"""A network that knows photographs scores more than this, at 1000 classes and the right values."""
_ZOOM = 0.85


def _range(candidate: Preprocessing) -> str:
    low, high = candidate.value_range
    more = " with other channels or means" if replace(candidate, value_range=(0, 1)) != UNIT else ""
    return f"{low:g} {high:g}{more}"


@dataclass(frozen=True)
class Probe:
    """How well each kind of values fits a network.

    Attributes:
        name: the network's.
        scores: of each candidate, best first; see `probe`.
    """

    name: str
    scores: tuple[tuple[Preprocessing, float], ...]

    @property
    def likeliest(self) -> Preprocessing:
        """The best one.

        Raises:
            InputError: none fits clearly better than all others.
        """
        (best, first), (second, next_) = self.scores[:2]
        if first < _LEAST or first < _CLEAR * next_:
            raise InputError(
                f"Cannot tell what values {self.name!r} takes for black and white: none of the "
                "usual ones fits clearly. Expected value_range, on the command line --value-range "
                f"LOW HIGH. Closest: {_range(best)}, then {_range(second)}."
            )
        return best

    def __str__(self) -> str:
        listed = "; ".join(f"{candidate}: {score:.2f}" for candidate, score in self.scores)
        return (
            f"{self.name} came without value_range. The usual ones on photographs (more is "
            f"better): {listed}. Taking the first; pass value_range to choose."
        )


def probe(net: Network, candidates: Sequence[Preprocessing] = COMMON) -> Probe:
    """Try each way of preprocessing on photographs, those of scikit-image and scikit-learn.

    A network that is fed as it was trained tells photographs apart, and gives the same answer for a
    photograph, its mirror image and its centre; and one class stands out. The score is the product
    of three numbers that do not change when all logits are multiplied: the share of equal answers;
    the mean correlation of logits between views of one photograph less that between photographs;
    and how many standard deviations the largest logit lies above the mean.

    Args:
        net: takes images without preprocessing.
        candidates: what to try.
    """
    views = _views(net.input_size)
    classify = net.classifier()
    run = compiled(classify)
    scores = []
    for candidate in candidates:
        # A photograph at a time: large networks need much memory.
        logits = np.stack([run(candidate(tf.constant(v))).numpy() for v in views])
        scores.append((candidate, _score(logits.astype(np.float64))))
    return Probe(net.name, tuple(sorted(scores, key=lambda pair: -pair[1])))


def _score(logits: np.ndarray) -> float:
    """The score of logits (photographs, views, classes); 0 where they say nothing."""
    deviation = logits.std(axis=-1, keepdims=True)
    if logits.shape[-1] < 3 or not np.isfinite(logits).all() or (deviation == 0).any():
        return 0.0
    z = (logits - logits.mean(axis=-1, keepdims=True)) / deviation
    answers = z.argmax(axis=-1)
    agreement = (answers[:, 1:] == answers[:, :1]).mean()
    n_classes = z.shape[-1]
    same = np.einsum("pvc,pc->pv", z[:, 1:], z[:, 0]).mean() / n_classes
    across = z[:, 0] @ z[:, 0].T / n_classes
    other = across[~np.eye(len(z), dtype=bool)].mean()
    return float(agreement * max(0.0, same - other) * z.max(axis=-1).mean())


def photographs(size: tuple[int, int], share: float = 1.0) -> list[np.ndarray]:
    """Photographs that are on every machine, each float32 (height, width, 3) in [0, 1].

    Args:
        size: height and width.
        share: of the largest part of this shape that lies around the centre.
    """
    from skimage import data
    from sklearn.datasets import load_sample_images

    own = data.astronaut(), data.chelsea(), data.coffee(), data.rocket()
    return [_centre(whole, size, share) for whole in (*own, *load_sample_images().images)]


def _views(size: tuple[int, int]) -> list[np.ndarray]:
    """Each photograph, its mirror image and its centre, float32 (3, height, width, 3)."""
    pairs = zip(photographs(size), photographs(size, _ZOOM), strict=True)
    return [np.stack([whole, whole[:, ::-1], centre]) for whole, centre in pairs]


def _centre(photograph: np.ndarray, size: tuple[int, int], share: float) -> np.ndarray:
    """The part around the centre that has `size`'s shape and a share of the largest such side."""
    height, width = photograph.shape[:2]
    scale = share * min(height / size[0], width / size[1])
    rows, columns = round(size[0] * scale), round(size[1] * scale)
    top, left = (height - rows) // 2, (width - columns) // 2
    part = photograph[top : top + rows, left : left + columns]
    return resize(np.float32(part) / 255, size)
