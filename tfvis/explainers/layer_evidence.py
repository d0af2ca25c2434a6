"""What a layer's channels carry of the evidence for a class in an image."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from tfvis.utils.activation_maps import area_of_half, shown, summed_map
from tfvis.utils.attribution import with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import group_channels, grouper, select_channels
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.network import Network

from .options import LayerSurveyOptions

__all__ = [
    "MOST_POSITIONS",
    "TOP_CHANNELS",
    "TOP_GROUPS",
    "LayerEvidence",
    "layer_evidence",
    "pooled",
]

TOP_CHANNELS, TOP_GROUPS = 10, 3
"""Of so many channels, and groups, the share of the evidence is told."""

MOST_POSITIONS = 14
"""Positions a side on which channels are grouped: on more, `FactorAnalysis` takes minutes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LayerEvidence:
    """What the channels of one layer carry of the evidence for a class.

    The evidence is the sum of all positive attributions of the layer's channels. Where it is 0,
    shares of it are 0.

    Attributes:
        channels: the share of the evidence that the ten channels with the largest attributions
            carry.
        groups: the share that the three groups with the largest scores carry; None where channels
            cannot be grouped.
        area: the smallest share of the image that holds half of the heat map of all selected
            channels together.
        group_area: the same of single groups' heat maps, the mean over these three groups; None
            where there are none.
        n_selected: how many channels are selected, those whose attributions exceed the mean of the
            positive ones.
        n_groups: how many groups these make.
        total: what all attributions should sum to: the class's logit less that of the layer's
            activations set to 0.
        gap: their sum less that.
        signed_map: the attributions of the selected channels at the layer's positions, float32
            (h, w).
        problem: why there are no groups, in words; None if there are some.
    """

    channels: float
    groups: float | None
    area: float
    group_area: float | None
    n_selected: int
    n_groups: int
    total: float
    gap: float
    signed_map: np.ndarray = field(repr=False)
    problem: str | None = None

    @property
    def relative_gap(self) -> float:
        """The size of the gap over that of the total; NaN if the total is 0."""
        return abs(self.gap / self.total) if self.total else float("nan")

    def heat_map(self, size: tuple[int, int]) -> np.ndarray:
        """Where the selected channels speak for the class: float32 (height, width), ≥ 0."""
        return shown(self.signed_map, size)


def layer_evidence(
    net: Network,
    source: SourceImage,
    attribution: ChannelAttribution,
    options: LayerSurveyOptions | None = None,
) -> LayerEvidence:
    """What a layer's channels carry of a class's evidence.

    Args:
        net: the network.
        source: the image.
        attribution: of the layer's channels, with its maps.
        options: how channels are grouped.

    Returns:
        The shares, the map of the selected channels and its area. Where channels cannot be grouped,
        `problem` says why.

    Raises:
        InputError: attributions without maps or a total.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> from tfvis.utils.image_sources import read_image
        >>> source = read_image(tfvis.example_image("dog_cat224"), net.input_size)
        >>> (attribution,) = tfvis.attribute(
        ...     net, source, "dog", layer="mixed4d", attribution_steps=4
        ... )
        >>> found = layer_evidence(net, source, attribution)
        >>> 0.5 < found.groups <= 1, found.problem
        (True, None)
    """
    options = LayerSurveyOptions() if options is None else options
    if attribution.maps is None or attribution.total is None:
        raise InputError("Expected attributions with maps and a total, received some without.")
    values = attribution.values
    selected = select_channels(attribution)
    signed = summed_map(attribution.maps, selected)
    groups, problem = list[np.ndarray](), None
    try:
        groups = _groups(net, source, attribution, options)
    except InputError as error:  # nothing stands out, or the grouping does not suit the layer
        problem = str(error)
    top = groups[:TOP_GROUPS]
    return LayerEvidence(
        channels=_share(values, np.argsort(-values, kind="stable")[:TOP_CHANNELS]),
        groups=_share(values, np.concatenate(top)) if top else None,
        area=_area(source, signed),
        group_area=float(np.mean([_area(source, summed_map(attribution.maps, g)) for g in top]))
        if top
        else None,
        n_selected=len(selected),
        n_groups=len(groups),
        total=attribution.total,
        gap=float(values.sum() - attribution.total),
        signed_map=signed.astype(np.float32),
        problem=problem,
    )


def _groups(
    net: Network,
    source: SourceImage,
    attribution: ChannelAttribution,
    options: LayerSurveyOptions,
) -> list[np.ndarray]:
    """The channels of each group, the best group first."""
    grouping = options.grouping
    if isinstance(grouping, str):
        grouping = grouper(
            grouping,
            n_groups=options.n_groups,
            explained_variance=options.explained_variance,
            seed=options.seed,
        )
    activations = pooled(net.activations_of(source, attribution.layer), MOST_POSITIONS)
    attribution = with_directions(net, source, attribution)
    return [group.channels for group in group_channels(activations, attribution, grouper=grouping)]


def pooled(activations: np.ndarray, most: int) -> np.ndarray:
    """Activations with at most so many positions a side: means over squares of positions.

    Args:
        activations: (h, w, C).
        most: positions a side.

    Example:
        >>> import numpy as np
        >>> pooled(np.arange(4.0).reshape(2, 2, 1), 1).tolist()
        [[[1.5]]]
    """
    side = -(-max(activations.shape[:2]) // most)
    if side < 2:
        return activations
    batch = tf.constant(activations[np.newaxis], tf.float32)
    return tf.nn.avg_pool2d(batch, side, side, "SAME")[0].numpy()


def _share(values: np.ndarray, channels: np.ndarray) -> float:
    """The part of all positive attributions that those of some channels make up."""
    evidence = values[values > 0].sum()
    return float(np.maximum(values[channels], 0).sum() / evidence) if evidence else 0.0


def _area(source: SourceImage, signed_map: np.ndarray) -> float:
    return area_of_half(shown(signed_map, source.size))
