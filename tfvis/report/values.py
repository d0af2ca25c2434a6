"""Results as JSON and arrays, and back: every field, without pickle.

A value becomes JSON in which dataclasses are {"type": name, "fields": …} and arrays {"array": key};
the arrays go to a `.npz` archive. Only the types named here are made when a file is read.
"""

from __future__ import annotations

import dataclasses
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils.answers import Answer
from tfvis.utils.array_archives import ArrayHeader, array_headers, require_plausible_size
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError, one_line
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups
from tfvis.utils.layer_facts import LayerStructure
from tfvis.utils.provenance import Provenance

from ..attacks.samples import AdversarialSample
from ..datasets.boxed_images import FailedBox
from ..evaluation.box_results import BoxLocalisation, FinishedBatch, LocatedObject
from ..evaluation.evaluations import (
    CaseScores,
    EvaluatedCase,
    Evaluation,
    FinishedCases,
    MetricFacts,
)
from ..evaluation.scene_results import SceneLocalisation, Scores
from ..experiments.outcomes import Experiment
from ..explainers.base import ClassMap, NothingSelected
from ..explainers.compared import ChangedGroup, Comparison
from ..explainers.explanation import Explanation
from ..explainers.group_check import GroupCheck
from ..explainers.group_worths import GroupWorths
from ..explainers.layer_evidence import LayerEvidence
from ..explainers.layer_recommendation import Recommendation
from ..explainers.masks import Inversion, MaskExplanation
from ..explainers.restoration import Restoration
from ..explainers.surveyed_layers import LayerSurvey
from .field_types import require_types

ARRAYS = "arrays.npz"
_TYPES = {
    kind.__name__: kind
    for kind in (
        AdversarialSample,
        Answer,
        BoxLocalisation,
        CaseScores,
        ChangedGroup,
        ChannelAttribution,
        ClassMap,
        Comparison,
        EvaluatedCase,
        Evaluation,
        Experiment,
        Explanation,
        FailedBox,
        FeatureGroup,
        FeatureGroups,
        FinishedBatch,
        FinishedCases,
        GroupCheck,
        GroupWorths,
        Inversion,
        LayerEvidence,
        LayerStructure,
        LayerSurvey,
        LocatedObject,
        MaskExplanation,
        MetricFacts,
        NothingSelected,
        Provenance,
        Recommendation,
        Restoration,
        SceneLocalisation,
        Scores,
    )
}
_RESULTS = (
    AdversarialSample, BoxLocalisation, ClassMap, Comparison, Evaluation, Experiment, Inversion,
    LayerSurvey, SceneLocalisation,
)  # fmt: skip
_NOT_STORED = ("grouper",)  # fitted estimators of any kind


def packed(value: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """A value as JSON, and its arrays by key; equal arrays are stored once."""
    arrays: dict[str, np.ndarray] = {}

    def pack(part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return {"array": _stored(part, arrays)}
        kind = next((own for own in type(part).__mro__ if own in _TYPES.values()), None)
        if kind is not None:  # of one's own, the kind that it extends
            own = (field.name for field in dataclasses.fields(kind))
            fields = {name: pack(getattr(part, name)) for name in own if name not in _NOT_STORED}
            return {"type": kind.__name__, "fields": fields}
        if isinstance(part, Mapping):
            return {"mapping": [[str(key), pack(inner)] for key, inner in part.items()]}
        if isinstance(part, tuple):
            return {"tuple": [pack(inner) for inner in part]}
        if isinstance(part, list):
            return [pack(inner) for inner in part]
        if isinstance(part, np.generic):
            part = part.item()
        if isinstance(part, float) and not math.isfinite(part):
            return {"float": repr(part)}
        return part

    return pack(value), arrays


def unpacked(found: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What `packed` was given.

    Raises:
        InputError: it is damaged, or holds something else.
    """
    if isinstance(found, list):
        return [unpacked(inner, arrays) for inner in found]
    if not isinstance(found, dict):
        return found
    if "array" in found:
        return _restored(arrays[found["array"]], str(found["array"]))
    if "mapping" in found:
        return {key: unpacked(inner, arrays) for key, inner in found["mapping"]}
    if "tuple" in found:
        return tuple(unpacked(inner, arrays) for inner in found["tuple"])
    if "float" in found:
        return float(found["float"])
    kind = _TYPES.get(str(found.get("type")))
    if kind is None:
        raise InputError(f"Expected a type of tfvis, found {str(found.get('type'))[:40]!r}.")
    fields = {name: unpacked(inner, arrays) for name, inner in found["fields"].items()}
    # No path in an image's place, above all, which would be opened.
    require_types(kind, fields, but=_NOT_STORED)
    return kind(**fields)


def save_arrays(folder: Path, arrays: Mapping[str, np.ndarray], **others: np.ndarray) -> None:
    """Write arrays to a result folder, compressed.

    Args:
        folder: the folder.
        arrays: by key.
        **others: arrays under names of their own, for people.
    """
    everything: Any = {**others, **arrays}
    np.savez_compressed(folder / ARRAYS, **everything)


def load_value(folder: Path, found: Any) -> Any:
    """The value that a result folder holds.

    Args:
        folder: the folder.
        found: its JSON, from `packed`.

    Raises:
        InputError: the archive is missing or damaged, or does not fit.
    """
    file = folder / ARRAYS
    try:
        if file.exists() and not file.is_file():
            # Whoever opens a named pipe waits for its other end.
            raise InputError(f"Expected {ARRAYS} to be a file, found something else.")
        # Opened here: NumPy leaves what is no archive open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            _require_fitting(found, array_headers(archive), file.stat().st_size)
            value = unpacked(found, archive)  # which reads what is named, and nothing else
        if not isinstance(value, _RESULTS):
            raise InputError(f"Expected a result of tfvis, found {type(value).__name__}.")
        return value
    except (
        OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, AttributeError,
        OverflowError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        reason = one_line(error).rstrip(".")
        if isinstance(error, FileNotFoundError):
            reason = f"{Path(error.filename).name} is missing"
        raise InputError(
            f"Cannot read the result in {str(folder)!r}: {reason}. Compute it again."
        ) from None


_DIMENSIONS = {
    "attributed": 1, "boxes": 2, "icons": 4, "image": 3, "image_after": 3,
    "interactions": 2, "map": 2, "maps": 3, "mixture": 3, "complement": 3, "parts": 3,
    "patch": 3, "sample": 3, "signed_after": 3, "signed_before": 3, "signed_map": 2,
    "signed_maps": 3, "values": 1,
}  # fmt: skip
"""Of the arrays that a field of this name holds, whatever it is a field of."""


def _require_fitting(found: Any, headers: Mapping[str, ArrayHeader], size: int) -> None:
    """Raise an `InputError` for arrays that cannot be a result's, before one of them is read.

    Args:
        found: a value's JSON.
        headers: of the arrays, by key.
        size: of their file, in bytes.
    """
    named: set[str] = set()

    def look(part: Any, field: str | None) -> None:
        if isinstance(part, list):
            for inner in part:
                look(inner, field)
        if not isinstance(part, dict):
            return
        header = headers.get(part["array"]) if isinstance(part.get("array"), str) else None
        if header is not None:
            named.add(part["array"])
            expected = _DIMENSIONS.get(field or "")
            if expected is not None and len(header.shape) != expected:
                raise InputError(
                    f"Expected {field} of {expected} dimensions, found the shape {header.shape}."
                )
        fields = part.get("fields")
        if isinstance(fields, dict):
            for name, inner in fields.items():
                look(inner, name)
            _require_parts_of_map(fields, headers)
        for key in ("tuple", "mapping"):
            look(part.get(key), None)

    look(found, None)
    require_plausible_size([headers[key] for key in named], size)


def _require_parts_of_map(fields: dict[str, Any], headers: Mapping[str, ArrayHeader]) -> None:
    shapes = []
    for own in (fields.get("map"), fields.get("parts")):
        key = own.get("array") if isinstance(own, dict) else None
        if not isinstance(key, str) or key not in headers:
            return
        shapes.append(headers[key].shape)
    a_map, parts = shapes
    if parts[1:] != a_map:
        raise InputError(f"Expected parts of the map's size {a_map}, found {parts[1:]}.")


_UNIT = "u8_"
"""Begins the keys of float32 arrays whose values are all multiples of 1/255."""


def _stored(array: np.ndarray, arrays: dict[str, np.ndarray]) -> str:
    key, kept = f"a_{len(arrays)}", array
    if array.dtype == np.float32 and array.size and array.min() >= 0 and array.max() <= 1:
        small = (array * 255 + 0.5).astype(np.uint8)
        if _same(small.astype(np.float32) / 255, array):
            key, kept = f"{_UNIT}{len(arrays)}", small
    for other, known in arrays.items():
        if _same(known, kept) and other.startswith(_UNIT) == key.startswith(_UNIT):
            return other
    arrays[key] = kept
    return key


def _restored(array: np.ndarray, key: str) -> np.ndarray:
    return array.astype(np.float32) / 255 if key.startswith(_UNIT) else array


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays are the same bit for bit: -0.0 is not 0.0, and NaN is NaN."""
    fits = one.dtype == other.dtype and one.shape == other.shape
    return one is other or (fits and one.tobytes() == other.tobytes())
