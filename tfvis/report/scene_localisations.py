"""What `SceneLocalisation.save` writes.

<output>/<name>/scene_localisation[_<digest>]/    a result folder, whole or not there
    scores.csv                        each method's mean of each metric, and its 95 % interval
    overview.png                      the same as a chart
    arrays.npz, result.json

The digest, of the scenes and the options, is there only where a result of others has the name
without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils import images
from tfvis.utils.file_names import safe_name

from ..evaluation.scene_results import SceneLocalisation
from .csv_files import write_csv
from .earlier import answer_folder, digest_of_scores
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "scene_localisation"
_NAME = "scenes"


def write_scene_localisation(
    found: SceneLocalisation, output: Path, name: str | None = None
) -> Path:
    """Write a result folder.

    It replaces that of an earlier run with the same scenes, methods and options. One of others
    stays: the new folder goes beside it.

    Args:
        found: the scores.
        output: the folder above all.
        name: what the scenes are called; as the provenance says, or "scenes", if left out.

    Returns:
        The result folder.
    """
    made = found.provenance
    if name is None:
        name = _NAME if made is None or made.image_name is None else made.image_name
    own = output / safe_name(name) / "scene_localisation"
    said = {} if made is not None else {"sha256_of_scores": digest_of_scores(found.scores)}
    with writing(own), answer_folder(own, made, said) as answer:
        folder = answer.new
        write_csv(folder / "scores.csv", _rows(found))
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        summary = {
            **said,
            "scenes": found.n_scenes,
            "methods": {method: _summary(found, method) for method in found.scores},
            "nothing_selected": found.nothing_selected,
            "seed": found.seed,
        }
        write_result(folder, KIND, summary, value, made, found)
    return answer.target


def _rows(found: SceneLocalisation) -> Iterator[Sequence[Any]]:
    yield "method", "metric", "mean", "low", "high"
    for method in found.scores:
        for metric, own in found.estimates.items():
            numbers = (own[method].mean, own[method].low, own[method].high)
            yield method, metric, *("" if finite(n) is None else f"{n:.6g}" for n in numbers)


def _summary(found: SceneLocalisation, method: str) -> dict[str, Any]:
    scores = found.scores[method]
    told = [own for row in scores.problems for own in row if own is not None]
    return {
        "scores": {
            metric: {key: finite(number) for key, number in vars(own[method]).items()}
            for metric, own in found.estimates.items()
        },
        "thresholds": {metric: scores.threshold(metric) for metric in scores.thresholds},
        "problems": len(told),
        "first_problem": told[0] if told else None,
    }
