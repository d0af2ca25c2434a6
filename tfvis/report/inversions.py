"""What `tfvis invert` writes.

<output>/<image>/guided_inversion/    a result folder, whole or not there
    saliency_mask.png, …_heat_map.jpg, …_background_mask.png, …_kept.jpg, …_hidden.jpg
    <class>_mask.png, and so on
    result.json, overview.png
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.labels import Labels

from .paths import class_name, safe_name
from .writing import (
    finite,
    plain,
    result_folder,
    versions,
    write_result,
    writing,
)

if TYPE_CHECKING:
    from ..explainers.guided_inversion import Preset
    from ..explainers.masks import MaskExplanation

_SALIENCY = "saliency"
_LINE = 28  # characters beside the pictures of an overview
_PICTURES = ("mask.png", "heat_map.jpg", "background_mask.png", "kept.jpg", "hidden.jpg")
_COLUMNS = ("where the mask is", "what it keeps", "what it hides")


def inversion_folder(output: Path, stem: str) -> Path:
    """The result folder of the image whose file has this stem."""
    return output / safe_name(stem) / "guided_inversion"


def write_inversion(
    output: Path,
    stem: str,
    saliency: MaskExplanation,
    discriminated: Sequence[MaskExplanation],
    *,
    labels: Labels,
    preset: Preset,
    configuration: Mapping[str, Any],
    seconds: Mapping[str, float],
) -> Path:
    """Write one image's result folder, replacing that of an earlier run.

    Args:
        output: the folder above all.
        stem: of the image's file.
        saliency: step 1's result.
        discriminated: step 2's, one a class.
        labels: the classes' names.
        preset: the terms.
        configuration: what was asked for.
        seconds: how long the steps took.

    Returns:
        The result folder.
    """
    target = inversion_folder(output, stem)
    named = {_SALIENCY: saliency}
    taken = _files(_SALIENCY)
    for found in discriminated:
        name = class_name(labels, found.class_index)
        if _files(name) & taken:
            # Of a class called x_background, for example, beside one called x.
            name = f"{name}_{found.class_index}"
        taken |= _files(name)
        named[name] = found
    with writing(target), result_folder(target) as folder:
        for name, found in named.items():
            for what, picture in _pictures(found).items():
                images.save(folder / f"{name}_{what}", picture)
        result = {
            "configuration": {k: plain(v) for k, v in configuration.items()},
            "preset": asdict(preset),
            "versions": versions(),
            "steps": [_entry(name, found, labels) for name, found in named.items()],
            "seconds": {key: round(value, 3) for key, value in seconds.items()},
        }
        images.save(folder / "overview.png", _overview(stem, named, labels))
        write_result(folder, result)
    return target


def _files(name: str) -> set[str]:
    """The names of a step's pictures, as a file system that ignores case has them."""
    return {f"{name}_{what}".casefold() for what in _PICTURES}


def _pictures(found: MaskExplanation) -> dict[str, np.ndarray]:
    mask = np.repeat(found.mask[..., np.newaxis], 3, axis=-1)
    heat_map = plots.overlay(found.image, found.mask)
    pictures = (mask, heat_map, 1 - mask, found.mixture, found.complement)
    return dict(zip(_PICTURES, pictures, strict=True))


def _entry(name: str, found: MaskExplanation, labels: Labels) -> dict[str, Any]:
    entry = {
        "files": [f"{name}_{what}" for what in _pictures(found)],
        "iterations": len(found.losses) - 1,
        "losses": [finite(loss) for loss in found.losses],
        "mean_of_mask": float(found.mask.mean()),
        "weights": [finite(weight) for weight in found.weights],
        "problem": found.problem,
    }
    if found.class_index is not None:
        c = found.class_index
        entry |= {
            "class": {"index": c, "label": labels[c]},
            "logit": {
                "image": finite(found.logits[c]),
                "kept": [finite(row[c]) for row in found.kept],
                "hidden": [finite(row[c]) for row in found.hidden],
            },
        }
    return entry


def _overview(stem: str, named: Mapping[str, MaskExplanation], labels: Labels) -> np.ndarray:
    rows = []
    for name, found in named.items():
        text = f"mean of the mask {found.mask.mean():.2f}"
        if found.class_index is not None:
            c = found.class_index
            text = (
                f"{labels[c]}\nlogit {found.logits[c]:.2f}\nkept {found.kept[1][c]:.2f}\n"
                f"hidden {found.hidden[1][c]:.2f}\n{text}"
            )
        else:
            text = f"step 1, {name}\n{text}"
        if found.problem is not None:
            text += "\n" + textwrap.fill(found.problem, _LINE)
        heat_map = plots.overlay(found.image, found.mask)
        rows.append(((heat_map, found.mixture, found.complement), text))
    first = next(iter(named.values()))
    return plots.overview(f"Guided feature inversion\n{stem}", rows, first.image, _COLUMNS)
