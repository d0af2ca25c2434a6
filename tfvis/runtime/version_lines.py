"""The versions of tfvis, of Python and of the libraries."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
from collections.abc import Iterator
from typing import Any

from .._version import __version__
from .terminal import say

__all__ = ["VersionAction", "version_lines"]

_REQUIRED = (
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-image",
    "threadpoolctl",
    "pillow",
    "matplotlib",
    "jinja2",
    "joblib",
    "lazy-loader",
    "tomli-w",
    "tqdm",
    "flufl.lock",
    "psutil",
)
_OPTIONAL = ("tensorflow-hub", "pillow-heif", "shtab", "pandas", "pyarrow", "distributed", "ray")


def version_lines() -> Iterator[str]:
    """A line for each, tfvis's the first; no library is imported.

    Example:
        >>> from tfvis.runtime.version_lines import version_lines
        >>> next(version_lines()).split()[0]
        'tfvis'
    """
    yield f"tfvis {__version__}"
    yield f"Python {platform.python_version()}"
    for name in (*_REQUIRED, *_OPTIONAL):
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            if name in _REQUIRED:
                yield f"{name} is not installed"


class VersionAction(argparse.Action):
    """Prints the versions and ends the program."""

    def __init__(self, option_strings: Any, dest: str, **settings: Any) -> None:
        settings.setdefault("default", argparse.SUPPRESS)
        super().__init__(option_strings, dest=argparse.SUPPRESS, nargs=0, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *arguments: Any) -> None:
        """See `argparse.Action`."""
        for line in version_lines():
            say(line)
        parser.exit()
