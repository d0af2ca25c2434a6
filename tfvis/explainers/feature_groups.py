"""Groups of the features that speak for, or against, a class: Shi, Du, Fan (2020)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tfvis.utils.activation_maps import QUANTILE, shown, summed_map, weighted_map
from tfvis.utils.answers import answers_of
from tfvis.utils.attribution import with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import ACTIVATION, ATTRIBUTION
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import (
    FeatureGroups,
    NothingSelectedError,
    deciding_digest,
    group_channels,
    grouper,
)
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons, warn_of_weak_icons
from tfvis.utils.image_sources import Images, SourceImage
from tfvis.utils.network import Network
from tfvis.utils.number_formats import resolved
from tfvis.utils.progress import Progress, part_of, silent
from tfvis.utils.provenance import Provenance, provenance

from .attributions import (
    attributions_of,
    contrast_of,
    label_of,
    layer_of,
    named_as,
    resolved_options,
    steps_in_all,
    steps_of,
)
from .base import ClassMap, NothingSelected, Pairs, uniform_map
from .explanation import Explanation
from .options import FeatureGroupOptions

__all__ = ["FeatureGroupExplainer", "StageProgress", "group_maps", "require_same_origin"]

METHOD = "feature groups"
SINGLE_CHANNELS = "single channels"
"""The grouping's name where each channel is a group of its own."""

logger = logging.getLogger(__name__)

StageProgress = Callable[[str], Progress]
"""From the name of a stage of work to what is called with its progress."""


def _silent(stage: str) -> Progress:
    return silent


class FeatureGroupExplainer:
    """Groups the features of a class in a layer, and shows what each group looks at and wants.

    Shi, Du, Fan (2020), sections 3.2 to 3.4.

    Args:
        net: the network.
        options: how; see `FeatureGroupOptions`.
        icons: how icons are rendered; the network's own way if True, none if left out.
        **changes: of single options: `layer="mixed4d"`, `grouping="KMeans"`.

    Raises:
        InputError: a layer or option that cannot be used.
    """

    def __init__(
        self,
        net: Network,
        options: FeatureGroupOptions | None = None,
        *,
        icons: IconOptions | bool | None = None,
        **changes: object,
    ) -> None:
        self.net = net
        self.icons = (net.icon_options if icons is True else icons) or None
        self.options = resolved_options(net, FeatureGroupOptions, options, changes)
        self.layer = layer_of(net, self.options.layer)

    def explain(
        self,
        images: Images,
        classes: Sequence[str | int],
        *,
        progress: Progress = silent,
    ) -> tuple[ClassMap, ...]:
        """See `Explainer.explain`; an `Explanation` each, or `NothingSelected`."""
        pairs = Pairs.of(self.net, images, classes)
        icon_steps = 0 if self.icons is None else self.icons.steps
        images_of = list(pairs.by_image())
        total = len(pairs) * icon_steps
        total += sum(steps_in_all(self.options, len(indices)) for _, indices, _ in images_of)
        found, done = dict[int, ClassMap](), 0
        for source, indices, places in images_of:
            attributions = attributions_of(
                self.net, source, indices, self.options, progress=part_of(progress, done, total)
            )
            done += steps_in_all(self.options, len(indices))
            progress(done, total)
            for attribution, place in zip(attributions, places, strict=True):
                own = pairs.images[place]  # of equal pixels, but it may be another file
                found[place] = self._mapped(own, attribution, part_of(progress, done, total))
                done += icon_steps
                progress(done, total)
        return tuple(found[k] for k in range(len(pairs)))

    def _mapped(
        self, source: SourceImage, attribution: ChannelAttribution, progress: Progress
    ) -> ClassMap:
        try:
            return self.explanation(source, attribution, progress=lambda stage: progress)
        except NothingSelectedError as error:
            return NothingSelected(
                map=uniform_map(source.size),
                image=source.pixels,
                class_index=attribution.class_index,
                label=label_of(self.net, attribution.class_index, attribution.rather_than),
                method=METHOD,
                problem=str(error),
                provenance=self._provenance(source, attribution),
                answers=answers_of(
                    self.net, self.layer, source, attribution.class_index, attribution.rather_than
                ),
            )

    def explanation(
        self,
        source: SourceImage,
        attribution: ChannelAttribution,
        *,
        progress: StageProgress = _silent,
    ) -> Explanation:
        """The explanation of an image by attributions that are known.

        Args:
            source: the image.
            attribution: of the layer's channels, for the class.
            progress: called with the name of a stage, returns what is called with its progress.

        Raises:
            NothingSelectedError: no channel stands out.
            InputError: the attributions are of another layer or number of steps, or do not fit the
                image.
        """
        found = self.without_icons(source, attribution)
        return found if self.icons is None else self.with_icons(found, progress=progress)

    def without_icons(self, source: SourceImage, attribution: ChannelAttribution) -> Explanation:
        """The first part of `explanation`: the groups and their heat maps; see there."""
        start = time.perf_counter()
        found = self.of_groups(source, self.groups(source, attribution))
        seconds = {"grouping": time.perf_counter() - start, "icons": 0.0}
        return replace(found, seconds=seconds)

    def groups(self, source: SourceImage, attribution: ChannelAttribution) -> FeatureGroups:
        """The groups of an image's channels by attributions that are known, and nothing else.

        Args:
            source: the image.
            attribution: of the layer's channels, for the class.

        Raises:
            NothingSelectedError: no channel stands out.
            InputError: see `explanation`.
        """
        require_same_origin(attribution, self.net, source, self.layer)
        self._require_same_steps(attribution)
        self._require_same_contrast(attribution)
        activations = self.net.activations_of(source, self.layer)
        attribution = with_directions(self.net, source, named_as(source, attribution))
        return self._groups(source, activations, attribution)

    def of_groups(
        self, source: SourceImage, groups: FeatureGroups, *, grouping: str | None = None
    ) -> Explanation:
        """The explanation of an image by groups that are known: their heat maps, without icons.

        Args:
            source: the image.
            groups: of the layer's channels, for a class in the image.
            grouping: what the groups are called; the explainer's own grouping if None.
        """
        net, options, attribution = self.net, self.options, groups.attribution
        activations = net.activations_of(source, self.layer)
        made = self._provenance(source, attribution)
        if grouping is not None:
            channels = [[int(channel) for channel in group.channels] for group in groups]
            own = {**made.options, "grouping": grouping, "channels": channels}
            made = replace(made, options=own)
        maps_of, signed = group_maps(activations, groups, options.heat_maps)
        cut = options.cut
        if cut is None:
            cut = QUANTILE if maps_of == ACTIVATION else 0.0
        heat_maps = np.stack([shown(a_map, source.size, cut) for a_map in signed])
        positions = groups.attribution.maps
        if maps_of == ACTIVATION or positions is None:
            together = heat_maps.sum(axis=0)
        else:
            # Here what speaks against the class at a place counts, also if it is another group.
            channels = np.concatenate([group.channels for group in groups])
            flip = 1 if groups.sign == "pos" else -1
            whole = flip * summed_map(positions, channels)
            together = shown(whole, source.size, cut)
        return Explanation(
            map=together,
            parts=heat_maps,
            image=source.pixels,
            class_index=attribution.class_index,
            label=label_of(net, attribution.class_index, attribution.rather_than),
            method=METHOD,
            provenance=made,
            answers=answers_of(
                net, self.layer, source, attribution.class_index, attribution.rather_than
            ),
            groups=groups,
            contrast=contrast_of(net, attribution.class_index, attribution.rather_than),
            show_against=options.show_against,
            colormap=options.colormap,
            signed_maps=signed.astype(np.float32),
            maps_of=maps_of,
            cut=cut,
            image_objectives=groups.weights @ activations.astype(np.float64).mean(axis=(0, 1)),
        )

    def with_icons(
        self, explanation: Explanation, *, progress: StageProgress = _silent
    ) -> Explanation:
        """The second part of `explanation`: what `without_icons` returned, and its icons.

        Raises:
            InputError: the explainer renders no icons.
        """
        if self.icons is None:
            raise InputError("Expected an explainer with icons, received one of icons=None.")
        start = time.perf_counter()
        side = "for" if explanation.sign == "pos" else "against"
        what = SINGLE_CHANNELS if explanation.grouping == SINGLE_CHANNELS else "groups"
        name = f"{what} of {self.layer} {side} {explanation.label}"
        found = render_icons(
            self.net,
            self.layer,
            explanation.groups.weights,
            self.icons,
            seed=self.options.seed,
            name=name,
            progress=progress("icons"),
        )
        warn_of_weak_icons(name, found, explanation.image_objectives, self.icons)
        return replace(
            explanation,
            icons=found.images,
            icon_objectives=found.objectives,
            zero_gradient=found.zero_gradient,
            icon_steps=found.steps,
            seconds={**explanation.seconds, "icons": time.perf_counter() - start},
        )

    def _groups(
        self, source: SourceImage, activations: np.ndarray, attribution: ChannelAttribution
    ) -> FeatureGroups:
        options = self.options
        if not isinstance(options.grouping, str):
            return group_channels(
                activations, attribution, sign=options.sign, grouper=options.grouping
            )
        key = (
            "groups", self.layer, options.sign, options.grouping, options.explained_variance,
            options.n_groups, options.seed, deciding_digest(attribution), source.digest,
        )  # fmt: skip

        def compute() -> FeatureGroups:
            wanted = grouper(
                options.grouping,
                n_groups=options.n_groups,
                explained_variance=options.explained_variance,
                seed=options.seed,
            )
            return group_channels(activations, attribution, sign=options.sign, grouper=wanted)

        # Attributions of equal values share their groups; the provenance is each one's own.
        return replace(self.net.memory.get(key, compute), attribution=attribution)

    def _require_same_steps(self, attribution: ChannelAttribution) -> None:
        wanted, made = self.options.attribution_steps, steps_of(attribution)
        if None not in (wanted, made) and wanted != made:
            raise InputError(
                f"Expected attributions of attribution_steps={wanted}, received some of {made}: "
                "leave it out, or compute them again."
            )

    def _require_same_contrast(self, attribution: ChannelAttribution) -> None:
        wanted, made = self.options.rather_than, attribution.rather_than
        if wanted == made or wanted is None:  # of attributions that are known, theirs counts
            return
        received = "a class alone" if made is None else f"others than {self.net.labels[made]!r}"
        raise InputError(
            f"Expected attributions of a class rather than {self.net.labels[int(wanted)]!r}, "
            f"received some of {received}: leave rather_than out, or compute them again."
        )

    def _provenance(self, source: SourceImage, attribution: ChannelAttribution) -> Provenance:
        """What made a result; of its attributions, how those were made in truth."""
        icons = None if self.icons is None else resolved(self.net, self.icons)
        own = {"icons": icons, **vars(self.options), "layer": self.layer}
        class_index = attribution.class_index
        own["attribution"], own["rather_than"] = attribution.method, attribution.rather_than
        if steps_of(attribution) not in (None, self.options.steps):
            own["attribution_steps"] = steps_of(attribution)
        made = attribution.provenance
        if made is not None and made.options.get("seed", self.options.seed) != self.options.seed:
            own["attribution_seed"] = made.options["seed"]
        return provenance(
            self.net,
            source,
            method=METHOD,
            options=own,
            layer=self.layer,
            class_index=class_index,
            rather_than=attribution.rather_than,
        )


def require_same_origin(
    attribution: ChannelAttribution, net: Network, source: SourceImage, layer: str
) -> None:
    """Raise an `InputError` for attributions of another layer, image or network.

    Those whose origin is unknown, from a text file alone, must be of the layer.
    """
    made = attribution.provenance
    # A file that was edited by hand, or read as another layer's, still says what it is of.
    for own in (attribution.layer, layer if made is None else made.layer):
        if own not in (None, layer):
            raise InputError(f"Expected attributions of {layer!r}, received some of {own!r}.")
    if made is None:
        return
    if made.image != source.digest:
        named = " ".join(
            filter(None, ["another image", made.image_name and f"({made.image_name})"])
        )
        raise InputError(
            f"Expected attributions of this image, received some of {named}, or of the same one in "
            "another size: compute them again."
        )
    if made.weights != net.digest:
        raise InputError(
            f"Expected attributions of the network {net.name!r}, received some of {made.network!r} "
            "with other weights or preprocessing: compute them again."
        )


def group_maps(
    activations: np.ndarray, groups: FeatureGroups, maps_of: str = ATTRIBUTION
) -> tuple[str, np.ndarray]:
    """Where each group speaks for the class, signed, at the layer's positions.

    Args:
        activations: of the layer for the image, (h, w, C).
        groups: the groups.
        maps_of: "attribution", or "activation" for activations weighted by φ, those of channels
            that speak by being negative turned upside down. Activations are taken where the
            attributions of positions are not known.

    Returns:
        What the maps are of, and the maps, float64 (n, h, w). For negative features signs are
        flipped, as in the groups' strengths.
    """
    positions = groups.attribution.maps
    if maps_of == ACTIVATION or positions is None:
        turned = groups.attribution.turned
        maps = [
            weighted_map(
                activations,
                group.channels,
                np.where(turned[group.channels], -group.strengths, group.strengths),
            )
            for group in groups
        ]
        return ACTIVATION, np.stack(maps)
    if positions.shape != activations.shape:
        raise InputError(
            f"Expected attributions of {activations.shape[:2]} positions, as the image has, "
            f"received {positions.shape[:2]}: compute the attributions again, or take "
            "heat_maps='activation'."
        )
    flip = 1 if groups.sign == "pos" else -1
    return ATTRIBUTION, np.stack([flip * summed_map(positions, group.channels) for group in groups])
