"""The explainers that are compared: names of the registry, or objects, anyone's included."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from tfvis.utils.errors import InputError, one_line, require_count, unknown
from tfvis.utils.network import Network
from tfvis.utils.progress import silent
from tfvis.utils.provenance import Provenance, plain, versions

from ..explainers.base import ClassMap, Explainer
from ..explainers.options import NoOptions
from ..explainers.registry import SHOWS, Method, method_of

__all__ = ["Contender", "contenders_of", "name_of", "options_by_name", "provenance_of"]


@dataclass(frozen=True, eq=False)
class Contender:
    """An explainer, and which of its maps count.

    Attributes:
        name: its own among all that are compared.
        explainer: the object; contenders may share it.
        shows: which maps count; see `tfvis.explainers.Method`.
        maps: from a result to the maps that count, (n, H, W).
        options: what the explainer was made with; None for an object that does not say.
    """

    name: str
    explainer: Explainer
    shows: str
    maps: Callable[[ClassMap], Any]
    options: Any


def contenders_of(
    net: Network,
    explainers: Sequence[str | Explainer],
    options: Iterable[object] = (),
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    seed: int = 0,
    one_map: bool = False,
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
        one_map: whether only methods of one map a class can be used.

    Raises:
        InputError: no list, an unknown name, an object without `explain` or whose `explain` cannot
            be called as that of `Explainer`, or an object with the name of another explainer; a
            layer, a number or options that cannot be used; options, a layer or attribution steps
            that no named method takes. A method that is named twice counts once.
    """
    _require_list(explainers)
    common = {"layer": layer, "attribution_steps": attribution_steps, "seed": seed}
    _require_common(net, **common)
    options, shared = _dataclasses(options), dict[Hashable, tuple[object, Explainer]]()
    found, named = dict[str, Contender](), dict[str, Method]()
    for given in explainers:
        if isinstance(given, str):
            method = method_of(given, one_map=one_map)
            if method.name in named:
                continue
            _require_free(method.name, found)
            named[method.name] = method
            own = method.options_from(options, **common)
            key = (method.module, method.class_name, own if _is_hashable(own) else id(own))
            if key not in shared:
                # With the options themselves, so that their id is not met again.
                shared[key] = own, method.build(net, own)
                _require_signature(method.name, shared[key][1])
            _, explainer = shared[key]
            made = getattr(explainer, "options", own)
            found[method.name] = Contender(method.name, explainer, method.shows, method.maps, made)
            continue
        if not callable(getattr(given, "explain", None)) or isinstance(given, type):
            raise InputError(
                "Expected a method's name or an object with explain(images, classes, *, progress), "
                f"received {one_line(repr(given))}."
            )
        name = name_of(given)
        _require_free(name, found)
        _require_signature(name, given)
        shows = getattr(given, "shows", "map")
        if shows not in SHOWS:
            raise unknown(f"attribute `shows` of {name!r}:", str(shows), SHOWS)
        kind = Method(name, type(given).__module__, type(given).__qualname__, shows=shows)
        made = getattr(given, "options", None)
        found[name] = Contender(name, given, shows, kind.maps, made)
    if one_map:
        _require_one_map(found.values())
    _require_taken(options, [method.options for method in named.values()])
    given = {type(own) for own in options}
    without = [method for method in named.values() if method.options not in given]
    _require_effect(without, list(found), layer=layer, attribution_steps=attribution_steps)
    return tuple(found.values())


def name_of(explainer: object) -> str:
    """What an explainer is called: by its attribute `name`, or else by its class."""
    return str(getattr(explainer, "name", type(explainer).__name__))


def _require_one_map(contenders: Iterable[Contender]) -> None:
    for own in contenders:
        if own.shows == "every":
            raise InputError(
                f"{own.name!r} gives several maps for each class; boxes need a method that gives "
                "one."
            )


def _require_effect(methods: Sequence[Method], names: Sequence[str], **common: object) -> None:
    """An `InputError` for what would be ignored.

    Args:
        methods: those that are named, and have no options of their own.
        names: of all contenders.
        **common: what was given for the methods; None for nothing.
    """
    for name, value in common.items():
        if value is not None and not any(method.takes(name) for method in methods):
            raise InputError(
                f"Expected {name} with a named method that takes it and has no options of its own, "
                f"received {name}={value!r} with {'; '.join(names)}."
            )


def _require_list(explainers: object) -> None:
    expected = "Expected a list of at least one method, received"
    if isinstance(explainers, str):
        raise InputError(f"{expected} {explainers!r}: write [{explainers!r}].")
    if isinstance(explainers, Sequence) and explainers:
        return
    if callable(getattr(explainers, "explain", None)) and not isinstance(explainers, type):
        kind = type(explainers).__name__
        raise InputError(f"{expected} one explainer ({kind}): write [explainer].")
    raise InputError(f"{expected} {one_line(repr(explainers))}.")


def _require_signature(name: str, explainer: Explainer) -> None:
    """An `InputError` unless `explain` can be called as it will be, as far as that can be told."""
    try:
        signature = inspect.signature(explainer.explain)
    except (TypeError, ValueError):
        return
    try:
        signature.bind([], [], progress=silent)
    except TypeError:
        message = (
            f"Expected explain(images, classes, *, progress) of {name!r}, received "
            f"explain{one_line(signature)}"
        )
    else:
        return
    try:
        signature.bind([], [])
    except TypeError:
        raise InputError(f"{message}.") from None
    raise InputError(f"{message}: add `*, progress=None` to its parameters.")


def options_by_name(contenders: Sequence[Contender]) -> dict[str, Any]:
    """Each contender's options, for a provenance.

    Those of an object without the attribute `options` are unknown: it is told by its class alone,
    as `tfvis.utils.provenance.plain` tells an object without known parameters.
    """
    found: dict[str, Any] = {}
    for own in contenders:
        kind, options = type(own.explainer), own.options
        if options is None:
            options = {"class": kind.__name__, "module": kind.__module__, "parameters": None}
        found[own.name] = options
    return found


def provenance_of(
    method: str,
    net: Network,
    contenders: Sequence[Contender],
    *,
    image_name: str | None = None,
    **options: object,
) -> Provenance:
    """What makes the result of an evaluation.

    Args:
        method: what the evaluation is called.
        net: the network.
        contenders: what is compared; their options are among the result's.
        image_name: what the images are called together.
        **options: of the evaluation itself.
    """
    return Provenance(
        method=method,
        network=net.name,
        weights=net.digest,
        image=None,
        image_name=image_name,
        options=plain({"explainers": options_by_name(contenders), **options}),
        versions=dict(versions()),
    )


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
