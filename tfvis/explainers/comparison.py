"""What a change of an image took from a class, and what it added: groups of features of both.

The features of both images are grouped once, so that groups correspond; Shi, Du, Fan (2020) group
each image by itself (section 4.3, adversarial samples).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfvis.utils.activation_maps import QUANTILE
from tfvis.utils.answers import answers_of
from tfvis.utils.attribution import with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import ACTIVATION, AUMANN_SHAPLEY
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import (
    Grouper,
    NothingSelectedError,
    group_channels,
    grouper,
    select_channels,
)
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons, warn_of_weak_icons
from tfvis.utils.image_sources import ImageLike, SourceImage, read_image
from tfvis.utils.network import Network, require_network
from tfvis.utils.number_formats import resolved
from tfvis.utils.progress import Progress, part_of, silent
from tfvis.utils.provenance import provenance

from .attributions import (
    attributions_of,
    class_list,
    contrast_of,
    contrasted,
    first_answer,
    label_of,
    layer_of,
    resolved_options,
    steps_in_all,
)
from .changed_groups import changed_group, changed_groups, signed_maps, stronger
from .compared import Comparison
from .explain_images import icon_options, split_options
from .options import FeatureGroupOptions
from .restoration import Restoration, restore

__all__ = ["ImageComparison", "compare"]

METHOD = "comparison"
_WANTED_GAP = 0.01
"""The change of all attributions agrees with the logit's to this part of it, if steps are free."""
_MOST_STEPS = 1024

logger = logging.getLogger(__name__)


def compare(
    net: Network,
    before: ImageLike,
    after: ImageLike,
    classes: str | int | Sequence[str | int] | None = None,
    *,
    contrast: tuple[str | int, str | int] | None = None,
    icons: IconOptions | bool | None = True,
    progress: Progress = silent,
    **options: Any,
) -> tuple[Comparison, ...]:
    """Compare two images by the groups of features that speak for, or against, classes.

    Args:
        net: the network.
        before: an image, of any kind that `read_image` takes.
        after: the image after a change: an attack, a crop, a blur, something covered.
        classes: indices, WordNet ids or names; one may be given alone. The network's answers to
            both images if left out.
        contrast: two classes (a, b) in place of `classes`: what speaks for a rather than for b.
        icons: how icons are rendered; the network's own way if True, none at all if False or None.
        progress: called with steps done and steps in all.
        **options: fields of `FeatureGroupOptions`, `layer="mixed4d"`, and of `IconOptions` with
            "icon_" before them, `icon_steps=128`.

    Returns:
        One `Comparison` a class.

    Raises:
        NothingSelectedError: no channel stands out for a class in either image.
        InputError: an image, class, layer or option that cannot be used.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> covered = image.copy()
        >>> covered[:, :112] = 0.5
        >>> (found,) = tfvis.explainers.compare(
        ...     net, image, covered, "dog", icons=False, attribution_steps=16
        ... )
        >>> round(found.change, 3) == round(found.logit_after - found.logit_before, 3)
        True
    """
    require_network(net)
    classes, options = contrasted(classes, contrast, options)
    own, icon_changes = split_options(options)
    comparison = ImageComparison(net, icons=icon_options(net, icons, icon_changes), **own)
    sources = (read_image(before, net.input_size), read_image(after, net.input_size))
    named = None if classes is None else class_list(classes)
    return comparison.compare(*sources, named, progress=progress)


class ImageComparison:
    """Compares images by groups of features; what `compare` does, for many images.

    Args:
        net: the network.
        options: how; see `FeatureGroupOptions`.
        icons: how icons are rendered; none if left out.
        restored_groups: so many of the most changed groups are put back for the causal check.
        random_sets: so many random sets of channels are put back beside them.
        **changes: of single options: `layer="mixed4d"`, `grouping="KMeans"`.

    Raises:
        InputError: a layer or option that cannot be used.
    """

    def __init__(
        self,
        net: Network,
        options: FeatureGroupOptions | None = None,
        *,
        icons: IconOptions | None = None,
        restored_groups: int = 3,
        random_sets: int = 20,
        **changes: object,
    ) -> None:
        self.net, self.icons = net, icons
        self.options = resolved_options(net, FeatureGroupOptions, options, dict(changes))
        self.layer = layer_of(net, self.options.layer)
        self.restored_groups, self.random_sets = restored_groups, random_sets

    def compare(
        self,
        before: SourceImage,
        after: SourceImage,
        classes: Sequence[str | int] | None = None,
        *,
        progress: Progress = silent,
    ) -> tuple[Comparison, ...]:
        """See `compare`.

        Args:
            before: the image before.
            after: the image after.
            classes: by index or name; the network's answers to both images if left out.
            progress: called with steps done and steps in all.
        """
        if before.size != after.size:
            raise InputError(
                f"Expected two images of one size, received {before.size[0]} x {before.size[1]} "
                f"and {after.size[0]} x {after.size[1]} pixels."
            )
        indices = self.classes_of(before, after, classes)
        icon_steps = 0 if self.icons is None else self.icons.steps
        attribution_steps = 2 * steps_in_all(self.options, len(indices))
        total = attribution_steps + icon_steps * len(indices)
        reached = 0

        def tell(done: int, in_all: int) -> None:
            # Steps may be doubled: what is done is told as a share of what was expected.
            nonlocal reached
            reached = max(reached, attribution_steps * done // in_all)
            progress(reached, total)

        pairs = self.attributions(before, after, indices, progress=tell)
        restoration = self.restoration(before, after)
        found = []
        for k, own in enumerate(pairs):
            done = attribution_steps + k * icon_steps
            plain = self.without_icons(before, after, *own, restoration=restoration)
            found.append(self.with_icons(plain, progress=part_of(progress, done, total)))
        progress(total, total)
        return tuple(found)

    def classes_of(
        self, before: SourceImage, after: SourceImage, classes: Sequence[str | int] | None
    ) -> tuple[int, ...]:
        """The classes by index, each once; the network's answers if none are named."""
        if classes is None:
            other = self.options.rather_than
            classes = [first_answer(self.net, image, other) for image in (before, after)]
        return tuple(dict.fromkeys(self.net.class_index(name) for name in classes))

    def attributions(
        self,
        before: SourceImage,
        after: SourceImage,
        classes: Sequence[int],
        *,
        progress: Progress = silent,
    ) -> list[tuple[ChannelAttribution, ChannelAttribution]]:
        """The attributions of each class to the layer's channels, before and after.

        Where no number of steps is asked for, they are doubled until the change of the attributions
        agrees with that of the logit to one part in a hundred.
        """
        options = replace(self.options, layer=self.layer)
        while True:
            half = steps_in_all(options, len(classes))
            pairs = [
                attributions_of(
                    self.net,
                    image,
                    classes,
                    options,
                    progress=part_of(progress, k * half, 2 * half),
                )
                for k, image in enumerate((before, after))
            ]
            found = list(zip(*pairs, strict=True))
            free = self.options.attribution_steps is None and options.attribution == AUMANN_SHAPLEY
            if not free or 2 * options.steps > _MOST_STEPS or all(map(_is_complete, found)):
                break
            options = replace(options, attribution_steps=2 * options.steps)
        return [
            tuple(
                with_directions(self.net, image, own)
                for image, own in zip((before, after), pair, strict=True)
            )
            for pair in found
        ]  # type: ignore[return-value]

    def without_icons(
        self,
        before: SourceImage,
        after: SourceImage,
        attribution: ChannelAttribution,
        after_attribution: ChannelAttribution,
        *,
        restoration: Restoration | None = None,
    ) -> Comparison:
        """The groups of a class's features in two images, and their heat maps.

        Raises:
            NothingSelectedError: no channel stands out in either.
        """
        start = time.perf_counter()
        net, options = self.net, self.options
        pair = (attribution, after_attribution)
        flip = 1 if options.sign == "pos" else -1
        channels = np.union1d(*(select_channels(own, options.sign) for own in pair))
        if not len(channels):
            word = {"pos": "positive", "neg": "negative"}[options.sign]
            raise NothingSelectedError(
                f"No {word} channel in {self.layer} stands out in either image; choose another "
                "layer, class or sign."
            )
        activations = [net.activations_of(image, self.layer) for image in (before, after)]
        grouped = group_channels(
            np.concatenate(activations),
            stronger(*pair, flip),
            sign=options.sign,
            grouper=self._grouper(),
            channels=channels,
        )
        groups = changed_groups(grouped, pair, flip)
        taken = np.concatenate([group.channels for group in groups])
        rest = np.setdiff1d(np.arange(len(attribution.values)), taken)
        left = changed_group("channels in no group", rest, grouped, pair, flip)
        maps_of, signed = signed_maps((*groups, left), grouped, activations, pair, options)
        cut = options.cut
        if cut is None:
            cut = QUANTILE if maps_of == ACTIVATION else 0.0
        means = np.stack([own.mean(axis=(0, 1), dtype=np.float64) for own in activations], axis=1)
        index, other = attribution.class_index, attribution.rather_than
        logits = [net.logits_of(image).astype(np.float64) for image in (before, after)]
        worth = [own[index] - (0 if other is None else own[other]) for own in logits]
        asked = {
            "icons": None if self.icons is None else resolved(net, self.icons),
            **vars(options), "layer": self.layer,
            "restored_groups": self.restored_groups, "random_sets": self.random_sets,
            "before": {"image": before.digest, "name": before.name, "file": before.file_digest},
        }  # fmt: skip
        return Comparison(
            image=before.pixels,
            image_after=after.pixels,
            class_index=index,
            label=label_of(net, index, other),
            contrast=contrast_of(net, index, other),
            layer=self.layer,
            sign=options.sign,
            before=attribution,
            after=after_attribution,
            logit_before=float(worth[0]),
            logit_after=float(worth[1]),
            groups=groups,
            rest=left,
            maps_of=maps_of,
            cut=cut,
            colormap=options.colormap,
            signed_before=signed[0],
            signed_after=signed[1],
            image_objectives=np.stack([group.weights for group in groups]) @ means,
            restoration=restoration,
            seconds={"grouping": time.perf_counter() - start, "icons": 0.0},
            provenance=provenance(
                net, after, method=METHOD, options=asked, layer=self.layer, class_index=index,
                rather_than=other,
            ),
            answers=answers_of(net, self.layer, before, index, other),
            answers_after=answers_of(net, self.layer, after, index, other),
        )  # fmt: skip

    def with_icons(self, found: Comparison, *, progress: Progress = silent) -> Comparison:
        """The same with an icon a group; as it is for a comparison without icons."""
        if self.icons is None:
            return found
        start = time.perf_counter()
        name = f"groups of {self.layer} for {found.label}, before and after"
        rendered = render_icons(
            self.net,
            self.layer,
            np.stack([group.weights for group in found.groups]),
            self.icons,
            seed=self.options.seed,
            name=name,
            progress=progress,
        )
        strongest = found.image_objectives.max(axis=1)
        warn_of_weak_icons(name, rendered, strongest, self.icons)
        return replace(
            found,
            icons=rendered.images,
            icon_objectives=rendered.objectives,
            zero_gradient=rendered.zero_gradient,
            icon_steps=rendered.steps,
            seconds={**found.seconds, "icons": time.perf_counter() - start},
        )

    def restoration(self, before: SourceImage, after: SourceImage) -> Restoration | None:
        """The causal check; see `restore`."""
        return restore(
            self.net,
            before,
            after,
            replace(self.options, layer=self.layer),
            self._grouper(),
            n_groups=self.restored_groups,
            n_random=self.random_sets,
        )

    def _grouper(self) -> Grouper:
        options = self.options
        if not isinstance(options.grouping, str):
            return options.grouping
        return grouper(
            options.grouping,
            n_groups=options.n_groups,
            explained_variance=options.explained_variance,
            seed=options.seed,
        )


def _is_complete(pair: tuple[ChannelAttribution, ChannelAttribution]) -> bool:
    """Whether the change of attributions agrees with the change of the logit."""
    before, after = pair
    if before.total is None or after.total is None:
        return True
    change = after.total - before.total
    gap = after.values.sum() - before.values.sum() - change
    # Of images that hardly differ, the change is nothing but rounding.
    return abs(gap) <= max(_WANTED_GAP * abs(change), 1e-4 * abs(before.total))
