"""Attributions of classes to a layer's channels, by either method, computed once an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral

from tfvis.utils.attribution import aumann_shapley, shapley_sampling
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageLike, SourceImage, read_image
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent

from .options import AttributionOptions

__all__ = ["attribute", "attributions_of", "class_list", "layer_of"]


def attribute(
    net: Network,
    image: ImageLike,
    classes: str | int | Sequence[str | int],
    *,
    options: AttributionOptions | None = None,
    progress: Progress = silent,
    **changes: object,
) -> tuple[ChannelAttribution, ...]:
    """The attributions of some classes' scores to a layer's channels.

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        classes: indices, WordNet ids or names; one may be given alone.
        options: how; see `AttributionOptions`.
        progress: called with steps done and steps in all.
        **changes: of single options: `layer="mixed4d"`, `attribution="Shap"`.

    Returns:
        One attribution a class.

    Raises:
        InputError: an image, class, layer or option that cannot be used.
    """
    require_network(net)
    wanted = changed(AttributionOptions, options, changes)
    source = read_image(image, net.input_size)
    return attributions_of(net, source, class_list(classes), wanted, progress=progress)


def class_list(classes: str | int | Sequence[str | int]) -> list[str | int]:
    """The classes, of which one may be given alone.

    Raises:
        InputError: it is neither a class nor a list of some.
    """
    if isinstance(classes, str | Integral):
        return [classes]
    if not isinstance(classes, Iterable):
        raise InputError(
            f"Expected classes by name or index, received {type(classes).__name__}. Attributions "
            "that are known already are given as attribution=…"
        )
    return list(classes)


def attributions_of(
    net: Network,
    source: SourceImage,
    classes: Sequence[str | int],
    options: AttributionOptions,
    *,
    progress: Progress = silent,
) -> tuple[ChannelAttribution, ...]:
    """The same for an image that has been read; remembered for the images seen last."""
    layer = layer_of(net, options.layer)
    indices = tuple(net.class_index(name) for name in classes)
    key = ("attributions", layer, options.attribution, options.steps, options.seed, indices)

    def compute() -> tuple[ChannelAttribution, ...]:
        if options.attribution == SHAPLEY:
            return shapley_sampling(
                net,
                source,
                layer,
                classes=indices,
                permutations=options.steps,
                seed=options.seed,
                progress=progress,
            )
        return aumann_shapley(
            net,
            source,
            layer,
            classes=indices,
            steps=options.steps,
            seed=options.seed,
            progress=progress,
        )

    return net.memory.get((*key, source.digest), compute)


def layer_of(net: Network, layer: str | None) -> str:
    """The layer that is meant; the first of the network's default layers if None."""
    require_network(net)
    if layer is not None and not isinstance(layer, str):
        raise InputError(f"Expected the name of one layer, received {layer!r}.")
    return net.require_layer(net.default_layers[0] if layer is None else layer)
