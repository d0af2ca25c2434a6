"""The explainers that are compared: names of the registry, or objects, anyone's included."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import ClassMap, Explainer, WrongResultError
from ..explainers.registry import method_of

__all__ = ["Contender", "Found", "WrongResultError", "contenders_of", "explain_all"]


@dataclass(frozen=True, eq=False)
class Contender:
    """An explainer, and which of its maps count.

    Attributes:
        name: its own among all that are compared.
        explainer: the object; contenders may share it.
        maps: from a result to the maps that count, (n, H, W).
    """

    name: str
    explainer: Explainer
    maps: Callable[[ClassMap], np.ndarray]


@dataclass(frozen=True, eq=False)
class Found:
    """What one contender found for one pair.

    Attributes:
        maps: (n, H, W), ≥ 0.
        result: the explainer's result.
    """

    maps: np.ndarray
    result: ClassMap


def contenders_of(
    net: Network,
    explainers: Sequence[str | Explainer],
    options: Iterable[object] = (),
    **common: Any,
) -> tuple[Contender, ...]:
    """The contenders that are meant.

    Names that need the same explainer with the same options share one.

    Args:
        net: the network.
        explainers: names of the registry, and objects with `explain`. An object is called by its
            attribute `name`, or else by its class.
        options: for names: dataclasses of options; a method takes the one of its kind.
        **common: for names without such: fields that all methods take which have them.

    Raises:
        InputError: no list, an unknown name, an object without `explain`, or a name that comes
            twice.
    """
    if isinstance(explainers, str) or not isinstance(explainers, Sequence) or not explainers:
        raise InputError(f"Expected a list of at least one method, received {explainers!r}.")
    options, shared = tuple(options), dict[Hashable, Explainer]()
    found = dict[str, Contender]()
    for given in explainers:
        if isinstance(given, str):
            method = method_of(given)
            if method.name in found:
                continue
            own = method.options_from(options, **common)
            key = (method.module, method.class_name, own if _is_hashable(own) else id(own))
            if key not in shared:
                shared[key] = method.build(net, own)
            found[method.name] = Contender(method.name, shared[key], method.maps)
            continue
        if not callable(getattr(given, "explain", None)) or isinstance(given, type):
            raise InputError(
                "Expected a method's name or an object with explain(images, classes, *, progress), "
                f"received {given!r}."
            )
        name = str(getattr(given, "name", type(given).__name__))
        if name in found:
            raise InputError(
                f"Expected explainers with names of their own, received two {name!r}: give them an "
                "attribute `name`."
            )
        found[name] = Contender(name, given, lambda result: np.asarray(result.map)[np.newaxis])
    return tuple(found.values())


def _is_hashable(options: object) -> bool:
    """Whether options hold no arrays, a background say."""
    try:
        hash(options)
    except TypeError:
        return False
    return True


def explain_all(
    contenders: Sequence[Contender],
    images: Sequence[np.ndarray],
    classes: Sequence[str | int],
    *,
    progress: Progress = silent,
) -> dict[str, list[Found]]:
    """What each contender finds for each pair of an image and a class.

    Args:
        contenders: an explainer that several share is called once.
        images: one a pair, each (H, W, 3) in [0, 1].
        classes: one a pair.
        progress: called with contenders done and contenders in all.

    Raises:
        WrongResultError: an explainer did not return a `ClassMap` a pair, with a map of the image's
            size and finite values ≥ 0. Values that are not finite are let pass where the result
            tells a problem.
        InputError: an explainer cannot explain a pair.
    """
    results = dict[int, tuple[ClassMap, ...]]()
    found = dict[str, list[Found]]()
    for contender in contenders:
        key = id(contender.explainer)
        if key not in results:
            own = contender.explainer.explain(images, classes, progress=silent)
            results[key] = _checked(contender.name, own, images)
        found[contender.name] = [
            Found(np.asarray(contender.maps(result)), result) for result in results[key]
        ]
        progress(len(found), len(contenders))
    return found


def _checked(name: str, results: Any, images: Sequence[np.ndarray]) -> tuple[ClassMap, ...]:
    n = len(images)
    if not isinstance(results, Sequence) or len(results) != n:
        count = len(results) if isinstance(results, Sequence) else type(results).__name__
        raise WrongResultError(
            f"Expected {n} results, one a pair, from {name!r}, received {count}."
        )
    for result, image in zip(results, images, strict=True):
        if not isinstance(result, ClassMap):
            raise WrongResultError(
                f"Expected each result of {name!r} to be a ClassMap, received "
                f"{type(result).__name__}."
            )
        a_map, size = np.asarray(result.map), np.shape(image)[:2]
        if a_map.ndim != 2 or a_map.shape != size:
            raise WrongResultError(
                f"Expected maps of the image's size {size} from {name!r}, received {a_map.shape}."
            )
        finite = np.isfinite(a_map).all() or result.problem is not None
        if not finite or (a_map < 0).any():
            raise WrongResultError(
                f"Expected maps of finite values >= 0 from {name!r}, received others."
            )
    return tuple(results)
