"""A heat map of each channel that speaks for, or against, a class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.activation_maps import QUANTILE, heat_map, shown, summed_map
from tfvis.utils.answers import answers_of
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import ACTIVATION
from tfvis.utils.feature_groups import select_channels
from tfvis.utils.image_sources import Images, SourceImage
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import provenance

from .attributions import label_of, layer_of, map_pairs, resolved_options
from .base import ClassMap, NothingSelected, Pairs, uniform_map
from .options import ChannelOptions

__all__ = ["ChannelExplainer"]

METHOD = "channels"


class ChannelExplainer:
    """The channels that stand out for a class, each on its own, without any grouping.

    `parts` has a map a channel, the strongest first; `map` is that of all of them together.

    Args:
        net: the network.
        options: how; see `ChannelOptions`.
        **changes: of single options: `layer="mixed4d"`.

    Raises:
        InputError: a layer or option that cannot be used.
    """

    def __init__(
        self, net: Network, options: ChannelOptions | None = None, **changes: object
    ) -> None:
        self.net, self.options = net, resolved_options(net, ChannelOptions, options, changes)
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
        sign = 1 if self.options.sign == "pos" else -1
        selected = select_channels(attribution, self.options.sign)
        selected = selected[np.argsort(-sign * attribution.values[selected], kind="stable")]
        common = {
            "image": source.pixels,
            "class_index": attribution.class_index,
            "label": label_of(self.net, attribution.class_index, attribution.rather_than),
            "method": METHOD,
            "provenance": provenance(
                self.net,
                source,
                method=METHOD,
                options={**vars(self.options), "layer": self.layer},
                layer=self.layer,
                class_index=attribution.class_index,
                rather_than=attribution.rather_than,
            ),
            "answers": answers_of(
                self.net, self.layer, source, attribution.class_index, attribution.rather_than
            ),
        }
        if not len(selected):
            return NothingSelected(
                map=uniform_map(source.size),
                problem=f"No channel in {self.layer} stands out for or against the class.",
                **common,
            )
        parts = [self._map(source, attribution, np.array([i])) for i in selected]
        return ClassMap(
            map=self._map(source, attribution, selected), parts=np.stack(parts), **common
        )

    def _map(
        self, source: SourceImage, attribution: ChannelAttribution, channels: np.ndarray
    ) -> np.ndarray:
        """What a picture of some channels shows."""
        options = self.options
        sign = 1 if options.sign == "pos" else -1
        if options.heat_maps == ACTIVATION or attribution.maps is None:
            cut = QUANTILE if options.cut is None else options.cut
            values = sign * attribution.values
            weights = np.where(attribution.turned, -values, values)[channels]
            activations = self.net.activations_of(source, self.layer)
            return heat_map(activations, channels, weights, source.size, cut)
        return shown(sign * summed_map(attribution.maps, channels), source.size, options.cut or 0.0)
