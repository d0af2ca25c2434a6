"""What `tfvis invert` writes.

<output>/<image>/guided_inversion[_<digest>]/    a result folder, whole or not there
    saliency_mask.png, …_heat_map.jpg, …_background_mask.png, …_kept.jpg, …_hidden.jpg
    <class>_mask.png, and so on
    arrays.npz, result.json, overview.png

The digest, of the options and classes, is there only where a result of others has the name without
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.file_names import as_text

from ..explainers.masks import Inversion, MaskExplanation
from ..explainers.overviews import mask_sheet
from .earlier import answer_folder, image_folder
from .folders import class_part
from .folders import inversion_folder as inversion_folder
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "inversion"
_SALIENCY = "saliency"
_PICTURES = ("mask.png", "heat_map.jpg", "background_mask.png", "kept.jpg", "hidden.jpg")


def write_inversion(inversion: Inversion, output: Path, name: str | None = None) -> Path:
    """Write one image's result folder.

    It replaces that of an earlier run with the same options and classes. One of others stays: the
    new folder goes beside it.

    Args:
        inversion: what was found.
        output: the folder above all.
        name: of the image's folder; see `image_folder`.

    Returns:
        The result folder.
    """
    made = inversion.saliency.provenance
    above = image_folder(output, made, inversion.saliency.image, name)
    own = above.path / "guided_inversion"
    last = inversion.discriminated[-1] if inversion.discriminated else inversion.saliency
    classes = [
        {"index": found.class_index, "label": found.label} for found in inversion.discriminated
    ]
    named = {_SALIENCY: inversion.saliency}
    taken = _files(_SALIENCY)
    for found in inversion.discriminated:
        step = class_part(found.provenance, found.label)
        while _files(step) & taken:
            # Of a class called x_background, for example, beside one called x.
            step = f"{step}_{found.class_index}"
        taken |= _files(step)
        named[step] = found
    title = above.path.name if made is None or made.image_name is None else made.image_name
    said = {"classes": classes}
    with writing(own), answer_folder(own, last.provenance, said, above=above) as answer:
        folder = answer.new
        for step, found in named.items():
            for what, picture in _pictures(found).items():
                images.save(folder / f"{step}_{what}", picture)
        images.save(
            folder / "overview.png", mask_sheet(f"Guided feature inversion\n{title}", named)
        )
        value, arrays = packed(inversion)
        save_arrays(folder, arrays)
        summary = {
            "classes": classes,
            "steps": [_entry(step, found) for step, found in named.items()],
            "seconds": {key: round(value, 3) for key, value in inversion.seconds.items()},
        }
        write_result(folder, KIND, summary, value, last.provenance, inversion)
    return answer.target


def _files(name: str) -> set[str]:
    """The names of a step's pictures, as a file system that ignores case has them."""
    return {f"{name}_{what}".casefold() for what in _PICTURES}


def _pictures(found: MaskExplanation) -> dict[str, np.ndarray]:
    mask = np.repeat(found.mask[..., np.newaxis], 3, axis=-1)
    heat_map = plots.overlay(found.image, found.mask)
    pictures = (mask, heat_map, 1 - mask, found.mixture, found.complement)
    return dict(zip(_PICTURES, pictures, strict=True))


def _entry(name: str, found: MaskExplanation) -> dict[str, Any]:
    entry = {
        "files": [as_text(f"{name}_{what}") for what in _PICTURES],
        "iterations": found.iterations,
        "losses": [finite(loss) for loss in found.losses],
        "mean_of_mask": finite(found.mask.mean()),
        "weights": [finite(weight) for weight in found.weights],
        "problem": found.problem,
    }
    if found.class_index is not None:
        c = found.class_index
        entry |= {
            "class": {"index": c, "label": found.label},
            "logit": {
                "image": finite(found.logits[c]),
                "kept": [finite(row[c]) for row in found.kept_logits],
                "hidden": [finite(row[c]) for row in found.hidden_logits],
            },
        }
    return entry
