"""What `LayerSurvey.save` writes.

<output>/<image>/layers_<class>[_<digest>]/    a result folder, whole or not there
<output>/<network>/layers[_<digest>]/          the same of a survey without an image
    layers.csv                     a row a layer
    overview.png                   the same as a picture
    arrays.npz, result.json, report.html

The digest, of the options, is there only where a result of others has the name without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils import images
from tfvis.utils.file_names import safe_name

from ..explainers.layer_table import layer_numbers
from ..explainers.surveyed_layers import LayerSurvey
from .csv_files import write_csv
from .earlier import ImageFolder, answer_folder, image_folder
from .folders import class_part
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "layer_survey"


def survey_folder(above: Path, class_name: str | None = None) -> Path:
    """The result folder of a survey, if no result of another question is in it.

    Args:
        above: the folder of the image, or of the network where there is no image.
        class_name: the class's name as part of a path; None where there is no image.

    Returns:
        Its path; nothing is made.
    """
    return above / ("layers" if class_name is None else f"layers_{class_name}")


def write_layer_survey(found: LayerSurvey, output: Path, name: str | None = None) -> Path:
    """Write one survey's result folder.

    It replaces that of an earlier run with the same options. One of others stays: the new folder
    goes beside it.

    Args:
        found: the survey.
        output: the folder above all.
        name: of the folder above the result's: the image's, or the network's where there is none.

    Returns:
        The result folder.
    """
    made = found.provenance
    above: ImageFolder | None = None
    if found.image is None or found.label is None:
        named = None if made is None else made.image_name
        own = survey_folder(output / safe_name(name or named or found.network))
        said: dict[str, Any] = {"layers_of": found.network}
    else:
        above = image_folder(output, made, found.image, name)
        own = survey_folder(above.path, class_part(made, found.label))
        said = {"class": {"index": found.class_index, "label": found.label}}
    with writing(own), answer_folder(own, made, said, above=above) as answer:
        folder = answer.new
        write_csv(folder / "layers.csv", _rows(found))
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        write_result(folder, KIND, said | _summary(found), value, made, found)
    return answer.target


def _summary(found: LayerSurvey) -> dict[str, Any]:
    why = found.recommendation
    return {
        "network": found.network,
        "input_size": list(found.input_size),
        "logit": finite(found.logit),
        "recommended": None if why is None else {"layer": why.layer, "reason": why.reason},
        "layers": [
            {key: finite(own) if isinstance(own, float) else own for key, own in layer.items()}
            for layer in layer_numbers(found)
        ],
        "seconds": {key: round(value, 3) for key, value in found.seconds.items()},
    }


def _rows(found: LayerSurvey) -> Iterator[Sequence[object]]:
    """The table's head, and a row a layer; what is not known is empty."""
    layers = layer_numbers(found)
    yield list(layers[0])
    for layer in layers:
        yield ["" if value is None else value for value in layer.values()]
