"""What `ClassMap.save` writes for a map of any method.

<output>/<image>/<class>_<method>[_<layer>][_<digest>]/    a result folder, whole or not there
    heat_map.jpg, arrays.npz, result.json, overview.png

The digest, of the options, is there only where a result of other options has the name without it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.file_names import layer_name, safe_name

from ..explainers.base import ClassMap
from .earlier import answer_folder, image_folder
from .folders import class_part
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "map"


def write_map(found: ClassMap, output: Path, name: str | None = None) -> Path:
    """Write one map's result folder, replacing that of an earlier run with the same options.

    Args:
        found: the map.
        output: the folder above all.
        name: of the image's folder; see `image_folder`.

    Returns:
        The result folder.
    """
    made = found.provenance
    own = f"{class_part(made, found.label)}_{safe_name(found.method)}"
    if made is not None and made.layer is not None:
        own += f"_{layer_name(made.layer)}"
    above = image_folder(output, made, found.image, name)
    target = above.path / own
    said: dict[str, Any] = {
        "class": {"index": found.class_index, "label": found.label},
        "method": found.method,
    }
    if made is None:  # only the maps tell results of other options apart
        digest = hashlib.sha256(repr(found.maps.shape).encode())
        digest.update(np.ascontiguousarray(found.maps).tobytes())
        said["sha256_of_maps"] = digest.hexdigest()
    with writing(target), answer_folder(target, made, said, above=above) as answer:
        folder = answer.new
        overlay = plots.overlay(found.image, found.map, exponent=0.5)
        images.save(folder / "heat_map.jpg", overlay)
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays, map=found.map)
        summary = {
            **said,
            "largest": finite(found.map.max()),
            "problem": found.problem,
        }
        write_result(folder, KIND, summary, value, made, found)
    return answer.target
