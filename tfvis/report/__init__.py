"""The only writer: a result in, a result folder out; and the only reader of such folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError

from .earlier import require_same_image
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
    "write_result",
]


def write(result: object, output: str | Path = ".") -> Path:
    """Write a result as a folder that describes itself.

    Args:
        result: an `Explanation`, an `Inversion`, any other `ClassMap`, or a `BoxLocalisation`.
        output: the folder above all; the result's own folder is named after its image, class and
            method.

    Returns:
        The result folder.

    Raises:
        InputError: the folder cannot be written, or holds something else.
    """
    # These import TensorFlow, which messages about folders do without.
    from ..evaluation.box_results import BoxLocalisation
    from ..explainers.base import ClassMap
    from ..explainers.explanation import Explanation
    from ..explainers.masks import Inversion
    from .explanations import write_explanation
    from .inversions import write_inversion
    from .localisations import write_localisation
    from .maps import write_map

    folder = Path(output)
    if isinstance(result, Explanation):
        return write_explanation(result, folder)
    if isinstance(result, Inversion):
        return write_inversion(result, folder)
    if isinstance(result, ClassMap):
        return write_map(result, folder)
    if isinstance(result, BoxLocalisation):
        return write_localisation(result, folder)
    raise InputError(f"Expected a result of tfvis, received {type(result).__name__}.")


def load_result(folder: str | Path) -> Any:
    """The result in a result folder, equal to the one that was written.

    Args:
        folder: the folder, or its `result.json`.

    Raises:
        InputError: there is no result of tfvis, it is damaged, or a later version wrote it.

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
