"""Layer integrated gradients: the attributions of all channels together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.activation_maps import shown
from tfvis.utils.choices import AUMANN_SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, part_of, silent
from tfvis.utils.provenance import provenance

from .attributions import attributions_of, layer_of
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
        self.net, self.options = net, changed(AttributionOptions, options, changes)
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
        total, found = len(pairs) * self.options.steps, dict[int, ClassMap]()
        own = {**vars(self.options), "layer": self.layer}
        for source, indices, places in pairs.by_image():
            done = len(found) * self.options.steps
            attributions = attributions_of(
                self.net, source, indices, self.options, progress=part_of(progress, done, total)
            )
            for attribution, place in zip(attributions, places, strict=True):
                maps = attribution.maps
                if maps is None:
                    raise ValueError("Expected attributions of positions, which this method has.")
                found[place] = ClassMap(
                    map=shown(maps.sum(axis=-1, dtype=np.float64), source.size),
                    image=source.pixels,
                    class_index=attribution.class_index,
                    label=self.net.labels[attribution.class_index],
                    method=METHOD,
                    provenance=provenance(
                        self.net,
                        source,
                        method=METHOD,
                        options=own,
                        layer=self.layer,
                        class_index=attribution.class_index,
                    ),
                )
            progress(len(found) * self.options.steps, total)
        return tuple(found[k] for k in range(len(pairs)))
