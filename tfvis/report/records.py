"""A result in a few figures, for programs: what `--json` prints, read from `result.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, on_disk

from .earlier import WITHOUT_IMAGE
from .own_files import read_result

__all__ = ["record_of", "records_of_experiment"]

_Result = Mapping[str, Any]


def record_of(folder: Path) -> dict[str, Any]:
    """A result's kind, place and main figures, as JSON can hold them.

    Args:
        folder: the result folder.

    Returns:
        `kind`, `folder`, `image`, `class`, `class_index`, `layer` and `problem`, each None where
        the result has none, and the figures of the kind.

    Raises:
        InputError: there is no result of tfvis.

    Example:
        >>> import numpy as np
        >>> from tfvis.explainers import ClassMap
        >>> from tfvis.report.records import record_of
        >>> image = np.zeros((8, 8, 3), np.float32)
        >>> found = ClassMap(map=image[..., 0], image=image, class_index=3, label="dog",
        ...                  method="mine")
        >>> record = record_of(found.save("out"))
        >>> record["kind"], record["class"], record["method"]
        ('map', 'dog', 'mine')
    """
    found = read_result(folder)
    kind = None if found is None else found.get("format", {}).get("kind")
    if found is None or kind is None:
        raise InputError(f"Expected a result folder of tfvis, received {str(folder)!r}.")
    made = found.get("provenance") or {}
    explained = found.get("class") or {}
    record = {
        "kind": kind,
        "folder": as_text(str(folder)),
        "image": None if kind in WITHOUT_IMAGE else made.get("image_name"),
        "class": explained.get("label"),
        "class_index": explained.get("index"),
        "layer": found.get("layer", made.get("layer")),
        "problem": found.get("problem"),
    }
    return record | _OF_KIND.get(kind, lambda _: {})(found)


def records_of_experiment(summary: Path) -> list[dict[str, Any]]:
    """The records of an experiment's results, and last its own.

    Args:
        summary: the folder of the experiment's summary.

    Returns:
        One record a result, as `record_of` makes it.
    """
    own = record_of(summary)
    results = [record_of(summary.parent / on_disk(folder)) for folder in own["folders"]]
    return [*results, own | {"folders": [result["folder"] for result in results]}]


def _explanation(found: _Result) -> dict[str, Any]:
    return {
        "sign": found["sign"],
        "rather_than": (found.get("rather_than") or {}).get("label"),
        "attribution": found["attribution"],
        "grouping": found["grouping"]["name"],
        "icons": found["icons"],
        "groups": [
            {key: group[key] for key in ("score", "channels", "heat_map", "icon")}
            for group in found["groups"]
        ],
    }


def _inversion(found: _Result) -> dict[str, Any]:
    problems = [step["problem"] for step in found["steps"] if step["problem"] is not None]
    return {
        "problem": "; ".join(problems) or None,
        "steps": [
            {
                "class": step.get("class", {}).get("label"),
                "class_index": step.get("class", {}).get("index"),
                "iterations": step["iterations"],
                "loss": step["losses"][-1],
                "mean_of_mask": step["mean_of_mask"],
                "logit": _last(step.get("logit")),
                "problem": step["problem"],
            }
            for step in found["steps"]
        ],
    }


def _last(logit: _Result | None) -> dict[str, Any] | None:
    """A class's logit of the image, and of what the last mask keeps and hides."""
    if logit is None:
        return None
    return {
        "image": logit["image"],
        "kept": logit["kept"][-1],
        "hidden": logit["hidden"][-1],
    }


_OF_ATTACK = (
    "method",
    "target",
    "answer",
    "succeeded",
    "largest_change",
    "length_of_change",
    "logits",
)


def _attack(found: _Result) -> dict[str, Any]:
    told = {key: found[key] for key in _OF_ATTACK}
    for key in ("target", "answer"):
        told[key] = None if told[key] is None else told[key]["label"]
    return {**told, "sample": found["sample"]}


def _comparison(found: _Result) -> dict[str, Any]:
    restored = found["restoration"] or {}
    return {
        "sign": found["sign"],
        "logit": found["logit"],
        "kinds": found["kinds"],
        "restored_share": restored.get("share"),
        "groups": [
            {key: group[key] for key in ("kind", "score_before", "score_after", "channels")}
            for group in found["groups"]
        ],
    }


def _localisation(found: _Result) -> dict[str, Any]:
    def best(method: _Result) -> dict[str, Any]:
        k = found["alphas"].index(method["best_alpha"])
        return {
            "best_alpha": method["best_alpha"],
            "error": method["errors"][k],
            "mean_overlap": method["mean_iou"][k],
            "problems": method["problems"],
        }

    return {
        "name": (found.get("provenance") or {}).get("image_name"),
        "objects": found["objects"],
        "methods": {name: best(method) for name, method in found["methods"].items()},
        "unreadable": len(found["unreadable"]),
        "failed": len(found["failed"]),
    }


def _evaluation(found: _Result) -> dict[str, Any]:
    return {"cases": found["cases"], "scores": _scores(found["explainers"])}


def _scene_localisation(found: _Result) -> dict[str, Any]:
    return {"scenes": found["scenes"], "scores": _scores(found["methods"])}


def _scores(explainers: _Result) -> dict[str, Any]:
    """The mean of each explainer and metric, and its interval."""
    return {
        name: {
            metric: {key: own[key] for key in ("mean", "low", "high")}
            for metric, own in explainer["scores"].items()
        }
        for name, explainer in explainers.items()
    }


def _layer_survey(found: _Result) -> dict[str, Any]:
    return {key: found[key] for key in ("network", "logit", "recommended", "layers")}


def _experiment(found: _Result) -> dict[str, Any]:
    return {key: found[key] for key in ("name", "findings", "folders")}


_OF_KIND: dict[str, Callable[[_Result], dict[str, Any]]] = {
    "explanation": _explanation,
    "inversion": _inversion,
    "attack": _attack,
    "comparison": _comparison,
    "localisation": _localisation,
    "scene_localisation": _scene_localisation,
    "evaluation": _evaluation,
    "experiment": _experiment,
    "layer_survey": _layer_survey,
    "map": lambda found: {"method": found["method"], "largest": found["largest"]},
}
