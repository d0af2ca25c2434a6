"""The methods by name, known before any heavy library is imported.

A method is added by a file of its own and an entry in this module; `register` adds one from
outside.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError, unknown

from .guided_inversion.presets import InversionOptions
from .options import (
    AttributionOptions,
    ChannelOptions,
    FeatureGroupOptions,
    GradCamOptions,
    NoOptions,
    PerturbationOptions,
)

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from .base import ClassMap, Explainer

__all__ = [
    "SHOWS",
    "Method",
    "compared",
    "method_of",
    "methods",
    "register",
    "unregister",
    "with_one_map",
]

SHOWS = ("map", "first", "every")
"""Which maps of a result may count; see `Method`."""


@dataclass(frozen=True)
class Method:
    """An explainer that is known by name.

    Attributes:
        name: for people, and on the command line.
        module: the module that has its class; in `tfvis.explainers` if it begins with a dot.
        class_name: the explainer's class: takes a network and `options=`.
        options: the dataclass of its options.
        fixed: options that belong to the name, by field.
        shows: which of a result's maps count: "map", the "first" of its parts, or "every" part,
            each on its own.
        optimised: whether masks are found by optimising them, which takes seconds or minutes an
            image.
    """

    name: str
    module: str
    class_name: str
    options: type = NoOptions
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    shows: str = "map"
    optimised: bool = False

    def options_from(self, given: Iterable[object] = (), **common: Any) -> Any:
        """Its options.

        Args:
            given: options of several methods; the one that has this method's kind is taken.
            **common: fields of all methods that have them and are not given options of their own,
                such as `layer` and `seed`; None for the default.
        """
        found = next((own for own in given if type(own) is self.options), None)
        changes = dict(self.fixed)
        if found is None:
            names = {own.name for own in fields(self.options)}
            wanted = {name: value for name, value in common.items() if value is not None}
            changes = {name: value for name, value in wanted.items() if name in names} | changes
        options: Any = self.options() if found is None else found
        return replace(options, **changes)

    def takes(self, name: str) -> bool:
        """Whether one of the common fields of `options_from` has an effect on it."""
        return name in {own.name for own in fields(self.options)} and name not in self.fixed

    def build(self, net: Network, options: object) -> Explainer:
        """The explainer, for a network and the method's options."""
        package = __package__ if self.module.startswith(".") else None
        kind = getattr(importlib.import_module(self.module, package), self.class_name)
        return kind(net, options=options)

    def maps(self, found: ClassMap) -> Any:
        """Those of a result's maps that count: (n, H, W)."""
        if self.shows == "map":
            return found.map[None]
        return found.maps[:1] if self.shows == "first" else found.maps


_METHODS: dict[str, Method] = {}


def register(method: Method) -> None:
    """Make a method known by its name.

    Raises:
        InputError: the name is taken.
    """
    if _key(method.name) in {_key(name) for name in _METHODS}:
        raise InputError(f"A method called {method.name!r} is already registered.")
    if method.shows not in SHOWS:
        raise unknown("shows", method.shows, SHOWS)
    _METHODS[method.name] = method


def unregister(name: str) -> None:
    """Forget a method that was registered."""
    del _METHODS[method_of(name).name]


def methods() -> tuple[Method, ...]:
    """All methods that are known."""
    return tuple(_METHODS.values())


def method_of(text: str, *, one_map: bool = False) -> Method:
    """The method that is meant, whatever the case, and with spaces, dashes or commas between words.

    Args:
        text: its name.
        one_map: whether only methods of one map a class can be used, so that the error for a name
            that is unknown names these alone. Others are found all the same.

    Raises:
        InputError: there is none.
    """
    names = {_key(name): name for name in _METHODS}
    if _key(text) not in names:
        raise unknown("method", text, with_one_map() if one_map else _METHODS)
    return _METHODS[names[_key(text)]]


def with_one_map() -> tuple[str, ...]:
    """The names of the methods that have one map a class."""
    return tuple(own.name for own in methods() if own.shows != "every")


def compared(*, optimised: bool = False) -> tuple[str, ...]:
    """The names of the methods that are compared where none is named: those of one map a class.

    Args:
        optimised: whether those that optimise a mask are among them.
    """
    return tuple(name for name in with_one_map() if optimised or not method_of(name).optimised)


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))


_GROUPS = (".feature_groups", "FeatureGroupExplainer", FeatureGroupOptions)
_CHANNELS = (".channel_maps", "ChannelExplainer", ChannelOptions)
_GRAD_CAM = (".grad_cam", "GradCAM", GradCamOptions)
_INVERSION = (".guided_inversion", "GuidedFeatureInversion", InversionOptions)

ACTIVATIONS = ", activation"
"""Ends the names of the paper's maps, weighted activations cut at their 85 % quantile."""

for _ending, _fixed in (
    ("", {"heat_maps": "attribution"}),
    (ACTIVATIONS, {"heat_maps": "activation"}),
):
    for _name, _entry, _shows in (
        ("all groups", _GROUPS, "map"),
        ("best group", _GROUPS, "first"),
        ("every group", _GROUPS, "every"),
        ("best channel", _CHANNELS, "first"),
        ("every channel", _CHANNELS, "every"),
    ):
        register(Method(_name + _ending, *_entry, fixed=_fixed, shows=_shows))
register(
    Method(
        "layer integrated gradients",
        ".layer_integrated_gradients",
        "LayerIntegratedGradients",
        AttributionOptions,
    )
)
register(Method("Grad-CAM", *_GRAD_CAM))
register(Method("Grad-CAM, cut", *_GRAD_CAM, fixed={"cut": 0.85}))
register(Method("Grad-CAM, last layer", *_GRAD_CAM, fixed={"layer": None, "last_layer": True}))
register(Method("uniform", ".uniform", "Uniform"))
register(Method("guided inversion, step 1", *_INVERSION, fixed={"step": 1}, optimised=True))
register(Method("guided inversion", *_INVERSION, fixed={"step": 2}, optimised=True))
register(
    Method(
        "extremal perturbation",
        ".extremal_perturbation",
        "ExtremalPerturbation",
        PerturbationOptions,
        optimised=True,
    )
)
