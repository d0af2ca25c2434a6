"""What `tfvis explain` writes.

<output>/<image>/<class>_<Shap|IGSG>/
    <method>_<layer>_<class>.txt            the attributions, one number a line
    <method>_<layer>_<class>.npz            the same at every position, if that is known
    <Grouping>/<layer>_<pos|neg><n groups>/  a result folder, whole or not there
        <class>_<initials>_<layer>_SpatialHM<k>.jpg, …_opt<k>.jpg
        <Grouping><class>_SpatialAttrs.txt, maps.npz, result.json, overview.png
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.choices import ATTRIBUTION
from tfvis.utils.labels import Labels

from ..settings.explain import Settings
from .paths import class_name, layer_name, safe_name
from .writing import (
    finite,
    replace_siblings,
    require_folder,
    result_folder,
    versions,
    write_result,
    writing,
)

if TYPE_CHECKING:
    from ..explainers.feature_groups import Explanation

_FIRST_CHANNELS = 5
_MAPS = "maps.npz"


def initials(grouping: str) -> str:
    """The capitals of a grouping's name: FA for FactorAnalysis."""
    return "".join(letter for letter in grouping if letter.isupper()) or grouping


@dataclass(frozen=True)
class RunFolder:
    """Where a run's files go.

    Attributes:
        output: the folder above all.
        image: the image's stem.
        labels: the classes' names.
    """

    output: Path
    image: str
    labels: Labels

    def class_name(self, class_index: int) -> str:
        """The class's name as part of a path."""
        return class_name(self.labels, class_index)

    def class_folder(self, class_index: int, method: str) -> Path:
        """The folder of one class's results."""
        name = f"{self.class_name(class_index)}_{method}"
        return self.output / safe_name(self.image) / name

    def require_folders(self, class_index: int, method: str, grouping: str) -> None:
        """Raise an `InputError` if a file is where one class's results need a folder."""
        require_folder(self.class_folder(class_index, method) / grouping)

    def attribution_file(self, method: str, layer: str, class_index: int) -> Path:
        """The text file of one class's attributions."""
        name = f"{method}_{layer_name(layer)}_{self.class_name(class_index)}.txt"
        return self.class_folder(class_index, method) / name

    def save_attribution(self, attribution: ChannelAttribution) -> Path:
        """Write one class's attributions as text, and return the file."""
        file = self.attribution_file(attribution.method, attribution.layer, attribution.class_index)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            attribution.save(file)
        return file

    def load_attribution(
        self, method: str, layer: str, class_index: int, n_channels: int
    ) -> ChannelAttribution:
        """Read one class's attributions back; an `InputError` if they do not fit the layer."""
        return ChannelAttribution.load(
            self.attribution_file(method, layer, class_index),
            method=method,
            layer=layer,
            class_index=class_index,
            n_channels=n_channels,
        )

    def write(
        self, explanation: Explanation, settings: Settings, seconds: Mapping[str, float]
    ) -> Path:
        """Write one explanation's result folder, replacing that of an earlier run.

        Also one of another number of groups, if nothing else was asked for then.

        Args:
            explanation: what was found.
            settings: what was asked for.
            seconds: how long the stages took that are not in the explanation.

        Returns:
            The result folder.
        """
        attribution = explanation.groups.attribution
        name = self.class_name(explanation.class_index)
        layer = layer_name(explanation.layer)
        count = len(explanation.groups)
        above = self.class_folder(explanation.class_index, attribution.method) / settings.grouping
        prefix = f"{layer}_{explanation.sign}"
        target = above / f"{prefix}{count}"
        stem = f"{name}_{initials(settings.grouping)}_{layer}"
        with writing(target), result_folder(target) as folder:
            overlays = explanation.overlays(show_against=settings.show_against)
            for k in range(count):
                images.save(folder / f"{stem}_SpatialHM{k}.jpg", overlays[k])
                images.save(folder / f"{stem}_opt{k}.jpg", explanation.icons[k])
            np.savez_compressed(folder / _MAPS, maps=explanation.maps)
            (folder / f"{settings.grouping}{name}_SpatialAttrs.txt").write_text(
                _scores_text(explanation), encoding="utf-8", errors="backslashreplace"
            )
            images.save(folder / "overview.png", _overview(explanation, settings, overlays))
            write_result(folder, _result(explanation, settings, seconds, stem))
        replace_siblings(target, prefix)
        return target


def _scores_text(explanation: Explanation) -> str:
    lines = [
        f"{explanation.label}, {explanation.layer}, {explanation.sign}: "
        f"{len(explanation.groups)} groups of {explanation.groups.n_selected} channels; "
        f"all channels' attributions sum to {explanation.groups.attribution.values.sum():.6f}",
        "group\tscore\tchannels\tfirst channels",
    ]
    for k, group in enumerate(explanation.groups):
        first = " ".join(str(channel) for channel in group.channels[:_FIRST_CHANNELS])
        lines.append(f"{k}\t{group.score:.6f}\t{len(group.channels)}\t{first}")
    return "\n".join(lines) + "\n"


def _result(
    explanation: Explanation, settings: Settings, seconds: Mapping[str, float], stem: str
) -> dict[str, Any]:
    groups = explanation.groups
    attribution = groups.attribution
    errors = attribution.standard_error
    by_attribution = explanation.maps_of == ATTRIBUTION
    # What was done, also where the defaults were left to decide.
    used = {
        **asdict(settings),
        "layers": settings.layers,
        "classes": settings.class_indices,
        "iterations": settings.wanted_iterations,
    }
    configuration = {
        key: str(value) if isinstance(value, Path) else value for key, value in used.items()
    }
    return {
        "configuration": configuration,
        "versions": versions(),
        "seed": settings.seed,
        "class": {"index": explanation.class_index, "label": explanation.label},
        "layer": explanation.layer,
        "sign": explanation.sign,
        "attribution": {
            "method": attribution.method,
            "evaluations": attribution.evaluations or None,
            "total": finite(attribution.total),
            "sum": float(attribution.values.sum()),
            "completeness_gap": finite(attribution.completeness_gap),
            "relative_gap": finite(attribution.relative_gap),
            "mean_standard_error": None if errors is None else finite(errors.mean()),
        },
        "grouping": {
            "name": settings.grouping,
            "channels_selected": groups.n_selected,
            "channels_in_no_group": [int(channel) for channel in groups.noise],
            "explained_variance": finite(getattr(groups.grouper, "explained_variance_", None)),
        },
        "heat_maps": {
            "of": explanation.maps_of,
            "cut_at_quantile": explanation.cut,
            "largest": explanation.largest(show_against=settings.show_against),
            "file": _MAPS,
        },
        "ambiguous_channels": [int(channel) for channel in groups.ambiguous],
        "groups": [
            {
                "score": group.score,
                "sum_of_map": _sums(explanation.maps[k]) if by_attribution else None,
                "channels": [int(channel) for channel in group.channels],
                "attributions": [float(value) for value in attribution.values[group.channels]],
                "icon_weights": [float(weight) for weight in group.weights],
                "standard_errors": (
                    None if errors is None else [finite(e) for e in errors[group.channels]]
                ),
                "objective_of_icon": float(explanation.icon_objectives[k]),
                "objective_of_image": float(explanation.image_objectives[k]),
                "icon_stayed_noise": k in explanation.zero_gradient,
                "heat_map": f"{stem}_SpatialHM{k}.jpg",
                "icon": f"{stem}_opt{k}.jpg",
            }
            for k, group in enumerate(groups)
        ],
        "seconds": {
            key: round(value, 3) for key, value in {**seconds, **explanation.seconds}.items()
        },
    }


def _sums(a_map: np.ndarray) -> dict[str, float]:
    """The parts of a map that raise the score and lower it; together they are the score."""
    return {
        "positive": float(np.maximum(a_map, 0).sum(dtype=np.float64)),
        "negative": float(np.minimum(a_map, 0).sum(dtype=np.float64)),
    }


def _legend(explanation: Explanation, show_against: bool) -> str:
    """What the heat maps are, and what their colours mean."""
    cut = f", above {explanation.cut:.0%} quantile" if explanation.cut else ""
    side = {"pos": ("for", "against"), "neg": ("against", "for")}[explanation.sign]
    blue = f", blue: {side[1]} it" if show_against else ""
    return f"heat maps: {explanation.maps_of}s{cut}\nred: {side[0]} the class{blue}"


def _overview(explanation: Explanation, settings: Settings, overlays: list) -> Any:
    groups = explanation.groups
    attribution = groups.attribution
    side = {"pos": "for", "neg": "against"}[explanation.sign]
    title = (
        f"Features of {explanation.layer}\n{side} {explanation.label}\n\n"
        f"{attribution.method}, {settings.grouping}\n"
        f"{groups.n_selected} of {len(attribution.values)} channels\n\n"
        "score: sum of attributions\n"
        f"(all channels: {attribution.values.sum():.3f})\n\n"
        f"{_legend(explanation, settings.show_against)}"
    )
    rows = []
    for k, group in enumerate(groups):
        first = ", ".join(str(channel) for channel in group.channels[:_FIRST_CHANNELS])
        more = ", …" if len(group.channels) > _FIRST_CHANNELS else ""
        plural = "s" if len(group.channels) > 1 else ""
        text = (
            f"group {k}\nscore {group.score:.3f}\n"
            f"{len(group.channels)} channel{plural}\n{first}{more}"
        )
        rows.append(((overlays[k], explanation.icons[k]), text))
    return plots.overview(title, rows, explanation.image)
