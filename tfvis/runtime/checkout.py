"""Finding `tfvis.utils` in a checkout, where its folder lies beside `tfvis`, not inside it."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_NAME = "tfvis.utils"


class _UtilsFinder(importlib.abc.MetaPathFinder):
    """Finds the package `tfvis.utils`; its modules are then found in the package's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package's spec; None for any other name."""
        if fullname != _NAME:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            self._folder / "__init__.py",
            submodule_search_locations=[str(self._folder)],
        )


def find_utils(package: Path) -> None:
    """Let `tfvis.utils` be imported from a checkout; an installed tfvis has the folder inside.

    Args:
        package: the folder of the package `tfvis`.
    """
    folder = package.parent / "utils"
    if not (package / "utils").is_dir() and folder.is_dir():
        sys.meta_path.insert(0, _UtilsFinder(folder))
