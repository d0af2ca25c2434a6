"""Layer integrated gradients: the attributions of all channels together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.activation_maps import shown
from tfvis.utils.answers import answers_of
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import AUMANN_SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images, SourceImage
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import provenance

from .attributions import label_of, layer_of, map_pairs, resolved_options
from .base import ClassMap, Pairs
from .options import AttributionOptions

__all__ = ["LayerIntegratedGradients"]

METHOD = "layer integrated gradients"


class LayerIntegratedGradients:
    """Integrated gradients over a layer's activations, summed over the channels.

    Sundararajan, Taly, Yan (2017), arXiv 1703.01365, applied to a hidden layer.

    Args:
        net: the network.
        options: how; see `AttributionOptions`.
        **changes: of single options: `layer="mixed4d"`.

    Raises:
        InputError: a layer or option that cannot be used.
    """

    def __init__(
        self, net: Network, options: AttributionOptions | None = None, **changes: object
    ) -> None:
        self.net, self.options = net, resolved_options(net, AttributionOptions, options, changes)
        if self.options.attribution != AUMANN_SHAPLEY:
            raise InputError(
                f"Expected attribution={AUMANN_SHAPLEY!r}, which has attributions of positions, "
                f"received {self.options.attribution!r}."
            )
        self.layer = layer_of(net, self.options.layer)

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[ClassMap, ...]:
        """See `Explainer.explain`."""
        pairs = Pairs.of(self.net, images, classes)
        return map_pairs(self.net, pairs, self.options, self._mapped, progress=progress)

    def _mapped(self, source: SourceImage, attribution: ChannelAttribution) -> ClassMap:
        if attribution.maps is None:
            raise ValueError("Expected attributions of positions, which this method has.")
        return ClassMap(
            map=shown(attribution.maps.sum(axis=-1, dtype=np.float64), source.size),
            image=source.pixels,
            class_index=attribution.class_index,
            label=label_of(self.net, attribution.class_index, attribution.rather_than),
            method=METHOD,
            provenance=provenance(
                self.net,
                source,
                method=METHOD,
                options={**vars(self.options), "layer": self.layer},
                layer=self.layer,
                class_index=attribution.class_index,
                rather_than=attribution.rather_than,
            ),
            answers=answers_of(
                self.net, self.layer, source, attribution.class_index, attribution.rather_than
            ),
        )
