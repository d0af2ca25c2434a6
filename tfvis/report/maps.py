"""What `ClassMap.save` writes for a map of any method.

<output>/<image>/<class>_<method>/    a result folder, whole or not there
    heat_map.jpg, arrays.npz, result.json, overview.png
"""

from __future__ import annotations

from pathlib import Path

from tfvis.utils import images, plots
from tfvis.utils.file_names import safe_name

from ..explainers.base import ClassMap
from .folders import class_part
from .values import packed, save_arrays
from .writing import finite, image_folder, result_folder, write_result, writing

KIND = "map"


def write_map(found: ClassMap, output: Path) -> Path:
    """Write one map's result folder, replacing that of an earlier run.

    Args:
        found: the map.
        output: the folder above all.

    Returns:
        The result folder.
    """
    made = found.provenance
    name = class_part(made, found.label)
    target = image_folder(output, made) / f"{name}_{safe_name(found.method)}"
    with writing(target), result_folder(target) as folder:
        overlay = plots.overlay(found.image, found.map, exponent=0.5)
        images.save(folder / "heat_map.jpg", overlay)
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays, map=found.map)
        summary = {
            "class": {"index": found.class_index, "label": found.label},
            "method": found.method,
            "largest": finite(found.map.max()),
            "problem": found.problem,
        }
        write_result(folder, KIND, summary, value, made)
    return target
