"""What is known of a layer from the network's structure alone."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVATION = "activation"
SUM = "sum"
CONCATENATION = "concatenation"
OTHER = "other"
"""Kinds of layers; see `LayerFacts`."""

COMPUTED = "computed"
MEASURED = "measured"
"""Where a receptive field comes from; see `LayerStructure`."""


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


@dataclass(frozen=True, kw_only=True)
class LayerStructure:
    """How large a layer is, what it sees, and how much of the network's work leads to it.

    Attributes:
        layer: its name.
        shape: rows and columns of positions, and channels, for an image of the network's size.
        receptive_field: (height, width) in pixels of what a unit sees. Where it is computed it may
            be larger than the image, whose borders cut it; where it is measured it is what the unit
            sees at least. None if it is not known.
        field_by: "computed" from kernels and strides, or "measured" by gradients; None if it is
            not known.
        multiply_adds: of convolutions and products of matrices up to the layer, for one image; None
            if they are not known.
        work: the same as a share of the whole network's, from 0 to 1.
    """

    layer: str
    shape: tuple[int, int, int]
    receptive_field: tuple[int, int] | None
    field_by: str | None
    multiply_adds: int | None
    work: float | None
