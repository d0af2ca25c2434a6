"""What `tfvis explain` writes.

<output>/<image>/<class>_<Shap|IGSG>/
    <method>_<layer>_<class>.txt            the attributions, one number a line
    <method>_<layer>_<class>.npz            what else is known of them, the positions' among it
    <Grouping>/<layer>_<pos|neg><n groups>[_<digest>]/  a result folder, whole or not there
        <class>_<initials>_<layer>_SpatialHM<k>.jpg, …_opt<k>.jpg
        <Grouping><class>_SpatialAttrs.txt, arrays.npz, result.json, overview.png

The digest, of the options, is there only where a result of other options has the name without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import images
from tfvis.utils.choices import ATTRIBUTION
from tfvis.utils.file_names import as_text, layer_name, safe_name

from ..explainers.explanation import Explanation
from ..explainers.overviews import FIRST_CHANNELS
from .earlier import answer_folder, image_folder, place_of
from .folders import class_part, initials
from .own_files import read_result
from .values import ARRAYS, packed, save_arrays
from .writing import finite, write_result, writing

KIND = "explanation"
_MISSING = "missing"


def write_explanation(explanation: Explanation, output: Path, name: str | None = None) -> Path:
    """Write one explanation's result folder.

    It replaces that of an earlier run with the same options, also if that found another number of
    groups. One of other options stays: the new folder goes beside it.

    A result whose icons are missing replaces no complete one; see `lacks_icons`.

    Args:
        explanation: what was found.
        output: the folder above all.
        name: of the image's folder; see `image_folder`.

    Returns:
        The result folder.
    """
    made = explanation.provenance
    class_name = class_part(made, explanation.label)
    method, grouping = explanation.groups.attribution.method, safe_name(explanation.grouping)
    layer = layer_name(explanation.layer)
    prefix = f"{layer}_{explanation.sign}"
    above = image_folder(output, made, explanation.image, name)
    own = above.path / f"{class_name}_{method}" / grouping / f"{prefix}{len(explanation.groups)}"
    stem = f"{class_name}_{initials(grouping)}_{layer}"
    said = {
        "class": {"index": explanation.class_index, "label": explanation.label},
        "layer": explanation.layer,
        "sign": explanation.sign,
    }
    if explanation.contrast is not None:
        other = explanation.groups.attribution.rather_than
        said["rather_than"] = {"index": other, "label": explanation.contrast[1]}
    if explanation.icons_missing:
        there = place_of(own, made, said)
        if read_result(there) and not lacks_icons(there):
            return there  # complete
    # A complete result of the same question, which found another number of groups, stays meanwhile.
    siblings = None if explanation.icons_missing else prefix
    with writing(own), answer_folder(own, made, said, siblings, above) as answer:
        folder = answer.new
        for k, overlay in enumerate(explanation.overlays()):
            images.save(folder / f"{stem}_SpatialHM{k}.jpg", overlay)
            if explanation.icons is not None:
                images.save(folder / f"{stem}_opt{k}.jpg", explanation.icons[k])
        (folder / f"{grouping}{class_name}_SpatialAttrs.txt").write_text(
            _scores_text(explanation), encoding="utf-8", errors="backslashreplace"
        )
        images.save(folder / "overview.png", explanation.sheet())
        value, arrays = packed(explanation)
        save_arrays(folder, arrays, maps=explanation.signed_maps)
        write_result(folder, KIND, said | _summary(explanation, stem), value, made, explanation)
    return answer.target


def lacks_icons(target: Path) -> bool:
    """Whether a result folder holds a result whose icons are missing; see `_icons`."""
    found = read_result(target)
    return found is not None and found.get("icons") == _MISSING


def _icons(explanation: Explanation) -> str:
    """What `result.json` says of icons: "rendered", "none" were asked for, or "missing".

    They are missing while the run that renders them goes on, and for good if it was ended.
    """
    if explanation.icons_missing:
        return _MISSING
    return "none" if explanation.icons is None else "rendered"


def _scores_text(explanation: Explanation) -> str:
    lines = [
        f"{explanation.label}, {explanation.layer}, {explanation.sign}: "
        f"{len(explanation.groups)} groups of {explanation.groups.n_selected} channels; "
        f"all channels' attributions sum to {explanation.groups.attribution.values.sum():.6f}",
        "group\tscore\tchannels\tfirst channels",
    ]
    for k, group in enumerate(explanation.groups):
        first = " ".join(str(channel) for channel in group.channels[:FIRST_CHANNELS])
        lines.append(f"{k}\t{group.score:.6f}\t{len(group.channels)}\t{first}")
    return "\n".join(lines) + "\n"


def _summary(explanation: Explanation, stem: str) -> dict[str, Any]:
    groups = explanation.groups
    attribution = groups.attribution
    errors = attribution.standard_error
    return {
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
            "name": explanation.grouping,
            "channels_selected": groups.n_selected,
            "channels_in_no_group": [int(channel) for channel in groups.noise],
            "explained_variance": finite(groups.explained_variance),
        },
        "heat_maps": {
            "of": explanation.maps_of,
            "cut_at_quantile": explanation.cut,
            "largest": finite(explanation.largest()),
            "file": ARRAYS,
        },
        "icons": _icons(explanation),
        "icon_steps": explanation.icon_steps,
        "ambiguous_channels": [int(channel) for channel in groups.ambiguous],
        "groups": [_group(explanation, k, stem) for k in range(len(groups))],
        **_game(explanation),
        "seconds": {key: round(value, 3) for key, value in explanation.seconds.items()},
    }


def _group(explanation: Explanation, k: int, stem: str) -> dict[str, Any]:
    attribution, group = explanation.groups.attribution, explanation.groups[k]
    errors, icons = attribution.standard_error, explanation.icon_objectives
    by_attribution = explanation.maps_of == ATTRIBUTION
    return {
        "score": group.score,
        "sum_of_map": _sums(explanation.signed_maps[k]) if by_attribution else None,
        "channels": [int(channel) for channel in group.channels],
        "attributions": [float(value) for value in attribution.values[group.channels]],
        "icon_weights": np.asarray(group.weights, np.float64).tolist(),
        "standard_errors": (
            None if errors is None else [finite(e) for e in errors[group.channels]]
        ),
        "objective_of_icon": None if icons is None else finite(icons[k]),
        "objective_of_image": finite(explanation.image_objectives[k]),
        "icon_stayed_noise": k in explanation.zero_gradient,
        "heat_map": as_text(f"{stem}_SpatialHM{k}.jpg"),
        "icon": None if icons is None else as_text(f"{stem}_opt{k}.jpg"),
        **_contrast(explanation, k),
        **_check(explanation, k),
    }


def _check(explanation: Explanation, k: int) -> dict[str, Any]:
    """What a group is worth as evidence; nothing where that was not asked for."""
    if not explanation.checks:
        return {}
    found = explanation.checks[k]
    return {"check": {"verdict": found.verdict, **vars(found)}}


def _game(explanation: Explanation) -> dict[str, Any]:
    """What the groups are worth exactly, or why that is not known; nothing if not asked for."""
    game, problem = explanation.game, explanation.game_problem
    if game is None:
        return {} if problem is None else {"game": {"problem": as_text(problem)}}
    others = len(game.values) - 1
    rows = zip(game.attributed, game.values, game.difference, strict=True)
    return {
        "game": {
            "problem": None,
            "total": finite(game.total),
            "players": [
                {
                    "group": None if k == others else k,
                    "attributed": finite(attributed),
                    "shapley_value": finite(value),
                    "difference": finite(difference),
                }
                for k, (attributed, value, difference) in enumerate(rows)
            ],
            "interactions": [[finite(value) for value in row] for row in game.interactions],
        }
    }


def _contrast(explanation: Explanation, k: int) -> dict[str, Any]:
    """What a group gives each of two contrasted classes; nothing where there is one alone."""
    if not explanation.contrasts:
        return {}
    found = explanation.contrasts[k]
    return {"of_class": found.of_a, "of_other": found.of_b, "kind": found.kind}


def _sums(a_map: np.ndarray) -> dict[str, float]:
    """The parts of a map that raise the score and lower it; together they are the score."""
    return {
        "positive": float(np.maximum(a_map, 0).sum(dtype=np.float64)),
        "negative": float(np.minimum(a_map, 0).sum(dtype=np.float64)),
    }
