"""What is known of a layer from the network's structure alone."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVATION = "activation"
SUM = "sum"
CONCATENATION = "concatenation"
OTHER = "other"


@dataclass(frozen=True)
class LayerFacts:
    """What a layer computes, and where it stands.

    Attributes:
        kind: "activation" for a non-linear function of each value, "sum" for a sum of layers, as at
            the end of a residual block, "concatenation", or "other": a convolution without an
            activation, normalisation, pooling, padding.
        non_negative: whether its values never are below 0; None if its kind does not say.
        depth: the share of the network's convolutions and dense layers that come before it, or are
            it: from 0 to 1.
    """

    kind: str
    non_negative: bool | None
    depth: float
