"""`tfvis models`: the networks that are known by name, or the layers of any other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from tfvis.utils.errors import InputError

from ..models import is_name
from ..models.hub import cached
from ..models.registry import DATA, SPECS, ModelSpec
from ..models.weights import find
from ..runtime.downloads import DownloadError, cache_directory
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import progress_bars
from ..settings.base import DESCRIPTION as OF_ONES_OWN
from ..settings.base import NetworkSettings
from .options import add_description_options, adder, loaded, settings_of

HELP = "list the networks that are known by name, or one network's layers"
EPILOG = None
DESCRIPTION = """\
List the networks that --model knows by name: their input, the layers worth looking at, and where
their weights are. With a model, list the layers at which it can be cut."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help="as --model of tfvis explain")
    parser.add_argument("--layers", action="store_true", help="list all layers of each network")
    add_description_options(adder(parser, NetworkSettings()))
    parser.set_defaults(quiet=False, family=family)


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Print what is known of each network, or of one."""
    if arguments.model is not None:
        _run_one(settings_of(NetworkSettings, arguments), say)
        return
    for name in ("weights", *OF_ONES_OWN):
        if getattr(arguments, name) is not None:
            raise InputError(f"Expected a model beside --{name.replace('_', '-')}, received none.")
    for spec in SPECS.values():
        height, width = spec.input_size
        say(f"{spec.name}: {spec.title}")
        say(f"  input    {height} x {width}")
        say(f"  layers   {_layers(spec, arguments.layers)}")
        say(f"  weights  {where(spec)}")


def _run_one(settings: NetworkSettings, say: Callable[[str], None]) -> None:
    if settings.value_range is None and not is_name(settings.model):
        # What images are made into makes hardly a difference here.
        settings = replace(settings, value_range=(0, 1))
    start_tensorflow()
    with progress_bars(settings.quiet) as progress:
        net = loaded(settings, progress)
    height, width = net.input_size
    say(f"{net.name}: {len(net.labels)} classes, {height} x {width}")
    if net.layer_reasons is not None:
        default, inversion = net.layer_reasons
        *masked, kept = net.inversion_layers
        say(f"  worth looking at: {', '.join(net.default_layers)}")
        say(f"    {default}")
        say(f"  guided inversion: mask of {', '.join(masked)}, keeps {kept}")
        say(f"    {inversion}")
    for layer in net.layers:
        marked = "  worth looking at" if layer in net.default_layers else ""
        say(f"  {layer} ({net.n_channels(layer)}){marked}")


def _layers(spec: ModelSpec, all_of_them: bool) -> str:
    if all_of_them:
        return ", ".join(f"{layer} ({n})" for layer, n in spec.channels.items())
    return (
        f"{len(spec.layers)}, from {spec.layers[0]} to {spec.layers[-1]}; "
        f"worth looking at: {', '.join(spec.default_layers)}"
    )


def where(spec: ModelSpec) -> str:
    """Where a network's weights are, or how to get them."""
    if spec.url is None:
        file = DATA / spec.weights[0]
        return f"here, in {str(file)!r} (bundled)" if file.is_file() else "missing: reinstall tfvis"
    file = find(spec.weights, warn=False) or (spec.handle and cached(spec.handle))
    if file:
        if spec.labels_url and find((spec.labels_file,), warn=False) is None:
            return f"here, in {str(file)!r}, but not its labels: {spec.labels_url}"
        return f"here, in {str(file)!r}"
    try:
        target = str(cache_directory() / spec.weights[-1])
    except DownloadError:
        target = spec.weights[-1]
    return f"not here; {spec.url} is downloaded to {target!r} when they are needed"
