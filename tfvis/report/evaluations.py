"""What `Evaluation.save` and `tfvis evaluate` write.

<output>/<name>/evaluation[_<digest>]/    a result folder, whole or not there
    means.csv                         each explainer's mean of each metric, and its 95 % interval
    scores.csv                        every score: explainer, metric, kind, image, class, value
    scores.parquet                    the same, where pyarrow is installed
    overview.png                      the means as a chart
    arrays.npz, result.json

The digest, of the cases and the options, is there only where a result of others has the name
without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils import images

from ..evaluation.evaluations import Evaluation
from .csv_files import write_csv
from .earlier import answer_folder, digest_of_scores
from .folders import evaluation_folder
from .parquet_files import write_parquet
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "evaluation"
_NAME = "evaluation"
_COLUMNS = {
    "explainer": str, "metric": str, "kind": str, "image": str, "class": str, "value": float,
    "threshold": float,
}  # fmt: skip


def write_evaluation(found: Evaluation, output: Path, name: str | None = None) -> Path:
    """Write a result folder.

    It replaces that of an earlier run with the same cases, explainers, metrics and options. One of
    others stays: the new folder goes beside it.

    Args:
        found: the scores.
        output: the folder above all.
        name: what the cases are called; as the provenance says, or "evaluation", if left out.

    Returns:
        The result folder.
    """
    made = found.provenance
    if name is None:
        name = _NAME if made is None or made.image_name is None else made.image_name
    own = evaluation_folder(output, name)
    said = {} if made is not None else {"sha256_of_scores": digest_of_scores(found.scores)}
    with writing(own), answer_folder(own, made, said) as answer:
        folder = answer.new
        write_csv(folder / "means.csv", _means(found))
        rows = list(_scores(found))
        write_csv(folder / "scores.csv", [tuple(_COLUMNS), *rows])
        write_parquet(folder / "scores.parquet", _COLUMNS, rows)
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        summary = {
            **said,
            "cases": len(found.cases),
            "metrics": {metric: _metric(found, metric) for metric in found.facts},
            "explainers": {explainer: _explainer(found, explainer) for explainer in found.scores},
            "seed": found.seed,
        }
        write_result(folder, KIND, summary, value, made, found)
    return answer.target


def _means(found: Evaluation) -> Iterator[Sequence[Any]]:
    yield "metric", "explainer", "mean", "low", "high", "cases", "threshold", "more is better"
    for metric, own in found.estimates.items():
        for explainer in found.ranked(metric):
            one, threshold = own[explainer], found.threshold(explainer, metric)
            mean, low, high, cut = ("" if finite(n) is None else f"{n:.6g}"
                                    for n in (one.mean, one.low, one.high, threshold))  # fmt: skip
            count = found.count(explainer, metric)
            yield metric, explainer, mean, low, high, count, cut, found.facts[metric].more_is_better


def _scores(found: Evaluation) -> Iterator[tuple[Any, ...]]:
    for explainer, metric, case, value, threshold in found.rows():
        yield explainer, metric, case.kind, case.picture, case.label, value, threshold


def _metric(found: Evaluation, metric: str) -> dict[str, Any]:
    facts = found.facts[metric]
    return {"about": facts.about, "more_is_better": facts.more_is_better, "chance": facts.chance}


def _explainer(found: Evaluation, explainer: str) -> dict[str, Any]:
    own = found.scores[explainer]
    told = [problem for problem in own.problems if problem is not None]
    return {
        "scores": {
            metric: {
                **{key: finite(number) for key, number in vars(estimates[explainer]).items()},
                "cases": found.count(explainer, metric),
                "threshold": found.threshold(explainer, metric),
            }
            for metric, estimates in found.estimates.items()
            if explainer in estimates
        },
        "problems": len(told),
        "first_problem": told[0] if told else None,
        "seconds": round(own.seconds, 3),
    }
