"""What `tfvis localise` writes.

<output>/<table>/localisation[_<digest>]/    a result folder, whole or not there
    errors.csv                        for each α the share of objects missed, a column a method
    objects.csv                       for each object what was found at each method's best α
    unreadable.csv                    images that could not be read, and why; only if there are some
    failed.csv                        boxes that do not count, and why: of objects that could not be
                                      explained, or outside their image; only if there are some
    iou_histogram.png
    arrays.npz, result.json

The digest, of the table and the options, is there only where a result of others has the name
without it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import images
from tfvis.utils.provenance import plain

from ..evaluation.box_results import BoxLocalisation, LocatedObject
from .csv_files import write_csv
from .earlier import answer_folder
from .folders import localisation_folder
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "localisation"


def error_table(found: BoxLocalisation) -> list[tuple[str, ...]]:
    """Rows of text: a header, and for each α the share of objects that each method misses."""
    methods = tuple(found.overlaps)
    columns = [found.errors(method) for method in methods]
    body = [
        (f"{alpha:g}", *(f"{column[k]:.3f}" for column in columns))
        for k, alpha in enumerate(found.alphas)
    ]
    return [("alpha", *methods), *body]


def write_localisation(found: BoxLocalisation, output: Path) -> Path:
    """Write a table's result folder.

    It replaces that of an earlier run with the same table and options. One of others stays: the new
    folder goes beside it. Where the provenance has no digest of a table, the table is known by its
    objects and the network's logits of them.

    Args:
        found: the results.
        output: the folder above all.

    Returns:
        The result folder.
    """
    made = found.provenance
    own = localisation_folder(output, found.title)
    said = {"sha256_of_objects": None if made is not None and made.image_file else _digest(found)}
    with writing(own), answer_folder(own, made, said) as answer:
        folder = answer.new
        write_csv(folder / "errors.csv", error_table(found))
        write_csv(folder / "objects.csv", _objects(found))
        if found.unreadable:
            write_csv(folder / "unreadable.csv", [("image", "reason"), *found.unreadable])
        if found.failed:
            write_csv(folder / "failed.csv", _failed(found))
        images.save(folder / "iou_histogram.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        summary = {
            **said,
            "objects": len(found.objects),
            "alphas": found.alphas,
            "methods": {method: _summary(found, method) for method in found.overlaps},
            "unreadable": [{"image": name, "reason": reason} for name, reason in found.unreadable],
            "failed": [
                {"image": own.image, "class": own.label, "box": own.box, "reason": own.reason}
                for own in found.failed
            ],
            "seconds": round(found.seconds, 3),
        }
        write_result(folder, KIND, summary, value, made, found)
    return answer.target


def _digest(found: BoxLocalisation) -> str:
    """What was to be found, and by what; images are known by their names and their logits."""
    asked = [
        list(found.overlaps),
        found.alphas,
        [
            (own.image, own.size, own.class_index, own.label, own.boxes, _logit(own))
            for own in found.objects
        ],
        [(own.image, own.label, own.box) for own in found.failed],
        [image for image, _ in found.unreadable],
    ]
    return hashlib.sha256(json.dumps(plain(asked)).encode()).hexdigest()


def _logit(own: LocatedObject) -> float:
    return round(own.logit, 4)


def _summary(found: BoxLocalisation, method: str) -> dict[str, Any]:
    return {
        "best_alpha": found.best_alpha(method),
        "errors": [float(error) for error in found.errors(method)],
        "mean_iou": [float(mean) for mean in found.overlaps[method].mean(axis=0)],
        "problems": sum(problem is not None for problem in found.problems[method]),
    }


def _objects(found: BoxLocalisation) -> Iterator[Sequence[Any]]:
    """A row an object; boxes as four numbers with spaces between."""
    methods = tuple(found.overlaps)
    parts = ("alpha", "box", "iou", "problem")
    head = ("image", "width", "height", "class_index", "class", "logit", "boxes")
    yield (*head, *(f"{method}: {part}" for method in methods for part in parts))
    best = {m: (found.best_alpha(m), found.best_boxes(m), found.best_overlaps(m)) for m in methods}
    for k, own in enumerate(found.objects):
        row: list[Any] = [own.image, own.size[1], own.size[0], own.class_index]
        row += [own.label, finite(_logit(own))]
        row.append("; ".join(map(_box, own.boxes)))
        for method, (alpha, boxes, overlaps) in best.items():
            row += [alpha, _box(boxes[k]), round(float(overlaps[k]), 4)]
            row.append(found.problems[method][k] or "")
        yield row


def _failed(found: BoxLocalisation) -> Iterator[Sequence[Any]]:
    """A row a box; boxes as in `_objects`."""
    yield ("image", "class", "box", "reason")
    for own in found.failed:
        yield own.image, own.label, _box(np.array(own.box)), own.reason


def _box(box: np.ndarray) -> str:
    return "" if np.isnan(box).any() else " ".join(f"{side:.1f}".removesuffix(".0") for side in box)
