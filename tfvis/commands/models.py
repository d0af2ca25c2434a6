"""`tfvis models`: the networks that are known by name."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..models.hub import cached
from ..models.registry import DATA, SPECS, ModelSpec
from ..models.weights import DownloadError, cache_directory, find

HELP = "list the networks that are known by name"
DESCRIPTION = """\
List the networks that --model knows by name: their input, the layers worth looking at, and where
their weights are."""


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the one option."""
    parser.add_argument("--layers", action="store_true", help="list all layers of each network")
    parser.set_defaults(quiet=False, family=family)


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Print what is known of each network."""
    for spec in SPECS.values():
        height, width = spec.input_size
        say(f"{spec.name}: {spec.title}")
        say(f"  input    {height} x {width}")
        say(f"  layers   {_layers(spec, arguments.layers)}")
        say(f"  weights  {where(spec)}")


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
