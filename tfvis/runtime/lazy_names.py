"""Packages whose public names are imported on first use, since their modules are heavy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from .moved_names import no_attribute


def lazy_names(
    package: str,
    home: Mapping[str, str],
    public: Collection[str],
    subpackages: Collection[str] = (),
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`.
        home: from a name to the module in the package that has it.
        public: its `__all__`.
        subpackages: those that are attributes of the package before they are imported.

    Example:
        >>> __getattr__, __dir__ = lazy_names("xml", {"parse": "dom.minidom"}, ["parse"])
        >>> __getattr__("parse").__module__
        'xml.dom.minidom'
    """

    def get(name: str) -> Any:
        if name in home:
            return getattr(importlib.import_module(f".{home[name]}", package), name)
        if name in subpackages:
            return importlib.import_module(f".{name}", package)
        raise no_attribute(package, name)

    def names() -> list[str]:
        return sorted({*public, *home, *subpackages})

    return get, names
