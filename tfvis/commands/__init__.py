"""The subcommands of `tfvis`, a module each, imported when it is needed."""

from __future__ import annotations

import importlib
from types import ModuleType

COMMANDS = {
    "explain": "show which groups of features speak for or against a class",
    "invert": "show which part of an image the network keeps, and which part speaks for a class",
    "localise": "see whether masks and maps find the boxes of the objects",
    "batch": "explain thousands of images unattended, on one machine or on a cluster",
    "evaluate": "score explainers by many metrics, on images or on scenes of known truth",
    "attack": "change images a little so that the network answers otherwise",
    "compare": "show which groups of features a change of an image took, kept and added",
    "experiments": "run the papers' experiments and make their figures",
    "mosaic": "put icons and heat maps of results into one figure for a paper",
    "report": "build the page of a result again, and open it",
    "layers": "compare a network's layers: what they see, and where they have a class's evidence",
    "models": "list the networks that are known by name, or one network's layers",
    "completion": "print a script with which a shell completes commands, options and files",
}
"""Each command's help, a line."""


def module_of(command: str) -> ModuleType:
    """A command's module: `DESCRIPTION`, `EPILOG`, `add_arguments` and `run`."""
    return importlib.import_module(f".{command}", __name__)
