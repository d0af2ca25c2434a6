"""Attributions of classes to a layer's channels, by either method, computed once an image."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, TypeVar

from tfvis.utils.attribution import aumann_shapley, shapley_sampling
from tfvis.utils.attribution_cut import other_class
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import AUMANN_SHAPLEY, SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.halving import halving
from tfvis.utils.image_sources import ImageLike, SourceImage, read_image
from tfvis.utils.memory_bounds import TAIL, batch_size_within
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, part_of, rising, silent

from .base import ClassMap, Pairs
from .options import AttributionOptions

__all__ = [
    "attribute",
    "attributions_of",
    "class_list",
    "contrast_of",
    "contrasted",
    "first_answer",
    "label_of",
    "layer_of",
    "map_pairs",
    "named_as",
    "resolved_options",
    "steps_in_all",
    "steps_of",
]

Wanted = TypeVar("Wanted", bound=AttributionOptions)


def attribute(
    net: Network,
    image: ImageLike,
    classes: str | int | Sequence[str | int] | None = None,
    *,
    contrast: tuple[str | int, str | int] | None = None,
    options: AttributionOptions | None = None,
    progress: Progress = silent,
    **changes: object,
) -> tuple[ChannelAttribution, ...]:
    """The attributions of some classes' scores to a layer's channels.

    Args:
        net: the network.
        image: an array (H, W, 3), a `PIL.Image` or a path; see `read_image`.
        classes: indices, WordNet ids or names; one may be given alone.
        contrast: two classes (a, b) in place of `classes`: what speaks for a rather than for b.
        options: how; see `AttributionOptions`.
        progress: called with steps done and steps in all.
        **changes: of single options: `layer="mixed4d"`, `attribution="Shap"`.

    Returns:
        One attribution a class.

    Raises:
        InputError: an image, class, layer or option that cannot be used.
    """
    require_network(net)
    classes, changes = contrasted(classes, contrast, changes)
    wanted = changed(AttributionOptions, options, changes)
    source = read_image(image, net.input_size)
    return attributions_of(net, source, class_list(classes), wanted, progress=progress)


def contrasted(
    classes: Any, contrast: tuple[str | int, str | int] | None, changes: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The classes and changes of options that two contrasted classes stand for.

    Raises:
        InputError: the contrast is no pair of classes, or classes are named beside it.
    """
    if contrast is None:
        return classes, changes
    pair = tuple(contrast) if isinstance(contrast, Iterable) else ()
    if isinstance(contrast, str) or len(pair) != 2:
        raise InputError(f"Expected contrast to be two classes (a, b), received {contrast!r}.")
    if classes is not None or "rather_than" in changes:
        raise InputError("Expected no classes and no rather_than beside contrast=(a, b).")
    return pair[0], {**changes, "rather_than": pair[1]}


def resolved_options(
    net: Network, kind: type[Wanted], options: Wanted | None, changes: dict[str, Any]
) -> Wanted:
    """An explainer's options, with `rather_than` by index.

    Raises:
        InputError: an option, or a class, that cannot be used.
    """
    found = changed(kind, options, changes)
    if found.rather_than is None:
        return found
    return replace(found, rather_than=net.class_index(found.rather_than))


def steps_in_all(options: AttributionOptions, n_classes: int) -> int:
    """How many steps `attributions_of` tells its progress of, for so many classes."""
    return (n_classes + (options.rather_than is not None)) * options.steps


def steps_of(attribution: ChannelAttribution) -> int | None:
    """Gradients or random orders that attributions were made of; None if that is not known."""
    made = attribution.provenance
    options = {} if made is None else made.options
    return options.get("steps", options.get("permutations"))


def label_of(net: Network, class_index: int, rather_than: int | None = None) -> str:
    """What an attribution is of, in words: a class, or one rather than another."""
    both = contrast_of(net, class_index, rather_than)
    return net.labels[class_index] if both is None else " rather than ".join(both)


def contrast_of(net: Network, class_index: int, rather_than: int | None) -> tuple[str, str] | None:
    """The names of two contrasted classes; None where there is one alone."""
    if rather_than is None:
        return None
    return net.labels[class_index], net.labels[rather_than]


def first_answer(net: Network, source: SourceImage, rather_than: str | int | None) -> int:
    """The network's first answer for an image, or its second where that is contrasted with.

    Args:
        net: the network.
        source: the image.
        rather_than: the class that answers are contrasted with; None if there is none.

    Returns:
        The answer, by index.

    Raises:
        InputError: the network has no other class.
    """
    other = None if rather_than is None else net.class_index(rather_than)
    for index, _ in net.top(source, 2):
        if index != other:
            return index
    raise InputError(
        f"Expected a network of at least 2 classes to contrast one with {rather_than!r}, received "
        f"{net.name!r} of 1."
    )


def class_list(classes: str | int | Sequence[str | int] | None) -> list[str | int]:
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
    """The same for an image that has been read; remembered for the images seen last.

    Images with equal pixels share what is computed; the provenance has each image's own name.
    """
    layer = layer_of(net, options.layer)
    indices = tuple(net.class_index(name) for name in classes)
    other = None
    if options.rather_than is not None:
        other = other_class(net, indices, options.rather_than)
    made_by = (options.attribution, options.steps, options.seed)
    key = ("attributions", layer, *made_by, indices, other)

    told = rising(progress)

    def attributed(batch_size: int) -> tuple[ChannelAttribution, ...]:
        if options.attribution == SHAPLEY:
            return shapley_sampling(
                net,
                source,
                layer,
                classes=indices,
                rather_than=other,
                permutations=options.steps,
                seed=options.seed,
                batch_size=batch_size,
                progress=told,
            )
        return aumann_shapley(
            net,
            source,
            layer,
            classes=indices,
            rather_than=other,
            steps=options.steps,
            seed=options.seed,
            batch_size=batch_size,
            progress=told,
        )

    def compute() -> tuple[ChannelAttribution, ...]:
        return halving(attributed, *evaluations_at_once(net, layer, options.attribution))

    found = net.memory.get((*key, source.digest), compute)
    named = tuple(named_as(source, own) for own in found)
    # The same object again where it was computed of the same file.
    return found if all(one is own for one, own in zip(named, found, strict=True)) else named


def named_as(source: SourceImage, attribution: ChannelAttribution) -> ChannelAttribution:
    """The attribution of an image whose pixels are equal, with this image's name and file.

    Itself where these are the same, or it does not say what it is of.
    """
    made = attribution.provenance
    if made is None or (made.image_name, made.image_file) == (source.name, source.file_digest):
        return attribution
    own = replace(made, image_name=source.name, image_file=source.file_digest)
    return replace(attribution, provenance=own)


def evaluations_at_once(net: Network, layer: str, method: str) -> tuple[int, str]:
    """How many evaluations of a layer's tail run at once within the bound of memory, and of what.

    Raises:
        InputError: one is too many.
    """
    estimator, what = {
        SHAPLEY: (shapley_sampling, "coalitions"),
        AUMANN_SHAPLEY: (aumann_shapley, "gradients"),
    }[method]
    most = inspect.signature(estimator).parameters["batch_size"].default
    gradient = method == AUMANN_SHAPLEY
    return batch_size_within(net, TAIL, layer, most=most, gradient=gradient), what


def map_pairs(
    net: Network,
    pairs: Pairs,
    options: AttributionOptions,
    make: Callable[[SourceImage, ChannelAttribution], ClassMap],
    *,
    progress: Progress = silent,
) -> tuple[ClassMap, ...]:
    """A map for each pair of an image and a class, of its attribution.

    Args:
        net: the network.
        pairs: the images and classes.
        options: how classes are attributed.
        make: makes an image's map of an attribution.
        progress: called with steps done and steps in all.

    Returns:
        A map a pair, in their order.
    """
    images = list(pairs.by_image())
    total = sum(steps_in_all(options, len(indices)) for _, indices, _ in images)
    found, done = dict[int, ClassMap](), 0
    for source, indices, places in images:
        attributions = attributions_of(
            net, source, indices, options, progress=part_of(progress, done, total)
        )
        for attribution, place in zip(attributions, places, strict=True):
            # The image has equal pixels, but may be another file.
            found[place] = make(pairs.images[place], attribution)
        done += steps_in_all(options, len(indices))
        progress(done, total)
    return tuple(found[k] for k in range(len(pairs)))


def layer_of(net: Network, layer: str | None) -> str:
    """The layer that is meant; the first of the network's default layers if None."""
    require_network(net)
    if layer is not None and not isinstance(layer, str):
        raise InputError(f"Expected the name of one layer, received {layer!r}.")
    return net.require_layer(net.default_layers[0] if layer is None else layer)
