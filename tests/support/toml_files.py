"""Reading TOML, on every version of Python."""

import importlib
import sys

_LIBRARY = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def toml(text):
    """What a text in TOML says."""
    return _LIBRARY.loads(text)
