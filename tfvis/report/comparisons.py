"""What `tfvis compare` writes.

<output>/<image after>/compare_<class>_<Shap|IGSG>/<Grouping>/<layer>_<pos|neg>[_<digest>]/
    <class>_<layer>_before<k>.jpg, …_after<k>.jpg, …_opt<k>.jpg     of each group
    <class>_<layer>_before_rest.jpg, …_after_rest.jpg               of the channels in no group
    before.png, after.png                                           the images at the network's size
    arrays.npz, result.json, overview.png

The digest, of the options and of the image before, is there only where a result of others has the
name without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import images
from tfvis.utils.file_names import as_text, layer_name, safe_name

from ..explainers.compared import ChangedGroup, Comparison
from ..explainers.restoration import Restoration
from .earlier import answer_folder, image_folder
from .folders import class_part
from .values import ARRAYS, packed, save_arrays
from .writing import finite, write_result, writing

KIND = "comparison"


def comparison_folder(
    above: Path, class_name: str, method: str, grouping: object, layer: str, sign: str
) -> Path:
    """The result folder of a comparison, if no result of another question is in it.

    Args:
        above: the folder of the image after.
        class_name: the class's name as part of a path.
        method: "Shap" or "IGSG".
        grouping: a name in scikit-learn, or a grouper of one's own.
        layer: the layer's name as part of a path.
        sign: "pos" or "neg".
    """
    named = safe_name(grouping) if isinstance(grouping, str) else "grouping"
    return above / f"compare_{class_name}_{method}" / named / f"{layer}_{sign}"


def write_comparison(found: Comparison, output: Path, name: str | None = None) -> Path:
    """Write one comparison's result folder, in the folder of the image after the change.

    It replaces that of an earlier run with the same options and image before. One of others stays:
    the new folder goes beside it.

    Args:
        found: the comparison.
        output: the folder above all.
        name: of the image's folder; see `image_folder`.

    Returns:
        The result folder.
    """
    made = found.provenance
    class_name, layer = class_part(made, found.label), layer_name(found.layer)
    options = {} if made is None else made.options
    above = image_folder(output, made, found.image_after, name)
    own = comparison_folder(
        above.path, class_name, found.before.method, options.get("grouping"), layer, found.sign
    )
    said = {
        "class": {"index": found.class_index, "label": found.label},
        "layer": found.layer,
        "sign": found.sign,
    }
    stem = f"{class_name}_{layer}"
    with writing(own), answer_folder(own, made, said, above=above) as answer:
        folder = answer.new
        before, after = found.overlays()
        for k in range(len(found.groups) + 1):
            ending = "_rest" if k == len(found.groups) else str(k)
            images.save(folder / f"{stem}_before{ending}.jpg", before[k])
            images.save(folder / f"{stem}_after{ending}.jpg", after[k])
        for k, icon in enumerate(() if found.icons is None else found.icons):
            images.save(folder / f"{stem}_opt{k}.jpg", icon)
        images.save(folder / "before.png", found.image)
        images.save(folder / "after.png", found.image_after)
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        write_result(folder, KIND, said | _summary(found, stem), value, made, found)
    return answer.target


def _summary(found: Comparison, stem: str) -> dict[str, Any]:
    asked = {} if found.provenance is None else found.provenance.options
    return {
        "before": asked.get("before"),
        "logit": {"before": finite(found.logit_before), "after": finite(found.logit_after)},
        "attribution": {
            "method": found.before.method,
            "evaluations": found.before.evaluations or None,
            "change": float(found.after.values.sum() - found.before.values.sum()),
            "completeness_gap": finite(found.completeness_gap),
        },
        "heat_maps": {
            "of": found.maps_of,
            "cut_at_quantile": found.cut,
            "largest": finite(found.largest()),
            "file": ARRAYS,
        },
        "icons": "none" if found.icons is None else "rendered",
        "icon_steps": found.icon_steps,
        "kinds": found.counts,
        "groups": [_group(found, k, stem) for k in range(len(found.groups))],
        "rest": _scores(found.rest) | _pictures(stem, "_rest"),
        "restoration": None if found.restoration is None else _restoration(found.restoration),
        "seconds": {key: round(value, 3) for key, value in found.seconds.items()},
    }


def _group(found: Comparison, k: int, stem: str) -> dict[str, Any]:
    group, icons = found.groups[k], found.icon_objectives
    return {
        "kind": group.kind,
        **_scores(group),
        "channels": [int(channel) for channel in group.channels],
        "attributions_before": [float(each) for each in found.before.values[group.channels]],
        "attributions_after": [float(each) for each in found.after.values[group.channels]],
        "objective_of_icon": None if icons is None else finite(icons[k]),
        "icon_stayed_noise": k in found.zero_gradient,
        **_pictures(stem, str(k)),
        "icon": None if icons is None else as_text(f"{stem}_opt{k}.jpg"),
    }


def _scores(group: ChangedGroup) -> dict[str, Any]:
    return {"score_before": group.before, "score_after": group.after, "change": group.change}


def _pictures(stem: str, ending: str) -> dict[str, str]:
    return {
        f"heat_map_{when}": as_text(f"{stem}_{when}{ending}.jpg") for when in ("before", "after")
    }


def _restoration(found: Restoration) -> dict[str, Any]:
    return {
        "classes": [
            {"index": index, "label": label}
            for index, label in zip((found.a, found.b), found.labels, strict=True)
        ],
        "margin": {"before": finite(found.margin_before), "after": finite(found.margin_after)},
        "groups": [[int(channel) for channel in group] for group in found.groups],
        "channels": found.n_restored,
        "share": finite(found.share),
        "selected_channels": found.n_selected,
        "selected_share": finite(found.selected_share),
        "random_shares": [finite(share) for share in np.asarray(found.random_shares).tolist()],
        "answer": found.answer,
        "selected_answer": found.selected_answer,
    }
