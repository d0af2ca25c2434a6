"""Which layers of a network that nobody has described are worth looking at first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.layer_facts import OTHER, LayerFacts
from tfvis.utils.network import Network

from .value_range_probe import photographs

SIDES = (7, 28)
"""Positions a side: with fewer a map hardly shows where, with more a layer sees little parts."""
_STRIDE = 16
_NEARLY = 0.85
"""Without padding a map has somewhat fewer positions than its stride says."""
_DEEP = 0.5
"""Layers before half of the convolutions know edges and textures."""


@dataclass(frozen=True)
class LayerChoice:
    """Layers, and why these.

    Attributes:
        default: the layer that is explained.
        inversion: the layers of guided inversion: of which the mask is made, and which it keeps.
        reason: of the default layer.
        inversion_reason: of the others.
    """

    default: str
    inversion: tuple[str, str]
    reason: str
    inversion_reason: str


@dataclass(frozen=True)
class _Candidate:
    layer: str
    side: int
    lowest: float
    facts: LayerFacts


def choose_layers(net: Network) -> LayerChoice:
    """The layer to explain, and those of guided inversion.

    The criteria, the most important first: the layer is an activation, a sum or a concatenation;
    it has 7 to 28 positions a side; it lies in the second half of the network; it is never
    negative; its stride is at most 16. Each leaves the layers that meet it, or is skipped if none
    does. The last layer that is left is taken. Where the kind of a layer does not say whether it is
    negative, photographs do.

    Guided inversion makes its mask of the same layer, and keeps the last layer that has more than
    one position.

    Args:
        net: its preprocessing is used for the photographs.
    """
    facts = {layer: net.layer_facts(layer) for layer in net.layers}
    black = np.zeros((*net.input_size, 3), np.float32)
    unknown = any(own.non_negative is None for own in facts.values())
    first, *others = photographs(net.input_size) if unknown else [black]
    known = [
        _Candidate(layer, min(maps.shape[1:3]), lowest, facts[layer])
        for layer, maps, lowest in _seen(net, net.layers, first)
    ]
    spread = [candidate for candidate in known if candidate.side > 1] or known
    low, high = SIDES
    pool, reasons = spread, []

    def narrow(wanted: Sequence[_Candidate], reason: str) -> None:
        nonlocal pool
        if wanted:
            pool = list(wanted)
            reasons.append(reason)

    narrow([c for c in pool if c.facts.kind != OTHER], "is an activation, sum or concatenation")
    narrow([c for c in pool if low <= c.side <= high], f"has {low} to {high} positions a side")
    narrow([c for c in pool if c.facts.depth >= _DEEP], "lies in the second half of the network")
    narrow(_non_negative(net, pool, others), "never is negative")
    fine = _NEARLY * min(net.input_size) / _STRIDE
    narrow([c for c in pool if c.side >= fine], f"has a stride of at most {_STRIDE}")
    chosen, last = pool[-1], spread[-1]
    return LayerChoice(chosen.layer, (chosen.layer, last.layer), _sentence(reasons), _INVERSION)


_INVERSION = (
    "the mask is of the same layer; what is kept is the last layer with more than one position"
)


def _sentence(reasons: Sequence[str]) -> str:
    if not reasons:
        return "the last layer"
    listed = ", ".join(reasons[:-1])
    return (
        f"the last layer that {listed} and {reasons[-1]}"
        if listed
        else f"the last layer that {reasons[0]}"
    )


def _seen(
    net: Network, layers: Sequence[str], photograph: np.ndarray
) -> Iterator[tuple[str, Any, float]]:
    """Layers, each with its maps for a photograph and the smallest value of these."""
    for layer, maps in zip(
        layers, net.head(*layers)(tf.constant(photograph[np.newaxis])), strict=True
    ):
        ordered = maps.dtype.is_floating or maps.dtype.is_integer
        yield layer, maps, float(tf.reduce_min(maps)) if ordered else -np.inf


def _non_negative(
    net: Network, candidates: Sequence[_Candidate], others: Sequence[np.ndarray]
) -> list[_Candidate]:
    """Those that never are below 0, by their kind, else as far as photographs show."""
    # With NaN the minimum is NaN, which is not >= 0.
    open_ = [c.layer for c in candidates if c.facts.non_negative is None and c.lowest >= 0]
    for photograph in others:
        if not open_:  # the first photograph tells most
            break
        open_ = [layer for layer, _, lowest in _seen(net, open_, photograph) if lowest >= 0]
    return [c for c in candidates if c.facts.non_negative or c.layer in open_]
