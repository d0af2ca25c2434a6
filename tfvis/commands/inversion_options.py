"""The layers and the terms of guided feature inversion, as options of several commands."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from tfvis.utils import images
from tfvis.utils.choices import AUTO

from ..explainers.guided_inversion.presets import BACKGROUNDS, InversionOptions, Preset
from .group_options import in_fastest_format
from .option_groups import Options, add_options, given_options, with_flags

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..explainers.guided_inversion import GuidedFeatureInversion
    from ..settings.invert import InvertSettings
    from .output import Output

_KINDS = ((InversionOptions, ""), (Preset, ""))


def add_inversion_options(parser: Options, skip: Collection[str] = ("seed",)) -> None:
    """Add them but for `skip`; the terms of the preset are given where they differ from it."""
    add_options(parser, InversionOptions, skip=skip)
    add_options(parser, Preset, shown="the preset's")


def inversion_options(arguments: argparse.Namespace) -> InversionOptions:
    """The options that the arguments make."""
    given = given_options(arguments, InversionOptions)
    terms = given_options(arguments, Preset)
    options = with_flags(lambda: InversionOptions(**given), _KINDS)
    if not terms:
        return options
    return replace(options, preset=with_flags(lambda: replace(options.terms, **terms), _KINDS))


def with_background(options: InversionOptions, net: Network, fit: str) -> InversionOptions:
    """The same with the background read, where it is an image file."""
    if options.background in BACKGROUNDS:
        return options
    return replace(options, background=images.load(options.background, net.input_size, fit))


def inversion_of(settings: InvertSettings, net: Network, say: Output) -> GuidedFeatureInversion:
    """Guided inversion of a network, as it is asked for; errors name options.

    The number format that `auto` stands for is said.
    """
    from ..explainers.guided_inversion import GuidedFeatureInversion

    read = with_background(settings.inversion, net, settings.fit)
    options = replace(read, seed=settings.seed)
    made = with_flags(lambda: GuidedFeatureInversion(net, options=options), _KINDS)
    if options.dtype == AUTO:
        in_fastest_format(net, options, say, what="Masks", option="dtype")
    return made
