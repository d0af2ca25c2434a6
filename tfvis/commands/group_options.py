"""The options of commands that group features."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, TypeVar

from tfvis.utils.choices import AUTO
from tfvis.utils.icon_options import IconOptions

from ..explainers.group_presets import GROUP_PRESETS, preset_options
from ..explainers.options import FeatureGroupOptions
from ..models.auto import FAMILIES
from ..models.registry import spec_of
from ..runtime import command_line
from ..settings.groups import GroupSettings
from .option_groups import add_options, given_options, with_flags
from .options import Add, settings_of
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network
    from tfvis.utils.number_formats import HasFormat

S = TypeVar("S", bound=GroupSettings)
F = TypeVar("F", bound="HasFormat")

_OLD_NAMES = {"attribution_steps": "--iterations"}
_OLD_ICON_NAMES = {"steps": "--steps", "size": "--size", "dtype": "--dtype"}


def add_group_options(
    parser: argparse.ArgumentParser, add: Add, family: str, *, classes: str
) -> None:
    """Layers, classes, and how features are attributed, grouped and shown.

    Args:
        parser: to which the options are added.
        add: adds an option.
        family: the networks that `auto` chooses between.
        classes: how help shows the classes where none are named.
    """
    preferred = spec_of(FAMILIES[family].preferred)
    add(
        "layers",
        "the hidden layers",
        f"the network's own; {' '.join(preferred.default_layers)} of {preferred.name}",
        nargs="+",
        metavar="LAYER",
    )
    add(
        "classes",
        "the classes, by name, index or WordNet id",
        classes,
        nargs="+",
        metavar="CLASS",
    )
    add("sign", "pos: features for the class, neg: against it, or both", metavar="SIGN")
    add("preset", f"the defaults of the options below: {', '.join(GROUP_PRESETS)}, which has those "
        "of Shi, Du, Fan (2020); what is typed wins", metavar="NAME")  # fmt: skip
    add_options(parser, FeatureGroupOptions, skip=("layer", "seed", "sign"), old=_OLD_NAMES)
    add_options(parser, IconOptions, prefix="icon", old=_OLD_ICON_NAMES)


def group_settings(kind: type[S], arguments: argparse.Namespace, **options: object) -> S:
    """The settings that the arguments make; files and folders are looked at too.

    Args:
        kind: the settings' class.
        arguments: from the parser.
        **options: fields that are not arguments themselves.
    """
    given = given_options(arguments, FeatureGroupOptions)
    given.pop("sign", None)  # the settings' own, which may be "both"
    given.pop("seed", None)
    of_groups, of_icons = _of_preset(arguments.preset)
    given = {**of_groups, **given}
    groups = with_flags(lambda: FeatureGroupOptions(**given), [(FeatureGroupOptions, "")])
    if getattr(arguments, "no_icons", False):
        of_icons = {}
    icon_changes = {**of_icons, **given_options(arguments, IconOptions, "icon")}
    return settings_of(kind, arguments, groups=groups, icon_changes=icon_changes, **options)


def _of_preset(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of groups and of icons that a preset has."""
    groups, icons = dict[str, Any](), dict[str, Any]()
    for option, value in preset_options(name).items():
        own = option.removeprefix("icon_")
        (groups if own == option else icons)[own] = value
    return groups, icons


def in_fastest_format(
    net: Network, options: F, say: Output, *, what: str = "Icons", option: str = "icon_dtype"
) -> F:
    """The options with the number format that `auto` stands for, which is said.

    Args:
        net: the network.
        options: of icons or masks.
        say: writes a line.
        what: is computed, in the plural.
        option: the format's name in a configuration file.

    Raises:
        InputError: the network cannot compute in the format that was asked for.
    """
    from tfvis.utils.number_formats import fastest_format, resolved

    if options.dtype == AUTO:
        found = fastest_format(net)
        say(f"{what} are computed in {found.dtype}, {found.reason}.")
        options = resolved(net, options)
        command_line.resolve(**{option: options.dtype})
    net.astype(options.dtype)
    return options


def require_memory(net: Network, settings: GroupSettings, icons: IconOptions | None) -> None:
    """Raise an `InputError` where the bound of memory is too small, before anything is computed."""
    from tfvis.utils.rendering import images_at_once

    from ..explainers.attributions import evaluations_at_once

    for layer in settings.layers:
        evaluations_at_once(net, layer, settings.groups.attribution)
        if icons is not None:
            n = settings.groups.n_groups or 1
            images_at_once(net, [layer], n, icons.size, icons.batch_size)


def say_if_settled(name: str, steps: int | None, icons: IconOptions | None, say: Output) -> None:
    """Say that fewer steps were made than asked for, if so.

    Args:
        name: of the result.
        steps: that were made.
        icons: what was asked for.
        say: writes a line.
    """
    if steps is not None and icons is not None and steps < icons.steps:
        say(f"{name}: the icons' objectives settled after {steps} of {icons.steps} steps.")
