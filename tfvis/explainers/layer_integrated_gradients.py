"""Layer integrated gradients: the attributions of all channels together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfvis.utils.activation_maps import shown
from tfvis.utils.choices import AUMANN_SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, part_of, silent
from tfvis.utils.provenance import provenance

from .attributions import attributions_of, label_of, layer_of, resolved_options, steps_in_all
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
        found, done = dict[int, ClassMap](), 0
        images_of = list(pairs.by_image())
        total = sum(steps_in_all(self.options, len(indices)) for _, indices, _ in images_of)
        own = {**vars(self.options), "layer": self.layer}
        for source, indices, places in images_of:
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
                    label=label_of(self.net, attribution.class_index, attribution.rather_than),
                    method=METHOD,
                    provenance=provenance(
                        self.net,
                        source,
                        method=METHOD,
                        options=own,
                        layer=self.layer,
                        class_index=attribution.class_index,
                        rather_than=attribution.rather_than,
                    ),
                )
            done += steps_in_all(self.options, len(indices))
            progress(done, total)
        return tuple(found[k] for k in range(len(pairs)))
