"""The only writer: a result in, a result folder out; and the only reader of such folders."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError

from .earlier import require_same_image
from .figures import write_figure
from .folders import AttributionFiles, initials
from .own_files import RESULT, VERSION, read_result
from .writing import require_result_folder, result_folder, write_result

__all__ = [
    "AttributionFiles",
    "initials",
    "load_result",
    "require_result_folder",
    "require_same_image",
    "result_folder",
    "write",
    "write_figure",
    "write_result",
]


_DEEPEST = 4
"""So far below the output folder the deepest results are, those of `Explanation`."""

_NAMED = 3
"""So many results are named where one is to be chosen."""


def write(result: object, output: str | Path = ".", name: str | None = None) -> Path:
    """Write a result as a folder that describes itself.

    Args:
        result: an `Explanation`, an `Inversion`, any other `ClassMap`, a `Comparison`, an
            `AdversarialSample`, a `LayerSurvey`, a `BoxLocalisation`, a `SceneLocalisation`, or an
            `Evaluation`.
        output: the folder above all; the result's own folder is named after its image, class and
            method.
        name: what the image is called, in the path and in the provenance that is stored; for a
            `BoxLocalisation` what its table is called, for a `SceneLocalisation` its scenes, for an
            `Evaluation` its cases, for a
            `LayerSurvey` without an image its network. The result's own name if left out.

    Returns:
        The result folder.

    Raises:
        InputError: the folder cannot be written, or holds something else.
    """
    # These import TensorFlow, which messages about folders do without.
    from ..attacks.samples import AdversarialSample
    from ..evaluation.box_results import BoxLocalisation
    from ..evaluation.evaluations import Evaluation
    from ..evaluation.scene_results import SceneLocalisation
    from ..experiments.outcomes import Experiment
    from ..explainers.base import ClassMap
    from ..explainers.compared import Comparison
    from ..explainers.explanation import Explanation
    from ..explainers.masks import Inversion
    from ..explainers.surveyed_layers import LayerSurvey
    from .attacks import write_attack
    from .comparisons import write_comparison
    from .evaluations import write_evaluation
    from .explanations import write_explanation
    from .inversions import write_inversion
    from .layer_surveys import write_layer_survey
    from .localisations import write_localisation
    from .maps import write_map
    from .scene_localisations import write_scene_localisation

    folder = Path(output)
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise InputError(f"Expected name to have a letter or more, received {name!r}.")
    if name is not None:
        result = _renamed(result, name)
    if isinstance(result, Explanation):
        return write_explanation(result, folder, name)
    if isinstance(result, Inversion):
        return write_inversion(result, folder, name)
    if isinstance(result, ClassMap):
        return write_map(result, folder, name)
    if isinstance(result, AdversarialSample):
        return write_attack(result, folder, name)
    if isinstance(result, Comparison):
        return write_comparison(result, folder, name)
    if isinstance(result, LayerSurvey):
        return write_layer_survey(result, folder, name)
    if isinstance(result, BoxLocalisation):
        return write_localisation(result, folder)
    if isinstance(result, SceneLocalisation):
        return write_scene_localisation(result, folder, name)
    if isinstance(result, Evaluation):
        return write_evaluation(result, folder, name)
    if isinstance(result, Experiment):
        raise InputError(
            "Expected a result on its own, received an experiment, which `tfvis experiments` "
            "writes with its results."
        )
    raise InputError(f"Expected a result of tfvis, received {type(result).__name__}.")


def _renamed(result: Any, name: str) -> Any:
    """A copy of a result whose image, or table, has another name."""
    found = copy.copy(result)
    made = getattr(result, "provenance", None)
    if made is not None:
        object.__setattr__(found, "provenance", replace(made, image_name=name))
    if hasattr(result, "title"):
        object.__setattr__(found, "title", name)
    if hasattr(result, "saliency"):
        object.__setattr__(found, "saliency", _renamed(result.saliency, name))
        steps = tuple(_renamed(step, name) for step in result.discriminated)
        object.__setattr__(found, "discriminated", steps)
    return found


def load_result(folder: str | Path) -> Any:
    """The result in a result folder; it is `==` to the one that was written.

    Args:
        folder: the folder, its `result.json`, or a folder above it that holds no other result.

    Raises:
        InputError: there is no result of tfvis, or there are several, or it is damaged, or a later
            version wrote it.

    Example:
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> (found,) = tfvis.GradCAM(net).explain([image], ["dog"])
        >>> tfvis.load_result(found.save("out")).label
        'dog'
    """
    path = Path(folder)
    if path.name == RESULT:
        path = path.parent
    found = read_result(path)
    if found is None and (below := _results_below(path)):
        if len(below) > 1:
            names = ", ".join(repr(str(each)) for each in below[:_NAMED])
            raise InputError(
                f"Expected the folder of one result, received {str(path)!r}, which has "
                f"{len(below)} below it. Choose one of them: {names}"
                f"{', …' if len(below) > _NAMED else '.'}"
            )
        (path,) = below
        found = read_result(path)
    if found is None:
        raise InputError(f"Expected a result folder of tfvis, received {str(path)!r}.")
    version = found.get("format", {}).get("version")
    if version != VERSION or "value" not in found:
        written = "an earlier" if not isinstance(version, int) or version <= VERSION else "a later"
        raise InputError(
            f"Expected a result of format {VERSION}, found one of {written} version of tfvis in "
            f"{str(path)!r}: compute it again."
        )
    from .values import load_value

    return load_value(path, found["value"])


def _results_below(folder: Path) -> list[Path]:
    """The result folders below a folder, those that runs have not finished left out."""
    found = []
    for depth in range(1, _DEEPEST + 1):
        for file in folder.glob("*/" * depth + RESULT):
            hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if not hidden and read_result(file.parent) is not None:
                found.append(file.parent)
    return sorted(found)
