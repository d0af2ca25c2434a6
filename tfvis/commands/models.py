"""`tfvis models`: the networks that are known by name, or the layers of any other."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text

from ..models.hub import cached
from ..models.registry import DATA, SPECS, ModelSpec
from ..models.weights import find
from ..runtime.downloads import DownloadError, cache_directory
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import progress_bars
from ..settings.base import DESCRIPTION as OF_ONES_OWN
from ..settings.base import NetworkSettings
from .options import add_description_options, add_json, adder, loaded, settings_of, without_images
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

EPILOG = """\
Examples:
  %(prog)s
  %(prog)s critters
  %(prog)s --json"""
DESCRIPTION = """\
List the networks that --model knows by name: their input, the layers worth looking at, and where
their weights are. With a model, list the layers at which it can be cut."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help="as --model of tfvis explain")
    parser.add_argument("--layers", action="store_true", help="list all layers of each network")
    add = adder(parser, NetworkSettings())
    add_description_options(add)
    add_json(add, "network")
    parser.set_defaults(quiet=False, family=family)


def run(arguments: argparse.Namespace, say: Output) -> None:
    """Print what is known of each network, or of one."""
    if arguments.model is not None:
        _run_one(settings_of(NetworkSettings, arguments), say)
        return
    for name in ("weights", *OF_ONES_OWN):
        if getattr(arguments, name) is not None:
            raise InputError(f"Expected a model beside --{name.replace('_', '-')}, received none.")
    for spec in SPECS.values():
        if say.json:
            say.record(_record(spec, arguments.layers))
            continue
        height, width = spec.input_size
        say(f"{spec.name}: {spec.title}")
        say(f"  input    {height} x {width}")
        say(f"  layers   {_layers(spec, arguments.layers)}")
        say(f"  weights  {where(spec)}")


def _run_one(settings: NetworkSettings, say: Output) -> None:
    settings = without_images(settings)
    start_tensorflow()
    with progress_bars(settings.quiet) as progress:
        net = loaded(settings, progress)
    if say.json:
        say.record(_record_of_network(net))
        return
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
    file = _file(spec)
    if spec.url is None:
        return f"here, in {str(file)!r} (bundled)" if file else "missing: reinstall tfvis"
    if file is not None:
        missing = "" if _has_labels(spec) else f", but not its labels: {spec.labels_url}"
        return f"here, in {str(file)!r}{missing}"
    try:
        target = str(cache_directory() / spec.weights[-1])
    except DownloadError:
        target = spec.weights[-1]
    return f"not here; {spec.url} is downloaded to {target!r} when they are needed"


def _file(spec: ModelSpec) -> Path | None:
    """The file or folder of a network's weights; None if it is not on this machine."""
    if spec.url is None:
        file = DATA / spec.weights[0]
        return file if file.is_file() else None
    return find(spec.weights, warn=False) or (cached(spec.handle) if spec.handle else None)


def _has_labels(spec: ModelSpec) -> bool:
    return not spec.labels_url or find((spec.labels_file,), warn=False) is not None


def _record(spec: ModelSpec, all_layers: bool) -> dict[str, Any]:
    """What is known of a network, as JSON."""
    file = _file(spec)
    told = {
        "name": spec.name,
        "title": spec.title,
        "input_size": list(spec.input_size),
        "knows": spec.domain,
        "default_layers": list(spec.default_layers),
        "inversion_layers": list(spec.inversion_layers),
        "weights": None if file is None else as_text(str(file)),
        "has_labels": _has_labels(spec),
        "bundled": spec.url is None,
        "url": spec.url,
    }
    return {**told, "layers": dict(spec.channels)} if all_layers else told


def _record_of_network(net: Network) -> dict[str, Any]:
    return {
        "name": net.name,
        "input_size": list(net.input_size),
        "classes": len(net.labels),
        "default_layers": list(net.default_layers),
        "inversion_layers": list(net.inversion_layers),
        "layers": {layer: net.n_channels(layer) for layer in net.layers},
    }
