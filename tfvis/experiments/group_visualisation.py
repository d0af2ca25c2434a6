"""Group visualization of class-discriminative features: one image, several layers and classes.

Shi, Du, Fan (2020). The attributions of a layer are computed once for all classes and signs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tfvis.utils.attribution import with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.feature_groups import NothingSelectedError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..evaluation.group_checks import check_groups
from ..evaluation.group_game import group_shapley, too_many_players
from ..explainers.attributions import attributions_of
from ..explainers.explanation import Explanation
from ..explainers.feature_groups import (
    FeatureGroupExplainer,
    StageProgress,
    require_same_origin,
)
from ..explainers.options import FeatureGroupOptions

__all__ = ["GroupVisualisation"]


@dataclass(frozen=True, eq=False)
class GroupVisualisation:
    """The experiment for one image.

    Attributes:
        net: the network.
        source: the image.
        classes: by index.
        signs: "pos", "neg" or both.
        options: from a layer and a sign to the options.
        icons: how icons are rendered; None if none are.
    """

    net: Network
    source: SourceImage
    classes: tuple[int, ...]
    signs: tuple[str, ...]
    options: Callable[[str, str], FeatureGroupOptions]
    icons: IconOptions | None

    @property
    def name(self) -> str:
        """The image's name."""
        return self.source.name or "image"

    def attribute(
        self, layer: str, *, progress: Progress = silent
    ) -> tuple[ChannelAttribution, ...]:
        """The attributions of all classes to a layer's channels."""
        options = self.options(layer, self.signs[0])
        found = attributions_of(self.net, self.source, self.classes, options, progress=progress)
        # So that gradients are not computed again for each sign or run.
        return tuple(with_directions(self.net, self.source, own) for own in found)

    def without_icons(self, attribution: ChannelAttribution, sign: str) -> Explanation | str:
        """The explanation of one class and sign without its icons, or why there is none."""
        try:
            return self._explainer(attribution.layer, sign).without_icons(self.source, attribution)
        except NothingSelectedError as error:
            return str(error)

    def checked(self, explanation: Explanation, *, progress: StageProgress) -> Explanation:
        """The explanation, what its groups are worth as evidence, and the game of its groups.

        The game is solved for at most 12 players; `game_problem` says where there are more.

        Args:
            explanation: what `without_icons` returned.
            progress: called with the name of a stage, returns what is called with its progress.
        """
        explainer = FeatureGroupExplainer(
            self.net, self.options(explanation.layer, explanation.sign)
        )
        start = time.perf_counter()
        checks = check_groups(
            self.net,
            self.source,
            explanation.groups,
            explainer,
            seed=explainer.options.seed,
            progress=progress("checks of groups"),
        )
        between = time.perf_counter()
        game, problem = None, too_many_players(explanation.groups)
        if problem is None:
            game = group_shapley(
                self.net, self.source, explanation.groups, progress=progress("game of groups")
            ).without_coalitions()
        seconds = {"checks": between - start, "game": time.perf_counter() - between}
        return replace(
            explanation,
            checks=checks,
            game=game,
            game_problem=problem,
            seconds={**explanation.seconds, **seconds},
        )

    def with_icons(self, explanation: Explanation, *, progress: StageProgress) -> Explanation:
        """What `without_icons` returned, and its icons."""
        explainer = self._explainer(explanation.layer, explanation.sign)
        return explainer.with_icons(explanation, progress=progress)

    def _explainer(self, layer: str, sign: str) -> FeatureGroupExplainer:
        return FeatureGroupExplainer(self.net, self.options(layer, sign), icons=self.icons)

    def require_same_origin(self, attributions: Sequence[ChannelAttribution], layer: str) -> None:
        """Raise an `InputError` for attributions of another layer, image or network."""
        for attribution in attributions:
            require_same_origin(attribution, self.net, self.source, layer)
