"""The most common task in one call: explain images by groups of features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import DEFAULT_ITERATIONS
from tfvis.utils.errors import InputError, unknown
from tfvis.utils.feature_groups import NothingSelectedError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import ImageLike, Images, SourceImage, is_one_image, read_image
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent

from .attributions import class_list, contrasted, first_answer
from .base import NothingSelected
from .explanation import Explanation
from .feature_groups import FeatureGroupExplainer
from .group_presets import preset_options
from .options import FeatureGroupOptions

__all__ = ["explain"]

_PREFIX = "icon_"


def explain(
    net: Network,
    images: ImageLike | Images,
    classes: str | int | Sequence[str | int] | None = None,
    *,
    contrast: tuple[str | int, str | int] | None = None,
    attribution: ChannelAttribution | str | None = None,
    icons: IconOptions | bool | None = True,
    preset: str = "tfvis",
    progress: Progress = silent,
    **options: Any,
) -> tuple[Explanation, ...]:
    """Explain images by the groups of features that speak for, or against, classes.

    Args:
        net: the network.
        images: one image, or several: arrays (H, W, 3), `PIL.Image`s or paths; see `read_image`.
        classes: indices, WordNet ids or names, each explained in every image; one may be given
            alone. Each image's top answer if left out.
        contrast: two classes (a, b) in place of `classes`: what speaks for a rather than for b.
        attribution: how a score is attributed, "IGSG" or "Shap"; or the attribution itself, of one
            class in one image, where it is known already: `classes` is then left out.
        icons: how icons are rendered; the network's own way if True, none at all if False or None.
        preset: the defaults of all options: "tfvis", or "paper"; see `GROUP_PRESETS`. Options that
            are given go before it, and so do `IconOptions` for icons.
        progress: called with steps done and steps in all.
        **options: fields of `FeatureGroupOptions`, `layer="mixed4d"`, `grouping="KMeans"`, and of
            `IconOptions` with "icon_" before them, `icon_steps=128`.

    Returns:
        One `Explanation` for each image and class, image by image.

    Raises:
        NothingSelectedError: no channel stands out for a class. Its attribute `results` has all
            that was found, with a `NothingSelected` for that class.
        InputError: an image, class, layer or option that cannot be used.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)  # or "photo.jpg"
        >>> (explanation,) = tfvis.explain(net, image, classes=["dog"], icons=False)
        >>> explanation.label, explanation.layer
        ('dog', 'mixed4d')
    """
    require_network(net)
    chosen = dict(preset_options(preset))
    if icons is not True:  # none, or with options of their own
        chosen = {name: own for name, own in chosen.items() if not name.startswith(_PREFIX)}
    if attribution is not None:
        chosen = {name: own for name, own in chosen.items() if not name.startswith("attribution")}
    classes, options = contrasted(classes, contrast, {**chosen, **options})
    own, icon_changes = split_options(options)
    rendered = icon_options(net, icons, icon_changes)
    if isinstance(attribution, str):
        own["attribution"], attribution = attribution, None
    elif isinstance(attribution, ChannelAttribution):
        own.setdefault("layer", attribution.layer)
        if attribution.method in DEFAULT_ITERATIONS:
            own["attribution"] = attribution.method
    elif attribution is not None:
        raise InputError(
            "Expected attribution to be a name or a ChannelAttribution, received "
            f"{type(attribution).__name__}."
        )
    explainer = FeatureGroupExplainer(net, icons=rendered, **own)
    sources = [read_image(image, net.input_size) for image in _listed(images)]
    if attribution is not None:
        return (_of_attribution(explainer, sources, classes, attribution, progress),)
    other = explainer.options.rather_than
    pairs = [(own, name) for own in sources for name in _classes(net, own, classes, other)]
    found = explainer.explain(
        [source for source, _ in pairs], [name for _, name in pairs], progress=progress
    )
    missing = [own for own in found if isinstance(own, NothingSelected)]
    if missing:
        error = NothingSelectedError("; ".join(f"{own.label}: {own.problem}" for own in missing))
        error.results = found
        raise error
    return tuple(own for own in found if isinstance(own, Explanation))


def split_options(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of groups, and those of icons, whose names begin with "icon_".

    Raises:
        InputError: an option is unknown; the closest is named.
    """
    names = [field.name for field in fields(FeatureGroupOptions)]
    names += [_PREFIX + field.name for field in fields(IconOptions)]
    for name in options:
        if name not in names:
            raise unknown("option", name, names)
    own = {name: value for name, value in options.items() if not name.startswith(_PREFIX)}
    of_icons = {
        name.removeprefix(_PREFIX): value
        for name, value in options.items()
        if name.startswith(_PREFIX)
    }
    return own, of_icons


def _of_attribution(
    explainer: FeatureGroupExplainer,
    sources: Sequence[SourceImage],
    classes: object,
    attribution: ChannelAttribution,
    progress: Progress,
) -> Explanation:
    if classes is not None or len(sources) != 1:
        raise InputError(
            "Expected one image and no classes beside attribution=…, which is of one class in one "
            "image."
        )
    return explainer.explanation(sources[0], attribution, progress=lambda stage: progress)


def icon_options(
    net: Network, icons: IconOptions | bool | None, changes: dict[str, Any]
) -> IconOptions | None:
    """How icons are rendered; None if none are."""
    if icons is False or icons is None:
        if changes:
            raise InputError(f"Expected no icon options with icons={icons}, received {changes!r}.")
        return None
    return changed(IconOptions, net.icon_options if icons is True else icons, changes)


def _listed(images: Any) -> list[ImageLike]:
    """The images, where one may be given alone."""
    if is_one_image(images):
        return [images]
    if not isinstance(images, Iterable):
        raise InputError(
            f"Expected an image, or a list of images, received {type(images).__name__}."
        )
    return list(images)


def _classes(
    net: Network, source: SourceImage, classes: Any, rather_than: str | int | None
) -> Sequence[str | int]:
    if classes is not None:
        return class_list(classes)
    return [first_answer(net, source, rather_than)]
