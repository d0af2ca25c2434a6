"""What a line of a journal may hold, checked: files may have been damaged, or tampered with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..datasets.boxed_images import FailedBox
from ..evaluation.box_results import FinishedBatch, LocatedObject
from ..evaluation.evaluations import CaseScores, EvaluatedCase, FinishedCases

__all__ = ["Entry", "count_of", "is_whole"]

Entry = FinishedBatch | FinishedCases
"""What is finished at once."""


def count_of(entry: Entry) -> int:
    """How many objects, or cases, an entry has."""
    return len(entry.objects if isinstance(entry, FinishedBatch) else entry.cases)


def is_whole(entry: Any, kind: type[Entry]) -> bool:
    """Whether this is an entry of a kind, whose fields have the types and lengths they should."""
    if type(entry) is not kind or type(entry.key) is not str:
        return False
    if isinstance(entry, FinishedBatch):
        return _is_whole_batch(entry)
    return _are_whole_cases(entry)


def _are_whole_cases(found: FinishedCases) -> bool:
    if type(found.cases) is not tuple or not found.scores:
        return False
    n = len(found.cases)
    return (
        all(isinstance(own, EvaluatedCase) for own in found.cases)  # whose types are checked
        and all(isinstance(own, CaseScores) for own in found.scores.values())
        and all(_is_texts(own.problems, n, (str, type(None))) for own in found.scores.values())
        and all(
            isinstance(values, np.ndarray)
            and values.dtype.kind == "f"
            and values.ndim in (1, 2)
            and len(values) == n
            for own in found.scores.values()
            for values in own.values.values()
        )
    )


def _is_whole_batch(batch: FinishedBatch) -> bool:
    if type(batch.objects) is not tuple or type(batch.failed) is not tuple:
        return False
    n, methods = len(batch.objects), set(batch.overlaps)
    return (
        all(_is_located(own) for own in batch.objects)
        and set(batch.found) == set(batch.problems) == methods
        and all(_is_numbers(batch.overlaps[own], (n, None)) for own in methods)
        and all(_is_numbers(batch.found[own], (*batch.overlaps[own].shape, 4)) for own in methods)
        and all(_is_texts(batch.problems[own], n, (str, type(None))) for own in methods)
        and all(isinstance(own, FailedBox) for own in batch.failed)  # whose types are checked
        and type(batch.seconds) in (int, float)
    )


def _is_located(found: Any) -> bool:
    return (
        isinstance(found, LocatedObject)
        and _is_texts((found.image, found.label), 2, (str,))
        and type(found.size) in (tuple, list)
        and [type(side) for side in found.size] == [int, int]
        and type(found.class_index) is int
        and _is_numbers(found.boxes, (None, 4))
        and type(found.logit) in (int, float)
    )


def _is_numbers(found: Any, shape: tuple[int | None, ...]) -> bool:
    return (
        isinstance(found, np.ndarray)
        and found.dtype.kind in "fiu"
        and found.ndim == len(shape)
        and all(own in (None, side) for own, side in zip(shape, found.shape, strict=True))
    )


def _is_texts(found: Any, n: int, kinds: tuple[type, ...]) -> bool:
    return type(found) is tuple and len(found) == n and all(type(own) in kinds for own in found)
