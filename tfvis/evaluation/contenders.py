"""The explainers that are compared: names of the registry, or objects, anyone's included."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..explainers.base import ClassMap, Explainer, WrongResultError
from ..explainers.options import NoOptions
from ..explainers.registry import Method, method_of

__all__ = ["Contender", "Found", "WrongResultError", "contenders_of", "explain_all"]

SHOWS = ("map", "first", "every")
"""Which maps of a result may count; see `tfvis.explainers.Method`."""


@dataclass(frozen=True, eq=False)
class Contender:
    """An explainer, and which of its maps count.

    Attributes:
        name: its own among all that are compared.
        explainer: the object; contenders may share it.
        shows: which maps count; see `tfvis.explainers.Method`.
        maps: from a result to the maps that count, (n, H, W).
    """

    name: str
    explainer: Explainer
    shows: str
    maps: Callable[[ClassMap], Any]


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


def contenders_of(
    net: Network,
    explainers: Sequence[str | Explainer],
    options: Iterable[object] = (),
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    seed: int = 0,
) -> tuple[Contender, ...]:
    """The contenders that are meant.

    Names that need the same explainer with the same options share one.

    Args:
        net: the network.
        explainers: names of the registry, and objects with `explain`. An object is called by its
            attribute `name`, or else by its class. Its attribute `shows` says which of a result's
            maps count, as in `tfvis.explainers.Method`: "map" if it has none.
        options: for names: dataclasses of options; a method takes the one of its kind.
        layer: for names without options of their own, as with the next two: a layer of the network;
            the default of each if None.
        attribution_steps: the default of each if None.
        seed: at least 0.

    Raises:
        InputError: no list, an unknown name, an object without `explain`, or an object with the
            name of another explainer; a layer, a number or options that cannot be used; options
            that no named method takes. A method that is named twice counts once.
    """
    if isinstance(explainers, str) or not isinstance(explainers, Sequence) or not explainers:
        raise InputError(f"Expected a list of at least one method, received {explainers!r}.")
    common = {"layer": layer, "attribution_steps": attribution_steps, "seed": seed}
    _require_common(net, **common)
    options, shared = _dataclasses(options), dict[Hashable, tuple[object, Explainer]]()
    found, named = dict[str, Contender](), dict[str, type]()
    for given in explainers:
        if isinstance(given, str):
            method = method_of(given)
            if method.name in named:
                continue
            _require_free(method.name, found)
            named[method.name] = method.options
            own = method.options_from(options, **common)
            key = (method.module, method.class_name, own if _is_hashable(own) else id(own))
            if key not in shared:
                # With the options themselves, so that their id is not met again.
                shared[key] = own, method.build(net, own)
            _, explainer = shared[key]
            found[method.name] = Contender(method.name, explainer, method.shows, method.maps)
            continue
        if not callable(getattr(given, "explain", None)) or isinstance(given, type):
            raise InputError(
                "Expected a method's name or an object with explain(images, classes, *, progress), "
                f"received {given!r}."
            )
        name = str(getattr(given, "name", type(given).__name__))
        _require_free(name, found)
        shows = getattr(given, "shows", "map")
        if shows not in SHOWS:
            raise unknown(f"attribute `shows` of {name!r}:", str(shows), SHOWS)
        kind = Method(name, type(given).__module__, type(given).__qualname__, shows=shows)
        found[name] = Contender(name, given, shows, kind.maps)
    _require_taken(options, named.values())
    return tuple(found.values())


def _require_common(
    net: Network, *, layer: str | None, attribution_steps: int | None, seed: int
) -> None:
    """An `InputError` also where no named method takes what cannot be used."""
    if layer is not None:
        net.require_layer(layer)
    if attribution_steps is not None:
        require_count("attribution_steps", attribution_steps)
    require_count("seed", seed, 0)


def _dataclasses(options: Iterable[object]) -> tuple[object, ...]:
    if not isinstance(options, Iterable):
        raise InputError(f"Expected a list of options, received {options!r}.")
    options = tuple(options)
    for own in options:
        if not is_dataclass(own) or isinstance(own, type):
            raise InputError(
                f"Expected options as dataclasses, such as GradCamOptions(), received {own!r}."
            )
    return options


def _require_taken(options: Sequence[object], kinds: Iterable[type]) -> None:
    """An `InputError` for options that would be ignored."""
    kinds = dict.fromkeys(kinds)
    names = [kind.__name__ for kind in kinds if kind is not NoOptions] or ["none"]
    given = [type(own) for own in options]
    for kind in given:
        if kind not in kinds:
            raise InputError(
                f"Expected options that the named methods take ({', '.join(names)}), received "
                f"{kind.__name__}."
            )
        if given.count(kind) > 1:
            raise InputError(f"Expected options of each kind once, received two {kind.__name__}.")


def _require_free(name: str, found: Container[str]) -> None:
    if name in found:
        raise InputError(f"Two explainers are called {name!r}: give each its own attribute `name`.")


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
        images: one a pair, each (H, W, 3) in [0, 1]. Explainers receive them read-only.
        classes: one a pair.
        progress: called with contenders done and contenders in all.

    Raises:
        WrongResultError: an explainer did not return one `ClassMap` per pair, or a map that counts
            does not have the image's size and finite values ≥ 0. Maps that are not finite are
            accepted if `problem` is set; they count as maps that show nothing.
        InputError: an explainer cannot explain a pair.
    """
    # Read-only, since what one explainer writes the next would see. One array an image, so that
    # what belongs to it is computed once.
    shown = {id(image): _read_only(image) for image in images}
    results = dict[int, tuple[ClassMap, ...]]()
    found = dict[str, list[Found]]()
    for contender in contenders:
        key = id(contender.explainer)
        if key not in results:
            try:
                own = contender.explainer.explain(
                    [shown[id(image)] for image in images], list(classes), progress=silent
                )
            except WrongResultError as error:  # of a `ClassMap` that could not be made
                raise WrongResultError(f"{contender.name}: {error}") from None
            results[key] = _checked(contender.name, own, len(images))
        found[contender.name] = [
            Found(_counted(contender, result, np.shape(image)[:2]), result)
            for result, image in zip(results[key], images, strict=True)
        ]
        progress(len(found), len(contenders))
    return found


def _read_only(image: np.ndarray) -> np.ndarray:
    view = np.asarray(image).view()
    view.flags.writeable = False
    return view


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
