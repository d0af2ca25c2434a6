"""Which layer shows best where the evidence for a class is, told without any mask or box.

Two things tell it on scenes with known masks: whether a layer's heat map is compact, and whether it
agrees with the maps of the other layers. A map that is compact alone may be a few stray pixels; one
that agrees alone may be a blur. `python -m benchmarks.layers` measures the choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tfvis.utils.layer_facts import LayerStructure

from .layer_evidence import LayerEvidence
from .layer_table import percent

__all__ = ["LEAST_FIELD", "Recommendation", "agreements", "recommended"]

LEAST_FIELD = 0.04
"""Units that see less than this share of the image's side know colours and edges alone."""

_CELLS = 28
"""Maps are compared on so many cells a side: none is finer than what most layers can tell."""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One layer, and why this.

    Attributes:
        layer: its name.
        reason: in a sentence.
        agreement: of each layer's heat map with the median of all, from 0 to 1.
    """

    layer: str
    reason: str
    agreement: tuple[float, ...]


def agreements(maps: Sequence[np.ndarray]) -> tuple[float, ...]:
    """How well each map agrees with the median of all, itself included.

    Each map is brought to 28 × 28 cells and divided by its sum. The median is that of each cell, or
    the mean where all medians are 0. A map's agreement is the cosine of the angle between both: 1
    where it has the median's shape, 0 where it is strong only where the median is 0.

    Args:
        maps: one a layer, (H, W), ≥ 0. A map that is zero everywhere agrees with none.

    Example:
        >>> import numpy as np
        >>> left, right = np.zeros((2, 28, 28))
        >>> left[:, :14], right[:, 14:] = 1, 1
        >>> [round(value, 3) for value in agreements([left, left, left + right, right])]
        [0.949, 0.949, 0.894, 0.316]
    """
    cells = np.stack([_in_cells(a_map) for a_map in maps])
    sums = cells.sum(axis=1, keepdims=True)
    shares = np.divide(cells, sums, out=np.zeros_like(cells), where=sums > 0)
    middle = np.median(shares, axis=0)
    if not middle.any():
        middle = shares.mean(axis=0)
    lengths = np.linalg.norm(shares, axis=1) * np.linalg.norm(middle)
    found = np.divide(shares @ middle, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return tuple(found.tolist())


def _in_cells(a_map: np.ndarray) -> np.ndarray:
    image = Image.fromarray(np.asarray(a_map, np.float32))
    cells = image.resize((_CELLS, _CELLS), Image.Resampling.BOX)
    return np.maximum(np.asarray(cells, np.float64), 0).ravel()


def recommended(
    layers: Sequence[LayerStructure], evidence: Sequence[LayerEvidence], size: tuple[int, int]
) -> Recommendation:
    """The layer whose map is compact and agrees with the others', of those that see enough.

    The score of a layer is its agreement over the square root of its map's area: the side of the
    square that holds half of the map counts. Layers whose units see less than a 25th of the image's
    side are left out, as are those where no channel stands out, unless all are like that.

    Args:
        layers: what is known of each layer.
        evidence: what each layer's channels carry.
        size: (height, width) of the image.

    Returns:
        The layer, why this one, and the agreement of each layer.

    Example:
        >>> import tfvis
        >>> net, image = tfvis.load_model("critters"), tfvis.example_image("dog_cat224")
        >>> (survey,) = tfvis.explainers.survey_layers(
        ...     net, image, "dog", layers=["mixed4a", "mixed4d"], attribution_steps=4
        ... )
        >>> recommended(survey.layers, survey.evidence, net.input_size).layer
        'mixed4d'
    """
    found = agreements([own.heat_map(size) for own in evidence])
    scores = np.array(
        [agreement / np.sqrt(own.area) for agreement, own in zip(found, evidence, strict=True)]
    )
    sees = np.array([_sees_enough(own, size) for own in layers])
    stands_out = np.array([own.n_selected > 0 for own in evidence])
    for wanted in (sees & stands_out, stands_out, np.ones_like(sees)):
        if wanted.any():
            break
    best = int(np.argmax(np.where(wanted, scores, -1)))
    reason = (
        f"half of its heat map lies in {percent(evidence[best].area)} of the image, and its "
        f"agreement with the other layers' maps is {found[best]:.2f} of 1"
    )
    if len(layers) == 1:
        reason = "it is the only layer that was looked at"
    elif not stands_out.any():
        reason = "no channel stands out in any layer, so the first is as good as any"
    return Recommendation(layer=layers[best].layer, reason=reason, agreement=found)


def _sees_enough(layer: LayerStructure, size: tuple[int, int]) -> bool:
    """Whether its units see a part of an object; also where nobody knows what they see."""
    field = layer.receptive_field
    return field is None or min(own / side for own, side in zip(field, size, strict=True)) >= (
        LEAST_FIELD
    )
