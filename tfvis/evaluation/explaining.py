"""What the explainers that are compared find for pairs of an image and a class, checked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfvis.utils.errors import InputError, one_line
from tfvis.utils.progress import Progress, silent

from ..explainers.base import ClassMap, Explainer, WrongResultError
from .contenders import Contender

__all__ = [
    "Found",
    "Unexplained",
    "WrongResultError",
    "explain_all",
    "explained",
    "is_broken",
    "log_failure",
    "reason_of",
    "require_explained",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Found:
    """What one contender found for one pair.

    Attributes:
        maps: those that count, (n, H, W), finite and ≥ 0. What is not finite has become a map of
            zeros, which shows nothing.
        result: the explainer's result.
    """

    maps: np.ndarray
    result: ClassMap


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Unexplained(ClassMap):
    """A map of zeros in the place of one that an explainer could not make; `problem` says why.

    Attributes:
        error: what the explainer raised.
    """

    error: Exception | None = field(default=None, repr=False)


def explain_all(
    contenders: Sequence[Contender],
    images: Sequence[np.ndarray],
    classes: Sequence[str | int],
    *,
    tolerant: bool = False,
    progress: Progress = silent,
) -> dict[str, list[Found]]:
    """What each contender finds for each pair of an image and a class.

    Args:
        contenders: an explainer that several share is called once.
        images: one a pair, each (H, W, 3) in [0, 1]. Explainers receive them read-only.
        classes: one a pair.
        tolerant: whether a pair that an explainer cannot explain, whatever it raises, becomes an
            `Unexplained` instead of the error. The explainer is asked for one pair at a time where
            it cannot explain them together.
        progress: called with contenders done and contenders in all.

    Raises:
        WrongResultError: an explainer did not return one `ClassMap` per pair, or a map that counts
            does not have the image's size and finite values ≥ 0. Maps that are not finite are
            accepted if `problem` is set; they count as maps that show nothing.
        InputError: an explainer cannot explain a pair.
    """
    pairs = list(zip(_read_only(images), classes, strict=True))
    results = dict[int, tuple[ClassMap, ...]]()
    found = dict[str, list[Found]]()
    for contender in contenders:
        key = id(contender.explainer)
        if key not in results:
            results[key] = (_tolerated if tolerant else _explained)(contender, pairs)
        found[contender.name] = [
            Found(_counted(contender, result, np.shape(image)[:2]), result)
            for result, image in zip(results[key], images, strict=True)
        ]
        progress(len(found), len(contenders))
    return found


def explained(
    name: str, explainer: Explainer, images: Sequence[np.ndarray], classes: Sequence[str | int]
) -> tuple[ClassMap, ...]:
    """What one explainer finds for each pair of an image and a class.

    Args:
        name: of the explainer, for an error.
        explainer: receives the images read-only.
        images: one a pair, each (H, W, 3) in [0, 1].
        classes: one a pair.

    Raises:
        WrongResultError: the explainer did not return one `ClassMap` per pair.
    """
    try:
        found = explainer.explain(_read_only(images), classes, progress=silent)
    except WrongResultError as error:  # of a `ClassMap` that could not be made
        raise WrongResultError(f"{name}: {error}") from None
    return _checked(name, found, len(images))


def is_broken(results: Sequence[ClassMap]) -> bool:
    """Whether an explainer ended in an error of its own, not of the input, for all of these."""
    errors = [own.error for own in results if isinstance(own, Unexplained)]
    return 0 < len(errors) == len(results) and not isinstance(errors[0], InputError)


def require_explained(name: str, results: Sequence[ClassMap], what: str) -> None:
    """Raise an `InputError` for an explainer that is broken, see `is_broken`.

    It will be for all others, too, and other explainers' scores would wait for it.

    Args:
        name: of the explainer.
        results: of the first pairs.
        what: what the pairs are called.
    """
    if is_broken(results):
        error = getattr(results[0], "error", None)
        raise InputError(f"{name!r} cannot explain the {what}: {results[0].problem}") from error


_Pairs = Sequence[tuple[np.ndarray, "str | int"]]


def _explained(contender: Contender, pairs: _Pairs) -> tuple[ClassMap, ...]:
    images, classes = [image for image, _ in pairs], [label for _, label in pairs]
    return explained(contender.name, contender.explainer, images, classes)


def _tolerated(contender: Contender, pairs: _Pairs) -> tuple[ClassMap, ...]:
    """The same, with an `Unexplained` for each pair that cannot be explained even by itself."""
    try:
        return _explained(contender, pairs)
    except WrongResultError:
        raise  # the explainer is at fault, not the pairs
    except Exception as error:
        if len(pairs) > 1:
            log_failure(f"{len(pairs)} pairs by {contender.name!r}", error)
            return tuple(_tolerated(contender, [pair])[0] for pair in pairs)
        ((image, label),) = pairs
        log_failure(f"{str(label)!r} by {contender.name!r}", error)
        failed = Unexplained(
            map=np.zeros(np.shape(image)[:2], np.float32),
            image=image,
            class_index=None,
            label=str(label),
            method=contender.name,
            problem=reason_of(error),
            error=error,
        )
        return (failed,)


def reason_of(error: Exception) -> str:
    """Why something cannot be explained, in a line."""
    if isinstance(error, InputError):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {one_line(error)}" if str(error).strip() else kind


def log_failure(what: str, error: Exception) -> None:
    """Log, at level DEBUG, why something cannot be explained.

    An error that is not of the input may be one of the explainer's code: with its traceback.
    """
    place = None if isinstance(error, InputError) else error
    logger.debug("Cannot explain %s: %s", what, reason_of(error), exc_info=place)


def _read_only(images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The images as explainers receive them.

    Read-only, since what one explainer writes the next would see. One array an image, so that what
    belongs to it is computed once.
    """
    images = list(images)  # whose ids stay their own
    shown: dict[int, np.ndarray] = {}
    for image in images:
        if id(image) not in shown:
            view = np.asarray(image)
            if view.flags.writeable:
                view = view.view()
                view.flags.writeable = False
            shown[id(image)] = view
    return [shown[id(image)] for image in images]


def _checked(name: str, results: Any, n: int) -> tuple[ClassMap, ...]:
    """An explainer's results; a `WrongResultError` unless they are one `ClassMap` per pair."""
    if not isinstance(results, Sequence) or len(results) != n:
        count = len(results) if isinstance(results, Sequence) else type(results).__name__
        raise WrongResultError(
            f"Expected {n} results, one a pair, from {name!r}, received {count}."
        )
    for result in results:
        if not isinstance(result, ClassMap):
            raise WrongResultError(
                f"Expected each result of {name!r} to be a ClassMap, received "
                f"{type(result).__name__}."
            )
    return tuple(results)


def _counted(contender: Contender, result: ClassMap, size: tuple[int, ...]) -> np.ndarray:
    """The maps that count, see `Found`; a `WrongResultError` for what is no map of this size."""
    if isinstance(result, Unexplained):
        return result.maps
    name = contender.name
    whole = np.shape(result.map)
    if whole != size:
        raise WrongResultError(
            f"Expected maps of the image's size {size} from {name!r}, received {whole}."
        )
    try:
        maps = np.asarray(contender.maps(result))
    except (TypeError, ValueError):
        raise WrongResultError(
            f"Expected parts of one shape, (n, H, W), from {name!r}, received something else."
        ) from None
    if maps.ndim != 3 or maps.shape[1:] != size or not len(maps):
        raise WrongResultError(
            f"Expected parts of shape (n, {size[0]}, {size[1]}), at least one, from {name!r}, "
            f"received {maps.shape}."
        )
    numeric = maps.dtype.kind in "biuf"
    broken: Any = ~np.isfinite(maps).all(axis=(1, 2)) if numeric else np.zeros(len(maps), bool)
    if broken.any() and result.problem is not None:
        maps = np.where(broken[:, np.newaxis, np.newaxis], 0, maps)
        broken[:] = False
    if not numeric or broken.any() or (maps < 0).any():
        raise WrongResultError(
            f"Expected maps of finite values >= 0 from {name!r}, received others."
        )
    return maps
