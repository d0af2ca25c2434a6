"""A map that prefers no pixel: what it scores is chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfvis.utils.image_sources import Images
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import provenance

from .base import ClassMap, Pairs, uniform_map
from .options import NoOptions

if TYPE_CHECKING:
    from tfvis.utils.network import Network

__all__ = ["Uniform"]

METHOD = "uniform"


class Uniform:
    """Explains every image by a map of ones.

    Args:
        net: the network, which names the classes.
        options: there are none.
    """

    def __init__(self, net: Network, options: NoOptions | None = None) -> None:
        self.net, self.options = net, options or NoOptions()

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[ClassMap, ...]:
        """See `Explainer.explain`."""
        pairs = Pairs.of(self.net, images, classes)
        found = []
        for source, index in zip(pairs.images, pairs.classes, strict=True):
            found.append(
                ClassMap(
                    map=uniform_map(source.size),
                    image=source.pixels,
                    class_index=index,
                    label=self.net.labels[index],
                    method=METHOD,
                    provenance=provenance(self.net, source, method=METHOD, class_index=index),
                )
            )
            progress(len(found), len(pairs))
        return tuple(found)
