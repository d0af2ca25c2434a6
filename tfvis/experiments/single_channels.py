"""Groups of channels beside their strongest single channels (Shi et al., figure 5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups, NothingSelectedError
from tfvis.utils.mosaics import MosaicPanel, MosaicSection

from ..explainers.explanation import Explanation
from ..explainers.feature_groups import SINGLE_CHANNELS, FeatureGroupExplainer
from ..explainers.mosaics import signed
from ..explainers.overviews import counted
from .group_visualisation import GroupVisualisation
from .outcomes import Outcome, StageProgress, Subject, silent_stages

__all__ = ["run", "strongest_channels"]


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Show the strongest groups for a class, and beside each its strongest channels alone.

    Args:
        subject: the network and the image; of its classes the first is explained.
        progress: called with the name of a stage, returns what is called with its progress.
    """
    options = subject.options.feature_groups(subject.layer)
    explainer = FeatureGroupExplainer(subject.net, options, icons=subject.icons())
    (index, *_) = subject.explained_classes()
    visualisation = GroupVisualisation(
        subject.net, subject.source, (index,), ("pos",), subject.options.feature_groups, None
    )
    (attribution,) = visualisation.attribute(
        subject.layer, progress=progress(f"{subject.layer}: attributions")
    )
    try:
        groups = explainer.without_icons(subject.source, attribution)
    except NothingSelectedError as error:
        return Outcome(results=(), sections=(), findings=(str(error),))
    count = subject.options.channels
    shown = groups.groups.groups[: subject.options.groups]
    alone = explainer.of_groups(
        subject.source, strongest_channels(groups.groups, shown, count), grouping=SINGLE_CHANNELS
    )
    if subject.icons() is not None:
        groups = explainer.with_icons(groups, progress=lambda _: progress("groups: icons"))
        alone = explainer.with_icons(alone, progress=lambda _: progress("channels: icons"))
    name = subject.source.name or "image"
    return Outcome(
        results=((name, groups), (name, alone)),
        sections=_sections(groups, alone, shown, count),
        findings=_findings(groups, alone, shown),
    )


def strongest_channels(
    groups: FeatureGroups, chosen: tuple[FeatureGroup, ...], count: int
) -> FeatureGroups:
    """Some groups' strongest channels, each as a group of its own.

    Args:
        groups: of a class.
        chosen: some of them.
        count: so many channels of each, or all that it has.
    """
    alone = tuple(
        FeatureGroup(group.channels[[k]], group.strengths[[k]], _weights(group)[[k]])
        for group in chosen
        for k in range(min(count, len(group.channels)))
    )
    return replace(groups, groups=alone, noise=np.empty(0, int), grouper=None,
                   explained_variance=None)  # fmt: skip


def _weights(group: FeatureGroup) -> np.ndarray:
    return group.strengths if group.weights is None else group.weights


def _sections(
    groups: Explanation, alone: Explanation, shown: tuple[FeatureGroup, ...], count: int
) -> tuple[MosaicSection, ...]:
    """A section a group: the group, then its strongest channels."""
    largest = max(groups.largest(), alone.largest())
    maps = [_overlays(own, largest) for own in (groups, alone)]
    sections, k = [], 0
    for number, group in enumerate(shown):
        panels = [_panel(groups, maps[0], number, f"group {number}: {signed(group.score)}")]
        for channel in group.channels[:count]:
            score = alone.groups[k].score
            panels.append(_panel(alone, maps[1], k, f"channel {channel}: {signed(score)}"))
            k += 1
        left = len(group.channels) - len(panels) + 1
        sections.append(
            MosaicSection(
                heading=f"{groups.label}, group {number}",
                detail=f"{len(group.channels)} channels, {left} not shown" if left else "",
                panels=panels,
            )
        )
    return tuple(sections)


def _overlays(found: Explanation, largest: float) -> list[np.ndarray]:
    from tfvis.utils import plots

    return [
        plots.overlay(found.image, a_map, largest=largest, exponent=0.5, colormap=found.colormap)
        for a_map in found.heat_maps
    ]


def _panel(found: Explanation, overlays: list[np.ndarray], k: int, caption: str) -> MosaicPanel:
    icon = None if found.icons is None else found.icons[k]
    return MosaicPanel(icon=icon, heat_map=overlays[k], caption=caption)


def _findings(
    groups: Explanation, alone: Explanation, shown: tuple[FeatureGroup, ...]
) -> tuple[str, ...]:
    found = [
        f"Group {k} of {groups.label}: {counted(len(group.channels), 'channel')}, score "
        f"{group.score:.2f}; its strongest channel, {group.channels[0]}, has "
        f"{group.strengths[0] / group.score:.0%}."
        for k, group in enumerate(shown)
    ]
    if alone.icons is not None and alone.icon_objectives is not None:
        above = int((alone.icon_objectives > alone.image_objectives).sum())
        found.append(
            f"{above} of {len(alone.icons)} icons of single channels excite their channel more "
            f"than the image does, after {alone.icon_steps} steps."
        )
    return tuple(found)
